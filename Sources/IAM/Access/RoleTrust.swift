package import Cloud
package import Ledger

/// A role that may be assumed.
package struct TrustedRole: Sendable, Hashable {
    /// Its unique id, such as `AROA…`.
    package let id: String
    /// Its name.
    package let name: String
    /// The account it belongs to.
    package let account: String
    /// The longest a session may last, in seconds.
    package let maxSession: Int
}

/// Decides who may assume a role, by its trust policy. STS asks, through the composition root.
package struct RoleTrust: Sendable {
    private let ledger: Ledger

    /// The roles on that ledger.
    package init(ledger: Ledger) { self.ledger = ledger }

    /// The role, if its trust policy lets the caller assume it.
    ///
    /// - Parameter context: Condition keys of the call, such as `sts:ExternalId`.
    /// - Throws: ``AWSError`` with `AccessDenied`, the same whether the role is not there or does not trust the caller.
    package func role(_ arn: String, for caller: Caller, context: [String: [String]] = [:]) async throws -> TrustedRole
    {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        let service = caller.invokedBy
        let refusal = AWSError(
            "AccessDenied",
            "User: \(service ?? caller.principal) is not authorized to perform: sts:AssumeRole on resource: \(arn)",
            status: 403)
        guard parts.count == 6, parts[2] == "iam", parts[5].hasPrefix("role/"),
            let name = parts[5].split(separator: "/").last,
            let role = try await ledger.get(Shelf.roles, Shelf.key(String(parts[4]), String(name)))?.value,
            role.arn == arn,
            let trust = role.trust
        else { throw refusal }
        let request = AccessRequest(
            action: "sts:AssumeRole", resource: arn, principal: caller.principal, account: caller.account,
            service: service,
            context: context)
        guard try PrincipalPolicies.read(trust, as: .trust).verdict(on: request) == .allowed else { throw refusal }
        return TrustedRole(id: role.id, name: role.name, account: role.account, maxSession: role.maxSession ?? 3600)
    }
}
