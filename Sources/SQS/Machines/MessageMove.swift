import Ledger
import Notation

/// The moving of a dead letter queue's messages to where they came from, or to another queue.
///
/// Source: SQS API Reference, StartMessageMoveTask.
struct MessageMove: Machine {
    enum Status: String, Codable, Sendable {
        case running = "RUNNING"
        case completed = "COMPLETED"
        case cancelling = "CANCELLING"
        case cancelled = "CANCELLED"
        case failed = "FAILED"
    }

    enum Event: Codable, Sendable {
        /// There are about so many messages to move.
        case begun(count: Int)
        /// So many were moved; none are left when `isLast`.
        case moved(Int, isLast: Bool)
        case failed(String)
        case cancelled
        case woken
    }

    /// Moves messages, at most so many.
    struct Command: Codable, Sendable, Hashable { let limit: Int }

    static let kind = "sqs.move"
    static let woken = Event.woken
    /// Messages moved in one write.
    private static let portion = 100

    let source: String
    let destination: String?
    let perSecond: Int?
    let started: Timestamp
    private(set) var status = Status.running
    private(set) var count = 0
    private(set) var moved = 0
    private(set) var failure: String?

    init(source: String, destination: String?, perSecond: Int?, started: Timestamp) {
        self.source = source
        self.destination = destination
        self.perSecond = perSecond
        self.started = started
    }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch event {
        case .begun(let count):
            self.count = count
            return next()
        case .woken: return status == .running ? next() : end(.cancelled)
        case .cancelled:
            // Ends when what is being moved has been.
            if status == .running { status = .cancelling }
            return Reaction()
        case .failed(let reason):
            failure = reason
            return end(.failed)
        case .moved(let number, let isLast):
            moved += number
            if status == .cancelling { return end(.cancelled) }
            if isLast { return end(.completed) }
            guard perSecond != nil else { return next() }
            var reaction = Reaction<Command>()
            reaction.wake = .at(now + .seconds(1))
            return reaction
        }
    }

    private func next() -> Reaction<Command> {
        Reaction([Command(limit: min(perSecond ?? Self.portion, 500))])
    }

    private mutating func end(_ status: Status) -> Reaction<Command> {
        self.status = status
        var reaction = Reaction<Command>()
        reaction.isFinished = true
        return reaction
    }
}

/// A move as ListMessageMoveTasks answers it: kept in step with its machine.
struct MoveTask: Codable, Sendable {
    var id: String
    var machine: MessageMove

    static let all = Collection<MoveTask>("sqs.movetask", lookups: ["source": { [$0.machine.source] }])

    static let project: MachineRunner<MessageMove>.Projection = { transaction, id, _, after in
        try transaction.put(all, id, MoveTask(id: id, machine: after))
    }
}
