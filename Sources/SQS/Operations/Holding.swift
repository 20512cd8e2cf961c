import Cloud
import Ledger
import Notation

extension SQSService {
    struct HoldInput: Decodable, Sendable { let QueueUrl: String, ReceiptHandle: String, VisibilityTimeout: Int }
    struct HoldBatchInput: Decodable, Sendable {
        struct Entry: Decodable, Sendable, BatchEntry { let Id: String, ReceiptHandle: String, VisibilityTimeout: Int? }
        let QueueUrl: String, Entries: [Entry]
    }
    /// A message in flight, and until when its receiver is to have it.
    private struct Hold: Sendable {
        let sequence: Int64
        let flight: Flight
    }

    var holding: [Operation] {
        [
            Operation("ChangeMessageVisibility", enforces: "QueueUrl ReceiptHandle VisibilityTimeout") {
                (input: HoldInput, call) in
                let queue = try await queue(input.QueueUrl, call.caller)
                let live = try await queues.live(queue)
                let hold = try Self.hold(input.ReceiptHandle, input.VisibilityTimeout, queue, live, call.time)
                try await carryOut([hold], queue, live)
                return Nothing()
            },
            Operation(
                "ChangeMessageVisibilityBatch",
                enforces: "QueueUrl Entries.Id Entries.ReceiptHandle Entries.VisibilityTimeout"
            ) { (input: HoldBatchInput, call) in
                try Batch.check(input.Entries)
                let queue = try await queue(input.QueueUrl, call.caller)
                let live = try await queues.live(queue)
                var holds: [Hold] = []
                var done: [IDEntry] = []
                var failed: [BatchFailure] = []
                for entry in input.Entries {
                    do {
                        let seconds = entry.VisibilityTimeout ?? queue.visibilityTimeout
                        holds.append(try Self.hold(entry.ReceiptHandle, seconds, queue, live, call.time))
                        done.append(IDEntry(Id: entry.Id))
                    } catch let error as AWSError { failed.append(BatchFailure(entry.Id, error)) }
                }
                try await carryOut(holds, queue, live)
                return IDsOutput(Successful: done, Failed: failed)
            },
        ]
    }

    /// Source: SQS API Reference, ChangeMessageVisibility.
    private static func hold(
        _ text: String, _ seconds: Int, _ queue: Queue, _ live: LiveQueue, _ now: Timestamp
    ) throws -> Hold {
        guard (0...MessageLimits.visibility).contains(seconds) else {
            throw AWSError.invalid(
                "\(seconds)", "VisibilityTimeout", "Must be between 0 and \(MessageLimits.visibility).")
        }
        let handle = try ReceiptHandle(parsing: text, of: queue)
        guard handle.generation == queue.generation, let entry = live.entry(handle.sequence, now: now),
            entry.count == handle.count
        else {
            throw AWSError.invalid(
                text, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
        }
        guard entry.standing == .taken else {
            throw AWSError("MessageNotInflight", "The message referred to isn't in flight.")
        }
        let first = entry.first ?? now
        return Hold(
            sequence: handle.sequence,
            flight: Flight(count: entry.count, first: first, until: now + .seconds(seconds)))
    }

    /// Stored first: a receiver that was granted more time has it after a crash too.
    private func carryOut(_ holds: [Hold], _ queue: Queue, _ live: LiveQueue) async throws {
        guard !holds.isEmpty else { return }
        try await ledger.write { write in
            for hold in holds {
                let key = Message.key(queue.generation, hold.sequence)
                guard try write.get(Flight.all, key)?.value.count == hold.flight.count else { continue }
                try write.put(Flight.all, key, hold.flight)
            }
        }
        for hold in holds { live.hold(hold.sequence, hold.flight, now: ledger.surroundings.now) }
    }
}
