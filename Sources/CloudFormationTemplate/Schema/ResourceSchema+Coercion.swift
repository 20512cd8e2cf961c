package import Notation

extension ResourceSchema {
    /// The properties with every scalar of the kind the schema asks for: parameters are texts, so a number that comes
    /// from one is a text as well, and YAML makes numbers of texts that look like some.
    ///
    /// What does not fit is left as it is, for the service to judge.
    package func coerced(_ properties: JSON) -> JSON {
        coerced(properties, .object(self.properties))
    }

    private func coerced(_ value: JSON, _ shape: Shape) -> JSON {
        switch resolved(shape) {
        case .any, .definition: return value
        case .string: return value.array == nil && value.object == nil ? value.loose : value
        case .integer:
            return value.string.flatMap { Int($0.trimmed) }.map(JSON.int) ?? value
        case .number:
            guard let text = value.string?.trimmed else { return value }
            return Int(text).map(JSON.int) ?? Double(text).map(JSON.double) ?? value
        case .boolean:
            switch value.string?.lowercased() {
            case "true": return true
            case "false": return false
            default: return value
            }
        case .list(let inner): return value.array.map { .array($0.map { coerced($0, inner) }) } ?? value
        case .map(let inner):
            return value.object.map { .object($0.mapValues { coerced($0, inner) }) } ?? value
        case .object(let members): return coerced(value, members)
        case .objects(let members):
            guard let elements = value.array else { return coerced(value, members) }
            return .array(elements.map { coerced($0, members) })
        }
    }

    private func coerced(_ value: JSON, _ members: Members) -> JSON {
        guard let object = value.object else { return value }
        return .object(
            JSONObject(
                object.map { name, member in (name, members.shapes[name].map { coerced(member, $0) } ?? member) }))
    }
}
