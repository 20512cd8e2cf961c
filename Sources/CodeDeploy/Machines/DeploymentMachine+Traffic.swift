internal import Ledger
internal import Notation

extension DeploymentMachine {
    /// Has the alias written for the next step: the routing's next weight, or everything when promoted.
    mutating func shift(_ now: Timestamp, _ out: inout Outcome) {
        guard let target else { return }
        let weights = order.routing.weights
        let percent = isPromoted ? 100 : weights[min(stepsTaken, weights.count - 1)]
        phase = .shifting(percent: percent)
        out.wake = .never
        out.commands.append(.shift(target, percent: percent, from: weight))
    }

    /// The alias was written, or not.
    mutating func shiftAnswered(_ answer: Event, _ now: Timestamp, _ out: inout Outcome) {
        guard case .shifting(let expected) = phase else { return }
        switch answer {
        case .shifted(expected):
            weight = expected
            stepsTaken += 1
            if weight < 100, ending == nil { bake(now, &out) }
            note("TrafficShifted", traffic, now, &out)
        case .shiftFailed(expected, let error, let mayHaveMoved):
            phase = .baking  // nothing is under way any more
            if ending != nil { return beginLeaving(now, &out, mayHaveMoved: mayHaveMoved) }
            note("TrafficStuck", error.message, now, &out)
            return end(.failed, error, now, &out, mayHaveMoved: mayHaveMoved)
        default: return
        }
        // Stopped while the alias was being written: now it is known how it stands.
        if ending != nil { return beginLeaving(now, &out) }
        if weight < 100 {
            if isPauseWanted { pause(now, &out) }
        } else {
            settle(LifecycleEvent.allowTraffic, .succeeded, now)
            beginHook(LifecycleEvent.afterAllowTraffic, now, &out)
        }
    }

    /// Waits for the next step. Steps keep to the first one's schedule, however long each write took, unless one came
    /// much too late (the server was down): then the full interval is waited again, since nothing could be observed
    /// meanwhile.
    private mutating func bake(_ now: Timestamp, _ out: inout Outcome) {
        phase = .baking
        let due = stepDueAt ?? now
        let isOnSchedule = now - due < min(order.routing.interval / 4, .seconds(5))
        let next = (isOnSchedule ? due : now) + order.routing.interval
        nextStepAt = next
        out.wake = .at(next)
    }

    /// Takes the next step when its time has come. With alarms they are looked at first: after a restart a late step
    /// must not be faster than the news that there is trouble.
    mutating func stepIfDue(_ now: Timestamp, _ out: inout Outcome) {
        guard phase == .baking, ending == nil else { return }
        guard pausedWith == nil, let due = nextStepAt else { return out.wake = .at(wholeDeadline) }
        guard now >= due else { return out.wake = .at(due) }
        takeStep(due: due, now, &out)
    }

    /// Ends the wait.
    private mutating func takeStep(due: Timestamp, _ now: Timestamp, _ out: inout Outcome) {
        stepDueAt = due
        nextStepAt = nil
        pausedWith = nil
        let names = order.alarms.watched
        guard !names.isEmpty else { return shift(now, &out) }
        phase = .checking
        out.wake = .never
        out.commands.append(.readAlarms(names))
    }

    // MARK: Asked for by people

    /// Whether there is a wait to cut short.
    var canPromote: Bool { phase == .baking && ending == nil && weight < 100 }
    /// Whether there is, or will be, a wait to hold.
    var canPause: Bool {
        guard ending == nil, !status.isTerminal, pausedWith == nil, !isPauseWanted, !isPromoted else { return false }
        return phase == .baking || stepsTaken < order.routing.weights.count - 1
    }
    /// Whether it is held.
    var isPaused: Bool { pausedWith != nil || isPauseWanted }

    /// Skips what is left to wait, and every step but the last.
    mutating func promote(_ now: Timestamp, _ out: inout Outcome) {
        guard canPromote else { return }
        isPromoted = true
        isPauseWanted = false
        note("Promoted", "Promoted on request: the remaining wait is skipped.", now, &out)
        takeStep(due: now, now, &out)
    }

    /// Holds the wait; asked for earlier, holds the next one as soon as it begins.
    mutating func pause(_ now: Timestamp, _ out: inout Outcome) {
        guard phase == .baking, ending == nil, let due = nextStepAt else {
            if canPause { isPauseWanted = true }
            return
        }
        isPauseWanted = false
        pausedWith = max(0, (due - now).microseconds)
        nextStepAt = nil
        out.wake = .at(wholeDeadline)
        note("Paused", "Paused on request at \(weight) %.", now, &out)
    }

    /// Goes on with what was left of the wait.
    mutating func resume(_ now: Timestamp, _ out: inout Outcome) {
        isPauseWanted = false
        guard phase == .baking, ending == nil, let rest = pausedWith else { return }
        pausedWith = nil
        let next = now + .microseconds(rest)
        nextStepAt = next
        out.wake = .at(next)
        note("Resumed", "Resumed on request.", now, &out)
    }

    /// Where the traffic goes, in words.
    var traffic: String {
        guard let target else { return "" }
        switch weight {
        case 0: return "All traffic goes to version \(target.current)."
        case 100: return "All traffic goes to version \(target.target)."
        default:
            return "\(weight) % of the traffic goes to version \(target.target), the rest to version \(target.current)."
        }
    }
}
