import Notation

/// A webhook's request as a host sends it: what it says, and what proves that the host sent it.
package struct Webhook: Sendable {
    /// Why a request is no webhook of a known host.
    package struct Unreadable: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong with it.
        package let description: String
    }

    /// The host, told by the header fields that only it sends.
    package let host: GitEvent.Host
    /// The host's word for the kind of event, such as `push` or `Merge Request Hook`.
    package let eventName: String
    /// The same for every attempt at one delivery; empty when the host gives none.
    package let deliveryID: String
    /// What proves who sent it, strongest first; empty when nothing does.
    package let proofs: [WebhookProof]
    /// The events it tells: none when it tells of something that is not read here, such as a star.
    package let events: [GitEvent]

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - field: The value of a header field, by its name in any case.
    ///   - body: The body, JSON or, as GitHub may be set to send it, a form with the JSON in `payload`.
    /// - Throws: ``Unreadable`` when no known host sends such a request, or its body is not JSON of the host's shape.
    package init(field: (String) -> String?, body: [UInt8]) throws {
        guard let (host, name) = Self.host(field) else {
            throw Unreadable(
                description: "The request has none of the header fields of GitHub, GitLab, Gitea or Bitbucket.")
        }
        self.host = host
        eventName = name
        deliveryID = Self.deliveryFields[host]?.lazy.compactMap(field).first { !$0.isEmpty } ?? ""
        proofs = WebhookProof.all(host, field)
        let json = try Self.document(body, isForm: field("Content-Type")?.contains("x-www-form-urlencoded") == true)
        switch host {
        case .gitHub, .gitea: events = try GitHubShape(json, host).events(name)
        case .gitLab: events = try GitLabShape(json).events()
        case .bitbucket: events = try BitbucketShape(json).events(name)
        }
    }

    /// Gitea also sends GitHub's fields, so it is asked for first.
    private static func host(_ field: (String) -> String?) -> (GitEvent.Host, String)? {
        for name in ["X-Gitea-Event", "X-Forgejo-Event"] { if let event = field(name) { return (.gitea, event) } }
        if let event = field("X-Gitlab-Event") { return (.gitLab, event) }
        if let event = field("X-GitHub-Event") { return (.gitHub, event) }
        if let event = field("X-Event-Key") { return (.bitbucket, event) }
        return nil
    }

    private static let deliveryFields: [GitEvent.Host: [String]] = [
        .gitHub: ["X-GitHub-Delivery"], .gitea: ["X-Gitea-Delivery", "X-Forgejo-Delivery"],
        .gitLab: ["Idempotency-Key", "X-Gitlab-Event-UUID"], .bitbucket: ["X-Request-UUID"],
    ]

    private static func document(_ body: [UInt8], isForm: Bool) throws -> JSON {
        var bytes = body
        if isForm {
            guard let payload = formValue("payload", in: body) else {
                throw Unreadable(description: "The form has no field 'payload'.")
            }
            bytes = payload
        }
        guard let json = try? JSON(parsing: bytes, limits: .init(depth: 64)), json.object != nil else {
            throw Unreadable(description: "The body is not a JSON object.")
        }
        return json
    }

    /// The value of a form's field, unescaped.
    private static func formValue(_ name: String, in body: [UInt8]) -> [UInt8]? {
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, halves[0].elementsEqual(name.utf8) else { continue }
            return PercentEncoding.decodedBytes(halves[1], isForm: true)
        }
        return nil
    }
}
