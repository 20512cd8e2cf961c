internal import Cloud
internal import IAM
internal import STS

/// A credential as IAM and STS keep it. `Wire` has a type of the same name for what a signature is checked with.
typealias StoredCredential = Credential

/// IAM's answers to what STS must know.
struct IAMIdentities: Identities {
    let credentials: CredentialStore
    let trust: RoleTrust
    /// Whether a role that nobody made may be assumed too: where anyone is accepted, as local tools have it.
    let acceptsUnknownRoles: Bool

    func credential(for accessKeyID: String) async throws -> Credential? {
        try await credentials.credential(for: accessKeyID)
    }

    func role(_ arn: String, for caller: Caller, context: [String: [String]]) async throws -> AssumableRole {
        do {
            let role = try await trust.role(arn, for: caller, context: context)
            return AssumableRole(id: role.id, name: role.name, account: role.account, maxSession: role.maxSession)
        } catch let refusal as AWSError {
            guard acceptsUnknownRoles, let name = arn.split(separator: "/").last else { throw refusal }
            return AssumableRole(
                id: "AROA\(name.uppercased())", name: String(name), account: caller.account, maxSession: 43_200)
        }
    }
}
