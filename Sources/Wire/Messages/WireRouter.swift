package import HTTP
package import Notation

/// Turns HTTP requests into calls of operations and their outcomes into HTTP answers, in all of AWS's protocols.
///
/// It holds no state: models are read on first use and kept for the process.
package struct WireRouter: Sendable {
    /// A router.
    package init() {}

    /// Says which service and operation a request is for, from its head alone, and how its caller wants answers.
    ///
    /// The operation of a Query request travels in the body, so it is nil for those. Unknown services and paths give
    /// the nearest format; ``parse(_:bodyLimit:virtualHosts:)`` says what is wrong with them.
    package func outline(_ request: HTTPRequest, virtualHosts: [String]) -> AnswerFormat {
        Recognition(request, virtualHosts: virtualHosts).format
    }

    /// Understands a request: which operation of which service, with which input.
    ///
    /// - Parameters:
    ///   - bodyLimit: Bytes of a body that is read into a tree. Raw payloads (such as an object's content) are handed
    ///     on unread, whatever their size.
    ///   - virtualHosts: Host names, without port, under which a label in front names a bucket
    ///     (`bucket.s3.example.com` for `s3.example.com`).
    /// - Throws: ``Rejection`` with AWS's error of the protocol: an unknown operation, one that is not offered, a body
    ///   that is too large or cannot be read, a value of the wrong type, or what reading the body threw.
    package func parse(
        _ request: HTTPRequest, bodyLimit: Int, virtualHosts: [String]
    ) async throws(Rejection) -> Incoming {
        let recognition = Recognition(request, virtualHosts: virtualHosts)
        var format = recognition.format
        if case .refused(let fault) = recognition.kind { throw Rejection(fault, format) }
        var request = request
        if case .query = recognition.kind, format.service == nil {
            format.service = try await Recognition.service(ofQuery: &request, format, limit: bodyLimit)
        }
        guard let service = format.service.flatMap({ Models.service($0) }) else {
            throw Rejection(Refusals.unknownOperation(format), format)
        }
        let reader = RequestReader(request: request, service: service, limit: bodyLimit)
        switch recognition.kind {
        case .query: return try await reader.query(&format)
        case .target: return try await reader.json(format)
        case .cbor: return try await reader.cbor(format)
        case .path(let match, let query): return try await reader.rest(format, match, query: query)
        case .refused(let fault): throw Rejection(fault, format)
        }
    }

    /// Writes the outcome of a call.
    ///
    /// - Parameters:
    ///   - output: The output by the names of the model. Members that the model does not have are left out.
    ///   - payload: The raw body, where the model makes it a streaming or blob member. Where the model makes it a
    ///     stream of events, every piece is the JSON text of one, such as `{"PayloadChunk": {"Payload": "aGk="}}`.
    ///   - requestID: What the answer is called in `x-amzn-RequestId` or `x-amz-request-id`.
    /// - Returns: The answer. `Content-Length` is in it only for a `HEAD`, and for a stream of unknown length that the
    ///   output states.
    package func answer(
        _ incoming: Incoming, output: JSON, payload: HTTPBody? = nil, requestID: String, hostID: String = ""
    ) -> HTTPResponse {
        guard let service = Models.service(incoming.service), let operation = service.operation(incoming.operation)
        else {
            let fault = Fault.internalFailure("\(incoming.service) has no operation \(incoming.operation).")
            return answer(fault, to: incoming.format, requestID: requestID, hostID: hostID)
        }
        let writer = AnswerWriter(service: service, operation: operation, requestID: requestID, hostID: hostID)
        return writer.answer(output, payload: payload, format: incoming.format)
    }

    /// Writes an error.
    ///
    /// - Parameters:
    ///   - requestID: What the answer is called in `x-amzn-RequestId` or `x-amz-request-id`.
    ///   - hostID: What S3 puts beside it in `x-amz-id-2`.
    package func answer(
        _ fault: Fault, to format: AnswerFormat, requestID: String, hostID: String = ""
    ) -> HTTPResponse {
        FaultWriter(fault, format: format, requestID: requestID, hostID: hostID).answer()
    }
}
