internal import Cloud
internal import Ledger
internal import Notation

/// Changes alarms: every change of state goes through here, with its history, event and notices, as one write.
struct AlarmBook: Sendable {
    let ledger: Ledger
    let notices: MachineRunner<AlarmNotice>
    let bell: AlarmBell

    init(ledger: Ledger, bell: AlarmBell) {
        self.ledger = ledger
        self.bell = bell
        notices = MachineRunner(ledger: ledger) { transaction, id, before, after in
            if let item = after.historyItem(after: before, now: transaction.now) { try transaction.note(item) }
        }
    }

    /// Takes an alarm to a state, as part of that write. Composite alarms that name it are asked to look again.
    func apply(_ transition: AlarmTransition, in transaction: Transaction) throws {
        let alarm = transition.alarm
        try transaction.put(Collections.alarms, alarm.key, alarm)
        try transaction.note(transition.history)
        try transaction.append(transition.event)
        if let notice = transition.notice {
            try notices.begin(transaction.surroundings.chance.uuid(), notice, with: .begin, in: transaction)
        }
        transaction.afterCommit { [bell] in bell.ring([Self.change(of: alarm.key)]) }
    }

    /// What the bell is rung with when an alarm's own state has changed, for those that depend on it.
    static func change(of key: String) -> String { "changed " + key }

    /// The alarm behind such a call; nil when the call names an alarm to judge.
    static func changed(_ call: String) -> String? {
        call.hasPrefix("changed ") ? String(call.dropFirst(8)) : nil
    }
}
