import Notation

extension JSON {
    /// Whether the value counts as given: not null, false, zero, or an empty text, list or object.
    var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .string(let value): !value.isEmpty
        case .array(let value): !value.isEmpty
        case .object(let value): !value.isEmpty
        }
    }

    /// The value unless it does not count as given.
    /// (No `?:` here: its `nil` would be JSON's own null.)
    var truthy: JSON? { if isTruthy { self } else { nil } }

    /// The value as a list: itself, or a list of itself.
    var asList: [JSON] { array ?? [self] }

    /// The value as AWS's messages print it: Python's `str()`.
    var printed: String { string ?? literal }

    /// The value as AWS's messages print it inside of others: Python's `repr()`.
    var literal: String {
        switch self {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .string(let value): Self.quoted(value)
        case .array(let elements): "[" + elements.map(\.literal).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.key) + ": " + $0.value.literal }.joined(separator: ", ") + "}"
        }
    }

    /// What AWS's messages call the value's type: Python's name for it.
    var typeName: String {
        switch self {
        case .null: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .array: "list"
        case .object: "dict"
        }
    }

    private static func quoted(_ text: String) -> String {
        let mark: Character = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = String(mark)
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case mark: result += "\\" + String(mark)
            default: result.append(character)
            }
        }
        return result + String(mark)
    }
}

extension Optional<JSON> {
    /// Whether there is a value that counts as given.
    var isTruthy: Bool { self?.isTruthy ?? false }
    /// The value unless it does not count as given.
    var truthy: JSON? { self?.truthy }
    /// The value as AWS's messages print it; `None` when there is none.
    var printed: String { self?.printed ?? "None" }
    /// The value as AWS's messages print it inside of others.
    var literal: String { self?.literal ?? "None" }
}

extension JSONObject {
    /// The member of that name, unless it is null: SAM makes no difference between null and absent.
    func given(_ key: String) -> JSON? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }
}
