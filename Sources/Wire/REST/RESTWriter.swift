import HTTP
import Notation

/// Puts the output of a REST operation into status, header fields and body.
struct RESTWriter {
    let operation: OperationModel
    let namespace: String?
    let isXML: Bool

    func answer(_ output: JSON, payload: HTTPBody?, isHead: Bool) -> HTTPResponse {
        let object = output.object ?? JSONObject()
        var response = HTTPResponse(status: operation.status)
        for member in operation.output?.members ?? [] {
            guard let value = object[member.name], !value.isNull else { continue }
            switch member.location {
            case .status: response.status = value.int ?? response.status
            case .header: header(value, member, in: &response, payload: payload, isHead: isHead)
            case .headers:
                for (name, value) in value.object ?? JSONObject() {
                    if let text = value.string {
                        response.fields.add(Self.line(member.wireName + name), Self.line(text))
                    }
                }
            case .uri, .query, nil: break
            }
        }
        // RFC 9110, section 15.3.7: an answer that holds only a range says so in its status too.
        if response.status == 200, response.fields["Content-Range"] != nil { response.status = 206 }
        if isHead { return response }
        body(object, payload: payload, in: &response)
        return response
    }

    private func header(
        _ value: JSON, _ member: Member, in response: inout HTTPResponse, payload: HTTPBody?, isHead: Bool
    ) {
        // The listener counts the body itself, unless there is none to count or its length is not known to it.
        let isLength = HTTPFields.same(member.wireName, "Content-Length")
        if isLength, !isHead, payload?.length != nil || payload == nil { return }
        if let elements = value.array {
            let texts = elements.compactMap {
                Scalar.text($0, member.shape.element?.shape ?? member.shape, time: .rfc822)
            }
            response.fields.add(member.wireName, texts.joined(separator: ", "))
        } else if let text = Scalar.text(value, member.shape, time: member.timestampFormat ?? .rfc822) {
            response.fields.add(member.wireName, Self.line(text))
        }
    }

    /// The text without line breaks, which would start another header field.
    private static func line(_ text: String) -> String {
        text.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 }
            ? String(text.unicodeScalars.map { $0 == "\n" || $0 == "\r" || $0 == "\0" ? " " : Character($0) }) : text
    }

    private func body(_ object: JSONObject, payload: HTTPBody?, in response: inout HTTPResponse) {
        guard let output = operation.output else {
            if let payload { response.body = payload }
            return
        }
        if let member = output.payload {
            raw(object, member, payload: payload, in: &response)
        } else if let payload {
            response.body = payload
        } else if isXML {
            guard output.members.contains(where: { $0.location == nil }) || operation.name == "GetBucketLocation"
            else { return }
            response.fields["Content-Type"] = "application/xml"
            response.body = .bytes(S3XML.document(object, output, operation: operation.name, namespace: namespace))
        } else if response.status != 204 {
            var writer = JSONWriter()
            writer.writeBody(.object(object), output)
            response.fields["Content-Type"] = "application/json"
            response.body = .bytes(writer.bytes)
        }
    }

    private func raw(_ object: JSONObject, _ member: Member, payload: HTTPBody?, in response: inout HTTPResponse) {
        if let payload, member.shape.isEventStream {
            response.body = EventStream.frames(payload, member, initial: nil)
            response.fields["Content-Type"] = EventStream.contentType
        } else if let payload {
            response.body = payload
        } else if let value = object[member.name], !value.isNull {
            switch member.shape.kind {
            case .blob: response.body = .bytes(value.string.flatMap { Base64.decode($0) } ?? [])
            case .string: response.body = .bytes(Array((value.string ?? "").utf8))
            default:
                response.fields["Content-Type"] = isXML ? "application/xml" : "application/json"
                response.body = .bytes(document(value, member))
            }
        }
        guard response.fields["Content-Type"] == nil else { return }
        // Lambda's results are JSON by its documentation; what S3 holds is bytes unless it was said.
        if member.isStreaming {
            response.fields["Content-Type"] = "binary/octet-stream"
        } else if member.shape.kind == .blob {
            response.fields["Content-Type"] = "application/json"
        }
    }

    private func document(_ value: JSON, _ member: Member) -> [UInt8] {
        guard isXML else {
            var writer = JSONWriter()
            writer.write(value, member)
            return writer.bytes
        }
        var writer = XMLWriter()
        writer.declaration()
        let name = member.hasOwnWireName ? member.wireName : S3XML.root(member.shape.name)
        writer.open(name, namespace: namespace.map { XMLNamespace(prefix: nil, uri: $0) })
        writer.members(value.object ?? JSONObject(), member.shape)
        writer.close(name)
        return writer.bytes
    }
}
