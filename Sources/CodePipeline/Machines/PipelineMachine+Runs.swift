internal import Ledger
internal import Notation

/// Runs of actions and of rules: how they begin and how they end.
extension PipelineMachine {
    /// The most that a resolved configuration may hold (User Guide, "Quotas").
    private static let configurationLimit = 100 << 10

    /// Begins an action. One whose variables or artifacts are not there fails at once.
    mutating func begin(
        _ action: PipelineDefinition.Action, _ stage: String, _ id: String, _ now: Timestamp, _ out: inout Out
    ) {
        guard let execution = execution(id), let definition = definition(execution.version) else { return }
        let earlier = (execution.stageRun(stage)?.runs ?? []).count { $0.gate == nil && $0.name == action.name }
        let runID = StableID.uuid(execution.seed, "run", stage, action.name, "\(earlier)")
        let limit =
            action.timeoutInMinutes.map { Duration.seconds(60 * $0) }
            ?? ActionCatalogue.facts(action.actionTypeId)?.timeout ?? .seconds(86_400)
        var run = Run(
            id: runID, name: action.name, started: now, changed: now, deadline: now + limit,
            configuration: action.configuration ?? [:], inputs: [], outputs: [])
        run.outputs = action.outputs.map { name in
            let store = definition.store(action.region ?? pipeline.region)
            let key = "\(pipeline.name.prefix(20))/\(name.prefix(10))/\(StableID.suffix(runID, name))"
            return Artifact(name: name, bucket: store?.location ?? "", key: key)
        }
        let fault = fill(&run, action.inputs, execution)
        if action.actionTypeId.category == "Approval" { run.token = StableID.uuid(execution.seed, "token", runID) }
        add(run, to: id, stage)
        tell("STARTED", runID, now, &out)
        if let fault { settle(runID, .failed(fault), now, &out) } else { out.commands.append(.run(runID, round: 0)) }
    }

    /// Begins a rule of a condition.
    private mutating func begin(
        _ rule: PipelineDefinition.Rule, _ gate: Run.Gate, _ stage: String, _ id: String, _ now: Timestamp,
        _ out: inout Out
    ) {
        guard let execution = execution(id) else { return }
        let earlier = (execution.stageRun(stage)?.runs ?? []).count { $0.gate == gate && $0.name == rule.name }
        let runID = StableID.uuid(execution.seed, "rule", stage, gate.rawValue, rule.name, "\(earlier)")
        let limit = Duration.seconds(60 * (rule.timeoutInMinutes ?? 60))
        var run = Run(
            id: runID, gate: gate, name: rule.name, started: now, changed: now, deadline: now + limit,
            configuration: rule.configuration ?? [:], inputs: [], outputs: [])
        let fault = fill(&run, rule.inputs, execution)
        add(run, to: id, stage)
        if let fault { settle(runID, .failed(fault), now, &out) } else { out.commands.append(.run(runID, round: 0)) }
    }

    private mutating func add(_ run: Run, to id: String, _ stage: String) {
        change(execution: id) { execution in
            execution.updated = run.started
            execution.stages.mutateLast(stage) {
                $0.runs.append(run)
                $0.updated = run.started
            }
        }
    }

    /// Puts values for the variables and places for the artifacts. Says what is missing.
    private func fill(_ run: inout Run, _ inputs: [String], _ execution: Execution) -> RunError? {
        for name in inputs {
            guard let artifact = execution.artifacts[name] else {
                return RunError("ConfigurationError", "The input artifact '\(name)' was not made in this execution.")
            }
            run.inputs.append(artifact)
        }
        var size = 0
        for (name, text) in run.configuration.sorted(by: { $0.key < $1.key }) {
            do {
                let value = try VariableReferences.resolve(text, execution.value)
                run.configuration[name] = value
                size += name.utf8.count + value.utf8.count
            } catch {
                return RunError(
                    "InvalidActionConfiguration",
                    "The variable \(error.reference.text) in '\(name)' has no value in this execution.")
            }
        }
        guard size <= Self.configurationLimit else {
            return RunError(
                "InvalidActionConfiguration",
                "The configuration with all variables resolved has \(size) bytes, more than \(Self.configurationLimit)."
            )
        }
        return nil
    }

    // MARK: While it runs

    mutating func note(_ progress: Progress, of id: String, _ now: Timestamp) {
        guard let found = find(run: id), found.run.status == .inProgress else { return }
        change(id) {
            $0.take(progress)
            $0.changed = now
        }
        change(execution: found.execution.id) { $0.updated = now }
    }

    /// The pause before a job is called again grows with the rounds, up to half a minute.
    mutating func goOn(_ id: String, _ token: String, _ progress: Progress, _ now: Timestamp) {
        guard let found = find(run: id), found.run.status == .inProgress else { return }
        change(id) {
            $0.take(progress)
            $0.round += 1
            $0.continuation = token
            $0.resumes = now + .milliseconds(min(30_000, 500 << min($0.round - 1, 8)))
            $0.changed = now
        }
    }

    mutating func decide(
        _ token: String, _ isApproved: Bool, _ summary: String, _ by: String, _ now: Timestamp, _ out: inout Out
    ) {
        guard let run = executions.lazy.flatMap({ $0.stages.flatMap(\.running) }).first(where: { $0.token == token })
        else {
            return
        }
        change(run.id) { $0.updatedBy = by }
        var outcome = Outcome(summary: summary.isEmpty ? nil : summary)
        if !isApproved {
            outcome.error = RunError("ApprovalRejected", summary.isEmpty ? "Rejected by \(by)." : summary)
        }
        settle(run.id, outcome, now, &out)
    }

    // MARK: Its end

    mutating func settle(_ id: String, _ outcome: Outcome, _ now: Timestamp, _ out: inout Out) {
        guard let found = find(run: id), found.run.status == .inProgress else { return }
        change(id) {
            $0.status = outcome.error == nil ? .succeeded : .failed
            $0.error = outcome.error
            $0.take(Progress(external: outcome.external, summary: outcome.summary, percent: nil))
            $0.error?.link = outcome.error?.link ?? $0.external?.url
            $0.variables = outcome.variables ?? [:]
            $0.revision = outcome.revision
            $0.resumes = nil
            $0.changed = now
            for place in $0.outputs.indices { $0.outputs[place].revision = outcome.artifactRevision }
        }
        guard let run = find(run: id)?.run else { return }
        change(execution: found.execution.id) { execution in
            execution.updated = now
            guard run.status == .succeeded, run.gate == nil else { return }
            for artifact in run.outputs { execution.artifacts[artifact.name] = artifact }
            if let revision = run.revision {
                execution.revisions.removeAll { $0.actionName == revision.actionName }
                execution.revisions.append(revision)
            }
        }
        if run.gate == nil {
            keepVariables(of: run, found.execution, found.stage.stage)
            if let revision = run.revision { revisions[revision.actionName] = revision }
            tell(PipelineEvents.state(run.status.rawValue), id, now, &out)
        }
    }

    private mutating func keepVariables(of run: Run, _ execution: Execution, _ stage: String) {
        guard run.status == .succeeded,
            let namespace = definition(execution.version)?.action(run.name, in: stage)?.namespace
        else { return }
        change(execution: execution.id) { $0.outputVariables[namespace] = run.variables }
    }

    /// Gives up what still runs. What it started elsewhere goes on there.
    mutating func abandon(
        _ id: String, where condition: (Run) -> Bool = { _ in true }, _ now: Timestamp, _ out: inout Out
    ) {
        for run in (execution(id)?.stages ?? []).flatMap(\.running) where condition(run) {
            change(run.id) {
                $0.status = .abandoned
                $0.changed = now
                $0.resumes = nil
            }
            if run.gate == nil { tell("ABANDONED", run.id, now, &out) }
        }
    }

    private func tell(_ state: String, _ id: String, _ now: Timestamp, _ out: inout Out) {
        guard let (execution, stage, run) = find(run: id),
            let action = definition(execution.version)?.action(run.name, in: stage.stage)
        else { return }
        out.events.append(PipelineEvents.action(state, run, action, stage.stage, execution, pipeline, now))
    }

    // MARK: Conditions

    /// Whether the rules at that gate have all succeeded; nil while they are asked. Without rules nothing is asked.
    mutating func judge(
        _ gate: Run.Gate, _ conditions: PipelineDefinition.Conditions?, _ id: String, _ stage: PipelineDefinition.Stage,
        _ now: Timestamp, _ out: inout Out
    ) -> Bool? {
        let rules = conditions?.rules ?? []
        guard !rules.isEmpty, let run = execution(id)?.stageRun(stage.name) else { return true }
        guard let condition = run.conditions[gate] else {
            set(gate, "InProgress", id, stage.name, now)
            for rule in rules { begin(rule, gate, stage.name, id, now, &out) }
            // Rules that could not even begin have ended: that is seen in the next turn.
            return execution(id)?.stageRun(stage.name)?.running.isEmpty == true
                ? judge(gate, conditions, id, stage, now, &out) : nil
        }
        if condition.isOverridden {
            abandon(id, where: { $0.gate == gate }, now, &out)
            return true
        }
        let runs = run.rules(gate)
        guard runs.allSatisfy(\.status.isOver) else { return nil }
        let isPassed = runs.allSatisfy { $0.status == .succeeded }
        set(gate, isPassed ? "Succeeded" : "Failed", id, stage.name, now)
        return isPassed
    }

    mutating func set(_ gate: Run.Gate, _ status: String, _ id: String, _ stage: String, _ now: Timestamp) {
        change(execution: id) { execution in
            execution.stages.mutateLast(stage) { $0.conditions[gate] = ConditionRun(status: status, changed: now) }
        }
    }
}

extension Run {
    fileprivate mutating func take(_ progress: PipelineMachine.Progress) {
        if let new = progress.external {
            external = External(
                kind: new.kind ?? external?.kind, id: new.id ?? external?.id, url: new.url ?? external?.url,
                logStream: new.logStream ?? external?.logStream)
        }
        summary = progress.summary ?? summary
        percent = progress.percent ?? percent
    }
}
