internal import Ledger
internal import Logging
internal import Notation
internal import ServiceLifecycle

/// Lets the schedules of rules tick: appends a `Scheduled Event` to the log when one is due, which the reader brings to
/// the rule's targets.
///
/// When a rule is due is on disk, and moves on in the write that appends the tick: each falls once, whatever crashes. A
/// rule that was due while the server was down ticks once when it starts, however often it would have: AWS is never
/// down, and a nightly job should not be left out.
struct ScheduleClock: Service {
    let ledger: Ledger
    private let log = Logger(label: "events")
    private let signal = Signal()

    init(ledger: Ledger) { self.ledger = ledger }

    /// Says that a schedule has changed.
    func ring() { signal.raise() }

    func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await keep() } } catch is CancellationError {}
    }

    private func keep() async throws {
        while !Task.isCancelled {
            let turn = signal.turn
            let now = ledger.surroundings.now
            let due = try await ledger.list(EventStore.due)
            let ripe = due.filter { $0.value <= now }
            for document in ripe { try await tick(document.key, at: document.value) }
            guard ripe.isEmpty else { continue }
            try await wait(after: turn, until: due.map(\.value).min())
        }
    }

    /// Waits for the moment, or for a change if that comes first.
    private func wait(after turn: Int, until moment: Timestamp?) async throws {
        guard let moment else { return try await signal.wait(after: turn) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.signal.wait(after: turn) }
            group.addTask { try await ledger.surroundings.time.sleep(until: moment) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func tick(_ key: String, at moment: Timestamp) async throws {
        try await ledger.write { write in
            guard try write.get(EventStore.due, key)?.value == moment else { return }
            guard let rule = try write.get(EventStore.rules, key)?.value, rule.isEnabled, let text = rule.schedule,
                let schedule = try? RuleSchedule(text)
            else {
                try write.delete(EventStore.due, key)
                return
            }
            try write.append(
                LedgerEvent(
                    time: moment, source: "aws.events", detailType: "Scheduled Event", account: rule.bus.account,
                    region: rule.bus.region, resources: [rule.arn], detail: [:]))
            if let next = schedule.next(after: write.now, since: moment) {
                try write.put(EventStore.due, key, next)
            } else {
                try write.delete(EventStore.due, key)
            }
        }
    }
}
