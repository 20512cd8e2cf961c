import Notation

/// Writes a state machine's definition as text. What only CloudFormation knows (intrinsic functions, dynamic
/// references) is taken out and put in again by substitution.
struct DefinitionText {
    /// What was taken out, by the name that stands for it in the text.
    private(set) var substitutions: JSONObject = [:]

    init() {}

    /// The text of a definition, line by line.
    mutating func lines(of definition: JSON) -> [String] {
        let text = replaced(definition).asciiText(JSON.Style(indent: 4, sortsNames: true))
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Members are gone through by name, as the substitutions are numbered in that order.
    private mutating func replaced(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            var result = object
            for key in object.keys.sorted() {
                if let member = object[key] { result[key] = substituted(member) }
            }
            return .object(result)
        case .array(let elements): return .array(elements.map { substituted($0) })
        default: return value
        }
    }

    private mutating func substituted(_ value: JSON) -> JSON {
        guard value.isIntrinsic || Self.isDynamicReference(value) else { return replaced(value) }
        let name = "definition_substitution_\(substitutions.count + 1)"
        substitutions[name] = value
        return .string("${\(name)}")
    }

    /// Whether a value is `{{resolve:service:key}}` and nothing else.
    private static func isDynamicReference(_ value: JSON) -> Bool {
        guard let text = value.string, text.hasPrefix("{{resolve:"), text.hasSuffix("}}") else { return false }
        let parts = text.dropFirst(10).dropLast(2).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return false }
        return parts[0].utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D }
    }
}
