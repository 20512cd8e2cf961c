internal import Cloud
internal import Crypto
internal import FoundationEssentials
internal import HTTP
internal import Ledger
internal import Notation

/// Hands an event to a target, once.
struct TargetInvoker: Sendable {
    /// One attempt.
    struct Delivery: Sendable {
        let rule: Rule
        let target: JSON
        let event: BusEvent
        /// The same for every repeat of this attempt after a crash.
        let key: String

        var arn: String { target["Arn"]?.string ?? "" }

        /// The region of the target's ARN.
        var region: String {
            let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count > 3 && !parts[3].isEmpty ? String(parts[3]) : rule.bus.region
        }

        /// The account of the target's ARN.
        var account: String {
            let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count > 4 && !parts[4].isEmpty ? String(parts[4]) : rule.bus.account
        }

        /// What comes after the account in the target's ARN.
        var resource: String {
            arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).last.map(String.init) ?? ""
        }

        /// What the target is told.
        func text(_ input: TargetInput) -> String {
            input.text(for: event.envelope, rule: rule, taken: event.event.time)
        }

        /// A token that services take for idempotency: letters, digits and dashes.
        var token: String { "events-" + Digest.of(key) }
    }

    static let service = "events.amazonaws.com"

    let cloud: Cloud
    let ledger: Ledger
    let destinations: DestinationCaller

    /// Hands the event over. A repeat may hand it over twice where the target knows no idempotency.
    ///
    /// - Throws: ``AWSError``, the target's or its own.
    func invoke(_ delivery: Delivery) async throws {
        guard let kind = TargetKind(arn: delivery.arn) else {
            throw AWSError.notImplemented("the target \(delivery.arn)")
        }
        let input = try TargetInput(delivery.target)
        switch kind {
        case .bus: return try await forward(delivery)
        case .pipeline: return try await startPipeline(delivery, input)
        case .build: return try await startBuild(delivery, input)
        case .destination: return try await call(delivery, input)
        case .function, .queue, .topic, .logGroup:
            try await tell(kind, delivery, delivery.text(input))
        }
    }

    // MARK: Targets whose own policies decide

    private func tell(_ kind: TargetKind, _ delivery: Delivery, _ text: String) async throws {
        let caller = try await caller(delivery)
        switch kind {
        case .function:
            _ = try await cloud.call(
                "lambda", "Invoke", ["FunctionName": .string(delivery.arn), "InvocationType": "Event"],
                payload: .bytes(Array(text.utf8)), as: caller)
        case .queue:
            var input: JSON = [
                "QueueUrl": .string("\(cloud.endpoint)/\(delivery.account)/\(delivery.resource)"),
                "MessageBody": .string(text),
            ]
            input["MessageGroupId"] = delivery.target["SqsParameters"]?["MessageGroupId"]
            try await cloud.call("sqs", "SendMessage", input, as: caller)
        case .topic:
            try await cloud.call(
                "sns", "Publish", ["TopicArn": .string(delivery.arn), "Message": .string(text)], as: caller)
        default: try await log(delivery, text)
        }
    }

    /// Who calls: the role, if the target has one; else EventBridge itself, for the rule.
    private func caller(_ delivery: Delivery) async throws -> Caller {
        var owner = delivery.rule.bus.owner
        owner.region = delivery.region
        guard let role = delivery.target["RoleArn"]?.string else {
            return .service(Self.service, for: delivery.rule.arn, account: owner.account, region: delivery.region)
        }
        return try await acting(as: role, delivery, owner)
    }

    private func acting(as role: String, _ delivery: Delivery, _ owner: Caller) async throws -> Caller {
        var caller = try await cloud.assume(role, session: delivery.rule.name, for: Self.service, as: owner).caller
        caller.region = delivery.region
        caller.sourceARN = delivery.rule.arn
        return caller
    }

    /// Writes a line into a log group, in a stream of the rule's own. Logs keeps no policies of groups: the rule's
    /// account decides alone.
    private func log(_ delivery: Delivery, _ text: String) async throws {
        var owner = delivery.rule.bus.owner.through(Self.service)
        owner.region = delivery.region
        let name = delivery.resource.dropFirst("log-group:".count)
        let place: JSON = [
            "logGroupName": .string(name.hasSuffix(":*") ? String(name.dropLast(2)) : String(name)),
            "logStreamName": .string(delivery.rule.name),
        ]
        do { try await cloud.call("logs", "CreateLogStream", place, as: owner) } catch let error as AWSError
            where error.code == "ResourceAlreadyExistsException"
        {}
        var input = place
        let moment = Int(delivery.event.event.time.milliseconds)
        input["logEvents"] = [["timestamp": .int(moment), "message": .string(text)]]
        try await cloud.call("logs", "PutLogEvents", input, as: owner)
    }

    /// Sends what could not be delivered to a dead-letter queue.
    func send(_ text: String, toQueue arn: String, attributes: [(String, String)], as rule: Rule) async throws {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6 else { throw EventError.invalid("\(arn) is no queue's ARN.") }
        var members = JSONObject()
        for (name, value) in attributes where !value.isEmpty {
            members[name] = ["DataType": "String", "StringValue": .string(value)]
        }
        let input: JSON = [
            "QueueUrl": .string("\(cloud.endpoint)/\(parts[4])/\(parts[5])"), "MessageBody": .string(text),
            "MessageAttributes": .object(members),
        ]
        let caller = Caller.service(Self.service, for: rule.arn, account: rule.bus.account, region: parts[3])
        try await cloud.call("sqs", "SendMessage", input, as: caller)
    }

    // MARK: Targets that are acted on as a role

    private func roleCaller(_ delivery: Delivery) async throws -> Caller {
        var owner = delivery.rule.bus.owner
        owner.region = delivery.region
        guard let role = delivery.target["RoleArn"]?.string ?? delivery.rule.role else {
            throw EventError.invalid("RoleArn is required for target \(delivery.arn).")
        }
        return try await acting(as: role, delivery, owner)
    }

    /// An input of the target's own may carry variables and source revisions; the event itself carries nothing for a
    /// pipeline.
    private func startPipeline(_ delivery: Delivery, _ input: TargetInput) async throws {
        var request: JSON = ["name": .string(delivery.resource), "clientRequestToken": .string(delivery.token)]
        if input.isOwn {
            let own = try? JSON(parsing: delivery.text(input))
            for member in ["variables", "sourceRevisions"] { request[member] = own?[member] }
        }
        try await cloud.call("codepipeline", "StartPipelineExecution", request, as: try await roleCaller(delivery))
    }

    /// An input of the target's own holds members of StartBuild.
    private func startBuild(_ delivery: Delivery, _ input: TargetInput) async throws {
        var request: JSON = [:]
        if input.isOwn {
            let own = try? JSON(parsing: delivery.text(input))
            if own?.object != nil { request = own ?? [:] }
        }
        request["projectName"] = .string(String(delivery.resource.dropFirst("project/".count)))
        request["idempotencyToken"] = .string(delivery.token)
        try await cloud.call("codebuild", "StartBuild", request, as: try await roleCaller(delivery))
    }

    private func call(_ delivery: Delivery, _ input: TargetInput) async throws {
        _ = try await roleCaller(delivery)
        let body = delivery.text(input)
        try await destinations.call(delivery, body: body)
    }

    // MARK: Buses

    /// Puts the event on another bus, once: the entry's id in the log is the delivery's own.
    private func forward(_ delivery: Delivery) async throws {
        guard let bus = BusID(arn: delivery.arn) else { throw EventError.invalid("\(delivery.arn) is no event bus.") }
        let event = delivery.event
        guard event.hops < Limit.hops else {
            // Not a limit that passes: the event has come as far however often it is tried.
            throw EventError.invalid("The event was handed on by \(Limit.hops) event buses already.")
        }
        if delivery.target["RoleArn"] != nil { _ = try await roleCaller(delivery) }
        let next = BusEvent(event.event, on: bus, hops: event.hops + 1, replay: event.replay.map { ($0.name, []) })
        let id = "\(delivery.rule.arn)#\(delivery.token)"
        try await ledger.write { write in
            _ = try write.bus(bus)
            try write.append(try next.wrapped(id: id, now: write.now))
        }
    }
}

/// A short text that stands for a longer one.
enum Digest {
    /// Thirty-two hexadecimal digits.
    static func of(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
