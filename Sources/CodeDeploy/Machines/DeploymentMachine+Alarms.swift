internal import Ledger
internal import Notation

extension DeploymentMachine {
    /// Takes note of the alarms, and stops the deployment when one speaks against it.
    mutating func judge(_ readings: [AlarmReading], _ now: Timestamp, _ out: inout Outcome) {
        guard watchesAlarms else { return }
        let isFirst = alarms == nil
        alarms = readings.map { watched($0, isFirst: isFirst) }
        let missing = readings.filter(\.isMissing).map(\.name)
        if !missing.isEmpty, order.alarms.ignorePollAlarmFailure != true {
            return stopOnAlarm("The alarm \(list(missing)) does not exist.", now, &out)
        }
        let firing = (alarms ?? []).filter { $0.reading.isFiring && !$0.wasFiringBefore }.map(\.reading)
        if !firing.isEmpty { return stopOnAlarm(verdict(firing), now, &out) }
        if isFirst { noteEarlierFiring(now, &out) }
        goOn(now, &out)
    }

    /// An alarm that cannot be read cannot protect: the deployment stops, unless it was told to go on without.
    mutating func alarmsUnreadable(_ reason: String, _ now: Timestamp, _ out: inout Outcome) {
        guard watchesAlarms else { return }
        guard order.alarms.ignorePollAlarmFailure == true else {
            return stopOnAlarm("The alarms could not be read: \(reason)", now, &out)
        }
        alarms = alarms ?? []
        goOn(now, &out)
    }

    /// With the alarms known to be quiet: begins, or takes the step that waited for it.
    private mutating func goOn(_ now: Timestamp, _ out: inout Outcome) {
        switch phase {
        case .preparing: beginIfReady(now, &out)
        case .checking: shift(now, &out)
        default: return
        }
    }

    /// What is thought of the alarm now.
    ///
    /// An alarm that was firing before the deployment began says nothing about it: it may be the very reason for
    /// deploying. It counts again once it has been quiet, or when it came into `ALARM` anew although the quiet between
    /// two readings was missed.
    private func watched(_ reading: AlarmReading, isFirst: Bool) -> WatchedAlarm {
        guard !isFirst else {
            let isExcused = reading.isFiring && !order.isStrict
            return WatchedAlarm(
                reading: reading, wasFiringBefore: isExcused, firingSince: isExcused ? reading.transitioned : nil)
        }
        guard let before = alarms?.first(where: { $0.reading.name == reading.name }), before.wasFiringBefore,
            reading.isFiring, reading.transitioned == before.firingSince
        else { return WatchedAlarm(reading: reading) }
        return WatchedAlarm(reading: reading, wasFiringBefore: true, firingSince: before.firingSince)
    }

    /// Says which alarms do not count, so that nobody takes their silence for approval.
    private mutating func noteEarlierFiring(_ now: Timestamp, _ out: inout Outcome) {
        let names = (alarms ?? []).filter(\.wasFiringBefore).map(\.reading.name)
        guard !names.isEmpty else { return }
        note(
            "AlarmFiringBefore",
            "The alarm \(list(names)) was firing before the deployment began. It does not stop it unless it becomes "
                + "quiet and fires again.",
            now, &out)
    }

    private mutating func stopOnAlarm(_ message: String, _ now: Timestamp, _ out: inout Outcome) {
        note("AlarmFired", message, now, &out)
        let error = ErrorInformation(code: "ALARM_ACTIVE", message: message)
        end(.stopped, error, now, &out, rollback: order.autoRollback.covers(AutoRollbackConfiguration.stopOnAlarm))
    }

    private func verdict(_ firing: [AlarmReading]) -> String {
        let names = list(firing.map(\.name))
        let reason = firing.count == 1 && !firing[0].reason.isEmpty ? " \(firing[0].reason)" : ""
        return firing.count == 1
            ? "The alarm \(names) is in state ALARM.\(reason)" : "The alarms \(names) are in state ALARM."
    }

    private func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }
}
