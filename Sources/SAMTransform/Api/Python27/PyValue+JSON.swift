import Notation

extension PyValue {
    /// A value of the template. Where the template has an API, texts are Unicode and dictionaries hashed, filled in the
    /// order in which they are written; where it has none, order and texts are kept as they are.
    init(_ json: JSON, isTemplate: Bool) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .text(PyText(value, isUnicode: isTemplate))
        case .array(let elements): self = .list(elements.map { PyValue($0, isTemplate: isTemplate) })
        case .object(let members): self = .dict(PyDict(members, isTemplate: isTemplate))
        }
    }

    /// A value that the transform itself makes: plain texts, dictionaries in order of insertion.
    init(plain json: JSON) { self.init(json, isTemplate: false) }

    /// The value without what only printing tells apart.
    var json: JSON {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .double(let value): .double(value)
        case .text(let value): .string(value.text)
        case .list(let elements): .array(elements.map(\.json))
        case .dict(let members): .object(members.json)
        }
    }
}

extension PyDict {
    /// An object of the template; see ``PyValue/init(_:isTemplate:)``.
    init(_ members: JSONObject, isTemplate: Bool) {
        self.init(isHashed: isTemplate)
        for (key, value) in members {
            set(PyText(key, isUnicode: isTemplate), PyValue(value, isTemplate: isTemplate))
        }
    }

    /// The members without what only printing tells apart.
    var json: JSONObject {
        JSONObject(pairs.map { ($0.key.text, $0.value.json) })
    }
}

extension PyValue {
    /// Python's `json.dumps` with its default separators: `{"a": [1, 2]}`, members in Python's order, ASCII only.
    func writeJSON(to result: inout String) {
        switch self {
        case .list(let elements):
            result += "["
            for (position, element) in elements.enumerated() {
                if position > 0 { result += ", " }
                element.writeJSON(to: &result)
            }
            result += "]"
        case .dict(let members):
            result += "{"
            for (position, member) in members.pairs.enumerated() {
                if position > 0 { result += ", " }
                Self.writeJSON(member.key.text, to: &result)
                result += ": "
                member.value.writeJSON(to: &result)
            }
            result += "}"
        case .text(let value): Self.writeJSON(value.text, to: &result)
        case .null: result += "null"
        case .bool(let value): result += value ? "true" : "false"
        case .int, .double: result += printed
        }
    }

    private static func writeJSON(_ text: String, to result: inout String) {
        result += "\""
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
            result += text
            result += "\""
            return
        }
        for unit in text.utf16 {
            switch unit {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0x08: result += "\\b"
            case 0x0C: result += "\\f"
            case 0x20...0x7F: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        result += "\""
    }
}
