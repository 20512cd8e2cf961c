import Cloud
import FoundationEssentials
import HTTP
import Ledger
import Notation

/// Invoking functions: with somebody waiting, without, and not at all.
struct InvokeOperations: Sendable {
    let parts: LambdaParts

    /// The largest payloads (Lambda quotas): 6 MB with somebody waiting, 1 MB without.
    private static let waitingLimit = 6_291_456
    private static let eventLimit = 1_048_576

    var operations: [Operation] {
        [
            Operation(
                "Invoke", enforces: "FunctionName InvocationType LogType ClientContext Qualifier Payload", raw: invoke),
            Operation("InvokeAsync", enforces: "FunctionName InvokeArgs", raw: invokeAsync),
        ]
    }

    private func invoke(_ call: Call) async throws -> Reply {
        let name = try call.function()
        let kind = call.input["InvocationType"]?.string ?? "RequestResponse"
        let context = try Self.clientContext(call.input["ClientContext"]?.string)
        let target = try await parts.store.target(name, draw: parts.surroundings.chance.fraction())
        switch kind {
        case "DryRun":
            return Reply(["StatusCode": 204, "ExecutedVersion": .string(target.version)])
        case "Event":
            let payload = try await payload(call, limit: Self.eventLimit)
            try await accept(payload, for: target, context, call)
            return Reply(["StatusCode": 202])
        case "RequestResponse":
            let payload = try await payload(call, limit: Self.waitingLimit)
            let result = try await parts.invoker.invoke(
                Invoker.Request(
                    id: call.requestID, target: target, payload: payload, clientContext: context,
                    wantsTail: call.input["LogType"]?.string == "Tail"))
            var output: JSON = ["StatusCode": 200, "ExecutedVersion": .string(result.version)]
            if let error = result.functionError { output["FunctionError"] = .string(error) }
            if let tail = result.logTail { output["LogResult"] = .string(Data(tail).base64EncodedString()) }
            return Reply(output, payload: .bytes(result.payload))
        default:
            throw LambdaError.validation(
                "1 validation error detected: Value '\(kind)' at 'invocationType' failed to satisfy constraint: Member "
                    + "must satisfy enum value set: [Event, RequestResponse, DryRun]")
        }
    }

    /// The payload, which must be JSON; an empty one stands for `{}`.
    private func payload(_ call: Call, limit: Int) async throws -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try await call.payload?.collected(limit: limit) ?? []
        } catch HTTPBodyError.tooLarge(let limit) {
            throw LambdaError.tooLarge(call.payload?.length ?? limit + 1, limit: limit)
        }
        if bytes.isEmpty { return Array("{}".utf8) }
        do { _ = try JSON(parsing: bytes) } catch {
            throw LambdaError.content("Could not parse request body into json: \(error)")
        }
        return bytes
    }

    private static func clientContext(_ text: String?) throws -> String? {
        guard let text else { return nil }
        guard let data = Data(base64Encoded: text), (try? JSON(parsing: Array(data))) != nil else {
            throw LambdaError.content("Client context must be a valid Base64-encoded JSON object.")
        }
        // It travels on in a header field of one line.
        return String(decoding: data, as: UTF8.self).filter { !$0.isNewline }
    }

    /// Keeps an invocation that nobody waits for. When this returns, it will happen.
    private func accept(
        _ payload: [UInt8], for target: LambdaStore.Target, _ clientContext: String?, _ call: Call
    ) async throws {
        let function = target.function
        let rules = function.eventInvoke[target.asked.qualifier ?? "$LATEST"]
        let request = AsyncInvocation.Request(
            requestID: call.requestID, account: function.account, region: function.region, function: function.name,
            qualifier: target.asked.qualifier, payload: Data(payload).base64EncodedString(),
            clientContext: clientContext, accepted: parts.surroundings.now,
            maximumRetries: rules?.maximumRetries ?? 2, maximumAgeSeconds: rules?.maximumAgeSeconds ?? 21_600,
            onSuccess: rules?.onSuccess, onFailure: rules?.onFailure,
            deadLetterTarget: target.configuration.deadLetterTarget, role: target.configuration.role)
        let runner = parts.asyncInvocations
        try await parts.ledger.write { transaction in
            try runner.begin(request.requestID, AsyncInvocation(request: request), with: .accepted, in: transaction)
        }
    }

    private func invokeAsync(_ call: Call) async throws -> Reply {
        let target = try await parts.store.target(call.function(), draw: parts.surroundings.chance.fraction())
        let payload = try await payload(call, limit: Self.eventLimit)
        try await accept(payload, for: target, nil, call)
        return Reply(["Status": 202])
    }
}
