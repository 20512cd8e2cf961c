import HTTP
import Notation

/// The Runtime API: what runtimes ask for work and answer at, all on one listener.
///
/// `/TOKEN/2018-06-01/runtime/...`: the token, which only that environment knows, says who asks. Clients take it as
/// part of `AWS_LAMBDA_RUNTIME_API`. Source: AWS Lambda Developer Guide, "Runtime API".
struct RuntimeAPI: Sendable {
    /// The largest answer a function may give (Lambda quotas): 6 MB and what AWS's base64 needs on top.
    static let responseLimit = 6_291_556

    let pool: EnvironmentPool

    /// Answers a runtime.
    func respond(_ request: HTTPRequest) async -> HTTPResponse {
        let parts = request.path.split(separator: "/")
        guard let token = parts.first, let environment = pool.environment(String(token)) else {
            return Self.refusal(403, "InvalidEnvironment", "There is no execution environment at this address.")
        }
        guard parts.count >= 5, parts[1] == "2018-06-01", parts[2] == "runtime" else {
            return Self.refusal(
                404, "NotImplemented", "Slipway offers the Runtime API of 2018-06-01, not \(request.path).")
        }
        switch (request.method, parts[3], parts[4], parts.count > 5 ? parts[5] : "") {
        case ("GET", "invocation", "next", ""):
            return await next(environment)
        case ("POST", "invocation", let id, "response"):
            return await settle(environment, String(id), request, isFault: false)
        case ("POST", "invocation", let id, "error"):
            return await settle(environment, String(id), request, isFault: true)
        case ("POST", "init", "error", ""):
            guard let report = try? await request.body.collected(limit: Self.responseLimit) else {
                return Self.refusal(413, "RequestEntityTooLarge", "The report is too large.")
            }
            environment.failStart(report)
            return Self.accepted
        default:
            return Self.refusal(404, "NotFound", "There is no \(request.method) \(request.path).")
        }
    }

    private func next(_ environment: ExecutionEnvironment) async -> HTTPResponse {
        guard let delivery = await environment.next() else {
            return Self.refusal(410, "Shutdown", "The execution environment is shut down.")
        }
        var fields: HTTPFields = [
            "Content-Type": "application/json", "Lambda-Runtime-Aws-Request-Id": delivery.requestID,
            "Lambda-Runtime-Deadline-Ms": "\(delivery.deadline.milliseconds)",
            "Lambda-Runtime-Invoked-Function-Arn": delivery.functionARN,
            "Lambda-Runtime-Trace-Id": Self.traceID(delivery),
        ]
        if let context = delivery.clientContext { fields.add("Lambda-Runtime-Client-Context", context) }
        return HTTPResponse(status: 200, fields: fields, body: .bytes(delivery.payload))
    }

    /// X-Ray's form: nothing is traced, and the header says so.
    private static func traceID(_ delivery: Delivery) -> String {
        let digits = delivery.requestID.filter { $0 != "-" }
        let seconds = String(delivery.deadline.milliseconds / 1000, radix: 16)
        return "Root=1-\(seconds)-\(digits.prefix(24));Parent=\(digits.suffix(16));Sampled=0"
    }

    private func settle(
        _ environment: ExecutionEnvironment, _ id: String, _ request: HTTPRequest, isFault: Bool
    ) async -> HTTPResponse {
        let body: [UInt8]
        do {
            guard let whole = try await Self.read(request.body) else {
                return Self.refusal(
                    413, "RequestEntityTooLarge",
                    "Response payload size exceeded maximum allowed payload size (\(Self.responseLimit) bytes).")
            }
            body = whole
        } catch {
            return Self.refusal(400, "InvalidRequest", "The answer broke off.")
        }
        guard environment.settle(id, isFault ? .fault(body) : .response(body)) else {
            return Self.refusal(400, "InvalidRequestID", "Invalid request ID")
        }
        return Self.accepted
    }

    /// The body; nil when it is too large. That is read to its end all the same, within reason: the runtime goes on to
    /// report the error on the same connection.
    private static func read(_ body: HTTPBody) async throws -> [UInt8]? {
        guard case .stream(let stream) = body else { return try await body.collected(limit: responseLimit) }
        var bytes: [UInt8] = []
        var count = 0
        for try await piece in stream {
            count += piece.count
            if count <= responseLimit { bytes += piece } else if count > 16 * responseLimit { return nil }
        }
        return count <= responseLimit ? bytes : nil
    }

    private static let accepted = HTTPResponse(
        status: 202, fields: ["Content-Type": "application/json"], body: .bytes(Array(#"{"status":"OK"}"#.utf8)))

    private static func refusal(_ status: Int, _ type: String, _ message: String) -> HTTPResponse {
        let body: JSON = ["errorType": .string(type), "errorMessage": .string(message)]
        return HTTPResponse(
            status: status, fields: ["Content-Type": "application/json"], body: .bytes(body.bytes()))
    }
}
