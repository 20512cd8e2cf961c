internal import Ledger
internal import Logging
internal import Notation
internal import ServiceLifecycle

/// Judges alarms: when their time has come, and at once when a datum comes in that may change the verdict.
actor AlarmEvaluator: Service {
    private struct Plan {
        var due: Timestamp
        let every: Duration
    }

    private let store: MetricStore
    private let book: AlarmBook
    private let strict: Bool
    private let ledger: Ledger
    private let log = Logger(label: "cloudwatch")
    private var plans: [String: Plan] = [:]
    /// The composite alarms that depend on an alarm, by its key.
    private var dependents: [String: Set<String>] = [:]
    /// What each composite alarm depends on.
    private var dependencies: [String: Set<String>] = [:]
    /// The configuration each alarm was last taken up with.
    private var revisions: [String: Int] = [:]
    /// When each alarm was last judged because of a datum: a stream of data costs at most four judgements a second.
    private var judged: [String: Timestamp] = [:]
    private var armed: Timestamp?
    private static let rest = Duration.milliseconds(250)

    init(store: MetricStore, book: AlarmBook, ledger: Ledger, strict: Bool) {
        self.store = store
        self.book = book
        self.ledger = ledger
        self.strict = strict
    }

    /// Takes up all alarms, then judges until cancelled or asked to stop gracefully.
    func run() async throws {
        let all = try await ledger.list(Collections.alarms)
        for alarm in all { try await takeUp(alarm.key) }
        await cancelWhenGracefulShutdown { await self.loop() }
    }

    private func loop() async {
        await withDiscardingTaskGroup { group in
            self.arm(&group)
            for await _ in book.bell.calls {
                await self.turn()
                self.arm(&group)
            }
            group.cancelAll()
        }
    }

    /// Sets a timer for the next thing to do, unless one is set that goes off earlier.
    private func arm(_ group: inout DiscardingTaskGroup) {
        guard let next = plans.values.map(\.due).min(), next < armed ?? .init(microseconds: .max) else { return }
        armed = next
        let (time, bell) = (ledger.surroundings.time, book.bell)
        // Waited for by the group; ended with it.
        group.addTask {
            guard (try? await time.sleep(until: next)) != nil else { return }
            bell.knock()
        }
    }

    private func turn() async {
        let now = ledger.surroundings.now
        if let moment = armed, moment <= now { armed = nil }
        for call in book.bell.take() {
            if let changed = AlarmBook.changed(call) {
                await attempt(changed) { try await self.takeUp(changed) }
                for parent in dependents[changed] ?? [] { await attempt(parent) { try await self.judge(parent) } }
            } else if strict {
                continue
            } else if let last = judged[call], now - last < Self.rest {
                // Read first: an optional chain holds `plans` while its right side is worked out.
                let due = min(plans[call]?.due ?? now, last + Self.rest)
                plans[call]?.due = due
            } else {
                judged[call] = now
                await attempt(call) { try await self.judge(call) }
            }
        }
        for (key, plan) in plans where plan.due <= now {
            plans[key]?.due = now + plan.every
            await attempt(key) { try await self.judge(key) }
        }
    }

    private func attempt(_ key: String, _ body: () async throws -> Void) async {
        do { try await body() } catch is CancellationError {
        } catch {
            log.error("an alarm could not be judged", metadata: ["alarm": "\(key)", "error": "\(error)"])
        }
    }

    /// Learns of an alarm that is new, changed or gone, and judges it if its configuration is new. A state set by
    /// SetAlarmState stays until the next evaluation.
    private func takeUp(_ key: String) async throws {
        for parent in dependencies.removeValue(forKey: key) ?? [] { dependents[parent]?.remove(key) }
        guard let alarm = try await ledger.get(Collections.alarms, key)?.value else {
            store.watch(key, [])
            (plans[key], judged[key], revisions[key]) = (nil, nil, nil)
            return
        }
        let isNew = revisions.updateValue(alarm.revision, forKey: key) != alarm.revision
        if let condition = alarm.metric {
            store.watch(key, condition.metrics.map { Series(scope: alarm.scope, metric: $0) })
            if isNew { plans[key] = plan(condition) }
        } else if let composite = alarm.composite {
            var names = (try? AlarmRule(parsing: composite.rule))?.children ?? []
            if let suppressor = composite.suppressor { names.insert(AlarmRule.name(suppressor)) }
            dependencies[key] = Set(names.map { alarm.scope + $0 })
            for name in names { dependents[alarm.scope + name, default: []].insert(key) }
            planSuppression(alarm)
        }
        if isNew { try await judge(key) }
    }

    private func plan(_ condition: MetricCondition) -> Plan {
        let width = condition.width
        let seconds = Period.isShort(width) ? (strict ? 10 : min(width, 10)) : 60
        let now = ledger.surroundings.now
        return Plan(due: now + .seconds(seconds), every: .seconds(seconds))
    }

    private func planSuppression(_ alarm: Alarm) {
        plans[alarm.key] = alarm.composite?.suppression?.until.map { Plan(due: $0, every: .seconds(60)) }
    }

    private func judge(_ key: String) async throws {
        guard let alarm = try await ledger.get(Collections.alarms, key)?.value else { return }
        if let condition = alarm.metric {
            try await judge(alarm, condition)
        } else if let composite = alarm.composite {
            try await judge(alarm, composite)
        }
    }

    private func judge(_ alarm: Alarm, _ condition: MetricCondition) async throws {
        let now = ledger.surroundings.now
        let judge = AlarmJudge(reader: MetricReader(store: store, scope: alarm.scope), strict: strict)
        let result = try await judge.judge(condition, now: now)
        guard case .state(let state) = result.verdict, state != alarm.state else { return }
        let book = book
        try await ledger.write { transaction in
            // The alarm may have been configured anew, set or deleted while its data were read.
            guard let current = try transaction.get(Collections.alarms, alarm.key)?.value,
                current.revision == alarm.revision,
                current.state != state
            else { return }
            let reason = AlarmReason(condition: condition, judged: result.judged, from: current.state, to: state)
            try book.apply(
                AlarmTransition(current, to: state, reason: reason.text, reasonData: reason.data(now: now), now: now),
                in: transaction)
        }
    }

    private func judge(_ alarm: Alarm, _ composite: CompositeCondition) async throws {
        let book = book
        let rule = try AlarmRule(parsing: composite.rule)
        try await ledger.write { transaction in
            guard let current = try transaction.get(Collections.alarms, alarm.key)?.value,
                current.revision == alarm.revision
            else { return }
            try CompositeJudge(alarm: current, rule: rule).judge(book, transaction)
        }
        if let now = try await ledger.get(Collections.alarms, alarm.key)?.value { planSuppression(now) }
    }
}
