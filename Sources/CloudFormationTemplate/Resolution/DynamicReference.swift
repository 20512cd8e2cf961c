package import Notation

/// `{{resolve:service:reference}}` inside a text: something that Systems Manager or Secrets Manager keeps.
///
/// Found in texts that are worked out already; put in at the last moment, so that secrets reach no stored template.
package struct DynamicReference: Sendable, Hashable {
    /// Who keeps the value.
    package enum Service: String, Sendable, Hashable {
        /// A parameter of type `String` or `StringList`.
        case ssm
        /// A parameter of type `SecureString`.
        case ssmSecure = "ssm-secure"
        /// A secret.
        case secretsManager = "secretsmanager"
    }

    /// Who keeps the value.
    package let service: Service
    /// The parameter's name, or the secret's name or ARN.
    package let name: String
    /// The version of a parameter, or a secret's version id; nil means the latest, or the one the stage names.
    package let version: String?
    /// The member of a secret that is a JSON object; nil means the whole text.
    package let jsonKey: String?
    /// A secret's staging label; nil means `AWSCURRENT`.
    package let stage: String?
    /// The reference as it stands in the text, braces and all.
    package let text: String

    /// Whether its value must never be shown.
    package var isSecret: Bool { service != .ssm }

    /// The reference written between the braces of that text.
    ///
    /// - Throws: ``TemplateError`` when it is not written as CloudFormation wants it.
    package init(parsing text: String) throws {
        let body = text.dropFirst("{{resolve:".count).dropLast(2)
        guard let colon = body.firstIndex(of: ":"), let service = Service(rawValue: String(body[..<colon])) else {
            let name = body.split(separator: ":").first.map(String.init) ?? ""
            throw TemplateError("Template validation error: Dynamic References of type '\(name)' are not supported")
        }
        self.service = service
        self.text = text
        let reference = String(body[body.index(after: colon)...])
        guard service == .secretsManager else {
            let parts = reference.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let isWhole =
                parts.count == 2 && !parts[1].isEmpty && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard let first = parts.first, Self.isParameterName(first), parts.count == 1 || isWhole else {
                throw TemplateError("Incorrect format is used in the following SSM reference: [\(text)]")
            }
            (name, version, jsonKey, stage) = (first, parts.count == 2 ? parts[1] : nil, nil, nil)
            return
        }
        (name, jsonKey, stage, version) = try Self.secret(reference, text)
    }

    private static func isParameterName(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-", "/": true
                default: false
                }
            }
    }

    /// `secret-id:SecretString:json-key:version-stage:version-id`; an ARN has six colons of its own.
    private static func secret(
        _ reference: String, _ text: String
    ) throws -> (name: String, jsonKey: String?, stage: String?, version: String?) {
        var parts = reference.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var name = parts.removeFirst()
        if name == "arn", parts.count >= 6 {
            name = ([name] + parts.prefix(6)).joined(separator: ":")
            parts.removeFirst(6)
        }
        let field = { (index: Int) in parts.indices.contains(index) && !parts[index].isEmpty ? parts[index] : nil }
        guard !name.isEmpty, parts.count <= 4, (field(0) ?? "SecretString") == "SecretString",
            field(2) == nil || field(3) == nil
        else { throw TemplateError("Incorrect format is used in the following Secrets Manager reference: [\(text)]") }
        return (name, field(1), field(2), field(3))
    }

    /// Every reference in the texts of a value, each once, in order.
    ///
    /// - Throws: ``TemplateError`` for the first that is malformed.
    package static func all(in value: JSON) throws -> [DynamicReference] {
        var found: [DynamicReference] = []
        try collect(value, into: &found)
        return found
    }

    private static func collect(_ value: JSON, into found: inout [DynamicReference]) throws {
        switch value {
        case .string(let text):
            for piece in pieces(of: text) where piece.isReference {
                let reference = try DynamicReference(parsing: piece.text)
                if !found.contains(reference) { found.append(reference) }
            }
        case .array(let elements): for element in elements { try collect(element, into: &found) }
        case .object(let members): for (_, member) in members { try collect(member, into: &found) }
        default: return
        }
    }

    /// The value with the references replaced by what the caller looked up, keyed by ``text``. References without an
    /// entry stay.
    package static func replacing(in value: JSON, with values: [String: String]) -> JSON {
        switch value {
        case .string(let text):
            let pieces = pieces(of: text)
            guard pieces.contains(where: \.isReference) else { return value }
            return .string(pieces.map { $0.isReference ? values[$0.text] ?? $0.text : $0.text }.joined())
        case .array(let elements): return .array(elements.map { replacing(in: $0, with: values) })
        case .object(let members): return .object(members.mapValues { replacing(in: $0, with: values) })
        default: return value
        }
    }

    private static func pieces(of text: String) -> [(text: String, isReference: Bool)] {
        guard text.utf8.count > 12, text.firstRange(of: "{{resolve:") != nil else { return [(text, false)] }
        var pieces: [(String, Bool)] = []
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{resolve:"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            pieces.append((String(rest[..<open.lowerBound]), false))
            pieces.append((String(rest[open.lowerBound..<close.upperBound]), true))
            rest = rest[close.upperBound...]
        }
        return pieces + [(String(rest), false)]
    }
}
