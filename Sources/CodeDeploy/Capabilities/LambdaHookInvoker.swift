package import Cloud
internal import HTTP
package import Notation

/// Invokes hook functions by Lambda's own operation, at the door.
///
/// AWS invokes hooks asynchronously and never learns how that ended. Here they are invoked for an answer, so that a
/// function that throws, times out or dies is known at once, with its last log lines; strict deployments invoke them as
/// AWS does.
package struct LambdaHookInvoker: HookInvoker {
    private let cloud: Cloud
    /// A function's answer is only looked at for its error.
    private static let answerLimit = 1 << 20

    /// Through that door.
    package init(cloud: Cloud) { self.cloud = cloud }

    /// Calls Invoke. The key is not used: an invocation for an answer ends with the server that waited for it, so that
    /// one asked for again after a crash is not under way any more.
    package func invoke(
        _ function: String, payload: JSON, key: String, isStrict: Bool, as caller: Caller
    ) async throws -> HookEnd {
        var input: JSON = ["FunctionName": .string(function), "InvocationType": isStrict ? "Event" : "RequestResponse"]
        if !isStrict { input["LogType"] = "Tail" }
        do {
            let reply = try await cloud.call("lambda", "Invoke", input, payload: .bytes(payload.bytes()), as: caller)
            if isStrict { return .accepted }
            guard reply.output["FunctionError"]?.string != nil else { return .returned }
            let bytes = (try? await reply.payload?.collected(limit: Self.answerLimit)) ?? []
            return .failed(reason: reason(bytes), logTail: logTail(reply.output["LogResult"]?.string))
        } catch let error as AWSError where !error.isPassing {
            return .refused(error.description)
        }
    }

    /// What the function's error says (`errorType: errorMessage`, as all runtimes answer it).
    private func reason(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let error = try? JSON(parsing: text), let message = error["errorMessage"]?.string else { return text }
        guard let type = error["errorType"]?.string, !type.isEmpty else { return message }
        return "\(type): \(message)"
    }

    private func logTail(_ encoded: String?) -> String { encoded.flatMap(Base64.decodeText) ?? "" }
}
