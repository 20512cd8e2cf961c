import Ledger
import Notation

/// An invocation nobody waits for: kept until it has succeeded, or has failed for good and that has been told.
///
/// Source of the rules: AWS Lambda Developer Guide, "Asynchronous invocation": two retries after one and two minutes,
/// throttled attempts again for as long as the event's age allows, then destination or dead-letter queue.
struct AsyncInvocation: Machine {
    /// What is to be invoked, and how long it may take.
    struct Request: Codable, Sendable, Hashable {
        var requestID: String
        var account: String
        var region: String
        var function: String
        var qualifier: String?
        /// Base64.
        var payload: String
        var clientContext: String?
        var accepted: Timestamp
        var maximumRetries: Int
        var maximumAgeSeconds: Int
        var onSuccess: String?
        var onFailure: String?
        var deadLetterTarget: String?
        /// The function's role: whoever is told of the end is told as this. Nil in what older servers left.
        var role: String?

        var target: FunctionName {
            FunctionName(account: account, region: region, name: function, qualifier: qualifier)
        }
    }

    /// How one attempt came out.
    struct Attempt: Codable, Sendable, Hashable {
        enum Result: String, Codable, Sendable {
            case succeeded
            /// The function failed, or could not be started.
            case failed
            /// No concurrency was left.
            case throttled
            /// The function or its qualifier is not there (any more).
            case gone
        }

        var number: Int
        var result: Result
        /// What the function answered, base64; for destinations.
        var payload = ""
        var functionError: String?
        var version = ""
        /// The error in words.
        var error = ""
    }

    enum Event: Codable, Sendable {
        case accepted
        case attempted(Attempt)
        case woken
        case delivered
    }

    enum Command: Codable, Sendable {
        case invoke(attempt: Int)
        /// Tell destinations of the end.
        case deliver(condition: String, attempt: Attempt)
    }

    enum Stage: Codable, Sendable, Hashable {
        case new
        case invoking(attempt: Int)
        case pausing(next: Int)
        case delivering
        case finished
    }

    static let kind = "lambda.async"
    static var woken: Event { .woken }

    var request: Request
    var stage = Stage.new
    /// How often in a row it was throttled.
    var throttles = 0

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch (stage, event) {
        case (.new, .accepted):
            return invoke(1)
        case (.invoking(let current), .attempted(let attempt)) where attempt.number == current:
            return judge(attempt, now: now)
        case (.pausing(let next), .woken):
            return invoke(next)
        case (.delivering, .delivered):
            return finish()
        default:
            return Reaction()
        }
    }

    private mutating func invoke(_ attempt: Int) -> Reaction<Command> {
        stage = .invoking(attempt: attempt)
        return Reaction([.invoke(attempt: attempt)])
    }

    private mutating func judge(_ attempt: Attempt, now: Timestamp) -> Reaction<Command> {
        let deadline = request.accepted + .seconds(request.maximumAgeSeconds)
        switch attempt.result {
        case .succeeded:
            return request.onSuccess == nil ? finish() : deliver("Success", attempt)
        case .gone:
            return end("FunctionNotFound", attempt, now: now)
        case .throttled:
            let delay = min(300, 1 << min(throttles, 9))
            throttles += 1
            guard now + .seconds(delay) <= deadline else { return end("EventAgeExceeded", attempt, now: now) }
            return pause(attempt.number, until: now + .seconds(delay))
        case .failed:
            throttles = 0
            guard attempt.number <= request.maximumRetries else {
                return end("RetriesExhausted", attempt, now: now)
            }
            let delay = Duration.seconds(60 * attempt.number)
            guard now + delay <= deadline else { return end("EventAgeExceeded", attempt, now: now) }
            return pause(attempt.number + 1, until: now + delay)
        }
    }

    private mutating func pause(_ next: Int, until moment: Timestamp) -> Reaction<Command> {
        stage = .pausing(next: next)
        var reaction = Reaction<Command>()
        reaction.wake = .at(moment)
        return reaction
    }

    /// It has failed for good.
    private mutating func end(_ condition: String, _ attempt: Attempt, now: Timestamp) -> Reaction<Command> {
        var reaction =
            request.onFailure == nil && request.deadLetterTarget == nil ? finish() : deliver(condition, attempt)
        reaction.events.append(
            LedgerEvent(
                id: "\(request.requestID)-failed", time: now, source: "aws.lambda",
                detailType: "Lambda Function Asynchronous Invocation Failure", account: request.account,
                region: request.region, resources: [request.target.arn],
                detail: [
                    "requestId": .string(request.requestID), "functionName": .string(request.function),
                    "condition": .string(condition), "attempts": .int(attempt.number),
                    "error": .string(attempt.error),
                ]))
        return reaction
    }

    private mutating func deliver(_ condition: String, _ attempt: Attempt) -> Reaction<Command> {
        stage = .delivering
        return Reaction([.deliver(condition: condition, attempt: attempt)])
    }

    private mutating func finish() -> Reaction<Command> {
        stage = .finished
        var reaction = Reaction<Command>()
        reaction.isFinished = true
        return reaction
    }
}
