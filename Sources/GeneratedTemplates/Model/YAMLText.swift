internal import Notation

/// A tree as YAML: blocks for what has members, every text in quotes, so that nothing is taken for something else.
struct YAMLText {
    let text: String

    init(_ value: JSON) { text = Self.lines(value).joined(separator: "\n") + "\n" }

    private static func lines(_ value: JSON) -> [String] {
        switch value {
        case .object(let members) where !members.isEmpty:
            return members.flatMap { name, member in entry(key(name) + ":", member) }
        case .array(let elements) where !elements.isEmpty:
            return elements.flatMap { element -> [String] in
                let inner = lines(element)
                guard isBlock(element) else { return ["- " + (inner.first ?? "")] }
                return ["- " + (inner.first ?? "")] + inner.dropFirst().map { "  " + $0 }
            }
        default: return [value.text()]
        }
    }

    private static func entry(_ head: String, _ value: JSON) -> [String] {
        guard isBlock(value) else { return ["\(head) \(value.text())"] }
        return [head] + lines(value).map { "  " + $0 }
    }

    private static func isBlock(_ value: JSON) -> Bool {
        value.object?.isEmpty == false || value.array?.isEmpty == false
    }

    private static func key(_ name: String) -> String {
        let isPlain = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } && name.first?.isLetter == true
        let words: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        return isPlain && !words.contains(name.lowercased()) ? name : JSON.string(name).text()
    }
}
