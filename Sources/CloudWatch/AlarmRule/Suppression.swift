internal import Notation

extension CompositeCondition {
    /// What becomes of a composite alarm's actions.
    enum Effect: Sendable, Hashable {
        case none
        /// The actions of the present state are carried out now, late.
        case act
    }

    /// Brings the suppression up to date: before the alarm takes a new state (then with it), and whenever its
    /// suppressor changes or a waiting time is over.
    ///
    /// Source: CloudWatch API Reference, PutCompositeAlarm, ActionsSuppressor, ActionsSuppressorWaitPeriod and
    /// ActionsSuppressorExtensionPeriod.
    ///
    /// - Parameters:
    ///   - state: The alarm's state from now on.
    ///   - entersAlarm: Whether it has only now become ALARM.
    ///   - suppressorState: Nil when there is no such alarm: then nothing is held back.
    mutating func suppress(
        state: AlarmState, entersAlarm: Bool, suppressorState: AlarmState?, now: Timestamp
    ) -> Effect {
        guard let suppressor, let suppressorState else {
            suppression = nil
            return .none
        }
        if suppressorState == .alarm {
            if suppression?.by != .alarm {
                suppression = Suppression(
                    by: .alarm, reason: "Actions suppressed by alarm \(suppressor), which is in ALARM")
            }
            return .none
        }
        switch suppression?.by {
        case .alarm:
            hold(.extension_, extensionSeconds ?? 0, now, "\(suppressor) left ALARM; the extension period is not over")
            return release(state, now)
        case .wait where state != .alarm:
            suppression = nil
            return .none
        case .wait, .extension_: return release(state, now)
        case nil:
            guard entersAlarm else { return .none }
            hold(.wait, waitSeconds ?? 0, now, "waiting for \(suppressor) to go into ALARM")
            return (suppression?.until ?? now) > now ? .none : clear()
        }
    }

    private mutating func hold(_ cause: Suppression.Cause, _ seconds: Int, _ now: Timestamp, _ reason: String) {
        suppression = Suppression(by: cause, until: now + .seconds(seconds), reason: reason)
    }

    private mutating func release(_ state: AlarmState, _ now: Timestamp) -> Effect {
        guard let until = suppression?.until, until <= now else { return .none }
        suppression = nil
        return state == .alarm ? .act : .none
    }

    /// A waiting time of nothing: the transition itself carries its actions.
    private mutating func clear() -> Effect {
        suppression = nil
        return .none
    }
}
