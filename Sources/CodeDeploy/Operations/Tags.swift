internal import Cloud
internal import Ledger
internal import Notation

extension CodeDeployService {
    /// Tags of applications and groups. Their members are capitalized in AWS's model, unlike all others.
    var tagOperations: [Operation] {
        [
            Operation("TagResource", enforces: "ResourceArn Tags") { (input: Tagging, call) in
                let added = try (input.Tags ?? []).checked(call.caller)
                guard !added.isEmpty else { throw AWSError("TagRequiredException", "A tag is required.") }
                _ = try await change(input.ResourceArn, call) { $0.merge(added) { $1 } }
                return Nothing()
            },
            Operation("UntagResource", enforces: "ResourceArn TagKeys") { (input: Tagging, call) in
                let keys = input.TagKeys ?? []
                guard !keys.isEmpty else { throw AWSError("TagRequiredException", "A tag key is required.") }
                _ = try await change(input.ResourceArn, call) { tags in for key in keys { tags[key] = nil } }
                return Nothing()
            },
            Operation("ListTagsForResource", enforces: "ResourceArn NextToken") { (input: Tagging, call) in
                let tags = try await change(input.ResourceArn, call) { _ in }
                let shown = tags.sorted { $0.key < $1.key }.map {
                    ["Key": .string($0.key), "Value": .string($0.value)] as JSON
                }
                return ["Tags": .array(shown)] as JSON
            },
        ]
    }

    /// Changes the tags of the application or group with that ARN, and says what they are then.
    private func change(
        _ arn: String?, _ call: Call, _ edit: @escaping @Sendable (inout [String: String]) -> Void
    ) async throws -> [String: String] {
        let resource = try Self.resource(arn, call.caller)
        return try await ledger.write { transaction in
            switch resource {
            case .application(let name):
                var application = try Application.get(name, call.caller, in: transaction)
                let before = application.tags
                edit(&application.tags)
                if application.tags != before {
                    try transaction.put(Application.collection, call.caller.key(name), application)
                }
                return application.tags
            case .group(let application, let name):
                var group = try DeploymentGroup.get(application, name, call.caller, in: transaction)
                let before = group.tags
                edit(&group.tags)
                if group.tags != before {
                    try transaction.put(
                        DeploymentGroup.collection, DeploymentGroup.key(application, name, call.caller), group)
                }
                return group.tags
            }
        }
    }

    /// What has tags.
    private enum Resource {
        case application(String)
        case group(String, String)
    }

    private static func resource(_ arn: String?, _ caller: Caller) throws -> Resource {
        guard let arn, !arn.isEmpty else {
            throw AWSError("ResourceArnRequiredException", "The ARN of a resource is required.")
        }
        let start = "arn:aws:codedeploy:\(caller.region):\(caller.account):"
        guard arn.hasPrefix(start) else {
            throw AWSError("InvalidArnException", "The ARN '\(arn.prefix(200))' is invalid.")
        }
        let parts = arn.dropFirst(start.count).split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.last) {
        case ("application", let name?) where parts.count == 2: return .application(name)
        case ("deploymentgroup", let names?) where parts.count == 2:
            let both = names.split(separator: "/").map(String.init)
            guard both.count == 2 else {
                throw AWSError("InvalidArnException", "The ARN '\(arn.prefix(200))' is invalid.")
            }
            return .group(both[0], both[1])
        default:
            throw AWSError(
                "ArnNotSupportedException", "Only applications and deployment groups have tags: '\(arn.prefix(200))'.")
        }
    }
}

private struct Tagging: Decodable, Sendable {
    var ResourceArn: String?
    var Tags: [Tag]?
    var TagKeys: [String]?
    var NextToken: String?
}
