import Notation

/// Turns the fields of an AWS Query request into a tree by the names of the model.
///
/// Fields name a place in the input with dots: `Tags.member.1.Key`. They are first gathered into nested objects.
struct FormReader {
    /// Deeper names than any of AWS's are refused.
    private static let depthLimit = 64

    static func read(_ fields: [(name: String, value: String)], _ shape: Shape?) throws(Misfit) -> JSON {
        guard let shape else { return [:] }
        var root: JSON? = .object(JSONObject())
        for (name, value) in fields where name != "Action" && name != "Version" {
            let steps = name.parts(".", atMost: depthLimit, keepingEmpty: true)
            guard steps.count <= depthLimit else {
                throw Misfit(.unreadable("'\(name.prefix(80))' is nested too deep"))
            }
            insert(value, at: steps[...], in: &root)
        }
        return try structure(root ?? [:], shape)
    }

    private static func insert(_ value: String, at steps: ArraySlice<Substring>, in node: inout JSON?) {
        guard let step = steps.first else {
            if node?.object == nil { node = .string(value) }
            return
        }
        var object = JSONObject()
        if case .object(let members) = node { object = members }
        node = nil  // so that the members' storage is held once and changed in place
        insert(value, at: steps.dropFirst(), in: &object[String(step)])
        node = .object(object)
    }

    private static func read(_ node: JSON, _ shape: Shape, member: String, isFlattened: Bool) throws(Misfit) -> JSON {
        switch shape.kind {
        case .structure: return try structure(node, shape)
        case .list: return try list(node, shape, member: member, isFlattened: isFlattened)
        case .map: return try map(node, shape, member: member, isFlattened: isFlattened)
        case .string, .blob, .boolean, .integer, .long, .double, .float, .timestamp:
            guard let text = node.string else {
                throw Misfit(.type(found: "Start of structure or map", expected: shape.kind), member: member)
            }
            return try Scalar.read(text, shape, member: member)
        }
    }

    private static func structure(_ node: JSON, _ shape: Shape) throws(Misfit) -> JSON {
        guard let object = node.object else { return [:] }
        var result = JSONObject()
        for (key, child) in object {
            guard let member = member(key, of: shape) else { continue }
            result[member.name] = try read(child, member.shape, member: key, isFlattened: member.isFlattened)
        }
        return .object(result)
    }

    private static func member(_ name: String, of shape: Shape) -> Member? {
        if let member = shape.member(queryName: name) { return member }
        return shape.members.first {
            $0.isFlattened && $0.shape.element?.hasOwnWireName == true && $0.shape.element?.wireName == name
        }
    }

    private static func list(
        _ node: JSON, _ shape: Shape, member: String, isFlattened: Bool
    ) throws(Misfit) -> JSON {
        guard let inner = shape.element else { return [] }
        let numbered = isFlattened ? node : node[inner.wireName] ?? node["member"] ?? [:]
        var result: [JSON] = []
        for child in elements(numbered) {
            result.append(try read(child, inner.shape, member: member, isFlattened: false))
        }
        return .array(result)
    }

    private static func map(_ node: JSON, _ shape: Shape, member: String, isFlattened: Bool) throws(Misfit) -> JSON {
        guard let key = shape.key, let inner = shape.value else { return [:] }
        var result = JSONObject()
        for entry in elements(isFlattened ? node : node["entry"] ?? [:]) {
            guard let name = entry[key.queryName]?.string else { continue }
            result[name] = try read(entry[inner.queryName] ?? "", inner.shape, member: member, isFlattened: false)
        }
        return .object(result)
    }

    /// The values behind numbers, in the order of the numbers.
    private static func elements(_ node: JSON) -> [JSON] {
        guard let object = node.object else { return [] }
        var numbered: [(Int, JSON)] = []
        numbered.reserveCapacity(object.count)
        for (key, value) in object { if let number = Int(key) { numbered.append((number, value)) } }
        let isSorted = zip(numbered, numbered.dropFirst()).allSatisfy { $0.0 < $1.0 }
        return (isSorted ? numbered : numbered.sorted { $0.0 < $1.0 }).map(\.1)
    }
}
