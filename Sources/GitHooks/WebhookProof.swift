/// What a webhook's request carries to show that its sender knows the secret.
package enum WebhookProof: Sendable, Hashable {
    /// The body's HMAC under the secret, in hexadecimal digits.
    case hmac(Algorithm, digest: String)
    /// The secret itself (GitLab).
    case token(String)

    /// The hash that an HMAC is made with.
    package enum Algorithm: Sendable, Hashable { case sha256, sha1 }

    /// The proofs among the header fields of a host's request, strongest first.
    ///
    /// Sources: GitHub Docs, "Validating webhook deliveries"; GitLab Docs, "Webhooks", secret token; Gitea Docs,
    /// "Webhooks"; Atlassian, "Manage webhooks", secure webhooks.
    static func all(_ host: GitEvent.Host, _ field: (String) -> String?) -> [WebhookProof] {
        switch host {
        case .gitLab: return field("X-Gitlab-Token").map { [.token($0)] } ?? []
        case .gitea:
            let digest = field("X-Gitea-Signature") ?? field("X-Forgejo-Signature")
            return (digest.map { [.hmac(.sha256, digest: $0)] } ?? []) + signed(field)
        case .gitHub, .bitbucket: return signed(field)
        }
    }

    private static func signed(_ field: (String) -> String?) -> [WebhookProof] {
        [field("X-Hub-Signature-256"), field("X-Hub-Signature")].compactMap { text in
            guard let text, let equals = text.firstIndex(of: "=") else { return nil }
            let digest = String(text[text.index(after: equals)...])
            switch text[..<equals] {
            case "sha256": return .hmac(.sha256, digest: digest)
            case "sha1": return .hmac(.sha1, digest: digest)
            default: return nil
            }
        }
    }

    /// Whether the proof holds for that secret and body. The comparison takes as long for a wrong proof as for a good
    /// one.
    ///
    /// - Parameter hmac: Makes the HMAC of the body under the secret; the caller has the cryptography.
    package func holds(secret: String, hmac: (Algorithm) -> [UInt8]) -> Bool {
        guard !secret.isEmpty else { return false }
        switch self {
        case .token(let token): return Self.same(Array(token.utf8), Array(secret.utf8))
        case .hmac(let algorithm, let digest):
            let wanted = hmac(algorithm).flatMap { byte in [Self.digit(byte >> 4), Self.digit(byte & 15)] }
            return Self.same(Array(digest.lowercased().utf8), wanted)
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    private static func same(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
