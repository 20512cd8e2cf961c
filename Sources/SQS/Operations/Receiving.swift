import Cloud
import Ledger
import Notation

extension SQSService {
    struct ReceiveInput: Decodable, Sendable {
        let QueueUrl: String, AttributeNames: [String]?, MessageSystemAttributeNames: [String]?
        let MessageAttributeNames: [String]?, MaxNumberOfMessages: Int?, VisibilityTimeout: Int?
        let WaitTimeSeconds: Int?, ReceiveRequestAttemptId: String?
    }
    struct ReceiveOutput: Encodable { let Messages: [ReceivedMessage]? }
    struct ReceivedMessage: Encodable, Sendable {
        let MessageId: String, ReceiptHandle: String, MD5OfBody: String, Body: String
        let Attributes: [String: String]?, MD5OfMessageAttributes: String?
        let MessageAttributes: [String: MessageAttribute]?
    }

    var receiving: [Operation] {
        [
            Operation(
                "ReceiveMessage",
                enforces:
                    "QueueUrl AttributeNames MessageSystemAttributeNames MessageAttributeNames MaxNumberOfMessages "
                    + "VisibilityTimeout WaitTimeSeconds ReceiveRequestAttemptId"
            ) { (input: ReceiveInput, call) in try await receive(input, call) }
        ]
    }

    private static func check(_ value: Int?, _ range: ClosedRange<Int>, _ name: String) throws {
        guard let value, !range.contains(value) else { return }
        throw AWSError.invalid(
            "\(value)", name, "Must be between \(range.lowerBound) and \(range.upperBound), if provided.")
    }

    /// Hands out messages; waits for some as long as the request or the queue says.
    private func receive(_ input: ReceiveInput, _ call: Call) async throws -> ReceiveOutput {
        try Self.check(input.MaxNumberOfMessages, 1...10, "MaxNumberOfMessages")
        try Self.check(input.WaitTimeSeconds, 0...20, "WaitTimeSeconds")
        try Self.check(input.VisibilityTimeout, 0...MessageLimits.visibility, "VisibilityTimeout")
        var queue = try await queue(input.QueueUrl, call.caller)
        let surroundings = ledger.surroundings
        let deadline = surroundings.now + .seconds(input.WaitTimeSeconds ?? queue.wait)
        while true {
            let live = try await queues.live(queue)
            let turn = live.bell.turn
            let messages = try await take(queue, live, input)
            let now = surroundings.now
            if !messages.isEmpty || now >= deadline || queues.isClosing {
                live.note(received: messages.count)
                return ReceiveOutput(Messages: messages.isEmpty ? nil : messages)
            }
            let next = min(deadline, max(live.nextTurn ?? deadline, now))
            try await live.bell.wait(after: turn, until: next, surroundings.time)
            // The queue may have been changed, purged or deleted meanwhile.
            queue = try await self.queue(input.QueueUrl, call.caller)
        }
    }

    /// Takes messages and stores that they are in flight. Dead letters and what is too old go on the way.
    private func take(_ queue: Queue, _ live: LiveQueue, _ input: ReceiveInput) async throws -> [ReceivedMessage] {
        let now = ledger.surroundings.now
        let visibility = Duration.seconds(input.VisibilityTimeout ?? queue.visibilityTimeout)
        if let attempt = input.ReceiveRequestAttemptId, queue.isFIFO,
            let again = live.attempt(attempt, visibility: visibility, now: now)
        {
            return try await store(QueueIndex.Picked(messages: again), queue, live, nil, input)
        }
        if !queue.isFIFO, live.counts(now: now).inFlight >= MessageLimits.inFlight {
            throw AWSError("OverLimit", "Too many messages in flight of \(queue.name).", status: 403)
        }
        let grave = try await grave(of: queue)
        let picked = live.take(
            QueueIndex.Terms(
                most: input.MaxNumberOfMessages ?? 1, now: now, visibility: visibility,
                maxReceiveCount: grave == nil ? nil : queue.redrive?.maxReceiveCount,
                oldest: now - .seconds(queue.retention)))
        guard !picked.isEmpty else { return [] }
        do {
            let messages = try await store(picked, queue, live, grave, input)
            if let attempt = input.ReceiveRequestAttemptId, queue.isFIFO {
                live.remember(attempt, picked.messages, now: now)
            }
            return messages
        } catch {
            live.untake(picked, now: now)
            throw error
        }
    }

    /// The queue for dead letters, if there is one.
    private func grave(of queue: Queue) async throws -> (queue: Queue, live: LiveQueue)? {
        guard let redrive = queue.redrive, let target = try await self.queue(arn: redrive.target) else { return nil }
        return (target, try await queues.live(target))
    }

    private func store(
        _ picked: QueueIndex.Picked, _ queue: Queue, _ live: LiveQueue, _ grave: (queue: Queue, live: LiveQueue)?,
        _ input: ReceiveInput
    ) async throws -> [ReceivedMessage] {
        let ticket = grave?.live.ticket() ?? 0
        let wanted = WantedAttributes(input)
        do {
            let (messages, lost) = try await ledger.write { write in
                var messages: [ReceivedMessage] = []
                var lost: [Int64] = []
                for sequence in picked.old { try write.deleteMessage(queue.generation, sequence) }
                if let grave { try bury(picked.dead, of: queue, in: grave.queue, grave.live, ticket, write) }
                for (sequence, flight) in picked.messages {
                    let key = Message.key(queue.generation, sequence)
                    guard let message = try write.get(Message.all, key)?.value else {
                        lost.append(sequence)
                        continue
                    }
                    try write.put(Flight.all, key, flight)
                    messages.append(wanted.view(message, sequence, flight, queue))
                }
                return (messages, lost)
            }
            grave?.live.publish(ticket, bytes: 0, now: ledger.surroundings.now)
            for sequence in lost { _ = live.remove(sequence, counts: false) }
            return messages
        } catch {
            grave?.live.abandon(ticket)
            throw error
        }
    }

    /// Moves messages to the dead letters, as part of that write. A standard queue's keep the moment they were sent.
    ///
    /// Source: SQS Developer Guide, "Using dead-letter queues in Amazon SQS".
    private func bury(
        _ dead: [Int64], of queue: Queue, in target: Queue, _ live: LiveQueue, _ ticket: Int, _ write: Transaction
    ) throws {
        for sequence in dead {
            let key = Message.key(queue.generation, sequence)
            guard var message = try write.get(Message.all, key)?.value else { continue }
            message.deadLetterSource = queue.arn
            message.delayedUntil = nil
            if target.isFIFO { message.sent = write.now }
            try write.deleteMessage(queue.generation, sequence)
            guard case .new(let place) = live.stage(message, deduplication: nil, ticket: ticket, now: write.now) else {
                continue
            }
            try write.put(Message.all, Message.key(target.generation, place), message)
        }
    }
}

extension Transaction {
    /// Removes a message and its flight. Does nothing when they are gone.
    func deleteMessage(_ generation: String, _ sequence: Int64) throws {
        let key = Message.key(generation, sequence)
        try delete(Message.all, key)
        try delete(Flight.all, key)
    }
}

/// Which attributes of messages a receiver wants to see.
struct WantedAttributes: Sendable {
    private let system: Set<String>
    private let own: [String]

    init(_ input: SQSService.ReceiveInput) {
        system = Set((input.AttributeNames ?? []) + (input.MessageSystemAttributeNames ?? []))
        own = input.MessageAttributeNames ?? []
    }

    func view(_ message: Message, _ sequence: Int64, _ flight: Flight, _ queue: Queue) -> SQSService.ReceivedMessage {
        let attributes = wanted(message.attributes)
        let handle = ReceiptHandle(
            queue: queue.name, generation: queue.generation, sequence: sequence, count: flight.count)
        return SQSService.ReceivedMessage(
            MessageId: message.id, ReceiptHandle: handle.text, MD5OfBody: MessageDigest.body(message.body),
            Body: message.body, Attributes: systemAttributes(message, sequence, flight, queue),
            MD5OfMessageAttributes: MessageDigest.attributes(attributes), MessageAttributes: attributes)
    }

    /// `All` and `.*` mean every one, `prefix.*` those that begin so.
    private func wanted(_ attributes: [String: MessageAttribute]?) -> [String: MessageAttribute]? {
        guard let attributes, !own.isEmpty else { return nil }
        let found = attributes.filter { name, _ in
            own.contains { wanted in
                wanted == "All" || wanted == ".*" || wanted == name
                    || (wanted.hasSuffix(".*") && name.hasPrefix(wanted.dropLast(2)))
            }
        }
        return found.isEmpty ? nil : found
    }

    private func systemAttributes(
        _ message: Message, _ sequence: Int64, _ flight: Flight, _ queue: Queue
    ) -> [String: String]? {
        guard !system.isEmpty else { return nil }
        var all = [
            "SenderId": message.sender, "SentTimestamp": "\(message.sent.milliseconds)",
            "ApproximateReceiveCount": "\(flight.count)",
            "ApproximateFirstReceiveTimestamp": "\(flight.first.milliseconds)",
        ]
        if queue.isFIFO { all["SequenceNumber"] = Message.sequenceNumber(sequence) }
        all["MessageGroupId"] = message.group
        all["MessageDeduplicationId"] = message.deduplicationID
        all["AWSTraceHeader"] = message.traceHeader
        all["DeadLetterQueueSourceArn"] = message.deadLetterSource
        return system.contains("All") ? all : all.filter { system.contains($0.key) }
    }
}
