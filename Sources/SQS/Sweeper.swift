import Cloud
import Ledger
import Logging
import Notation
import ServiceLifecycle

/// Removes what queues no longer keep: messages past their retention, deduplication ids past their window, and what
/// purges and deletions have left behind. Once a minute it also tells the figures of queues in use.
///
/// Stops at any moment without harm: the next start goes on where it was.
final class Sweeper: Service {
    /// Documents removed in one write.
    private static let portion = 500
    private static let interval = Duration.seconds(60)

    private let ledger: Ledger
    private let queues: LiveQueues
    private let metrics: (any QueueMetrics)?
    private let bell = Bell()
    private let log = Logger(label: "sqs")

    init(ledger: Ledger, queues: LiveQueues, metrics: (any QueueMetrics)?) {
        self.ledger = ledger
        self.queues = queues
        self.metrics = metrics
    }

    /// Says that something was left behind.
    func look() { bell.ring() }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let turn = self.bell.turn
                do { try await self.pass() } catch is CancellationError { return } catch {
                    self.log.error("the sweep of queues failed and is tried again", metadata: ["error": "\(error)"])
                }
                let surroundings = self.ledger.surroundings
                let next = surroundings.now + Self.interval
                guard (try? await self.bell.wait(after: turn, until: next, surroundings.time)) != nil else { return }
            }
        }
    }

    /// One look at everything.
    func pass() async throws {
        for leftover in try await ledger.list(Leftover.all) { try await clear(leftover.value.generation) }
        for queue in try await ledger.list(Queue.all).map(\.value) {
            try Task.checkCancellation()
            let live = try await queues.live(queue)
            try await sweep(queue, live)
            tell(queue, live)
        }
    }

    /// Removes all documents of a generation, then the note that they are to be removed.
    private func clear(_ generation: String) async throws {
        try await clear(Message.all, generation)
        try await clear(Flight.all, generation)
        try await clear(DeduplicationMark.all, generation)
        try await ledger.write { _ = try $0.delete(Leftover.all, generation) }
    }

    private func clear<Value>(_ collection: Collection<Value>, _ generation: String) async throws {
        while true {
            let count = try await ledger.write { write in
                let found = try write.list(collection, prefix: generation + "/", limit: Self.portion)
                for document in found { try write.delete(collection, document.key) }
                return found.count
            }
            guard count == Self.portion else { return }
        }
    }

    private func sweep(_ queue: Queue, _ live: LiveQueue) async throws {
        let now = ledger.surroundings.now
        let moment = now - .seconds(queue.retention)
        while true {
            let old = live.sent(before: moment, limit: Self.portion)
            for sequence in old { _ = live.remove(sequence, counts: false) }
            let marks = live.expiredMarks(now: now, limit: Self.portion)
            guard !old.isEmpty || !marks.isEmpty else { return }
            try await ledger.write { write in
                for sequence in old { try write.deleteMessage(queue.generation, sequence) }
                for key in marks { try write.delete(DeduplicationMark.all, key) }
            }
            guard old.count == Self.portion || marks.count == Self.portion else { return }
        }
    }

    /// Source: SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
    private func tell(_ queue: Queue, _ live: LiveQueue) {
        guard let metrics else { return }
        let now = ledger.surroundings.now
        let counts = live.counts(now: now)
        let done = live.takeFigures()
        // A queue without messages and without calls is not in use, and has no figures.
        guard !done.isEmpty || counts != QueueCounts() else { return }
        let age = live.oldest.map { (now - $0).inSeconds } ?? 0
        var figures: [QueueFigure] = [
            ("NumberOfMessagesSent", done.sent), ("NumberOfMessagesReceived", done.received),
            ("NumberOfMessagesDeleted", done.deleted), ("NumberOfEmptyReceives", done.emptyReceives),
            ("ApproximateNumberOfMessagesVisible", counts.visible),
            ("ApproximateNumberOfMessagesNotVisible", counts.inFlight),
            ("ApproximateNumberOfMessagesDelayed", counts.delayed),
        ].map { QueueFigure(name: $0.0, unit: "Count", value: Double($0.1)) }
        figures.append(QueueFigure(name: "ApproximateAgeOfOldestMessage", unit: "Seconds", value: age.rounded(.down)))
        if done.sent > 0 {
            let size = Double(done.sentBytes) / Double(done.sent)
            figures.append(QueueFigure(name: "SentMessageSize", unit: "Bytes", value: size))
        }
        metrics.add(figures, queue: queue.name, account: queue.account, region: queue.region, at: now)
    }
}
