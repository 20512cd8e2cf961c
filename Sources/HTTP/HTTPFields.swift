/// The header fields of a message, in the order they came. Names compare without regard to case (RFC 9110, section 5.1).
package struct HTTPFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// The fields as they came, repeated names included.
    package private(set) var all: [Field] = []

    /// One line of a header.
    package struct Field: Sendable, Hashable {
        /// The name as it was written.
        package let name: String
        /// The value without surrounding space.
        package let value: String
    }

    /// No fields.
    package init() {}

    /// These fields.
    package init(_ fields: some Sequence<(String, String)>) {
        for (name, value) in fields { add(name, value) }
    }

    package init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// The value of the first field of that name. Setting replaces all fields of that name; nil removes them.
    package subscript(name: String) -> String? {
        get { all.first { Self.same($0.name, name) }?.value }
        set {
            all.removeAll { Self.same($0.name, name) }
            if let newValue { add(name, newValue) }
        }
    }

    /// The values of all fields of that name, in order.
    package func values(of name: String) -> [String] { all.filter { Self.same($0.name, name) }.map(\.value) }

    /// Adds a field after the others, even if the name is there already.
    package mutating func add(_ name: String, _ value: String) { all.append(Field(name: name, value: value)) }

    /// Whether two names are one, ASCII letters' case aside.
    package static func same(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return left == right || zip(left.utf8, right.utf8).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}
