internal import Ledger
internal import Notation

extension DeploymentMachine {
    /// What a reaction is gathered in.
    typealias Outcome = Reaction<Command>

    /// What does not fit the phase changes nothing: a repeat, or an answer that came too late.
    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        var out = Outcome()
        switch event {
        case .start: start(now, &out)
        case .woken: woke(now, &out)
        case .revisionRead(let spec): if phase == .reading { prepare(spec, now, &out) }
        case .revisionUnreadable(let error): if phase == .reading { end(.failed, error, now, &out) }
        case .inspected, .inspectionFailed: inspected(event, now, &out)
        case .alarms(let readings): judge(readings, now, &out)
        case .alarmsUnreadable(let reason): alarmsUnreadable(reason, now, &out)
        case .hookReturned, .hookFailed, .hookReported: hookAnswered(event, now, &out)
        case .shifted, .shiftFailed: shiftAnswered(event, now, &out)
        case .restored, .restoreFailed, .evidence: leaving(event, now, &out)
        case .announced(let name): announced(name, &out)
        case .stopRequested(let rollback): stop(rollback, now, &out)
        case .promoteRequested: promote(now, &out)
        case .pauseRequested: pause(now, &out)
        case .resumeRequested: resume(now, &out)
        case .groupDeleted:
            let error = ErrorInformation(
                code: "DEPLOYMENT_GROUP_MISSING",
                message: "The deployment group '\(order.group)' was deleted during the deployment.")
            end(.failed, error, now, &out)
        }
        return out
    }

    // MARK: The beginning

    /// Begins with the clock running: what cannot be prepared within five minutes fails.
    private mutating func start(_ now: Timestamp, _ out: inout Outcome) {
        guard phase == .created else { return }
        startTime = now
        status = .inProgress
        out.wake = .at(now + Self.startLimit)
        tellState("START", now, &out)
        announce("DeploymentStart", &out)
        if let spec = order.spec {
            prepare(spec, now, &out)
        } else {
            phase = .reading
            out.commands.append(.readRevision)
            note("RevisionRequested", "Fetching the AppSpec file.", now, &out)
        }
    }

    /// With the AppSpec known: has the alias and the alarms looked at, side by side.
    private mutating func prepare(_ spec: AppSpec, _ now: Timestamp, _ out: inout Outcome) {
        guard let target = spec.lambda else {
            let error = ErrorInformation(
                code: "INVALID_REVISION", message: "The AppSpec file is not one for a Lambda function.")
            return end(.failed, error, now, &out)
        }
        self.target = target
        hooks = spec.hooks
        lifecycle = LifecycleEvent.lambda
        phase = .preparing
        out.commands.append(.inspect(target))
        let names = order.alarms.watched
        if names.isEmpty { alarms = [] } else { out.commands.append(.watchAlarms(names)) }
        note(
            "Started",
            "Deploying version \(target.target) of \(target.functionName):\(target.alias) in place of version "
                + "\(target.current).",
            now, &out)
    }

    /// The alias was looked at.
    private mutating func inspected(_ event: Event, _ now: Timestamp, _ out: inout Outcome) {
        guard phase == .preparing else { return }
        if case .inspectionFailed(let error) = event { return end(.failed, error, now, &out) }
        isInspected = true
        beginIfReady(now, &out)
    }

    /// Goes on when the alias was found as described and the alarms were read once.
    mutating func beginIfReady(_ now: Timestamp, _ out: inout Outcome) {
        guard phase == .preparing, isInspected, alarms != nil, let target, ending == nil else { return }
        if target.current == target.target {
            for index in lifecycle.indices { settle(index, .succeeded, now) }
            note("NothingToDo", "The alias points at version \(target.target) already.", now, &out)
            return succeed(now, &out)
        }
        beginHook(LifecycleEvent.beforeAllowTraffic, now, &out)
    }

    // MARK: The clock

    /// The alarm clock went off. It may have been set for a phase that is over: then it is set anew, or nothing
    /// happens.
    private mutating func woke(_ now: Timestamp, _ out: inout Outcome) {
        switch phase {
        case .created, .announcing, .finished: return
        case .leaving: return continueLeaving(now, &out)
        default: break
        }
        if now >= wholeDeadline {
            let error = ErrorInformation(code: "TIMEOUT", message: "The deployment was not over within 50 hours.")
            return end(.failed, error, now, &out)
        }
        switch phase {
        case .reading, .preparing:
            let begun = startTime ?? now
            guard now >= begun + Self.startLimit else { return out.wake = .at(begun + Self.startLimit) }
            let error = ErrorInformation(code: "TIMEOUT", message: "The deployment could not begin within 5 minutes.")
            end(.failed, error, now, &out)
        case .hook(let event, let deadline):
            guard now >= deadline else { return out.wake = .at(deadline) }
            hookTimedOut(event, now, &out)
        case .baking: stepIfDue(now, &out)
        default: return
        }
    }

    // MARK: Requests from outside

    /// What the caller says of a rollback goes before the group's setting, in both directions.
    private mutating func stop(_ rollback: Bool?, _ now: Timestamp, _ out: inout Outcome) {
        guard !status.isTerminal, ending == nil else { return }
        let error = ErrorInformation(code: "MANUAL_STOP", message: "The deployment was stopped on request.")
        end(
            .stopped, error, now, &out,
            rollback: rollback ?? order.autoRollback.covers(AutoRollbackConfiguration.stopOnRequest))
    }

    // MARK: Saying so

    /// Notes a step for people, and tells the log of it.
    mutating func note(_ name: String, _ text: String, _ now: Timestamp, _ out: inout Outcome) {
        let step = DeploymentStep(name: name, time: now, text: text, weight: weight)
        steps.append(step)
        out.events.append(DeploymentEvents.step(step, of: self))
    }

    /// Tells the log of a change of state, as CodeDeploy tells EventBridge.
    func tellState(_ state: String, _ now: Timestamp, _ out: inout Outcome, of id: String? = nil) {
        out.events.append(DeploymentEvents.stateChange(state, of: self, id: id ?? order.id, at: now))
    }

    /// Has the triggers told that wait for that event.
    func announce(_ name: String, _ out: inout Outcome) {
        guard hasTrigger(for: name) else { return }
        out.commands.append(.announce(name))
    }

    /// Whether a trigger waits for that event.
    func hasTrigger(for name: String) -> Bool { order.triggers.contains { ($0.triggerEvents ?? []).contains(name) } }

    /// Puts a lifecycle event into a state, with the times that go with it.
    mutating func settle(_ index: Int, _ status: LifecycleEvent.Status, _ now: Timestamp) {
        lifecycle[index].status = status
        if status == .skipped || status == .pending { return }
        lifecycle[index].startTime = lifecycle[index].startTime ?? now
        if status != .inProgress { lifecycle[index].endTime = now }
    }

    mutating func settle(_ event: String, _ status: LifecycleEvent.Status, _ now: Timestamp) {
        guard let index = lifecycle.firstIndex(where: { $0.name == event }) else { return }
        settle(index, status, now)
    }
}
