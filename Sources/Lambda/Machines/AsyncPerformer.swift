import Cloud
import FoundationEssentials
import HTTP
import Ledger
import Logging
import Notation

/// Carries out what asynchronous invocations want: attempts, and word to their destinations.
struct AsyncPerformer: Performer {
    typealias Engine = AsyncInvocation

    let invoker: Invoker
    let store: LambdaStore
    let cloud: Cloud
    let runner: MachineRunner<AsyncInvocation>
    let observer: (any AsyncInvocationObserver)?
    let log: Logger

    func perform(
        _ command: AsyncInvocation.Command, of id: String, key: String
    ) async throws -> AsyncInvocation.Event? {
        guard let machine = try await runner.machine(id) else { return nil }
        switch command {
        case .invoke(let number):
            let attempt = try await attempt(number, machine.request)
            try Task.checkCancellation()  // Broken off because the server stops: the next start tries it again.
            if attempt.result != .succeeded { await tell(attempt, machine.request) }
            return .attempted(attempt)
        case .deliver(let condition, let attempt):
            await deliver(condition, attempt, machine.request)
            return .delivered
        }
    }

    private func attempt(
        _ number: Int, _ request: AsyncInvocation.Request
    ) async throws -> AsyncInvocation.Attempt {
        let payload = Data(base64Encoded: request.payload).map(Array.init) ?? []
        do {
            let target = try await store.target(request.target, draw: cloud.surroundings.chance.fraction())
            let result = try await invoker.invoke(
                Invoker.Request(
                    id: request.requestID, target: target, payload: payload, clientContext: request.clientContext))
            return AsyncInvocation.Attempt(
                number: number, result: result.functionError == nil ? .succeeded : .failed,
                payload: Data(result.payload).base64EncodedString(), functionError: result.functionError,
                version: result.version, error: result.functionError == nil ? "" : Self.words(of: result.payload))
        } catch let error as AWSError where error.code == "TooManyRequestsException" {
            return AsyncInvocation.Attempt(number: number, result: .throttled, error: error.message)
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return AsyncInvocation.Attempt(number: number, result: .gone, error: error.message)
        }
    }

    /// An error's type and message out of a function's report.
    static func words(of report: [UInt8]) -> String {
        guard let report = try? JSON(parsing: report) else { return "The function failed." }
        let type = report["errorType"]?.string
        let message = report["errorMessage"]?.string
        return [type, message].compactMap(\.self).joined(separator: ": ")
    }

    private func tell(_ attempt: AsyncInvocation.Attempt, _ request: AsyncInvocation.Request) async {
        let willRetry =
            attempt.result == .throttled || (attempt.result == .failed && attempt.number <= request.maximumRetries)
        await observer?.asyncAttemptFailed(
            AsyncFailure(
                requestID: request.requestID, functionARN: request.target.arn,
                payload: Data(base64Encoded: request.payload).map(Array.init) ?? [], attempt: attempt.number,
                willRetry: willRetry, error: attempt.error))
    }

    // MARK: Destinations

    private func deliver(
        _ condition: String, _ attempt: AsyncInvocation.Attempt, _ request: AsyncInvocation.Request
    ) async {
        let destination = condition == "Success" ? request.onSuccess : request.onFailure
        if let destination {
            let text = record(condition, attempt, request).text()
            await send(text, to: destination, request, onFailure: "DestinationDeliveryFailures")
        }
        if condition != "Success", let queue = request.deadLetterTarget {
            let payload = String(decoding: Data(base64Encoded: request.payload) ?? Data(), as: UTF8.self)
            await send(payload, to: queue, request, onFailure: "DeadLetterErrors")
        }
    }

    /// What a destination is sent (AWS Lambda Developer Guide, "Adding a destination").
    private func record(
        _ condition: String, _ attempt: AsyncInvocation.Attempt, _ request: AsyncInvocation.Request
    ) -> JSON {
        let given = Data(base64Encoded: request.payload).map(Array.init) ?? []
        let answered = Data(base64Encoded: attempt.payload).map(Array.init) ?? []
        var context: JSON = ["statusCode": 200, "executedVersion": .string(attempt.version)]
        if let error = attempt.functionError { context["functionError"] = .string(error) }
        return [
            "version": "1.0", "timestamp": .string(cloud.surroundings.now.iso8601(fraction: 3)),
            "requestContext": [
                "requestId": .string(request.requestID),
                "functionArn": .string(request.target.with(request.qualifier ?? "$LATEST").arn),
                "condition": .string(condition), "approximateInvokeCount": .int(attempt.number),
            ],
            "requestPayload": (try? JSON(parsing: given)) ?? .null, "responseContext": context,
            "responsePayload": (try? JSON(parsing: answered)) ?? .null,
        ]
    }

    /// Who tells: the function's own role, whose policies must allow it (AWS Lambda Developer Guide, "Capturing records
    /// of Lambda asynchronous invocations").
    private func teller(_ request: AsyncInvocation.Request) async throws -> Caller {
        var role = request.role
        if role == nil { role = try await store.target(request.target, draw: 1).configuration.role }
        return try await cloud.assume(
            role ?? "", session: request.function, for: "lambda.amazonaws.com", as: request.target.owner
        ).caller
    }

    /// Tells a destination. Where that fails the metric counts it, as on AWS, and the log says why.
    private func send(
        _ message: String, to arn: String, _ request: AsyncInvocation.Request, onFailure metric: String
    ) async {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        do {
            let caller = try await teller(request)
            switch parts.count > 5 ? parts[2] : "" {
            case "lambda":
                _ = try await cloud.call(
                    "lambda", "Invoke", ["FunctionName": .string(arn), "InvocationType": "Event"],
                    payload: .bytes(Array(message.utf8)), as: caller)
            case "sqs":
                let url = "\(cloud.endpoint)/\(parts[4])/\(parts[5])"
                try await cloud.call(
                    "sqs", "SendMessage", ["QueueUrl": .string(url), "MessageBody": .string(message)], as: caller)
            case "sns":
                try await cloud.call(
                    "sns", "Publish", ["TopicArn": .string(arn), "Message": .string(message)], as: caller)
            case "events":
                let entry: JSON = [
                    "Source": "lambda", "DetailType": "Lambda Function Invocation Result", "Detail": .string(message),
                    "EventBusName": .string(arn), "Resources": [.string(request.target.arn)],
                ]
                try await cloud.call("events", "PutEvents", ["Entries": [entry]], as: caller)
            default:
                throw AWSError.notImplemented("the destination \(arn)")
            }
        } catch {
            invoker.metrics.add(InvocationFigures.undelivered(metric, request.target, at: cloud.surroundings.now))
            log.error(
                "an asynchronous invocation's destination could not be told",
                metadata: ["request": "\(request.requestID)", "destination": "\(arn)", "error": "\(error)"])
        }
    }
}
