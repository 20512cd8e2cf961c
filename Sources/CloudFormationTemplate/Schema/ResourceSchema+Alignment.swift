package import Notation

/// What there is, laid beside what was asked for, so that only real differences are left between the two.
///
/// Source: AWS CloudFormation User Guide, "Detect unmanaged configuration changes": only properties that the template
/// defines are compared. CloudFormation's resource type schemas say which lists have an order (`insertionOrder`).
extension ResourceSchema {
    /// The actual properties in the shape of the expected ones: only the members asked for at every depth; lists without
    /// an order in the order asked for; a document that was asked for as text as that text when it says the same.
    ///
    /// Documents and maps, whose members the author chose, are taken whole: what was added to them is a difference.
    package func aligned(_ actual: JSON, to expected: JSON) -> JSON {
        aligned(actual, to: expected, .object(properties), at: [])
    }

    private func aligned(_ actual: JSON, to expected: JSON, _ shape: Shape, at place: [String]) -> JSON {
        var (shape, place) = (shape, place)
        // Below a definition, places count from its name.
        for _ in 0..<16 {
            guard case .definition(let name) = shape else { break }
            (shape, place) = (definitions[name] ?? .any, ["#" + name])
        }
        switch (expected, actual) {
        case (.object(let wanted), .object(let there)):
            switch shape {
            case .object(let members), .objects(let members):
                return members.isOpen && members.shapes.isEmpty
                    ? actual : .object(restricted(there, to: wanted, members, at: place))
            case .map(let inner):
                return .object(
                    JSONObject(
                        there.map { name, value in
                            (name, wanted[name].map { aligned(value, to: $0, inner, at: place) } ?? value)
                        }))
            default: return actual
            }
        case (.array(let wanted), .array(let there)):
            return .array(elements(there, to: wanted, shape, at: place))
        case (.string(let text), _): return Self.means(text, actual) ? expected : actual
        case (_, .string(let text)): return Self.means(text, expected) ? expected : actual
        default: return actual
        }
    }

    private func restricted(
        _ there: JSONObject, to wanted: JSONObject, _ members: Members, at place: [String]
    ) -> JSONObject {
        var kept = JSONObject()
        for (name, value) in wanted {
            if let member = there[name] {
                kept[name] = aligned(member, to: value, members.shapes[name] ?? .any, at: place + [name])
            } else if value.isEmpty {
                // Nothing asked for and nothing there are the same.
                kept[name] = value
            }
        }
        return kept
    }

    private func elements(_ there: [JSON], to wanted: [JSON], _ shape: Shape, at place: [String]) -> [JSON] {
        let inner: Shape =
            switch shape {
            case .list(let inner): inner
            case .objects(let members): .object(members)
            default: .any
            }
        let place = place + ["*"]
        // Tags are told apart by their keys, in every type.
        guard unordered.contains(place.dropLast().joined(separator: "/")) || place.dropLast().last == "Tags" else {
            return there.enumerated().map { index, value in
                index < wanted.count ? aligned(value, to: wanted[index], inner, at: place) : value
            }
        }
        var rest = there
        var found: [JSON?] = wanted.map { value in
            for (index, candidate) in rest.enumerated() {
                let seen = aligned(candidate, to: value, inner, at: place)
                guard PropertyDifference.all(from: value, to: seen).isEmpty else { continue }
                rest.remove(at: index)
                return seen
            }
            return nil
        }
        // What differs is shown beside the one that it is most likely to be: of the same name, else the next in line.
        for (index, value) in wanted.enumerated() where found[index] == nil {
            guard let same = rest.firstIndex(where: { $0.name != nil && $0.name == value.name }) else { continue }
            found[index] = aligned(rest.remove(at: same), to: value, inner, at: place)
        }
        for index in wanted.indices where found[index] == nil && !rest.isEmpty {
            found[index] = aligned(rest.removeFirst(), to: wanted[index], inner, at: place)
        }
        return found.compactMap(\.self) + rest
    }

    /// Whether a text is the document that the value is, or another way to write the same document.
    private static func means(_ text: String, _ value: JSON) -> Bool {
        guard let document = document(text) else { return false }
        let other = value.string.map { Self.document($0) } ?? value
        guard let other else { return false }
        return PropertyDifference.all(from: document, to: other).isEmpty
    }

    /// A text as the object or list that it is the JSON of.
    private static func document(_ text: String) -> JSON? {
        guard let first = text.trimmed.first, first == "{" || first == "[" else { return nil }
        return try? JSON(parsing: text)
    }
}

extension JSON {
    /// Whether it says nothing: no value, no text, no elements, no members.
    fileprivate var isEmpty: Bool {
        switch self {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }

    /// What an element of a list is told apart by.
    fileprivate var name: JSON? {
        ["Id", "Key", "PolicyName", "Name"].lazy.compactMap { self[$0] }.first
    }
}
