internal import Ledger
internal import Notation

/// What is asked of executions from outside. Whether it may be asked is checked in the same write, by the operation.
extension PipelineMachine {
    // MARK: Stop

    mutating func stop(_ id: String, _ stop: Execution.Stop, _ now: Timestamp, _ out: inout Out) {
        guard let execution = execution(id) else { return }
        let isFirst = execution.status != .stopping
        change(execution: id) {
            $0.status = .stopping
            $0.stop = Execution.Stop(reason: stop.reason ?? $0.stop?.reason, abandon: stop.abandon)
            $0.updated = now
            $0.stages.mutateLast($0.inside ?? "") { $0.status = .stopping }
        }
        guard let stopping = self.execution(id) else { return }
        if isFirst {
            out.events.append(PipelineEvents.pipeline("STOPPING", stopping, pipeline, now))
            if let stage = stopping.inside {
                out.events.append(PipelineEvents.stage("STOPPING", stage, stopping, pipeline, now))
            }
        }
        if stop.abandon { abandon(id, now, &out) }
        // Between stages nothing runs.
        if stopping.inside == nil { end(id, .stopped, nil, now, &out) }
    }

    // MARK: Retry

    /// An execution that had ended comes back into the stage it failed or was stopped in.
    mutating func retry(
        _ old: Execution, _ stage: String, _ mode: PipelineDefinition.RetryMode, _ definition: PipelineDefinition,
        _ now: Timestamp, _ out: inout Out
    ) {
        guard execution(old.id) == nil, !(old.mode.hasLocks && holder(of: stage) != nil) else { return }
        var execution = old
        execution.status = .inProgress
        execution.statusSummary = nil
        execution.stop = nil
        execution.place = .inside(stage: stage)
        execution.updated = now
        if execution.mode.hasLocks { execution.version = version }
        let version = execution.version
        definitions["\(version)"] = definition
        execution.stages.mutateLast(stage) {
            $0.version = version
            $0.manualRetries += 1
            $0.latestRetry = "ManualStageRetry"
            $0.beginAgain(mode, now)
        }
        if execution.mode.hasLocks { latest[stage] = execution.id }
        let place = executions.firstIndex { $0.number > execution.number } ?? executions.count
        executions.insert(execution, at: place)
        out.events.append(PipelineEvents.pipeline("RESUMED", execution, pipeline, now))
        out.events.append(PipelineEvents.stage("RESUMED", stage, execution, pipeline, now))
    }

    /// The one automatic attempt that onFailure asked for.
    mutating func retryItself(
        _ id: String, _ stage: String, _ mode: PipelineDefinition.RetryMode, _ now: Timestamp, _ out: inout Out
    ) {
        change(execution: id) { execution in
            execution.stages.mutateLast(stage) {
                $0.automaticRetries += 1
                $0.latestRetry = "AutomatedStageRetry"
                $0.beginAgain(mode, now)
            }
        }
        guard let execution = execution(id) else { return }
        out.events.append(PipelineEvents.stage("RESUMED", stage, execution, pipeline, now))
    }

    // MARK: Rollback

    /// A new execution that runs the one stage with what another execution brought there.
    mutating func rollBack(_ stage: String, _ target: Execution, _ order: Order, _ now: Timestamp, _ out: inout Out) {
        guard let definition = current, definition.stage(stage) != nil, execution(order.execution) == nil else {
            return
        }
        var execution = make(order, definition, now)
        execution.rollbackTarget = target.id
        execution.artifacts = target.artifacts
        execution.variables = target.variables
        execution.outputVariables = target.outputVariables
        execution.revisions = target.revisions
        executions.append(execution)
        lastStarted = execution.id
        out.events.append(PipelineEvents.pipeline("STARTED", execution, pipeline, now))
        arrive(execution.id, at: stage, now, &out)
    }

    /// The automatic one, when there is something to go back to. Once for each execution that failed.
    mutating func rollBack(_ stage: String, _ failed: String, _ target: Execution?, _ now: Timestamp, _ out: inout Out)
    {
        guard let target, !rolledBack.contains(failed) else { return }
        rolledBack = rolledBack.suffix(19) + [failed]
        let order = Order(
            execution: StableID.uuid(pipeline.machine, "rollback", failed),
            seed: StableID.uuid(target.seed, "rollback", failed),
            trigger: .init(type: "AutomatedRollback", detail: failed))
        rollBack(stage, target, order, now, &out)
    }

    // MARK: Override

    mutating func override(_ id: String, _ stage: String, _ gate: Run.Gate, _ now: Timestamp) {
        guard let execution = execution(id), execution.inside == stage,
            execution.stageRun(stage)?.conditions[gate]?.status == "InProgress"
        else { return }
        set(gate, "Overridden", id, stage, now)
    }
}

extension StageRun {
    /// Makes ready for another attempt: what succeeded stays unless everything is to run again.
    mutating func beginAgain(_ mode: PipelineDefinition.RetryMode, _ now: Timestamp) {
        status = .inProgress
        updated = now
        error = nil
        for place in runs.indices {
            let keeps = mode == .failedActions && runs[place].gate == nil && runs[place].status == .succeeded
            let isEntry = runs[place].gate == .beforeEntry
            if !keeps, !isEntry || !hasEntered { runs[place].isPast = true }
        }
        conditions[.onSuccess] = nil
        conditions[.onFailure] = nil
        phase = hasEntered ? .actions : .beforeEntry
        if !hasEntered { conditions[.beforeEntry] = nil }
    }

    /// Whether the conditions before entry let it in.
    private var hasEntered: Bool {
        guard let condition = conditions[.beforeEntry] else { return true }
        return condition.status == "Succeeded" || condition.isOverridden
    }
}
