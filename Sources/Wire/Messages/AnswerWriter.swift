import HTTP
import Notation

/// Writes the outcome of a call in the protocol of its request.
struct AnswerWriter {
    let service: ServiceModel
    let operation: OperationModel
    let requestID: String
    let hostID: String

    func answer(_ output: JSON, payload: HTTPBody?, format: AnswerFormat) -> HTTPResponse {
        switch format.wireProtocol {
        case .query: return query(output)
        case .json10, .json11:
            if let payload, let member = EventStream.member(of: operation) { return streamed(payload, member, output) }
            let version = format.wireProtocol == .json10 ? "1.0" : "1.1"
            return json(output, type: "application/x-amz-json-\(version)")
        case .cbor: return cbor(output)
        case .restJSON, .restXML:
            let writer = RESTWriter(
                operation: operation, namespace: service.xmlNamespace, isXML: format.wireProtocol == .restXML)
            var response = writer.answer(output, payload: payload, isHead: format.isHead)
            Self.identify(&response.fields, format.wireProtocol, requestID, hostID)
            return response
        }
    }

    static func identify(
        _ fields: inout HTTPFields, _ wireProtocol: WireProtocol, _ requestID: String, _ hostID: String
    ) {
        guard wireProtocol == .restXML else { return fields.add("x-amzn-RequestId", requestID) }
        fields.add("x-amz-request-id", requestID)
        if !hostID.isEmpty { fields.add("x-amz-id-2", hostID) }
    }

    private func query(_ output: JSON) -> HTTPResponse {
        var writer = XMLWriter()
        let name = operation.name + "Response"
        writer.open(name, namespace: service.xmlNamespace.map { XMLNamespace(prefix: nil, uri: $0) })
        if let wrapper = operation.resultWrapper ?? (operation.output == nil ? nil : operation.name + "Result") {
            writer.open(wrapper)
            if let shape = operation.output { writer.members(output.object ?? JSONObject(), shape) }
            writer.close(wrapper)
        }
        writer.open("ResponseMetadata")
        writer.element("RequestId", text: requestID)
        writer.close("ResponseMetadata")
        writer.close(name)
        return response(.bytes(writer.bytes), type: "text/xml")
    }

    private func json(_ output: JSON, type: String) -> HTTPResponse {
        guard let shape = operation.output else { return response(.bytes([]), type: type) }
        var writer = JSONWriter()
        writer.writeBody(output, shape)
        return response(.bytes(writer.bytes), type: type)
    }

    private func cbor(_ output: JSON) -> HTTPResponse {
        var writer = CBORWriter()
        writer.writeBody(output, operation.output)
        var response = response(.bytes(writer.bytes), type: "application/cbor")
        response.fields.add("smithy-protocol", "rpc-v2-cbor")
        return response
    }

    private func streamed(_ payload: HTTPBody, _ member: Member, _ output: JSON) -> HTTPResponse {
        var writer = JSONWriter()
        if let shape = operation.output { writer.writeBody(output, shape) }
        return response(
            EventStream.frames(payload, member, initial: writer.bytes), type: EventStream.contentType)
    }

    private func response(_ body: HTTPBody, type: String) -> HTTPResponse {
        var fields = HTTPFields()
        fields.add("x-amzn-RequestId", requestID)
        fields.add("Content-Type", type)
        return HTTPResponse(status: operation.status, fields: fields, body: body)
    }
}
