internal import Notation

/// A part of a compiled pattern: what the value at one place must be like, and those below it.
struct PatternNode: Sendable, Hashable {
    /// A member that is looked at, and what must hold there.
    struct Child: Sendable, Hashable {
        /// The member's name as written.
        let name: String
        /// The names that a name with dots stands for, when the event has no member of the whole name.
        let steps: [String]
        var node: PatternNode

        init(_ name: String) {
            self.name = name
            steps = name.contains(".") ? name.split(separator: ".").map(String.init) : []
            node = PatternNode()
        }

        func value(in members: JSONObject) -> JSON? {
            if let value = members[name] { return value }
            guard let first = steps.first, let top = members[first] else { return nil }
            return steps.dropFirst().reduce(top) { value, step in value?[step] }
        }
    }

    private(set) var values: ValuePattern?
    private(set) var children: [Child] = []

    /// Adds what must hold of the value at that place below.
    mutating func insert(_ values: ValuePattern, at path: ArraySlice<String>) {
        guard let name = path.first else { return self.values = values }
        let place = children.firstIndex { $0.name == name } ?? children.endIndex
        if place == children.endIndex { children.append(Child(name)) }
        children[place].node.insert(values, at: path.dropFirst())
    }

    /// Whether all of it holds of the value, which is a part of the event given last.
    func holds(_ value: JSON?, in event: JSON) -> Bool {
        if let values, !values.holds(value, in: event) { return false }
        return children.isEmpty || childrenHold(value, in: event)
    }

    /// Whether one object holds all that is asked for. Without an object only absence can hold.
    private func childrenHold(_ value: JSON?, in event: JSON) -> Bool {
        switch value {
        case .object(let members):
            return children.allSatisfy { $0.node.holds($0.value(in: members), in: event) }
        case .array(let elements) where elements.contains(where: Self.hasObject):
            return elements.contains { Self.hasObject($0) && childrenHold($0, in: event) }
        default:
            return children.allSatisfy { $0.node.holds(nil, in: event) }
        }
    }

    private static func hasObject(_ value: JSON) -> Bool {
        switch value {
        case .object: true
        case .array(let elements): elements.contains(where: hasObject)
        default: false
        }
    }
}
