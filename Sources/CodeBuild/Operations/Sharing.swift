internal import Cloud
internal import Ledger
internal import Notation

extension CodeBuildService {
    /// Policies of projects and report groups, what other accounts share, and the images there are.
    var sharingOperations: [Operation] {
        [
            Operation("PutResourcePolicy", stores: "policy resourceArn") { (input: PolicyInput, call) in
                guard (try? JSON(parsing: input.policy ?? ""))?.object != nil else {
                    throw AWSError.invalidInput("The policy is no JSON object")
                }
                try await exists(input.resourceArn, call.caller)
                let policy = input.policy ?? ""
                try await ledger.write { try $0.put(Self.policies, input.resourceArn, policy) }
                return ["resourceArn": .string(input.resourceArn)] as JSON
            },
            Operation("GetResourcePolicy", enforces: "resourceArn") { (input: PolicyInput, _) in
                guard let policy = try await ledger.get(Self.policies, input.resourceArn)?.value else {
                    throw AWSError("ResourceNotFoundException", "Resource \(input.resourceArn) has no policy")
                }
                return ["policy": .string(policy)] as JSON
            },
            Operation("DeleteResourcePolicy", enforces: "resourceArn") { (input: PolicyInput, _) in
                try await ledger.write { try $0.delete(Self.policies, input.resourceArn) }
                return Nothing()
            },
            // Nothing is shared between accounts here: what an account is shown are its own.
            Operation("ListSharedProjects", enforces: "sortBy sortOrder nextToken maxResults") { (_: Nothing, _) in
                ["projects": []] as JSON
            },
            Operation("ListSharedReportGroups", enforces: "sortBy sortOrder nextToken maxResults") {
                (_: Nothing, _) in ["reportGroups": []] as JSON
            },
            Operation("ListCuratedEnvironmentImages") { (_: Nothing, _) in CuratedImages.view },
        ]
    }

    private static let policies = Collection<String>("codebuild.policy")

    private func exists(_ arn: String, _ caller: Caller) async throws {
        let name = Project.name(arn)
        let isGroup = arn.contains(":report-group/")
        let found =
            isGroup
            ? try await ledger.get(ReportGroup.collection, caller.key(name)) != nil
            : try await ledger.get(Project.collection, caller.key(name)) != nil
        guard found else { throw AWSError("ResourceNotFoundException", "Resource \(arn) does not exist") }
    }
}

/// The names of AWS's images that builds may give: all of them mean this machine's own system.
enum CuratedImages {
    static var view: JSON {
        let names: [(platform: String, prefix: String, versions: [String])] = [
            ("AMAZON_LINUX", "aws/codebuild/amazonlinux-x86_64-standard", ["4.0", "5.0"]),
            ("UBUNTU", "aws/codebuild/standard", ["5.0", "6.0", "7.0"]),
        ]
        let platforms: [JSON] = names.map { entry in
            let images: [JSON] = entry.versions.map { version in
                [
                    "name": .string("\(entry.prefix):\(version)"),
                    "description": "The system of this Slipway's machine",
                    "versions": [.string("\(entry.prefix):\(version)")],
                ]
            }
            return [
                "platform": .string(entry.platform), "languages": [["language": "BASE", "images": .array(images)]],
            ]
        }
        return ["platforms": .array(platforms)]
    }
}

private struct PolicyInput: Decodable, Sendable {
    var policy: String?
    var resourceArn: String
}
