/// A part of a secret: `secret-id:json-key:version-stage:version-id`, all but the first left out if wished.
package struct SecretReference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The secret's name or ARN.
    package var secret: String
    /// The member of the secret's JSON; nil for the whole text.
    package var key: String?
    /// The version, by stage or by id; nil for the current one.
    package var stage: String?, version: String?

    /// Reads a reference; nil when it has too many parts or no secret.
    package init?(_ text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        // An ARN has six colons of its own.
        let head = text.hasPrefix("arn:") ? 7 : 1
        guard parts.count >= head, parts.count <= head + 3 else { return nil }
        secret = parts[..<head].joined(separator: ":")
        guard !secret.isEmpty else { return nil }
        parts.removeFirst(head)
        let rest = parts.map { $0.isEmpty ? nil : $0 } + [nil, nil, nil]
        (key, stage, version) = (rest[0], rest[1], rest[2])
    }

    package var description: String {
        let parts = [secret, key ?? "", stage ?? "", version ?? ""]
        let last = parts.lastIndex { !$0.isEmpty } ?? 0
        return parts[...last].joined(separator: ":")
    }
}
