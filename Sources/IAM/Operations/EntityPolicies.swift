internal import Cloud
internal import Ledger
internal import Notation

extension IAMService {
    /// Policies written into a user, role or group.
    func inlineOperations(of kind: EntityKind) -> [Operation] {
        let name = kind.nameMember
        return [
            Operation("Put\(kind.rawValue)Policy", enforces: name + " PolicyName PolicyDocument") { call in
                let request = IAMRequest(call)
                let policy = Entity.InlinePolicy(
                    name: request.text("PolicyName") ?? "", document: request.text("PolicyDocument") ?? "")
                _ = try Policy(parsing: policy.document, as: .identity)
                return try await change(kind, request) { entity in
                    entity.inline.removeAll { $0.name == policy.name }
                    entity.inline.append(policy)
                    let size = entity.inline.reduce(0) { $0 + $1.document.filter { !$0.isWhitespace }.utf8.count }
                    guard size <= kind.inlineLimit else {
                        throw IAMError.limit(
                            "Maximum policy size of \(kind.inlineLimit) bytes exceeded for "
                                + "\(kind.rawValue.lowercased()) \(entity.name)"
                        )
                    }
                }
            },
            Operation("Get\(kind.rawValue)Policy", enforces: name + " PolicyName") { call in
                let request = IAMRequest(call)
                let entity = try await find(kind, request)
                let policy = try Self.inline(request.text("PolicyName") ?? "", of: entity)
                return Reply(
                    .object([
                        name: .string(entity.name), "PolicyName": .string(policy.name),
                        "PolicyDocument": .string(PercentEncoding.encode(policy.document)),
                    ]))
            },
            Operation("Delete\(kind.rawValue)Policy", enforces: name + " PolicyName") { call in
                let request = IAMRequest(call)
                return try await change(kind, request) { entity in
                    let policy = try Self.inline(request.text("PolicyName") ?? "", of: entity)
                    entity.inline.removeAll { $0.name == policy.name }
                }
            },
            Operation("List\(kind.rawValue)Policies", enforces: name + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let entity = try await find(kind, request)
                return Reply(request.page(entity.inline.map(\.name).sorted().map(JSON.string), as: "PolicyNames"))
            },
        ]
    }

    private static func inline(_ name: String, of entity: Entity) throws -> Entity.InlinePolicy {
        guard let policy = entity.inline.first(where: { $0.name == name }) else {
            throw AWSError(
                "NoSuchEntity", "The \(entity.kind.rawValue.lowercased()) policy with name \(name) cannot be found.",
                status: 404)
        }
        return policy
    }

    /// Managed policies given to a user, role or group.
    func attachmentOperations(of kind: EntityKind) -> [Operation] {
        let name = kind.nameMember
        return [
            Operation("Attach\(kind.rawValue)Policy", enforces: name + " PolicyArn") { call in
                let request = IAMRequest(call)
                let arn = request.text("PolicyArn") ?? ""
                let entityName = request.text(name) ?? ""
                try await ledger.write { write in
                    // In the same transaction as the deletion of a policy looks for those who have it.
                    try ManagedPolicies.check(arn, for: request.account, write)
                    var entity = try write.entity(kind, entityName, request.account)
                    guard !entity.attached.contains(arn) else { return }
                    guard entity.attached.count < 10 else {
                        throw IAMError.limit("Cannot exceed quota for PoliciesPer\(kind.rawValue): 10")
                    }
                    entity.attached.append(arn)
                    try write.put(entity)
                }
                return Reply()
            },
            Operation("Detach\(kind.rawValue)Policy", enforces: name + " PolicyArn") { call in
                let request = IAMRequest(call)
                let arn = request.text("PolicyArn") ?? ""
                return try await change(kind, request) { entity in
                    guard let place = entity.attached.firstIndex(of: arn) else {
                        throw AWSError("NoSuchEntity", "Policy \(arn) was not found.", status: 404)
                    }
                    entity.attached.remove(at: place)
                }
            },
            Operation("ListAttached\(kind.rawValue)Policies", enforces: name + " PathPrefix" + IAMRequest.paging) {
                call in
                let request = IAMRequest(call)
                let entity = try await find(kind, request)
                let prefix = request.text("PathPrefix") ?? "/"
                let shown = entity.attached.filter { ManagedPolicies.path(of: $0).hasPrefix(prefix) }.map {
                    arn -> JSON in
                    ["PolicyName": .string(ManagedPolicies.name(of: arn)), "PolicyArn": .string(arn)]
                }
                return Reply(request.page(shown, as: "AttachedPolicies"))
            },
        ]
    }

    /// The document of a managed policy, the account's or AWS's; nil for one of AWS's that says nothing of Slipway's
    /// services.
    ///
    /// - Throws: `NoSuchEntity`.
    func document(of arn: String, for account: String) async throws -> String? {
        if ManagedPolicies.isKnown(arn) { return ManagedPolicies.document(arn) }
        guard let policy = try await ledger.get(Shelf.policies, ManagedPolicies.key(arn, for: account))?.value,
            policy.arn == arn
        else { throw IAMError.missingPolicy(arn) }
        return policy.document
    }
}
