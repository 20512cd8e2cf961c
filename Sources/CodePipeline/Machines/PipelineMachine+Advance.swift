internal import Ledger
internal import Notation

extension PipelineMachine {
    /// What a reaction is gathered in.
    typealias Out = Reaction<Command>

    /// What does not fit where things stand changes nothing: a repeat, or an answer that came too late.
    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        var out = Out()
        ended = []
        switch event {
        case .woken: woke(now, &out)
        case .defined(let definition, let version): define(definition, version, now, &out)
        case .start(let order): start(order, now, &out)
        case .transition(let stage, let isInbound, let transition): turn(stage, isInbound, transition, now, &out)
        case .stop(let id, let stop): self.stop(id, stop, now, &out)
        case .retry(let execution, let stage, let mode, let definition):
            retry(execution, stage, mode, definition, now, &out)
        case .rollBack(let stage, let target, let order): rollBack(stage, target, order, now, &out)
        case .rollbackTarget(let stage, let failed, let target): rollBack(stage, failed, target, now, &out)
        case .override(let id, let stage, let gate): override(id, stage, gate, now)
        case .approved(let token, let isApproved, let summary, let by):
            decide(token, isApproved, summary, by, now, &out)
        case .progress(let id, let progress): note(progress, of: id, now)
        case .ended(let id, let outcome): settle(id, outcome, now, &out)
        case .continued(let id, let token, let progress): goOn(id, token, progress, now)
        }
        drive(now, &out)
        forgetUnused()
        setAlarm(&out)
        return out
    }

    /// Moves every execution as far as it can go.
    private mutating func drive(_ now: Timestamp, _ out: inout Out) {
        var isMoving = true
        while isMoving {
            isMoving = false
            for id in executions.map(\.id) {
                guard let index = executions.firstIndex(where: { $0.id == id }) else { continue }
                if progress(index, now, &out) { isMoving = true }
            }
            for stage in Set(executions.compactMap(\.waitingFor)).sorted() where admit(to: stage, now, &out) {
                isMoving = true
            }
        }
    }

    // MARK: The definition

    private mutating func define(_ definition: PipelineDefinition, _ version: Int, _ now: Timestamp, _ out: inout Out) {
        guard version > self.version else { return }
        self.version = version
        definitions["\(version)"] = definition
        let names = Set(definition.stages.map(\.name))
        for name in Set(latest.keys).union(shown.keys).union(inbound.keys).union(outbound.keys)
        where !names.contains(name) {
            latest[name] = nil
            shown[name] = nil
            inbound[name] = nil
            outbound[name] = nil
        }
        // What waits for a stage that is gone has nowhere to go.
        for execution in executions where execution.mode.hasLocks {
            guard let stage = execution.waitingFor, !names.contains(stage) else { continue }
            end(execution.id, .cancelled, "The stage '\(stage)' was removed from the pipeline.", now, &out)
        }
    }

    private mutating func forgetUnused() {
        let used = Set(executions.map { "\($0.version)" } + ["\(version)"])
        if definitions.count > used.count { definitions = definitions.filter { used.contains($0.key) } }
    }

    // MARK: The clock

    private mutating func woke(_ now: Timestamp, _ out: inout Out) {
        alarm = nil
        for execution in executions {
            for run in execution.stages.flatMap(\.running) {
                if run.deadline <= now {
                    let words = run.token == nil ? "The action did not end" : "Nobody decided the approval"
                    let error = RunError("TimedOut", "\(words) before its time was up (\(run.deadline.iso8601())).")
                    settle(run.id, .failed(error), now, &out)
                } else if let moment = run.resumes, moment <= now {
                    change(run.id) { $0.resumes = nil }
                    out.commands.append(.run(run.id, round: run.round))
                }
            }
        }
    }

    /// The alarm clock is only ever set earlier: what rings too early is set anew, and costs less than a timer for each
    /// change.
    private mutating func setAlarm(_ out: inout Out) {
        let moments = executions.flatMap { $0.stages.flatMap(\.running) }.map {
            min($0.deadline, $0.resumes ?? $0.deadline)
        }
        guard let next = moments.min(), alarm.map({ next < $0 }) ?? true else { return }
        alarm = next
        out.wake = .at(next)
    }

    // MARK: Starting

    /// How long a rule and Slipway's own detection may be apart to count as answers to the same change: both read the
    /// same log.
    private static let sameCause = Duration.seconds(5)
    private static let rememberedStarts = 50

    private mutating func start(_ order: Order, _ now: Timestamp, _ out: inout Out) {
        guard let definition = current, execution(order.execution) == nil else { return }
        lastStarted = nil
        recentStarts.removeAll { now - $0.time > Self.sameCause }
        if order.isDetected, isKnown(order.overrides) { return }
        if order.isByRule || order.isDetected {
            if let twin = recentStarts.firstIndex(where: { $0.isByRule != order.isByRule }) {
                lastStarted = recentStarts.remove(at: twin).execution
                return
            }
            recentStarts.append(.init(execution: order.execution, isByRule: order.isByRule, time: now))
            recentStarts = recentStarts.suffix(Self.rememberedStarts)
        }
        lastStarted = order.execution
        var execution = make(order, definition, now)
        execution.overrides = order.overrides
        execution.variables = order.variables
        executions.append(execution)
        out.events.append(PipelineEvents.pipeline("STARTED", execution, pipeline, now))
        if let missing = (definition.variables ?? []).first(where: { order.variables[$0.name] == nil }) {
            let reason = "The variable '\(missing.name)' has no default value and was given none."
            return end(order.execution, .failed, reason, now, &out)
        }
        arrive(order.execution, at: definition.stages[0].name, now, &out)
    }

    /// Whether the sources stand at these revisions already.
    private func isKnown(_ overrides: [Execution.Override]) -> Bool {
        !overrides.isEmpty
            && overrides.allSatisfy { override in
                ["S3_OBJECT_KEY", "BRANCH", "REF"].contains(override.revisionType)
                    || revisions[override.actionName]?.revisionId == override.revisionValue
            }
    }

    mutating func make(_ order: Order, _ definition: PipelineDefinition, _ now: Timestamp) -> Execution {
        count += 1
        return Execution(
            id: order.execution, number: count, version: version, mode: definition.mode, trigger: order.trigger,
            started: now, updated: now, seed: order.seed, place: .over)
    }

    // MARK: Changing things

    /// Changes an execution in place. Does nothing when it is not alive.
    mutating func change(execution id: String, _ edit: (inout Execution) -> Void) {
        guard let index = executions.firstIndex(where: { $0.id == id }) else { return }
        edit(&executions[index])
    }

    /// Changes a run in place. Does nothing when its execution is not alive.
    mutating func change(_ id: String, _ edit: (inout Run) -> Void) {
        for index in executions.indices {
            for stage in executions[index].stages.indices {
                if let run = executions[index].stages[stage].runs.firstIndex(where: { $0.id == id }) {
                    return edit(&executions[index].stages[stage].runs[run])
                }
            }
        }
    }

    /// An execution has come to its end, and leaves.
    mutating func end(
        _ id: String, _ status: Execution.Status, _ summary: String? = nil, _ now: Timestamp, _ out: inout Out
    ) {
        guard let index = executions.firstIndex(where: { $0.id == id }) else { return }
        var execution = executions.remove(at: index)
        execution.status = status
        execution.statusSummary = summary ?? execution.statusSummary
        execution.place = .over
        execution.updated = now
        ended.append(execution)
        out.events.append(PipelineEvents.pipeline(PipelineEvents.state(status.rawValue), execution, pipeline, now))
    }
}
