import Cloud
import Notation

/// Whether Lambda can act as a function's role, and whether that role may tell a destination that is there.
///
/// Asked when a setting is made, as on AWS: later nobody would hear of it but a metric.
struct RoleCheck: Sendable {
    let parts: LambdaParts
    let name: FunctionName

    private static let service = "lambda.amazonaws.com"

    private static let refusal = LambdaError.invalid(
        "The role defined for the function cannot be assumed by Lambda.")

    /// - Throws: `InvalidParameterValueException` when there is no such role or it does not trust Lambda;
    ///   `AccessDeniedException` when it is another account's, or the caller may not pass it.
    func role(_ arn: String, as caller: Caller) async throws {
        let session = try await parts.cloud.judge(
            arn, for: Self.service, as: caller, else: Self.refusal, status: 403)
        guard session.caller.principal.contains("::\(name.account):") else {
            throw AWSError("AccessDeniedException", "Cross-account pass role is not allowed.", status: 403)
        }
    }

    /// A destination of asynchronous invocations (API Reference, PutFunctionEventInvokeConfig).
    func destination(_ arn: String, role: String) async throws {
        let invalid = LambdaError.invalid("The destination ARN \(arn) is invalid.")
        guard let place = Place(arn, for: parts.cloud.endpoint) else { throw invalid }
        try await checkIsThere(place, invalid)
        guard try await !may(place, role) else { return }
        throw LambdaError.invalid(
            "The function's execution role does not have permissions to call \(place.telling.operation) on \(arn)")
    }

    /// A dead-letter queue or topic (Developer Guide, "Dead-letter queues").
    func deadLetter(_ arn: String, role: String) async throws {
        guard let place = Place(arn, for: parts.cloud.endpoint), ["sqs", "sns"].contains(place.service) else {
            throw LambdaError.invalid("The dead-letter target \(arn) is neither a queue nor a topic.")
        }
        guard !arn.hasSuffix(".fifo") else {
            throw LambdaError.invalid("The dead-letter target \(arn) must be a standard queue or topic.")
        }
        let refusal = LambdaError.invalid(
            "The provided execution role does not have permissions to call \(place.telling.operation) on "
                + place.service.uppercased())
        // Lambda only ever looks by the role's leave: of what is not there it says the same.
        try await checkIsThere(place, refusal)
        guard try await may(place, role) else { throw refusal }
    }

    private func session(_ role: String) async throws -> Caller {
        do {
            return try await parts.cloud.assume(role, session: name.name, for: Self.service, as: name.owner).caller
        } catch let error as AWSError where error.isSender {
            throw Self.refusal
        }
    }

    /// What is another account's or region's cannot be looked at; only the role's leave counts there.
    private func checkIsThere(_ place: Place, _ refusal: AWSError) async throws {
        guard place.account == name.account, place.region == name.region else { return }
        do {
            try await parts.cloud.call(place.service, place.looking.operation, place.looking.input, as: name.owner)
        } catch let error as AWSError where error.isSender { throw refusal }
    }

    private func may(_ place: Place, _ role: String) async throws -> Bool {
        let caller = try await session(role)
        do {
            try await parts.cloud.checkLeave(place.service, place.telling.operation, place.telling.input, as: caller)
            return true
        } catch let error as AWSError where error.isSender { return false }
    }
}

extension RoleCheck {
    /// Something that a function's results or failures go to, with the calls to look for it and to tell it.
    private struct Place {
        let service: String
        let region: String
        let account: String
        let looking: (operation: String, input: JSON)
        let telling: (operation: String, input: JSON)

        init?(_ arn: String, for endpoint: String) {
            let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count > 5, parts[0] == "arn", !parts[5].isEmpty else { return nil }
            (service, region, account) = (parts[2], parts[3], parts[4])
            switch service {
            case "lambda":
                looking = ("GetFunctionConfiguration", ["FunctionName": .string(arn)])
                telling = ("Invoke", ["FunctionName": .string(arn)])
            case "sqs":
                let url = JSON.string("\(endpoint)/\(account)/\(parts[5])")
                looking = ("GetQueueAttributes", ["QueueUrl": url])
                telling = ("SendMessage", ["QueueUrl": url])
            case "sns":
                looking = ("GetTopicAttributes", ["TopicArn": .string(arn)])
                telling = ("Publish", ["TopicArn": .string(arn)])
            case "events":
                looking = ("DescribeEventBus", ["Name": .string(arn)])
                telling = ("PutEvents", ["Entries": [["EventBusName": .string(arn)]]])
            default: return nil
            }
        }
    }
}
