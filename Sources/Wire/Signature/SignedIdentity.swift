package import HTTP

/// Whose signature a request carries, and for what.
package struct SignedIdentity: Sendable, Hashable {
    /// The id of the key that signed.
    package let accessKeyID: String
    /// The region in the signature's scope.
    package let region: String
    /// The signing name of the service in the signature's scope, such as `monitoring`.
    package let service: String
    /// The session token sent along, if any.
    package let sessionToken: String?
    /// When it was signed, in seconds since 1970.
    package let date: Int
    /// Whether the signature is in the query (a presigned URL).
    package let isPresigned: Bool
}

/// What belongs to an access key id.
package struct Credential: Sendable, CustomStringConvertible {
    /// The secret access key.
    package let secret: String
    /// The token that must come with every request, for temporary credentials.
    package let sessionToken: String?
    /// When it stops being accepted, in seconds since 1970; nil never.
    package let expiration: Int?

    /// A credential of these parts.
    package init(secret: String, sessionToken: String? = nil, expiration: Int? = nil) {
        self.secret = secret
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    /// Says nothing of the secret.
    package var description: String { "Credential(••••)" }
}

/// A request whose signature was looked at.
package struct VerifiedRequest: Sendable {
    /// Who signed it; nil only where that is not asked for (``SignatureVerifier/trusting(_:)``).
    package let identity: SignedIdentity?
    /// The request with the body that its operation means: chunks unpacked, and an error at its end (or when a chunk
    /// ends) if hash, chunk signature, length or trailing checksum are wrong. What is read before counts only once
    /// the end has come.
    package let request: HTTPRequest
}
