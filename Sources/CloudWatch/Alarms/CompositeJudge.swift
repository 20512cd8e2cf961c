internal import Ledger
internal import Notation

/// Judges a composite alarm from its children, inside a write.
struct CompositeJudge {
    let alarm: Alarm
    let rule: AlarmRule

    func judge(_ book: AlarmBook, _ transaction: Transaction) throws {
        guard var composite = alarm.composite else { return }
        let children = try rule.children.sorted().compactMap {
            try transaction.get(Collections.alarms, alarm.scope + $0)?.value
        }
        let states = Dictionary(uniqueKeysWithValues: children.map { ($0.name, $0.state) })
        let state: AlarmState = rule.holds { states[$0] } ? .alarm : .ok
        let now = transaction.now
        let suppressorState = try composite.suppressor.flatMap {
            try transaction.get(Collections.alarms, alarm.scope + AlarmRule.name($0))?.value.state
        }
        let before = composite.suppression
        let effect = composite.suppress(
            state: state, entersAlarm: state == .alarm && alarm.state != .alarm, suppressorState: suppressorState,
            now: now)
        var updated = alarm
        updated.composite = composite
        if state != alarm.state {
            let transition = AlarmTransition(
                updated, to: state, reason: reason(state, children), reasonData: reasonData(children), now: now,
                isSuppressed: composite.suppression != nil)
            return try book.apply(transition, in: transaction)
        }
        guard composite.suppression != before else { return }
        try transaction.put(Collections.alarms, alarm.key, updated)
        guard effect == .act, alarm.actionsEnabled, !alarm.actions(state).isEmpty else { return }
        let notice = AlarmNotice(alarm: updated, oldState: alarm, targets: alarm.actions(state), now: now)
        try book.notices.begin(transaction.surroundings.chance.uuid(), notice, with: .begin, in: transaction)
    }

    /// The child that changed last, or, for a rule of constants, the rule's truth.
    private func reason(_ state: AlarmState, _ children: [Alarm]) -> String {
        guard let latest = children.max(by: { $0.stateTransitioned < $1.stateTransitioned }) else {
            return "Alarm Rule evaluated to \(state == .alarm ? "TRUE" : "FALSE")"
        }
        return "\(latest.arn) transitioned to \(latest.state.rawValue) at \(day(latest.stateTransitioned))"
    }

    /// `Friday 22 July, 2022 15:57:45 UTC`.
    private func day(_ time: Timestamp) -> String {
        let date = CivilDate(time)
        let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November",
            "December",
        ]
        let clock = time.iso8601().dropFirst(11).prefix(8)
        return "\(days[date.weekday]) \(date.day) \(months[date.month - 1]), \(date.year) \(clock) UTC"
    }

    private func reasonData(_ children: [Alarm]) -> String {
        var shown: [JSON] = children.map { child in
            [
                "arn": .string(child.arn),
                "state": ["value": .string(child.state.rawValue), "timestamp": .string(child.stateUpdated.alarmText)],
            ]
        }
        // AWS's limit is 4,000 characters; a cut JSON text is of no use, so whole children are left out instead.
        while !shown.isEmpty, JSON.array(shown).text().utf8.count > 3900 { shown.removeLast() }
        return JSON.object(["triggeringAlarms": .array(shown)]).text()
    }
}
