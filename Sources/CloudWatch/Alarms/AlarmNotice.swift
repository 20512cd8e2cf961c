internal import Ledger
internal import Notation

/// Tells the actions of an alarm of a change, each at least once, whatever crashes in between.
struct AlarmNotice: Machine {
    enum Event: Codable, Sendable {
        case begin
        /// The action was told, or would not be.
        case told(target: String, failure: String?)
        case woken
    }
    /// Tells one action. It carries the whole message, so that whoever carries it out needs nothing else.
    struct Command: Codable, Sendable {
        let target: String
        let scope: String
        let subject: String
        let message: JSON
        /// The alarm's ARN. Commands that an earlier version left have none.
        var alarm: String?
    }

    static let kind = "cloudwatch.alarm-notice"
    static let woken = Event.woken

    /// The alarm after the change.
    let alarm: Alarm
    let oldState: AlarmState
    /// The alarm's state before, as events show it.
    let previous: JSON
    let changed: Timestamp
    /// The ARNs not told yet.
    private(set) var left: [String]
    /// What the last told one said, for the history.
    private(set) var last: Outcome?

    struct Outcome: Codable, Sendable {
        var target: String
        var failure: String?
    }

    init(alarm: Alarm, oldState: Alarm, targets: [String], now: Timestamp) {
        self.alarm = alarm
        self.oldState = oldState.state
        previous = AlarmEvents.state(oldState)
        changed = now
        left = targets
    }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch event {
        case .begin:
            return Reaction(left.map(command))
        case .told(let target, let failure):
            guard let place = left.firstIndex(of: target) else { return Reaction() }
            left.remove(at: place)
            last = Outcome(target: target, failure: failure)
            var reaction = Reaction<Command>()
            reaction.isFinished = left.isEmpty
            return reaction
        case .woken: return Reaction()
        }
    }

    /// The history's entry about the action told last, if this step told one.
    func historyItem(after before: AlarmNotice?, now: Timestamp) -> AlarmHistoryItem? {
        guard let before, before.left.count > left.count, let last else { return nil }
        let summary =
            last.failure.map { "Failed to execute action \(last.target). Received error: \"\($0)\"" }
            ?? "Successfully executed action \(last.target)"
        var data: JSON = [
            "actionState": last.failure == nil ? "Succeeded" : "Failed",
            "stateUpdateTimestamp": .int(Int(changed.milliseconds)),
            "notificationResource": .string(last.target),
        ]
        if let failure = last.failure { data["error"] = .string(failure) }
        return AlarmHistoryItem(alarm, type: "Action", summary: summary, data: data, now: now)
    }
}
