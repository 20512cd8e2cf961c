import HTTP
import Notation

/// Reads the input of a recognised request.
struct RequestReader {
    let request: HTTPRequest
    let service: ServiceModel
    let limit: Int

    func query(_ format: inout AnswerFormat) async throws(Rejection) -> Incoming {
        var fields = PercentEncoding.pairs(request.halves.query, isForm: true)
        if request.method == "POST" {
            let bytes = try await body(format)
            fields += PercentEncoding.pairs(String(decoding: bytes, as: UTF8.self)[...], isForm: true)
        }
        guard let action = fields.first(where: { $0.name == "Action" })?.value, !action.isEmpty else {
            throw Rejection(Refusals.missingAction(), format)
        }
        format.operation = action
        guard let operation = service.operation(action) else {
            let fault = Recognition.refusal(service.id, action, format)
            throw Rejection(fault ?? Refusals.unknownOperation(format, version: service.apiVersion), format)
        }
        let isPresigned = fields.contains { $0.name.hasPrefix("X-Amz-") }
        if isPresigned { fields.removeAll { $0.name.hasPrefix("X-Amz-") } }
        if operation.input?.member("QueueUrl") != nil, !fields.contains(where: { $0.name == "QueueUrl" }),
            request.path.count > 1
        {
            // Clients from before JSON post to the queue's own address.
            fields.append(("QueueUrl", String(request.path)))
        }
        let input = try fitting(format) { () throws(Misfit) in try FormReader.read(fields, operation.input) }
        return Incoming(service: service.id, operation: action, input: input, format: format)
    }

    func json(_ format: AnswerFormat) async throws(Rejection) -> Incoming {
        let bytes = try await body(format)
        let operation = try operation(format)
        let input = try fitting(format) { () throws(Misfit) in try JSONReader.read(bytes, operation.input) }
        return Incoming(service: service.id, operation: operation.name, input: input, format: format)
    }

    func cbor(_ format: AnswerFormat) async throws(Rejection) -> Incoming {
        let bytes = try await body(format)
        let operation = try operation(format)
        let input = try fitting(format) { () throws(Misfit) in try CBORReader.read(bytes, operation.input) }
        return Incoming(service: service.id, operation: operation.name, input: input, format: format)
    }

    func rest(
        _ format: AnswerFormat, _ match: RouteTable.Match, query: [(name: String, value: String)]
    ) async throws(Rejection) -> Incoming {
        let operation = try operation(format)
        let reader = RESTReader(operation: operation, request: request, query: query)
        let located = try fitting(format) { () throws(Misfit) in try reader.located(match.labels) }
        var incoming = Incoming(service: service.id, operation: operation.name, input: .object(located), format: format)
        switch reader.body() {
        case .none: break
        case .raw(let member) where member.shape.kind == .string:
            let bytes = try await document(operation, format)
            if !bytes.isEmpty { incoming.input[member.name] = .string(String(decoding: bytes, as: UTF8.self)) }
        case .raw: incoming.payload = request.body
        case .document(let member):
            let bytes = try await document(operation, format)
            guard !bytes.isEmpty else { break }
            incoming.input[member.name] = try fitting(format) { () throws(Misfit) in
                format.wireProtocol == .restXML
                    ? try XMLReader.read(bytes, member.shape) : try JSONReader.read(bytes, member.shape)
            }
        case .members(let shape):
            let bytes = try await document(operation, format)
            guard !bytes.isEmpty else { break }
            let rest = try fitting(format) { () throws(Misfit) in
                format.wireProtocol == .restXML ? try XMLReader.read(bytes, shape) : try JSONReader.read(bytes, shape)
            }
            // What is in path, query or header counts there only: the body cannot override it.
            for (name, value) in rest.object ?? JSONObject() where shape.member(name)?.location == nil {
                incoming.input[name] = value
            }
        }
        return incoming
    }

    private func operation(_ format: AnswerFormat) throws(Rejection) -> OperationModel {
        guard let operation = format.operation.flatMap({ service.operation($0) }) else {
            throw Rejection(Refusals.unknownOperation(format), format)
        }
        return operation
    }

    private func fitting<Result>(
        _ format: AnswerFormat, _ body: () throws(Misfit) -> Result
    ) throws(Rejection) -> Result {
        do { return try body() } catch { throw Rejection(error.fault(format.wireProtocol), format) }
    }

    /// A document's bytes, with the checksums of S3 looked at.
    private func document(_ operation: OperationModel, _ format: AnswerFormat) async throws(Rejection) -> [UInt8] {
        let bytes = try await body(format)
        guard format.wireProtocol == .restXML else { return bytes }
        let stated = Checksum.stated(in: request.fields)
        for (algorithm, value) in stated where Checksum.value(of: bytes, algorithm) != value {
            throw Rejection(Checksum.mismatch(algorithm), format)
        }
        if operation.requiresChecksum, stated.isEmpty, request.fields["x-amz-trailer"] == nil {
            let text = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
            throw Rejection(Fault("InvalidRequest", text), format)
        }
        return bytes
    }

    private func body(_ format: AnswerFormat) async throws(Rejection) -> [UInt8] {
        try await Self.body(of: request, format, limit: limit)
    }

    /// The whole body, unpacked where it is packed.
    static func body(
        of request: HTTPRequest, _ format: AnswerFormat, limit: Int
    ) async throws(Rejection) -> [UInt8] {
        let encoding = request.fields["Content-Encoding"]
        do {
            let bytes = try await request.body.collected(limit: limit)
            guard let encoding, HTTPFields.same(encoding, "gzip") else { return bytes }
            return try Inflate.gzip(bytes, limit: limit)
        } catch let fault as Fault {
            throw Rejection(fault, format)
        } catch HTTPBodyError.tooLarge, Inflate.Failure.tooLarge {
            throw Rejection(Refusals.tooLarge(limit: limit, format), format)
        } catch is Inflate.Failure {
            throw Rejection(Misfit(.unreadable("The body is not valid gzip.")).fault(format.wireProtocol), format)
        } catch {
            throw Rejection(Refusals.incompleteBody(), format)
        }
    }
}
