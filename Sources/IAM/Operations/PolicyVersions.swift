internal import Cloud
internal import Ledger
internal import Notation

extension IAMService {
    /// The versions of managed policies.
    var policyVersionOperations: [Operation] {
        [
            Operation("CreatePolicyVersion", enforces: "PolicyArn PolicyDocument SetAsDefault") { call in
                let request = IAMRequest(call)
                let document = try Self.checked(request.text("PolicyDocument") ?? "")
                let isDefault = request["SetAsDefault"]?.bool == true
                _ = try await changePolicy(request) { policy in
                    guard policy.versions.count < 5 else {
                        throw IAMError.limit(
                            "A managed policy can have up to 5 versions. Before you create a new version, you "
                                + "must delete an "
                                + "existing version.")
                    }
                    let id = "v\(policy.nextVersion)"
                    policy.versions.append(.init(id: id, document: document, created: call.time))
                    policy.nextVersion += 1
                    if isDefault { policy.defaultVersion = id }
                }
                let policy = try await findPolicy(request)
                let newest = policy.versions.last.map { Self.shown($0, of: policy, withDocument: false) }
                return Reply(["PolicyVersion": newest ?? [:]])
            },
            Operation("GetPolicyVersion", enforces: "PolicyArn VersionId", raw: getVersion),
            Operation("ListPolicyVersions", enforces: "PolicyArn" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let policy = try await findPolicy(request)
                let shown = policy.versions.reversed().map { Self.shown($0, of: policy, withDocument: false) }
                return Reply(request.page(shown, as: "Versions"))
            },
            Operation("SetDefaultPolicyVersion", enforces: "PolicyArn VersionId") { call in
                let id = call.input["VersionId"]?.string ?? ""
                return try await changePolicy(IAMRequest(call)) { policy in
                    try Self.check(id, of: policy)
                    policy.defaultVersion = id
                }
            },
            Operation("DeletePolicyVersion", enforces: "PolicyArn VersionId") { call in
                let id = call.input["VersionId"]?.string ?? ""
                return try await changePolicy(IAMRequest(call)) { policy in
                    try Self.check(id, of: policy)
                    guard id != policy.defaultVersion else {
                        throw IAMError.conflict("Cannot delete the default version of a policy.")
                    }
                    policy.versions.removeAll { $0.id == id }
                }
            },
        ]
    }

    private static func check(_ id: String, of policy: ManagedPolicy) throws {
        guard policy.versions.contains(where: { $0.id == id }) else {
            throw AWSError(
                "NoSuchEntity", "Policy \(policy.arn) version \(id) does not exist or is not attachable.", status: 404)
        }
    }

    private func getVersion(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let arn = request.text("PolicyArn") ?? ""
        if ManagedPolicies.isKnown(arn) {
            guard let document = try await document(of: arn, for: request.account) else {
                throw AWSError.notImplemented("the text of the policy \(arn)")
            }
            return Reply([
                "PolicyVersion": [
                    "Document": .string(PercentEncoding.encode(document)), "VersionId": "v1", "IsDefaultVersion": true,
                ]
            ])
        }
        let policy = try await findPolicy(request)
        let id = request.text("VersionId") ?? ""
        try Self.check(id, of: policy)
        let version = policy.versions.first { $0.id == id }
        return Reply(["PolicyVersion": version.map { Self.shown($0, of: policy, withDocument: true) } ?? [:]])
    }

    private static func shown(_ version: ManagedPolicy.Version, of policy: ManagedPolicy, withDocument: Bool) -> JSON {
        var tree: JSON = [
            "VersionId": .string(version.id), "IsDefaultVersion": .bool(version.id == policy.defaultVersion),
            "CreateDate": .double(version.created.seconds.rounded(.down)),
        ]
        if withDocument { tree["Document"] = .string(PercentEncoding.encode(version.document)) }
        return tree
    }
}
