import Notation

/// Turns the JSON of a request into a tree by the names of the model: members without a value and unknown ones are
/// left out, types are checked.
struct JSONReader {
    /// The bytes of a body read as a structure. An empty body is an empty structure.
    static func read(_ bytes: [UInt8], _ shape: Shape?) throws(Misfit) -> JSON {
        if bytes.isEmpty { return [:] }
        let value: JSON
        do { value = try JSON(parsing: bytes) } catch {
            throw Misfit(.unreadable("Unexpected token received from parser: \(error)"))
        }
        guard let shape else { return [:] }
        if value.isNull { return [:] }
        return try read(value, shape, member: "")
    }

    static func read(_ value: JSON, _ shape: Shape, member: String) throws(Misfit) -> JSON {
        if shape.isDocument { return value }
        switch (shape.kind, value) {
        case (.structure, .object(let object)): return try structure(object, shape)
        case (.list, .array(let elements)): return try list(elements, shape, member: member)
        case (.map, .object(let object)): return try map(object, shape)
        case (.string, .string), (.boolean, .bool): return value
        case (.blob, .string(let text)) where Base64.isValid(text): return value
        case (.integer, .int(let number)) where Int32(exactly: number) != nil: return value
        case (.long, .int), (.double, .int), (.double, .double), (.float, .int), (.float, .double): return value
        case (.integer, .double(let number)):
            if let whole = Int32(exactly: number) { return .int(Int(whole)) }
        case (.long, .double(let number)):
            if let whole = Int(exactly: number) { return .int(whole) }
        case (.double, .string(let text)), (.float, .string(let text)):
            if let special = Scalar.special(text) { return .double(special) }
        case (.timestamp, .int), (.timestamp, .double): return value
        case (.timestamp, .string(let text)):
            if let time = WireTime.parse(text) { return time }
        default: break
        }
        throw Misfit(found: value, expected: shape.kind, member: member)
    }

    private static func structure(_ object: JSONObject, _ shape: Shape) throws(Misfit) -> JSON {
        var result = JSONObject()
        result.reserveCapacity(object.count)
        for (key, value) in object where !value.isNull {
            guard let member = shape.member(wireName: key) else { continue }
            result[member.name] = try read(value, member.shape, member: key)
        }
        return .object(result)
    }

    private static func list(_ elements: [JSON], _ shape: Shape, member: String) throws(Misfit) -> JSON {
        guard let inner = shape.element?.shape else { return .array(elements) }
        var result: [JSON] = []
        result.reserveCapacity(elements.count)
        for element in elements where !element.isNull { result.append(try read(element, inner, member: member)) }
        return .array(result)
    }

    private static func map(_ object: JSONObject, _ shape: Shape) throws(Misfit) -> JSON {
        guard let inner = shape.value?.shape else { return .object(object) }
        var result = JSONObject()
        result.reserveCapacity(object.count)
        for (key, value) in object where !value.isNull { result[key] = try read(value, inner, member: key) }
        return .object(result)
    }
}
