package import Notation

/// One member of an operation's input, at any depth: a row of the support ledger.
package struct InputMember: Sendable, Hashable {
    /// Where it is: names joined by dots, `[]` behind a list and `{}` behind a map.
    package let path: String
    /// What its value is.
    package let kind: Shape.Kind
    /// Whether the structure it is in is invalid without it.
    package let isRequired: Bool
}

extension OperationModel {
    /// Every member of the input, nested ones included, in the order of the model.
    ///
    /// A shape that holds itself is entered once on each path.
    package func inputMembers() -> [InputMember] {
        var found: [InputMember] = []
        if let input { Self.collect(input, path: "", inside: [], into: &found) }
        return found
    }

    /// The members of a tree that its shape does not have: paths such as `Code.Zip`. Empty when all are known.
    ///
    /// Tests ask this of what services answer, because ``WireRouter`` leaves unknown members out without a word.
    package static func unknownMembers(of value: JSON, in shape: Shape?, path: String = "") -> [String] {
        guard let shape, !shape.isDocument else { return [] }
        switch (shape.kind, value) {
        case (.structure, .object(let object)):
            return object.flatMap { name, value -> [String] in
                let inner = path.isEmpty ? name : "\(path).\(name)"
                guard let member = shape.member(name) else { return [inner] }
                return unknownMembers(of: value, in: member.shape, path: inner)
            }
        case (.list, .array(let elements)):
            return elements.flatMap { unknownMembers(of: $0, in: shape.element?.shape, path: path + "[]") }
        case (.map, .object(let object)):
            return object.flatMap { unknownMembers(of: $0.value, in: shape.value?.shape, path: path + "{}") }
        default: return []
        }
    }

    private static func collect(_ shape: Shape, path: String, inside: [String], into found: inout [InputMember]) {
        guard shape.name.isEmpty || !inside.contains(shape.name) else { return }
        let inside = inside + [shape.name]
        switch shape.kind {
        case .structure:
            for member in shape.members {
                let inner = path.isEmpty ? member.name : "\(path).\(member.name)"
                found.append(InputMember(path: inner, kind: member.shape.kind, isRequired: member.isRequired))
                collect(member.shape, path: inner, inside: inside, into: &found)
            }
        case .list:
            if let element = shape.element { collect(element.shape, path: path + "[]", inside: inside, into: &found) }
        case .map: if let value = shape.value { collect(value.shape, path: path + "{}", inside: inside, into: &found) }
        case .string, .blob, .boolean, .integer, .long, .double, .float, .timestamp: break
        }
    }
}
