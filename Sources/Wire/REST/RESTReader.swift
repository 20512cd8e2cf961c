import HTTP
import Notation

/// Gathers the input of a REST operation from path, query and header fields, and says what the body is.
struct RESTReader {
    /// What the body of a request holds.
    enum Body {
        /// Nothing that the operation takes.
        case none
        /// The bytes of a blob, or text, as they are.
        case raw(Member)
        /// One member, as a document.
        case document(Member)
        /// All members that are not elsewhere, as a document.
        case members(Shape)
    }

    let operation: OperationModel
    let request: HTTPRequest
    let query: [(name: String, value: String)]

    func body() -> Body {
        guard let input = operation.input else { return .none }
        if let payload = input.payload {
            switch payload.shape.kind {
            case .blob, .string: return .raw(payload)
            default: return payload.isStreaming ? .raw(payload) : .document(payload)
            }
        }
        return input.members.contains { $0.location == nil } ? .members(input) : .none
    }

    /// The members outside of the body.
    func located(_ labels: [(name: String, value: String)]) throws(Misfit) -> JSONObject {
        var result = JSONObject()
        for member in operation.input?.members ?? [] {
            switch member.location {
            case .uri:
                guard let label = labels.first(where: { $0.name == member.wireName }) else { continue }
                result[member.name] = try Scalar.read(label.value, member.shape, member: member.wireName)
            case .query: if let value = try queryValue(member) { result[member.name] = value }
            case .header: if let value = try headerValue(member) { result[member.name] = value }
            case .headers: if let value = prefixed(member) { result[member.name] = value }
            case .status, nil: break
            }
        }
        return result
    }

    private func queryValue(_ member: Member) throws(Misfit) -> JSON? {
        switch member.shape.kind {
        case .list:
            guard let inner = member.shape.element?.shape else { return nil }
            var elements: [JSON] = []
            for pair in query where pair.name == member.wireName {
                elements.append(try Scalar.read(pair.value, inner, member: member.wireName))
            }
            return elements.isEmpty ? nil : .array(elements)
        case .map:
            let known = Set((operation.input?.members ?? []).filter { $0.location == .query }.map(\.wireName))
            let rest = query.filter { !known.contains($0.name) }
            return rest.isEmpty ? nil : .object(JSONObject(rest.map { ($0.name, .string($0.value)) }))
        default:
            guard let pair = query.first(where: { $0.name == member.wireName }) else { return nil }
            // An empty value in a query is no value for anything but text.
            if pair.value.isEmpty, member.shape.kind != .string { return nil }
            return try Scalar.read(pair.value, member.shape, member: member.wireName)
        }
    }

    private func headerValue(_ member: Member) throws(Misfit) -> JSON? {
        guard member.shape.kind != .list else { return try headerList(member) }
        guard let text = request.fields[member.wireName] else { return nil }
        if member.shape.kind == .timestamp {
            // S3 keeps what clients send as `Expires`, a date or not.
            return WireTime.parse(text) ?? .string(text)
        }
        return try Scalar.read(text, member.shape, member: member.wireName)
    }

    private func headerList(_ member: Member) throws(Misfit) -> JSON? {
        guard let inner = member.shape.element?.shape else { return nil }
        let lines = request.fields.values(of: member.wireName)
        guard !lines.isEmpty else { return nil }
        var elements: [JSON] = []
        for part in lines.flatMap({ $0.parts(",") }) {
            elements.append(try Scalar.read(Scalar.trimmed(String(part)), inner, member: member.wireName))
        }
        return .array(elements)
    }

    private func prefixed(_ member: Member) -> JSON? {
        var map = JSONObject()
        for field in request.fields.all {
            guard field.name.utf8.count > member.wireName.utf8.count, field.name.hasPrefix(anyCase: member.wireName)
            else { continue }
            let name = Substring(field.name.utf8.dropFirst(member.wireName.utf8.count)).lowercased()
            // A name given twice counts with all its values, joined as proxies may do (RFC 9110, section 5.3).
            let value = map[name]?.string.map { "\($0),\(field.value)" } ?? field.value
            map[name] = .string(value)
        }
        return map.isEmpty ? nil : .object(map)
    }
}
