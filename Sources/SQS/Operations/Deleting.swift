import Cloud
import Ledger
import Notation

extension SQSService {
    struct DeleteInput: Decodable, Sendable { let QueueUrl: String, ReceiptHandle: String }
    struct DeleteBatchInput: Decodable, Sendable {
        struct Entry: Decodable, Sendable, BatchEntry { let Id: String, ReceiptHandle: String }
        let QueueUrl: String, Entries: [Entry]
    }
    struct IDEntry: Encodable, Sendable { let Id: String }
    struct IDsOutput: Encodable { let Successful: [IDEntry], Failed: [BatchFailure] }

    var deleting: [Operation] {
        [
            Operation("DeleteMessage", enforces: "QueueUrl ReceiptHandle") { (input: DeleteInput, call) in
                let queue = try await queue(input.QueueUrl, call.caller)
                let live = try await queues.live(queue)
                let place = try Self.removable(input.ReceiptHandle, queue, live, call.time)
                try await delete([place].compactMap(\.self), queue, live)
                return Nothing()
            },
            Operation("DeleteMessageBatch", enforces: "QueueUrl Entries.Id Entries.ReceiptHandle") {
                (input: DeleteBatchInput, call) in
                try Batch.check(input.Entries)
                let queue = try await queue(input.QueueUrl, call.caller)
                let live = try await queues.live(queue)
                var places: [Int64] = []
                var done: [IDEntry] = []
                var failed: [BatchFailure] = []
                for entry in input.Entries {
                    do {
                        if let place = try Self.removable(entry.ReceiptHandle, queue, live, call.time) {
                            places.append(place)
                        }
                        done.append(IDEntry(Id: entry.Id))
                    } catch let error as AWSError { failed.append(BatchFailure(entry.Id, error)) }
                }
                try await delete(places, queue, live)
                return IDsOutput(Successful: done, Failed: failed)
            },
        ]
    }

    /// The message that the handle deletes; nil when there is nothing to do: it is gone, or somebody else received it
    /// since.
    ///
    /// Source: SQS API Reference, DeleteMessage.
    private static func removable(
        _ text: String, _ queue: Queue, _ live: LiveQueue, _ now: Timestamp
    ) throws -> Int64? {
        let handle = try ReceiptHandle(parsing: text, of: queue)
        guard handle.generation == queue.generation, let entry = live.entry(handle.sequence, now: now),
            entry.count == handle.count
        else { return nil }
        guard !queue.isFIFO || entry.standing == .taken else {
            throw AWSError.invalid(text, "ReceiptHandle", "The receipt handle has expired.")
        }
        return handle.sequence
    }

    private func delete(_ places: [Int64], _ queue: Queue, _ live: LiveQueue) async throws {
        // Out of the index first, so that nobody receives what is about to go.
        let taken = places.compactMap { place in live.remove(place, counts: true).map { (place, $0) } }
        guard !taken.isEmpty else { return }
        do {
            try await ledger.write { write in
                for (sequence, _) in taken { try write.deleteMessage(queue.generation, sequence) }
            }
        } catch {
            live.restore(taken, now: ledger.surroundings.now)
            throw error
        }
    }
}
