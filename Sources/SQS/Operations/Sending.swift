import Cloud
import Ledger
import Notation

extension SQSService {
    struct SendInput: Decodable, Sendable {
        let QueueUrl: String, MessageBody: String, DelaySeconds: Int?, MessageAttributes: [String: MessageAttribute]?
        let MessageSystemAttributes: [String: MessageAttribute]?, MessageDeduplicationId: String?,
            MessageGroupId: String?

        var draft: Draft {
            Draft(
                body: MessageBody, delay: DelaySeconds, attributes: MessageAttributes,
                traceHeader: MessageSystemAttributes?["AWSTraceHeader"], group: MessageGroupId,
                deduplicationID: MessageDeduplicationId)
        }
    }
    struct SendOutput: Encodable {
        let MessageId: String, MD5OfMessageBody: String, MD5OfMessageAttributes: String?
        let MD5OfMessageSystemAttributes: String?, SequenceNumber: String?
    }
    struct SendBatchInput: Decodable, Sendable {
        struct Entry: Decodable, Sendable, BatchEntry {
            let Id: String, MessageBody: String, DelaySeconds: Int?, MessageAttributes: [String: MessageAttribute]?
            let MessageSystemAttributes: [String: MessageAttribute]?, MessageDeduplicationId: String?
            let MessageGroupId: String?

            var draft: Draft {
                Draft(
                    body: MessageBody, delay: DelaySeconds, attributes: MessageAttributes,
                    traceHeader: MessageSystemAttributes?["AWSTraceHeader"], group: MessageGroupId,
                    deduplicationID: MessageDeduplicationId)
            }
        }
        let QueueUrl: String, Entries: [Entry]
    }
    struct SendBatchOutput: Encodable { let Successful: [SentEntry], Failed: [BatchFailure] }
    struct SentEntry: Encodable {
        let Id: String, MessageId: String, MD5OfMessageBody: String, MD5OfMessageAttributes: String?
        let MD5OfMessageSystemAttributes: String?, SequenceNumber: String?
    }

    private static let attributeMembers = "DataType StringValue BinaryValue"

    private static func covered(_ prefix: String) -> String {
        let plain = ["MessageBody", "DelaySeconds", "MessageDeduplicationId", "MessageGroupId", "MessageAttributes"]
        return (plain + ["MessageSystemAttributes"]).map { prefix + $0 }.joined(separator: " ")
    }

    var sending: [Operation] {
        [
            Operation("SendMessage", enforces: "QueueUrl " + Self.covered("")) { (input: SendInput, call) in
                let queue = try await queue(input.QueueUrl, call.caller)
                let draft = input.draft
                try draft.check(queue)
                guard let sent = try await send([draft], to: queue, as: call.caller).first else {
                    throw AWSError.noQueue()
                }
                return sent
            },
            Operation("SendMessageBatch", enforces: "QueueUrl Entries.Id " + Self.covered("Entries.")) {
                (input: SendBatchInput, call) in try await sendBatch(input, call)
            },
        ]
    }

    private func sendBatch(_ input: SendBatchInput, _ call: Call) async throws -> SendBatchOutput {
        try Batch.check(input.Entries)
        let queue = try await queue(input.QueueUrl, call.caller)
        let total = input.Entries.reduce(0) { $0 + $1.draft.size }
        guard total <= MessageLimits.size else {
            throw AWSError(
                "BatchRequestTooLong",
                "Batch requests cannot be longer than \(MessageLimits.size) bytes. You have sent \(total) bytes.")
        }
        var good: [(id: String, draft: Draft)] = []
        var failed: [BatchFailure] = []
        for entry in input.Entries {
            do {
                try entry.draft.check(queue)
                good.append((entry.Id, entry.draft))
            } catch let error as AWSError { failed.append(BatchFailure(entry.Id, error)) }
        }
        let sent = try await send(good.map(\.draft), to: queue, as: call.caller)
        let entries = zip(good, sent).map { one, sent in
            SentEntry(
                Id: one.id, MessageId: sent.MessageId, MD5OfMessageBody: sent.MD5OfMessageBody,
                MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
                MD5OfMessageSystemAttributes: sent.MD5OfMessageSystemAttributes, SequenceNumber: sent.SequenceNumber)
        }
        return SendBatchOutput(Successful: entries, Failed: failed)
    }

    /// Stores the messages in one write; when this returns they survive whatever happens, and receivers see them.
    ///
    /// A queue purged or deleted meanwhile is looked up again.
    func send(_ drafts: [Draft], to queue: Queue, as caller: Caller) async throws -> [SendOutput] {
        guard !drafts.isEmpty else { return [] }
        var queue = queue
        for _ in 0..<3 {
            let live = try await queues.live(queue)
            if let sent = try await attempt(drafts, queue, live, caller) { return sent }
            queue = try await self.queue(arn: queue.arn) ?? { throw AWSError.noQueue() }()
        }
        throw AWSError.noQueue()
    }

    /// Nil when the queue is another one by now.
    private func attempt(
        _ drafts: [Draft], _ queue: Queue, _ live: LiveQueue, _ caller: Caller
    ) async throws -> [SendOutput]? {
        let ticket = live.ticket()
        do {
            let sent = try await ledger.write { write -> [SendOutput]? in
                guard try write.get(Queue.all, queue.key)?.value.generation == queue.generation else { return nil }
                for key in live.expiredMarks(now: write.now) { try write.delete(DeduplicationMark.all, key) }
                return try drafts.map { try store($0, queue, live, ticket, caller, write) }
            }
            live.publish(ticket, bytes: drafts.reduce(0) { $0 + $1.size }, now: ledger.surroundings.now)
            return sent
        } catch {
            live.abandon(ticket)
            throw error
        }
    }

    private func store(
        _ draft: Draft, _ queue: Queue, _ live: LiveQueue, _ ticket: Int, _ caller: Caller, _ write: Transaction
    ) throws -> SendOutput {
        let now = write.now
        let message = draft.message(
            id: write.surroundings.chance.uuid(), to: queue, sender: Self.sender(caller), now: now)
        let mark = message.deduplicationID.map { Self.markKey(queue, $0, group: message.group) }
        switch live.stage(message, deduplication: mark, ticket: ticket, now: now) {
        case .duplicate(let known): return Self.answer(draft, queue, known.messageID, known.sequence)
        case .new(let sequence):
            try write.put(Message.all, Message.key(queue.generation, sequence), message)
            if let mark {
                try write.put(
                    DeduplicationMark.all, mark,
                    DeduplicationMark(messageID: message.id, sequence: sequence, sent: now))
            }
            return Self.answer(draft, queue, message.id, sequence)
        }
    }

    static func markKey(_ queue: Queue, _ id: String, group: String?) -> String {
        // Neither part can hold a space.
        "\(queue.generation)/" + (queue.deduplicatesByGroup ? "\(group ?? "") \(id)" : id)
    }

    private static func answer(_ draft: Draft, _ queue: Queue, _ id: String, _ sequence: Int64) -> SendOutput {
        SendOutput(
            MessageId: id, MD5OfMessageBody: MessageDigest.body(draft.body),
            MD5OfMessageAttributes: MessageDigest.attributes(draft.attributes),
            MD5OfMessageSystemAttributes: MessageDigest.attributes(draft.traceHeader.map { ["AWSTraceHeader": $0] }),
            SequenceNumber: queue.isFIFO ? Message.sequenceNumber(sequence) : nil)
    }

    /// What `SenderId` shows: the account of its root, else the name of who called.
    private static func sender(_ caller: Caller) -> String {
        if caller.principal.hasSuffix(":root") { return caller.account }
        return caller.principal.split(separator: "/").dropFirst().joined(separator: ":")
    }
}
