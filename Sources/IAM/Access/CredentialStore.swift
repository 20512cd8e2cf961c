package import Cloud
package import Ledger

/// The lasting credentials: the root's and those of users.
package struct CredentialStore: CredentialSource {
    private let ledger: Ledger

    /// The credentials on that ledger.
    package init(ledger: Ledger) { self.ledger = ledger }

    /// The credential of that access key; nil when there is none, or it is switched off.
    ///
    /// The documents it rests on stay decoded in the ledger's cache, so most requests touch no disk.
    package func credential(for accessKeyID: String) async throws -> Credential? {
        guard let key = try await ledger.get(Shelf.keys, accessKeyID)?.value, key.isActive else { return nil }
        guard let name = key.user else {
            return Credential(
                accessKeyID: key.id, secret: key.secret, account: key.account,
                principal: "arn:aws:iam::\(key.account):root", principalID: key.account)
        }
        guard let user = try await ledger.get(Shelf.users, Shelf.key(key.account, name))?.value else { return nil }
        return Credential(
            accessKeyID: key.id, secret: key.secret, account: key.account, principal: user.arn, principalID: user.id)
    }

    /// The account's root key pair, made when first asked for. The same after every start.
    package func rootCredential(account: String = "000000000000") async throws -> Credential {
        let fresh = AccessKey.make(account: account, user: nil, ledger.surroundings)
        let key = try await ledger.write { write in
            // Root keys are found under the user without a name.
            if let old = try write.find(Shelf.keys, "user", Shelf.key(account, ""), limit: 1).first { return old.value }
            try write.insert(Shelf.keys, fresh.id, fresh)
            return fresh
        }
        return Credential(
            accessKeyID: key.id, secret: key.secret, account: account, principal: "arn:aws:iam::\(account):root",
            principalID: account)
    }
}
