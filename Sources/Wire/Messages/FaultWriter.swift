import HTTP
import Notation

/// Writes an error in the protocol of the request it answers.
struct FaultWriter {
    private let fault: Fault
    private let format: AnswerFormat
    private let requestID: String
    private let hostID: String
    private let service: ServiceModel?
    private let shape: Shape?
    private let status: Int

    init(_ fault: Fault, format: AnswerFormat, requestID: String, hostID: String) {
        self.fault = fault
        self.format = format
        self.requestID = requestID
        self.hostID = hostID
        service = format.service.flatMap { Models.service($0) }
        shape = service?.exception(fault.code)
        status = fault.status ?? shape?.fault?.status ?? (fault.isSender && shape?.fault?.isServer != true ? 400 : 500)
    }

    /// The exception's name in the model.
    private var shapeName: String { shape.map(\.name) ?? fault.code }
    /// The code that Query and REST-XML show.
    private var wireCode: String { fault.queryCode ?? shape?.fault?.code ?? fault.code }

    func answer() -> HTTPResponse {
        var response = HTTPResponse(status: status)
        AnswerWriter.identify(&response.fields, format.wireProtocol, requestID, hostID)
        guard !format.isHead, status != 304 else { return response }
        switch format.wireProtocol {
        case .query: fill(&response, "text/xml", queryBody())
        case .restXML: fill(&response, "application/xml", s3Body())
        case .json10: fill(&response, "application/x-amz-json-1.0", jsonBody(typed: true))
        case .json11: fill(&response, "application/x-amz-json-1.1", jsonBody(typed: true))
        case .restJSON:
            fill(&response, "application/json", jsonBody(typed: false))
            response.fields.add("x-amzn-ErrorType", shapeName)
        case .cbor:
            var writer = CBORWriter()
            writer.writeFault(type: shapeName, message: fault.message, members: fault.members, shape)
            fill(&response, "application/cbor", writer.bytes)
            response.fields.add("smithy-protocol", "rpc-v2-cbor")
        }
        if service?.isQueryCompatible == true, [.json10, .json11, .cbor].contains(format.wireProtocol) {
            let blamed = status < 500 ? "Sender" : "Receiver"
            response.fields.add("x-amzn-query-error", "\(wireCode);\(blamed)")
        }
        return response
    }

    private func fill(_ response: inout HTTPResponse, _ type: String, _ bytes: [UInt8]) {
        response.fields.add("Content-Type", type)
        response.body = .bytes(bytes)
    }

    /// The member in which the model keeps the text for people.
    private var messageName: String {
        shape?.members.first { $0.name.lowercased() == "message" }?.wireName ?? "message"
    }

    private func jsonBody(typed: Bool) -> [UInt8] {
        var object = JSONObject()
        if typed { object["__type"] = .string(shapeName) }
        if shape?.member("Type") != nil { object["Type"] = status < 500 ? "User" : "Service" }
        object[messageName] = .string(fault.message)
        for (name, value) in fault.members where !value.isNull && shape?.member(name)?.location == nil {
            object[shape?.member(name)?.wireName ?? name] = value
        }
        return JSON.object(object).bytes()
    }

    private func queryBody() -> [UInt8] {
        var writer = XMLWriter()
        writer.open("ErrorResponse", namespace: service?.xmlNamespace.map { XMLNamespace(prefix: nil, uri: $0) })
        writer.open("Error")
        writer.element("Type", text: status < 500 ? "Sender" : "Receiver")
        writer.element("Code", text: wireCode)
        writer.element("Message", text: fault.message)
        members(in: &writer)
        writer.close("Error")
        writer.element("RequestId", text: requestID)
        writer.close("ErrorResponse")
        return writer.bytes
    }

    private func s3Body() -> [UInt8] {
        var writer = XMLWriter()
        writer.declaration()
        writer.open("Error")
        writer.element("Code", text: wireCode)
        writer.element("Message", text: fault.message)
        members(in: &writer)
        writer.element("RequestId", text: requestID)
        writer.element("HostId", text: hostID)
        writer.close("Error")
        return writer.bytes
    }

    private func members(in writer: inout XMLWriter) {
        for (name, value) in fault.members where !value.isNull {
            if let member = shape?.member(name) {
                writer.write(value, member, name: member.wireName)
            } else {
                writer.element(name, text: value.string ?? value.text())
            }
        }
    }
}
