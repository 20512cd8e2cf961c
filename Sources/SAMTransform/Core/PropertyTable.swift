import Notation

/// The properties a resource or event may have, and what may stand in each.
struct PropertyTable: Sendable {
    /// What holds for one property.
    struct Rule: Sendable {
        /// Whether it has to be given.
        let isRequired: Bool
        /// Whether any intrinsic function may stand for the value.
        let allowsFunctions: Bool
        /// What else may stand there.
        let shape: Shape
    }

    private let rules: [String: Rule]
    /// The names in the order in which they are judged.
    private let names: [String]

    init(rules: JSONObject) {
        var parsed: [String: Rule] = [:]
        for (name, text) in rules { parsed[name] = Rule(text.string ?? "*") }
        self.rules = parsed
        names = rules.keys
    }

    /// Whether there is a property of that name.
    func contains(_ name: String) -> Bool { rules[name] != nil }

    /// Judges a resource's properties: all required ones there, and each of the right kind.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` for the first that is not.
    func judge(_ properties: JSONObject, of logicalID: String) throws {
        for name in names {
            guard let rule = rules[name] else { continue }
            guard let value = properties.given(name) else {
                if rule.isRequired { throw Fault.resource(logicalID, "Missing required property '\(name)'.") }
                continue
            }
            if case .any = rule.shape { continue }
            if rule.allowsFunctions, value.object?.count == 1 { continue }
            guard rule.shape.admits(value) else {
                throw Fault.resource(
                    logicalID,
                    rule.shape.words.map { "Property '\(name)' should be a \($0)." }
                        ?? "Type of property '\(name)' is invalid.")
            }
        }
    }
}

extension PropertyTable.Rule {
    /// Reads the notation of the importer: `!` required, `~` no functions, then the shape.
    init(_ text: String) {
        var rest = Substring(text)
        isRequired = rest.first == "!"
        if isRequired { rest.removeFirst() }
        allowsFunctions = rest.first != "~"
        if !allowsFunctions { rest.removeFirst() }
        shape = PropertyTable.Shape(&rest)
    }
}

extension PropertyTable {
    /// A kind of value.
    indirect enum Shape: Sendable {
        case any, string, map, bool, list, int
        case listOf(Shape)
        case mapOf(Shape)
        case oneOf([Shape])
        case word([String])

        fileprivate init(_ text: inout Substring) {
            switch text.popFirst() {
            case "s": self = .string
            case "m": self = .map
            case "b": self = .bool
            case "l": self = .list
            case "i": self = .int
            case "[": self = .listOf(Shape(&text)); text = text.dropFirst()
            case "{": self = .mapOf(Shape(&text)); text = text.dropFirst()
            case "(":
                var shapes: [Shape] = []
                repeat { shapes.append(Shape(&text)) } while text.popFirst() == "|"
                self = .oneOf(shapes)
            case "<":
                self = .word(text.prefix { $0 != ">" }.split(separator: ",").map(String.init))
            default: self = .any
            }
        }

        /// Whether the value is of this kind. A truth value counts as a whole number too.
        func admits(_ value: JSON) -> Bool {
            switch (self, value) {
            case (.any, _), (.string, .string), (.map, .object), (.bool, .bool), (.list, .array),
                (.int, .int), (.int, .bool):
                true
            case (.listOf(let shape), .array(let elements)): elements.allSatisfy(shape.admits)
            case (.mapOf(let shape), .object(let members)): members.allSatisfy { shape.admits($0.value) }
            case (.oneOf(let shapes), _): shapes.contains { $0.admits(value) }
            case (.word(let words), .string(let text)): words.contains(text)
            default: false
            }
        }

        /// What it is called in a message; nil where AWS's message does not say.
        fileprivate var words: String? {
            switch self {
            case .map: "map"
            case .string: "string"
            case .word(let words) where words.count == 1: "the string '\(words[0])'"
            case .word(let words) where words.count == 2: "one of the strings: '\(words[0])' or '\(words[1])'"
            case .word(let words):
                "one of the strings: " + words.dropLast().map { "'\($0)'" }.joined(separator: ", ")
                    + ", or '\(words.last ?? "")'"
            default: nil
            }
        }
    }
}
