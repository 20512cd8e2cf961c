package import Cloud
package import Ledger

/// The user names and passwords that users have for single services. Git's login asks here, through the composition
/// root.
package struct ServiceCredentialStore: Sendable {
    private let ledger: Ledger

    /// Those on that ledger.
    package init(ledger: Ledger) { self.ledger = ledger }

    /// Whom that user name and password stand for in that service; nil when they fit nobody, or were switched off.
    ///
    /// What comes back has no secret of its own: nothing can be signed with it.
    package func holder(ofUser name: String, password: String, service: String) async throws -> Credential? {
        let found = try await ledger.find(ServiceCredential.all, "name", name).map(\.value)
        let given = Array(ServiceCredential.fingerprint(password).utf8)
        // Fingerprints of equal length: how far they agree tells nothing of the password.
        guard let known = found.first(where: { $0.service == service && Array($0.fingerprint.utf8) == given }),
            known.isActive,
            let user = try await ledger.get(Shelf.users, Shelf.key(known.account, known.user))?.value
        else { return nil }
        return Credential(
            accessKeyID: known.id, secret: "", account: known.account, principal: user.arn, principalID: user.id)
    }
}
