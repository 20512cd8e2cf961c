internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation
internal import Wire

/// Slipway's own way to its door, for the command line and the console: `POST /_slipway/api/SERVICE/OPERATION`, JSON in and out.
///
/// The body is `{"input": {...}, "payload": "base64"?}`, the answer `{"output": {...}, "payload": "base64"?}` or
/// `{"error": {"code", "message"}}`. Signed like any other request, under the service name `slipway`.
struct InsideCalls: Sendable {
    static let prefix = "/_slipway/api/"
    /// Raw bodies beyond this many bytes do not fit into an answer of this form.
    private static let payloadLimit = 32 << 20

    let cloud: Cloud
    let sentry: any Guard
    let surroundings: Surroundings

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let requestID = surroundings.chance.uuid()
        do {
            let format = AnswerFormat(.json11)
            let (caller, checked) = try await sentry.admit(request, format, now: surroundings.now)
            return try await answer(checked, caller, requestID)
        } catch let fault as Fault {
            return Self.refusal(fault.code, fault.message, fault.status ?? 403)
        } catch let error as AWSError {
            return Self.refusal(error.code, error.message, error.status)
        } catch {
            return Self.refusal("InvalidRequest", "\(error)", 400)
        }
    }

    private func answer(_ request: HTTPRequest, _ caller: Caller, _ requestID: String) async throws -> HTTPResponse {
        let parts = request.path.dropFirst(Self.prefix.count).split(separator: "/")
        guard request.method == "POST", parts.count == 2 else {
            throw AWSError("InvalidRequest", "Write POST \(Self.prefix)SERVICE/OPERATION.", status: 404)
        }
        let bytes = try await request.body.collected(limit: Self.payloadLimit)
        let body = bytes.isEmpty ? JSON.object([:]) : try JSON(parsing: bytes)
        let payload = body["payload"]?.string.flatMap { Base64.decode($0) }
        let call = Call(
            service: String(parts[0]), operation: String(parts[1]), caller: caller, requestID: requestID,
            time: surroundings.now, input: body["input"] ?? [:], payload: payload.map { .bytes($0) },
            endpoint: cloud.endpoint, peer: request.peer)
        let reply = try await cloud.dispatch(call)
        var answer: JSON = ["output": reply.output]
        if let payload = reply.payload {
            answer["payload"] = .string(Base64.encode(try await payload.collected(limit: Self.payloadLimit)))
        }
        return .text(200, answer.text(), type: "application/json")
    }

    static func refusal(_ code: String, _ message: String, _ status: Int) -> HTTPResponse {
        let body: JSON = ["error": ["code": .string(code), "message": .string(message)]]
        return .text(status, body.text(), type: "application/json")
    }
}
