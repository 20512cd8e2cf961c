internal import Ledger
internal import Logging
internal import Notation

/// Brings the events of an archive to a bus once more, a page of the log at a time.
struct Replay: Machine {
    enum Event: Codable, Sendable {
        case begin
        /// A page was replayed up to that place of the log.
        case paged(upTo: Int64, last: Timestamp?, isEnd: Bool)
        case failed(String)
        case cancel
        case woken
    }
    /// Replays the page after that place of the log.
    enum Command: Codable, Sendable { case page(after: Int64) }

    static let kind = "events.replay"
    static let woken = Event.woken

    private(set) var record: ReplayRecord
    private let start: Int64
    /// The last event of the log that belongs to it: what is logged while it runs does not, or it might never end.
    let end: Int64

    /// A replay of what the log holds after `start`, up to `end`.
    init(_ record: ReplayRecord, after start: Int64, upTo end: Int64) {
        self.record = record
        self.start = start
        self.end = end
    }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch (event, record.state) {
        case (.begin, .starting):
            record.state = .running
            return Reaction([.page(after: start)])
        case (.cancel, .running):
            record.state = .cancelling
            return Reaction()
        case (.paged(let place, let last, let isEnd), .running), (.paged(let place, let last, let isEnd), .cancelling):
            record.lastReplayed = last ?? record.lastReplayed
            if record.state == .cancelling { return end(.cancelled, now) }
            return isEnd ? end(.completed, now) : Reaction([.page(after: place)])
        case (.failed(let reason), .running), (.failed(let reason), .cancelling):
            record.reason = reason
            return end(.failed, now)
        default: return Reaction()
        }
    }

    private mutating func end(_ state: ReplayRecord.State, _ now: Timestamp) -> Reaction<Command> {
        record.state = state
        record.ended = now
        var reaction = Reaction<Command>()
        reaction.isFinished = true
        return reaction
    }
}

/// Reads the log for replays.
struct ReplayPerformer: Performer {
    typealias Engine = Replay

    /// So many events of the log are looked at in one step.
    static let page = 200

    let ledger: Ledger
    let runner: MachineRunner<Replay>

    /// A runner whose projection keeps the replays' records in step.
    static func runner(ledger: Ledger) -> MachineRunner<Replay> {
        let runner = MachineRunner<Replay>(ledger: ledger, log: Logger(label: "events")) { write, _, _, after in
            try write.put(EventStore.replays, after.record.key, after.record)
        }
        runner.use(ReplayPerformer(ledger: ledger, runner: runner))
        return runner
    }

    func perform(_ command: Replay.Command, of id: String, key: String) async throws -> Replay.Event? {
        guard case .page(let place) = command, let replay = try await runner.machine(id) else { return nil }
        let record = replay.record
        guard
            let archive = try await ledger.get(EventStore.archives, EventArchive.key(ofARN: record.archive) ?? "")?
                .value
        else { return .failed("The archive was deleted.") }
        let pattern = try archive.pattern.map { try RulePattern($0) }
        let page = try await ledger.events(after: place, limit: Self.page)
        guard let last = page.last?.sequence else { return .paged(upTo: place, last: nil, isEnd: true) }
        let now = ledger.surroundings.now
        let found = page.compactMap { logged -> (Int64, BusEvent)? in
            guard logged.sequence <= replay.end, let event = archive.holds(logged, pattern, now: now),
                (record.from..<record.to).contains(event.event.time)
            else { return nil }
            return (logged.sequence, event)
        }
        try await ledger.write { write in
            for (sequence, event) in found {
                let again = BusEvent(event.event, on: record.destination, replay: (record.name, record.rules))
                try write.append(try again.wrapped(id: "\(id)#\(sequence)", now: write.now))
            }
        }
        return .paged(upTo: last, last: found.last?.1.event.time, isEnd: last >= replay.end)
    }
}
