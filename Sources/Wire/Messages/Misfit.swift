import Notation

/// Why a message does not fit its model: a value of another type, or text that cannot be read at all.
struct Misfit: Error, Sendable, Hashable {
    enum Reason: Sendable, Hashable {
        /// The body is not what the protocol writes: not JSON, XML, CBOR or a form.
        case unreadable(String)
        /// A value of another type: what was found (in the words of AWS's parser), and what kind was expected.
        case type(found: String, expected: Shape.Kind)
        /// Text in a path, header, query or form that does not stand for a value of that kind.
        case text(String, expected: Shape.Kind)
    }

    let reason: Reason
    /// The member it was found in, by its name on the wire; empty for the whole body.
    var member: String

    init(_ reason: Reason, member: String = "") {
        self.reason = reason
        self.member = member
    }

    init(found value: JSON, expected: Shape.Kind, member: String) {
        let found =
            switch value {
            case .null: "NULL_VALUE"
            case .bool(let value): value ? "TRUE_VALUE" : "FALSE_VALUE"
            case .int: "NUMBER_VALUE"
            case .double: "DECIMAL_VALUE"
            case .string: "STRING_VALUE"
            case .array: "Start of list"
            case .object: "Start of structure or map"
            }
        self.init(.type(found: found, expected: expected), member: member)
    }

    /// The fault that AWS's services answer with in that protocol.
    func fault(_ wireProtocol: WireProtocol) -> Fault {
        switch wireProtocol {
        case .restXML: xmlFault
        case .query: Fault("MalformedInput", words)
        case .json10, .json11, .restJSON, .cbor: Fault("SerializationException", words)
        }
    }

    private var xmlFault: Fault {
        if case .text(let text, let expected) = reason, !member.isEmpty {
            let kind = expected == .integer || expected == .long ? "an integer or within integer range" : "valid"
            return Fault(
                "InvalidArgument", "Provided \(member) not \(kind)",
                members: ["ArgumentName": .string(member), "ArgumentValue": .string(text)])
        }
        return Fault(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema")
    }

    private var words: String {
        switch reason {
        case .unreadable(let why): return why
        case .text(let text, let expected):
            return "'\(text)' at '\(member)' can not be converted to \(Self.name(expected))"
        case .type(let found, let expected):
            if found.hasPrefix("Start of") {
                return found + " found where not expected" + (found.hasSuffix("list") ? "" : ".")
            }
            switch expected {
            case .list: return "Expected list or null"
            case .map: return "Expected map or null"
            case .structure: return "Expected structure or null"
            default: return "\(found) can not be converted to \(Self.name(expected))"
            }
        }
    }

    private static func name(_ kind: Shape.Kind) -> String {
        switch kind {
        case .integer: "an Integer"
        case .string: "a String"
        case .blob: "a Blob"
        case .structure, .list, .map, .boolean, .long, .double, .float, .timestamp:
            "a " + kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst()
        }
    }
}
