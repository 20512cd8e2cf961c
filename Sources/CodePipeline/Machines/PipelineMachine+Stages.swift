internal import Ledger
internal import Notation

/// From stage to stage: who waits, who enters, who goes on.
extension PipelineMachine {
    // MARK: In front of a stage

    /// An execution comes to a stage. In SUPERSEDED mode the newer of two that wait there takes the older one's place.
    mutating func arrive(_ id: String, at stage: String, _ now: Timestamp, _ out: inout Out) {
        arrivals += 1
        let arrival = arrivals
        change(execution: id) {
            $0.place = .waiting(stage: stage, arrival: arrival, since: now)
            $0.updated = now
        }
        _ = admit(to: stage, now, &out)
        guard let arrived = execution(id), arrived.waitingFor == stage, arrived.mode == .superseded, !arrived.isRollback
        else { return }
        let rivals = executions.filter {
            $0.waitingFor == stage && $0.mode == .superseded && !$0.isRollback
        }.sorted { $0.number < $1.number }
        for old in rivals.dropLast() {
            let summary = "Superseded by execution \(rivals.last?.id ?? "")."
            end(old.id, .superseded, summary, now, &out)
        }
    }

    /// Lets in whoever may enter. Says whether anybody did.
    mutating func admit(to stage: String, _ now: Timestamp, _ out: inout Out) -> Bool {
        guard isOpen(stage) else { return false }
        var hasMoved = false
        for execution in waiting(for: stage) {
            if execution.mode.hasLocks, holder(of: stage) != nil { continue }
            enter(execution.id, stage, now, &out)
            hasMoved = true
        }
        return hasMoved
    }

    private func isOpen(_ stage: String) -> Bool {
        guard inbound[stage]?.isEnabled ?? true else { return false }
        let stages = current?.stages ?? []
        guard let place = stages.firstIndex(where: { $0.name == stage }), place > 0 else { return true }
        return outbound[stages[place - 1].name]?.isEnabled ?? true
    }

    mutating func turn(
        _ stage: String, _ isInbound: Bool, _ transition: Transition, _ now: Timestamp, _ out: inout Out
    ) {
        if isInbound { inbound[stage] = transition } else { outbound[stage] = transition }
        guard transition.isEnabled else { return }
        let held = isInbound ? stage : current?.stage(after: stage)?.name ?? stage
        for execution in waiting(for: held) {
            guard case .waiting(_, _, let since) = execution.place, now - since > Self.longestHold else { continue }
            let reason = "It was held in front of stage '\(held)' for more than 30 days."
            end(execution.id, .cancelled, reason, now, &out)
        }
    }

    private mutating func enter(_ id: String, _ stage: String, _ now: Timestamp, _ out: inout Out) {
        let newest = version
        change(execution: id) {
            $0.place = .inside(stage: stage)
            // In the lock modes a change of the pipeline holds from the next stage on.
            if $0.mode.hasLocks { $0.version = newest }
            $0.updated = now
            var run = StageRun(stage: stage, version: $0.version, entered: now, updated: now)
            if $0.isRollback { run.isRollback = true }
            $0.stages.append(run)
        }
        guard let execution = execution(id) else { return }
        if execution.mode.hasLocks { latest[stage] = id }
        out.events.append(PipelineEvents.stage("STARTED", stage, execution, pipeline, now))
    }

    // MARK: Inside a stage

    /// Takes an execution one step further through its stage. Says whether it moved.
    mutating func progress(_ index: Int, _ now: Timestamp, _ out: inout Out) -> Bool {
        let execution = executions[index]
        guard let name = execution.inside, let run = execution.stageRun(name),
            let stage = definition(execution.version)?.stage(name)
        else { return false }
        if execution.status == .stopping {
            guard run.running.isEmpty else { return false }
            close(execution.id, .stopped, nil, now, &out)
            end(execution.id, .stopped, nil, now, &out)
            return true
        }
        switch run.phase {
        case .beforeEntry: return beforeEntry(execution, stage, now, &out)
        case .actions: return act(execution, stage, run, now, &out)
        case .onSuccess: return onSuccess(execution, stage, now, &out)
        case .onFailure: return onFailure(execution, stage, run, now, &out)
        case .over: return false
        }
    }

    private mutating func beforeEntry(
        _ execution: Execution, _ stage: PipelineDefinition.Stage, _ now: Timestamp, _ out: inout Out
    ) -> Bool {
        guard let isPassed = judge(.beforeEntry, stage.beforeEntry, execution.id, stage, now, &out) else {
            return false
        }
        if isPassed {
            shift(execution.id, to: .actions, now)
        } else if stage.beforeEntry?.verdict == .skip {
            close(execution.id, .skipped, nil, now, &out)
            leave(execution.id, stage.name, now, &out)
        } else {
            fail(
                execution.id,
                RunError("ConditionFailed", "The conditions before entry of stage '\(stage.name)' failed."), now, &out)
        }
        return true
    }

    /// The actions, group by group: those of a runOrder begin when all of the lower ones have succeeded.
    private mutating func act(
        _ execution: Execution, _ stage: PipelineDefinition.Stage, _ run: StageRun, _ now: Timestamp, _ out: inout Out
    ) -> Bool {
        for order in Set(stage.actions.map(\.order)).sorted() {
            let group = stage.actions.filter { $0.order == order }
            let missing = group.filter { run.action($0.name) == nil }
            if !missing.isEmpty {
                for action in missing { begin(action, stage.name, execution.id, now, &out) }
                return true
            }
            let runs = group.compactMap { run.action($0.name) }
            if runs.contains(where: { $0.status == .inProgress }) { return false }
            if let bad = runs.first(where: { $0.status != .succeeded }) {
                change(execution: execution.id) { execution in
                    execution.stages.mutateLast(stage.name) { $0.error = bad.error }
                }
                shift(execution.id, to: .onFailure, now)
                return true
            }
        }
        shift(execution.id, to: .onSuccess, now)
        return true
    }

    private mutating func onSuccess(
        _ execution: Execution, _ stage: PipelineDefinition.Stage, _ now: Timestamp, _ out: inout Out
    ) -> Bool {
        guard let isPassed = judge(.onSuccess, stage.onSuccess, execution.id, stage, now, &out) else { return false }
        if isPassed {
            close(execution.id, .succeeded, nil, now, &out)
            leave(execution.id, stage.name, now, &out)
        } else {
            let error = RunError("ConditionFailed", "The conditions on success of stage '\(stage.name)' failed.")
            let goesBack = stage.onSuccess?.verdict == .rollback
            fail(execution.id, error, now, &out, rollingBack: goesBack)
        }
        return true
    }

    private mutating func onFailure(
        _ execution: Execution, _ stage: PipelineDefinition.Stage, _ run: StageRun, _ now: Timestamp, _ out: inout Out
    ) -> Bool {
        let error = run.error ?? RunError("StageFailed", "The stage '\(stage.name)' failed.")
        guard let failure = stage.onFailure else {
            fail(execution.id, error, now, &out)
            return true
        }
        if failure.rules.isEmpty {
            if failure.result == .retry, run.automaticRetries == 0 {
                retryItself(
                    execution.id, stage.name, failure.retryConfiguration?.retryMode ?? .failedActions, now, &out)
            } else {
                fail(execution.id, error, now, &out, rollingBack: failure.result == .rollback)
            }
            return true
        }
        guard let isPassed = judge(.onFailure, failure, execution.id, stage, now, &out) else { return false }
        fail(execution.id, error, now, &out, rollingBack: !isPassed && failure.verdict == .rollback)
        return true
    }

    private mutating func shift(_ id: String, to phase: StageRun.Phase, _ now: Timestamp) {
        change(execution: id) { execution in
            execution.updated = now
            execution.stages.mutateLast(execution.inside ?? "") {
                $0.phase = phase
                $0.updated = now
            }
        }
    }

    // MARK: The end of a stage

    /// The stage is over for this execution; it still holds the place until it leaves or ends.
    mutating func close(
        _ id: String, _ status: StageRun.Status, _ error: RunError?, _ now: Timestamp, _ out: inout Out
    ) {
        change(execution: id) { execution in
            execution.stages.mutateLast(execution.inside ?? "") {
                $0.status = status
                $0.phase = .over
                $0.updated = now
                $0.error = error
            }
        }
        guard let execution = execution(id), let name = execution.inside, let run = execution.stageRun(name) else {
            return
        }
        if execution.mode.hasLocks { show(run) }
        out.events.append(PipelineEvents.stage(PipelineEvents.state(status.rawValue), name, execution, pipeline, now))
    }

    /// What is shown of the stage's actions: the newest run of each, from whichever execution.
    private mutating func show(_ run: StageRun) {
        var run = run
        let names = Set(run.runs.filter { $0.gate == nil }.map(\.name))
        run.runs =
            run.runs.filter { !$0.isPast }
            + (shown[run.stage]?.runs ?? []).filter {
                $0.gate == nil && !names.contains($0.name)
            }
        shown[run.stage] = run
    }

    mutating func fail(
        _ id: String, _ error: RunError, _ now: Timestamp, _ out: inout Out, rollingBack: Bool = false
    ) {
        guard let execution = execution(id), let stage = execution.inside else { return }
        close(id, .failed, error, now, &out)
        end(id, .failed, nil, now, &out)
        if rollingBack, !execution.isRollback { out.commands.append(.findRollbackTarget(stage: stage, failed: id)) }
    }

    /// On to the next stage. After a change of the pipeline that is the first stage behind this one which is still
    /// there.
    private mutating func leave(_ id: String, _ stage: String, _ now: Timestamp, _ out: inout Out) {
        guard let execution = execution(id), let old = definition(execution.version) else { return }
        if execution.isRollback { return end(id, .succeeded, nil, now, &out) }
        let structure = execution.mode.hasLocks ? current ?? old : old
        if structure.stage(stage) != nil {
            guard let next = structure.stage(after: stage) else { return end(id, .succeeded, nil, now, &out) }
            return arrive(id, at: next.name, now, &out)
        }
        let behind = old.stages.drop { $0.name != stage }.dropFirst()
        if behind.isEmpty { return end(id, .succeeded, nil, now, &out) }
        guard let next = behind.first(where: { structure.stage($0.name) != nil }) else {
            let reason = "The stage '\(stage)' and all behind it were removed from the pipeline."
            return end(id, .cancelled, reason, now, &out)
        }
        arrive(id, at: next.name, now, &out)
    }
}

extension [StageRun] {
    /// Changes the newest run of that stage in place.
    mutating func mutateLast(_ stage: String, _ edit: (inout StageRun) -> Void) {
        guard let index = lastIndex(where: { $0.stage == stage }) else { return }
        edit(&self[index])
    }
}
