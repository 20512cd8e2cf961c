internal import Cloud
internal import Ledger
internal import Synchronization

/// All that a user or role may do, from everywhere it is written.
struct EffectivePolicies: Sendable {
    var identity: [Policy]
    /// What the identity's permissions cannot go beyond; nil when nothing bounds them.
    var boundary: Policy?

    /// Source: IAM User Guide, "Policy evaluation logic": denials first, then what both identity and boundary allow.
    func verdict(on request: AccessRequest) -> Verdict {
        let own = identity.reduce(Verdict.silent) { $0.and($1.verdict(on: request)) }
        guard let boundary else { return own }
        let bound = boundary.verdict(on: request)
        if own == .denied || bound == .denied { return .denied }
        return own == .allowed && bound == .allowed ? .allowed : .silent
    }
}

/// Gathers the policies of principals.
struct PrincipalPolicies: Sendable {
    /// Documents read lately, by their text: the same few are judged with every call.
    private static let parsed = Mutex<[String: Policy]>([:])
    /// So many are kept.
    private static let cacheLimit = 500

    let ledger: Ledger

    /// The policies of a user (`…:user/…`), role (`…:role/…`) or a role's session; nil when there is no such principal.
    func load(_ principal: String, account: String) async throws -> EffectivePolicies? {
        guard let (kind, name) = Self.name(principal),
            let entity = try await ledger.get(kind.collection, Shelf.key(account, name))?.value
        else { return nil }
        var policies = try await self.policies(of: entity)
        for group in entity.groups ?? [] {
            guard let group = try await ledger.get(Shelf.groups, Shelf.key(account, group))?.value else { continue }
            policies += try await self.policies(of: group)
        }
        var boundary: Policy?
        if let arn = entity.boundary {
            // A boundary whose text is not known bounds everything.
            boundary =
                try await policy(arn, account)
                ?? Self.read(#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#)
        }
        return EffectivePolicies(identity: policies, boundary: boundary)
    }

    /// The trust policy of that role; nil when there is no such role.
    func trust(of arn: String) async throws -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, let (kind, name) = Self.name(arn), kind == .role else { return nil }
        let role = try await ledger.get(Shelf.roles, Shelf.key(String(parts[4]), name))?.value
        return role?.arn == arn ? role?.trust : nil
    }

    static func name(_ principal: String) -> (EntityKind, String)? {
        let resource = principal.split(separator: ":", maxSplits: 5).last ?? ""
        let parts = resource.split(separator: "/")
        guard parts.count >= 2, let last = parts.last else { return nil }
        switch parts[0] {
        case "user": return (.user, String(last))
        case "role": return (.role, String(last))
        case "assumed-role": return (.role, String(parts[1]))
        case "group": return (.group, String(last))
        default: return nil
        }
    }

    private func policies(of entity: Entity) async throws -> [Policy] {
        var policies = try entity.inline.map { try Self.read($0.document) }
        for arn in entity.attached { if let policy = try await policy(arn, entity.account) { policies.append(policy) } }
        return policies
    }

    private func policy(_ arn: String, _ account: String) async throws -> Policy? {
        if ManagedPolicies.isAWS(arn) {
            return try ManagedPolicies.document(arn).map { try Self.read($0) }
        }
        return try await ledger.get(Shelf.policies, ManagedPolicies.key(arn, for: account)).map {
            try Self.read($0.value.document)
        }
    }

    static func read(_ document: String, as place: Policy.Place = .identity) throws -> Policy {
        if let known = parsed.withLock({ $0[document] }), place == .identity { return known }
        let policy = try Policy(parsing: document, as: place)
        if place == .identity {
            parsed.withLock { parsed in
                if parsed.count >= cacheLimit { parsed = [:] }
                parsed[document] = policy
            }
        }
        return policy
    }
}
