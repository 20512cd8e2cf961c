import Notation

/// Turns the XML of a request body into a tree by the names of the model.
struct XMLReader {
    static func read(_ bytes: [UInt8], _ shape: Shape) throws(Misfit) -> JSON {
        let root: XMLElement
        do { root = try XMLParser.parse(bytes) } catch {
            throw Misfit(.unreadable("\(error.message) at byte \(error.offset)"))
        }
        return try read(root, shape, member: root.name)
    }

    static func read(_ element: XMLElement, _ shape: Shape, member: String) throws(Misfit) -> JSON {
        switch shape.kind {
        case .structure: return try structure(element, shape)
        case .list: return try list(element.children, shape, named: shape.element?.wireName ?? "member")
        case .map: return try map(element.children.filter { $0.name == "entry" }, shape)
        case .string, .blob, .boolean, .integer, .long, .double, .float, .timestamp:
            guard element.children.isEmpty else {
                throw Misfit(.type(found: "Start of structure or map", expected: shape.kind), member: member)
            }
            do { return try Scalar.read(element.text, shape, member: member) } catch {
                // In a body a value of the wrong form makes the whole document invalid.
                throw Misfit(.unreadable("'\(member)' is not valid"))
            }
        }
    }

    private static func structure(_ element: XMLElement, _ shape: Shape) throws(Misfit) -> JSON {
        var result = JSONObject()
        for member in shape.members where member.isAttribute {
            guard let text = element.attribute(member.wireName) else { continue }
            result[member.name] = try Scalar.read(text, member.shape, member: member.wireName)
        }
        var gathered: [String: [XMLElement]] = [:]
        for child in element.children {
            guard let member = Self.member(child.name, of: shape), !member.isAttribute else { continue }
            if member.isFlattened {
                gathered[member.name, default: []].append(child)
            } else {
                result[member.name] = try read(child, member.shape, member: member.wireName)
            }
        }
        for member in shape.members {
            guard let children = gathered[member.name] else { continue }
            result[member.name] =
                member.shape.kind == .map
                ? try map(children, member.shape) : try list(children, member.shape, named: nil)
        }
        return .object(result)
    }

    /// The member that a child element belongs to: by its own name, or a flattened list's element's name.
    private static func member(_ name: String, of shape: Shape) -> Member? {
        if let member = shape.member(wireName: name) { return member }
        return shape.members.first {
            $0.isFlattened && $0.shape.element?.hasOwnWireName == true && $0.shape.element?.wireName == name
        }
    }

    private static func list(_ elements: [XMLElement], _ shape: Shape, named name: String?) throws(Misfit) -> JSON {
        guard let inner = shape.element?.shape else { return [] }
        var result: [JSON] = []
        result.reserveCapacity(elements.count)
        for element in elements where name == nil || element.name == name {
            result.append(try read(element, inner, member: element.name))
        }
        return .array(result)
    }

    private static func map(_ entries: [XMLElement], _ shape: Shape) throws(Misfit) -> JSON {
        guard let key = shape.key, let value = shape.value else { return [:] }
        var result = JSONObject()
        for entry in entries {
            guard let name = entry.child(key.wireName)?.text else { continue }
            result[name] = try read(entry.child(value.wireName) ?? XMLElement(name: ""), value.shape, member: name)
        }
        return .object(result)
    }
}
