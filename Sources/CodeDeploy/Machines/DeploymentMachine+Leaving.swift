internal import Ledger
internal import Notation

extension DeploymentMachine {
    /// Ends well.
    mutating func succeed(_ now: Timestamp, _ out: inout Outcome) {
        note("Succeeded", "The deployment succeeded. \(traffic)", now, &out)
        conclude(.succeeded, now, &out)
    }

    /// Decides that it ends badly, and begins the way out. While the alias is being written it waits for that to
    /// settle: a write still under way could land after the alias was restored.
    mutating func end(
        _ status: DeploymentStatus, _ error: ErrorInformation, _ now: Timestamp, _ out: inout Outcome,
        rollback: Bool? = nil,
        mayHaveMoved: Bool = false
    ) {
        guard ending == nil, !self.status.isTerminal else { return }
        ending = Ending(
            status: status, error: error,
            wantsRollback: rollback ?? order.autoRollback.covers(AutoRollbackConfiguration.failure), decided: now)
        nextStepAt = nil
        pausedWith = nil
        isPauseWanted = false
        if case .shifting = phase { return out.wake = .never }
        beginLeaving(now, &out, mayHaveMoved: mayHaveMoved)
    }

    /// Begins the way out: traffic back, if it moved and that was asked for; evidence, if there can be any; both side
    /// by side.
    mutating func beginLeaving(_ now: Timestamp, _ out: inout Outcome, mayHaveMoved: Bool = false) {
        guard let ending else { return }
        for index in lifecycle.indices {
            switch lifecycle[index].status {
            case .pending: settle(index, .skipped, now)
            case .inProgress: settle(index, ending.status == .stopped ? .skipped : .failed, now)
            default: break
            }
        }
        phase = .leaving
        if weight > 0 || mayHaveMoved { goBack(ending, now, &out) } else { stay(ending, now) }
        if let target, let startTime, wantsEvidence {
            evidenceDue = now + Self.evidenceLimit
            out.commands.append(.collectEvidence(EvidenceRequest(target: target, since: startTime, until: now)))
        }
        continueLeaving(now, &out)
    }

    /// Whether what was logged and measured can tell anything: only if something of the new version ran.
    private var wantsEvidence: Bool { weight > 0 || ending?.error.code == "HOOK_EXECUTION_FAILURE" }

    /// Makes the rollback, or leaves the alias as it is when none was asked for.
    private mutating func goBack(_ ending: Ending, _ now: Timestamp, _ out: inout Outcome) {
        guard let target else { return }
        guard ending.wantsRollback else {
            note("LeftAsIs", "\(traffic) No rollback was asked for.", now, &out)
            return
        }
        rollback = Rollback(
            id: order.rollbackID, message: "Deployment \(order.id) is rolled back by deployment \(order.rollbackID).",
            startTime: now)
        out.commands.append(.restore(target))
        note("RollbackStarted", "Traffic goes back to version \(target.current).", now, &out)
        tellState("START", now, &out, of: order.rollbackID)
        announce("DeploymentRollback", &out)
    }

    /// Says that there is nothing to roll back, where a rollback was asked for.
    private mutating func stay(_ ending: Ending, _ now: Timestamp) {
        guard ending.wantsRollback, let target else { return }
        let message = "No traffic had moved to version \(target.target): there is nothing to roll back."
        rollback = Rollback(id: nil, message: message, startTime: now, restoredAt: now)
    }

    // MARK: On the way out

    /// Takes what was waited for.
    mutating func leaving(_ event: Event, _ now: Timestamp, _ out: inout Outcome) {
        guard phase == .leaving else { return }
        switch event {
        case .restored: restored(now, &out)
        case .restoreFailed(let message, let isFinal): restoreFailed(message, isFinal, now, &out)
        case .evidence(let found): evidence = evidence ?? found
        default: return
        }
        continueLeaving(now, &out)
    }

    private mutating func restored(_ now: Timestamp, _ out: inout Outcome) {
        guard rollback?.id != nil, rollback?.restoredAt == nil, rollback?.failure == nil else { return }
        rollback?.restoredAt = now
        restoreAt = nil
        weight = 0
        note("TrafficRestored", traffic, now, &out)
    }

    /// Tries again, later each time, unless it can never succeed. Traffic on a bad version is worth many attempts.
    private mutating func restoreFailed(_ message: String, _ isFinal: Bool, _ now: Timestamp, _ out: inout Outcome) {
        guard var back = rollback, back.restoredAt == nil, back.failure == nil, restoreAt == nil else { return }
        back.attempts += 1
        if isFinal || back.attempts >= Self.restoreLimit {
            back.failure = message
            back.message = "The rollback failed: \(message) \(splitAdvice)"
            note("RollbackFailed", back.message, now, &out)
        } else {
            restoreAt = now + min(.milliseconds(250) * (1 << min(back.attempts, 7)), .seconds(30))
        }
        rollback = back
    }

    /// Tries to restore again when it is time, and ends when there is nothing left to wait for.
    mutating func continueLeaving(_ now: Timestamp, _ out: inout Outcome) {
        if let due = evidenceDue, now >= due { evidenceDue = nil }
        if evidence != nil { evidenceDue = nil }
        if let due = restoreAt, now >= due, let target {
            restoreAt = nil
            out.commands.append(.restore(target))
        }
        let isBack = rollback == nil || rollback?.restoredAt != nil || rollback?.failure != nil
        if isBack, evidenceDue == nil { return conclude(ending?.status ?? .failed, now, &out) }
        let next = [evidenceDue, restoreAt].compactMap(\.self).min()
        out.wake = next.map { .at($0) } ?? .never
    }

    // MARK: The end

    /// The end, good or bad. The rollback is over with the deployment, in the same step.
    private mutating func conclude(_ status: DeploymentStatus, _ now: Timestamp, _ out: inout Outcome) {
        if let ending {
            var parts = [ending.error.message]
            if !order.isStrict, let line = Diagnosis.lastError(self) { parts.append(line) }
            if weight > 0, weight < 100 { parts.append(splitAdvice) }
            self.ending?.error.message = parts.joined(separator: " ")
        }
        self.status = status
        completeTime = now
        out.wake = .never
        let (state, trigger) =
            switch status {
            case .succeeded: ("SUCCESS", "DeploymentSuccess")
            case .stopped: ("STOP", "DeploymentStop")
            default: ("FAILURE", "DeploymentFailure")
            }
        if let ending { note("Ended", "\(status.rawValue): \(ending.error.message)", now, &out) }
        tellState(state, now, &out)
        if let back = rollback, let id = back.id {
            tellState(back.failure == nil ? "SUCCESS" : "FAILURE", now, &out, of: id)
        }
        // Commands are forgotten when a machine finishes: it lives on until the last trigger was told.
        phase = hasTrigger(for: trigger) ? .announcing : .finished
        out.isFinished = phase == .finished
        announce(trigger, &out)
    }

    /// The last trigger was told: nothing is left to do.
    mutating func announced(_ name: String, _ out: inout Outcome) {
        guard phase == .announcing, ["DeploymentSuccess", "DeploymentStop", "DeploymentFailure"].contains(name) else {
            return
        }
        phase = .finished
        out.isFinished = true
    }

    /// What to do about an alias left between two versions.
    private var splitAdvice: String {
        guard let target else { return "" }
        return "The alias '\(target.alias)' is split between versions \(target.current) and \(target.target); the next "
            + "deployment fails until its weights are cleared: \(target.clearingCommand)"
    }
}
