internal import Notation
internal import Synchronization

/// CloudFormation's published resource types: what their properties may be, whether they can be run here or not.
///
/// The facts stand in the program as one text, a type to an entry; a type is read when it is first asked for.
package enum PublicSchemas {
    private static let entries: [Substring: Substring] = {
        var entries: [Substring: Substring] = [:]
        for line in facts.split(separator: "\n") {
            for entry in line.split(separator: "\t") {
                // Each begins with {"t":"Name"
                let name = entry.dropFirst(6).prefix { $0 != "\"" }
                entries[name] = entry
            }
        }
        return entries
    }()

    private static let read = Mutex<[String: ResourceSchema]>([:])

    /// What is published about that type; nil when there is no such type.
    package static func schema(_ type: String) -> ResourceSchema? {
        if let known = read.withLock({ $0[type] }) { return known }
        guard let entry = entries[type[...]], let facts = try? JSON(parsing: String(entry)) else { return nil }
        let schema = ResourceSchema(facts: facts, type: type)
        read.withLock { $0[type] = schema }
        return schema
    }

    /// The names of all published types, in order.
    package static var types: [String] { entries.keys.map(String.init).sorted() }
}

extension ResourceSchema {
    /// Reads what Scripts/import-resource-schemas.py writes.
    fileprivate init(facts: JSON, type: String) {
        let names = { (key: String) in Set((facts[key]?.string ?? "").split(separator: " ").map(String.init)) }
        let readOnly = names("o")
        self.init(
            type: type, properties: Members(facts: facts), readOnly: readOnly.filter { !$0.contains("/") },
            attributes: Set(readOnly.map { $0.replacing("/", with: ".") }))
        createOnly = names("c")
        unordered = names("u")
        identifier = (facts["id"]?.string ?? "").split(separator: " ").map(String.init)
        for (name, shape) in facts["d"]?.object ?? [:] { definitions[name] = Shape(facts: shape) }
    }
}

extension ResourceSchema.Members {
    fileprivate init(facts: JSON) {
        self.init([:])
        for kind in ["s", "i", "n", "b", "l", "*"] {
            let shape = ResourceSchema.Shape(facts: .string(kind))
            for name in (facts[kind]?.string ?? "").split(separator: " ") { shapes[String(name)] = shape }
        }
        for (name, shape) in facts["p"]?.object ?? [:] { shapes[name] = ResourceSchema.Shape(facts: shape) }
        required = Set((facts["r"]?.string ?? "").split(separator: " ").map(String.init))
        isOpen = facts["x"] != nil
    }
}

extension ResourceSchema.Shape {
    fileprivate init(facts: JSON) {
        switch facts {
        case .string("s"): self = .string(nil)
        case .string("i"): self = .integer
        case .string("n"): self = .number
        case .string("b"): self = .boolean
        case .string("l"): self = .list(.string(nil))
        case .string(let text) where text.hasPrefix("#"): self = .definition(String(text.dropFirst()))
        case .array(let elements): self = .list(elements.first.map { Self(facts: $0) } ?? .any)
        case .object(let object):
            self = object["m"].map { .map(Self(facts: $0)) } ?? .object(.init(facts: facts))
        default: self = .any
        }
    }
}
