internal import Cloud
internal import Ledger
internal import Notation

extension IAMService {
    /// The most a managed policy may hold, white space aside (IAM User Guide, "IAM and AWS STS quotas").
    private static let sizeLimit = 6144

    /// Managed policies.
    var policyOperations: [Operation] {
        [
            Operation(
                "CreatePolicy", enforces: "PolicyName Path PolicyDocument Tags", stores: "Description",
                raw: createPolicy),
            Operation("GetPolicy", enforces: "PolicyArn") { call in
                let request = IAMRequest(call)
                let arn = request.text("PolicyArn") ?? ""
                guard !ManagedPolicies.isKnown(arn) else { return Reply(["Policy": Self.shownAWS(arn)]) }
                let policy = try await findPolicy(request)
                let holders = try await self.holders(of: arn, request.account)
                return Reply(["Policy": policy.shown(attachments: holders.count)])
            },
            Operation("DeletePolicy", enforces: "PolicyArn", raw: deletePolicy),
            Operation("ListPolicies", enforces: "Scope OnlyAttached PathPrefix" + IAMRequest.paging, raw: listPolicies),
            Operation("ListEntitiesForPolicy", enforces: "PolicyArn EntityFilter PathPrefix", raw: listEntities),
            Operation("TagPolicy", enforces: "PolicyArn Tags") { call in
                let tags = try IAMRequest(call).tags()
                return try await changePolicy(IAMRequest(call)) { $0.tags = try Tag.merge($0.tags, tags) }
            },
            Operation("UntagPolicy", enforces: "PolicyArn TagKeys") { call in
                let keys = Set((call.input["TagKeys"]?.array ?? []).compactMap(\.string))
                return try await changePolicy(IAMRequest(call)) { $0.tags?.removeAll { keys.contains($0.Key) } }
            },
            Operation("ListPolicyTags", enforces: "PolicyArn" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let policy = try await findPolicy(request)
                return Reply(request.page(Tag.list(policy.tags ?? []).array ?? [], as: "Tags"))
            },
        ]
    }

    static func checked(_ document: String) throws -> String {
        _ = try Policy(parsing: document, as: .identity)
        guard document.filter({ !$0.isWhitespace }).utf8.count <= sizeLimit else {
            throw IAMError.limit("Cannot exceed quota for PolicySize: \(sizeLimit)")
        }
        return document
    }

    private func createPolicy(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let name = request.text("PolicyName") ?? ""
        let document = try Self.checked(request.text("PolicyDocument") ?? "")
        let tags = try request.tags()
        let policy = ManagedPolicy(
            account: request.account, name: name, path: request.text("Path") ?? "/",
            id: ledger.surroundings.makeID("ANPA"), created: call.time, updated: call.time,
            description: request.text("Description"), tags: tags.isEmpty ? nil : tags,
            versions: [.init(id: "v1", document: document, created: call.time)], defaultVersion: "v1", nextVersion: 2)
        try await ledger.write { write in
            guard try write.get(Shelf.policies, request.key(name)) == nil else {
                throw AWSError(
                    "EntityAlreadyExists",
                    "A policy called \(name) already exists. Duplicate names are not allowed.", status: 409)
            }
            try write.put(Shelf.policies, request.key(name), policy)
        }
        return Reply(["Policy": policy.shown(attachments: 0)])
    }

    /// The account's own policy that the input names.
    ///
    /// - Throws: `NoSuchEntity`.
    func findPolicy(_ request: IAMRequest) async throws -> ManagedPolicy {
        let arn = request.text("PolicyArn") ?? ""
        guard let policy = try await ledger.get(Shelf.policies, ManagedPolicies.key(arn, for: request.account))?.value,
            policy.arn == arn
        else { throw AWSError("NoSuchEntity", "Policy \(arn) was not found.", status: 404) }
        return policy
    }

    /// Changes the account's own policy that the input names.
    func changePolicy(
        _ request: IAMRequest, _ body: @escaping @Sendable (inout ManagedPolicy) throws -> Void
    ) async throws -> Reply {
        let policy = try await findPolicy(request)
        try await ledger.write { write in
            try write.update(Shelf.policies, request.key(policy.name)) { policy in
                try body(&policy)
                policy.updated = request.call.time
            }
        }
        return Reply()
    }

    /// Who has the policy attached.
    private func holders(of arn: String, _ account: String) async throws -> [Entity] {
        var holders: [Entity] = []
        for kind in EntityKind.allCases {
            holders += try await ledger.find(kind.collection, "policy", Shelf.key(account, arn)).map(\.value)
        }
        return holders
    }

    /// How many of the account's users, roles and groups have each managed policy.
    private func attachmentCounts(_ account: String) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for kind in EntityKind.allCases {
            for entity in try await ledger.list(kind.collection, prefix: account + "/").map(\.value) {
                for arn in entity.attached { counts[arn, default: 0] += 1 }
            }
        }
        return counts
    }

    private func deletePolicy(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let arn = request.text("PolicyArn") ?? ""
        let policy = try await findPolicy(request)
        try await ledger.write { write in
            for kind in EntityKind.allCases {
                guard try write.find(kind.collection, "policy", request.key(arn), limit: 1).isEmpty else {
                    throw IAMError.conflict("Cannot delete a policy attached to entities.")
                }
            }
            guard let current = try write.get(Shelf.policies, request.key(policy.name))?.value,
                current.versions.count == 1
            else {
                throw IAMError.conflict(
                    "This policy has more than one version. Before you delete a policy, you must delete the "
                        + "policy's versions. "
                        + "The default version is deleted with the policy.")
            }
            try write.delete(Shelf.policies, request.key(policy.name))
        }
        return Reply()
    }

    private func listPolicies(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let prefix = request.text("PathPrefix") ?? "/"
        let scope = request.text("Scope") ?? "All"
        var shown: [JSON] = []
        if scope != "AWS" {
            for policy in try await ledger.list(Shelf.policies, prefix: request.account + "/").map(\.value)
            where policy.path.hasPrefix(prefix) {
                shown.append(policy.shown(attachments: try await holders(of: policy.arn, request.account).count))
            }
        }
        if scope != "Local" {
            let counts = try await attachmentCounts(request.account)
            for arn in ManagedPolicies.attachable where ManagedPolicies.path(of: arn).hasPrefix(prefix) {
                var policy = Self.shownAWS(arn)
                policy["AttachmentCount"] = .int(counts[arn] ?? 0)
                shown.append(policy)
            }
        }
        if request["OnlyAttached"]?.bool == true { shown = shown.filter { $0["AttachmentCount"] != 0 } }
        return Reply(request.page(shown, as: "Policies"))
    }

    private static func shownAWS(_ arn: String) -> JSON {
        [
            "PolicyName": .string(ManagedPolicies.name(of: arn)), "Arn": .string(arn),
            "Path": .string(ManagedPolicies.path(of: arn)), "DefaultVersionId": "v1", "IsAttachable": true,
        ]
    }

    private func listEntities(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let arn = request.text("PolicyArn") ?? ""
        _ = try await document(of: arn, for: request.account)
        let prefix = request.text("PathPrefix") ?? "/"
        let filter = request.text("EntityFilter")
        var output: JSON = ["PolicyUsers": [], "PolicyRoles": [], "PolicyGroups": [], "IsTruncated": false]
        let found = try await holders(of: arn, request.account).filter { entity in
            entity.path.hasPrefix(prefix) && (filter == nil || filter == entity.kind.rawValue)
        }
        for kind in EntityKind.allCases {
            output["Policy\(kind.rawValue)s"] = .array(
                found.filter { $0.kind == kind }.map {
                    [kind.nameMember: .string($0.name), kind.rawValue + "Id": .string($0.id)]
                })
        }
        return Reply(output)
    }
}
