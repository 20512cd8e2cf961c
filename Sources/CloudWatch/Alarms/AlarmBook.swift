internal import Cloud
internal import Ledger
internal import Notation
internal import Synchronization

/// Changes alarms: every change of state goes through here, with its history, event and notices, as one write.
struct AlarmBook: Sendable {
    let ledger: Ledger
    let notices: MachineRunner<AlarmNotice>
    let bell: AlarmBell

    init(ledger: Ledger, bell: AlarmBell) {
        self.ledger = ledger
        self.bell = bell
        let box = Box()
        notices = MachineRunner(ledger: ledger) { transaction, id, before, after in
            if let item = after.historyItem(after: before, now: transaction.now) { try transaction.note(item) }
            // The history has all there is to know of a notice that was told.
            if after.left.isEmpty { try box.runner.withLock { $0 }?.remove(id, in: transaction) }
        }
        box.runner.withLock { [notices] in $0 = notices }
    }

    /// The runner, for its own projection.
    private final class Box: Sendable {
        let runner = Mutex<MachineRunner<AlarmNotice>?>(nil)
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
