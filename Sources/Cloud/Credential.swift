package import Notation

/// A pair of keys that requests are signed with, and who signs with it.
package struct Credential: Sendable, Hashable {
    /// The public half, such as `AKIA…` or, for temporary ones, `ASIA…`.
    package var accessKeyID: String
    /// The secret half.
    package var secret: String
    /// What must come with every request signed with a temporary pair; nil for others.
    package var sessionToken: String?
    /// When a temporary pair ends.
    package var expires: Timestamp?
    /// The account it belongs to.
    package var account: String
    /// The ARN of who it stands for.
    package var principal: String
    /// The unique id of who it stands for, as GetCallerIdentity shows it.
    package var principalID: String

    /// A pair.
    package init(
        accessKeyID: String, secret: String, sessionToken: String? = nil, expires: Timestamp? = nil, account: String,
        principal: String, principalID: String
    ) {
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.sessionToken = sessionToken
        self.expires = expires
        self.account = account
        self.principal = principal
        self.principalID = principalID
    }

    /// Whoever signs with it, asking in that region.
    package func caller(region: String) -> Caller {
        Caller(account: account, region: region, principal: principal, accessKeyID: accessKeyID)
    }
}

/// Where credentials are looked up: IAM has the lasting ones, STS the temporary ones.
package protocol CredentialSource: Sendable {
    /// The credential of that access key, expired or not; nil when there is none, or it was switched off. Asked with every request: quick.
    func credential(for accessKeyID: String) async throws -> Credential?
}
