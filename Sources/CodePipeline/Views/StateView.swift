internal import Notation

/// What GetPipelineState answers.
struct StateView {
    let pipeline: Pipeline
    let machine: PipelineMachine
    let custom: [CustomActionType]

    var view: JSON {
        let stages = machine.current?.stages ?? []
        return [
            "pipelineName": .string(pipeline.name), "pipelineVersion": .int(pipeline.version),
            "created": .double(pipeline.created.seconds), "updated": .double(pipeline.updated.seconds),
            "stageStates": .array(stages.map(stage)),
        ]
    }

    private func stage(_ stage: PipelineDefinition.Stage) -> JSON {
        var view: JSON = [
            "stageName": .string(stage.name),
            "inboundTransitionState": Self.transition(machine.inbound[stage.name]),
        ]
        let hasLocks = machine.current?.mode.hasLocks ?? true
        let waiting = hasLocks ? machine.waiting(for: stage.name) : []
        if let first = waiting.first {
            view["inboundExecution"] = Self.inbound(first)
            view["inboundExecutions"] = .array(waiting.map(Self.inbound))
        }
        let (execution, run) = hasLocks ? latest(stage.name) : (nil, nil)
        if let execution, let run {
            view["latestExecution"] = [
                "pipelineExecutionId": .string(execution), "status": .string(run.status.rawValue),
                "type": .string(
                    machine.execution(execution)?.isRollback == true || run.isRollback == true ? "ROLLBACK" : "STANDARD"
                ),
            ]
            addConditions(to: &view, stage, run)
            if let retries = Self.retries(run) { view["retryStageMetadata"] = retries }
        }
        view["actionStates"] = .array(stage.actions.map { action($0, stage, run, hasLocks) })
        return view
    }

    /// The latest execution in a stage, and how it stands there.
    func latest(_ stage: String) -> (execution: String?, run: StageRun?) {
        guard let id = machine.latest[stage] else { return (nil, nil) }
        return (id, machine.execution(id)?.stageRun(stage) ?? machine.shown[stage])
    }

    static func transition(_ transition: PipelineMachine.Transition?) -> JSON {
        var view: JSON = ["enabled": .bool(transition?.isEnabled ?? true)]
        view["disabledReason"] = transition?.reason.map(JSON.string)
        view["lastChangedBy"] = transition?.by.map(JSON.string)
        view["lastChangedAt"] = transition?.at.map { .double($0.seconds) }
        return view
    }

    private static func inbound(_ execution: Execution) -> JSON {
        [
            "pipelineExecutionId": .string(execution.id),
            "status": execution.status == .stopping ? "Stopping" : "InProgress",
            "type": .string(execution.isRollback ? "ROLLBACK" : "STANDARD"),
        ]
    }

    static func retries(_ run: StageRun) -> JSON? {
        guard let trigger = run.latestRetry else { return nil }
        var view: JSON = ["latestRetryTrigger": .string(trigger)]
        if run.automaticRetries > 0 { view["autoStageRetryAttempt"] = .int(run.automaticRetries) }
        if run.manualRetries > 0 { view["manualStageRetryAttempt"] = .int(run.manualRetries) }
        return view
    }

    // MARK: Actions

    /// How an action stands: in the present run of the stage, or as an earlier one left it.
    func run(of action: PipelineDefinition.Action, in stage: String, _ present: StageRun?) -> Run? {
        present?.action(action.name) ?? machine.shown[stage]?.action(action.name)
    }

    private func action(
        _ action: PipelineDefinition.Action, _ stage: PipelineDefinition.Stage, _ present: StageRun?, _ hasLocks: Bool
    ) -> JSON {
        var view: JSON = ["actionName": .string(action.name)]
        guard hasLocks else { return view }
        let settings = custom.first { $0.id == action.actionTypeId }?.settings
        let run = run(of: action, in: stage.name, present)
        let configuration = run?.configuration ?? action.configuration ?? [:]
        view["entityUrl"] = URLTemplate.fill(settings?["entityUrlTemplate"]?.string, configuration, nil).map(
            JSON.string)
        if action.actionTypeId.category == "Source", let revision = machine.revisions[action.name] {
            var shown: JSON = [
                "revisionId": .string(revision.revisionId),
                "revisionChangeId": .string(revision.changeId ?? revision.revisionId),
            ]
            shown["created"] = .double((revision.created ?? run?.changed ?? pipeline.created).seconds)
            view["currentRevision"] = shown
            view["revisionUrl"] = revision.url.map(JSON.string)
        }
        guard let run else { return view }
        var latest = Self.execution(run)
        latest["actionExecutionId"] = .string(run.id)
        view["latestExecution"] = latest
        return view
    }

    /// What runs of actions and of rules have in common.
    static func execution(_ run: Run) -> JSON {
        var view: JSON = ["status": .string(run.status.rawValue), "lastStatusChange": .double(run.changed.seconds)]
        view["summary"] = run.summary.map { .string(String($0.prefix(2048))) }
        if run.status == .inProgress { view["token"] = run.token.map(JSON.string) }
        view["lastUpdatedBy"] = run.updatedBy.map(JSON.string)
        view["externalExecutionId"] = run.external?.id.map(JSON.string)
        view["externalExecutionUrl"] = run.external?.url.map(JSON.string)
        view["percentComplete"] = run.percent.map(JSON.int)
        view["errorDetails"] = run.error?.details
        view["logStreamARN"] = run.external?.logStream.map(JSON.string)
        return view
    }

    // MARK: Conditions

    private func addConditions(to view: inout JSON, _ stage: PipelineDefinition.Stage, _ run: StageRun) {
        let gates: [(String, Run.Gate, PipelineDefinition.Conditions?)] = [
            ("beforeEntryConditionState", .beforeEntry, stage.beforeEntry),
            ("onSuccessConditionState", .onSuccess, stage.onSuccess),
            ("onFailureConditionState", .onFailure, stage.onFailure),
        ]
        for (name, gate, conditions) in gates {
            guard let conditions, !conditions.rules.isEmpty, let condition = run.conditions[gate] else { continue }
            var latest: JSON = [
                "status": .string(condition.status), "lastStatusChange": .double(condition.changed.seconds),
            ]
            latest["summary"] = condition.summary.map(JSON.string)
            view[name] = [
                "latestExecution": ["status": .string(condition.status)],
                "conditionStates": [
                    [
                        "latestExecution": latest,
                        "ruleStates": .array(conditions.rules.map { Self.rule($0, run.rules(gate)) }),
                    ]
                ],
            ]
        }
    }

    private static func rule(_ rule: PipelineDefinition.Rule, _ runs: [Run]) -> JSON {
        var view: JSON = ["ruleName": .string(rule.name)]
        if let run = runs.first(where: { $0.name == rule.name }) {
            var latest = execution(run)
            latest["ruleExecutionId"] = .string(run.id)
            latest["logStreamARN"] = nil
            latest["percentComplete"] = nil
            view["latestExecution"] = latest
        }
        return view
    }
}

/// The addresses that a custom action type says pages of its things have.
enum URLTemplate {
    /// - Returns: Nil without a template, or while what it needs is not known.
    static func fill(_ template: String?, _ configuration: [String: String], _ external: String?) -> String? {
        guard var text = template else { return nil }
        for (name, value) in configuration { text = text.replacing("{Config:\(name)}", with: value) }
        if let external { text = text.replacing("{ExternalExecutionId}", with: external) }
        return text.contains("{ExternalExecutionId}") || text.contains("{Config:") ? nil : text
    }
}
