internal import Notation

/// Stages, actions and executions as the live graph shows them.
struct GraphView {
    let machine: PipelineMachine

    // MARK: Executions

    func execution(_ execution: Execution, of pipeline: String) -> JSON {
        var view: JSON = [
            "pipelineName": .string(pipeline), "executionId": .string(execution.id), "number": .int(execution.number),
            "version": .int(execution.version), "status": .string(execution.status.rawValue),
            "executionMode": .string(execution.mode.rawValue),
            "executionType": execution.isRollback ? "ROLLBACK" : "STANDARD",
            "trigger": ["type": .string(execution.trigger.type), "detail": .string(execution.trigger.detail)],
            "started": .double(execution.started.seconds), "updated": .double(execution.updated.seconds),
            "place": place(execution), "variables": ExecutionView.texts(execution.variables),
            "revisions": .array(execution.revisions.map(Self.revision)),
        ]
        view["statusSummary"] = execution.statusSummary.map(JSON.string)
        view["rollbackTarget"] = execution.rollbackTarget.map(JSON.string)
        if execution.status.isOver { view["ended"] = .double(execution.updated.seconds) }
        if let stop = execution.stop {
            view["stop"] = ["reason": .string(stop.reason ?? ""), "abandon": .bool(stop.abandon)]
        }
        return view
    }

    private func place(_ execution: Execution) -> JSON {
        switch execution.place {
        case .waiting(let stage, _, _): ["kind": "waiting", "stage": .string(stage)]
        case .inside(let stage): ["kind": "inside", "stage": .string(stage)]
        case .over: ["kind": "over"]
        }
    }

    static func revision(_ revision: SourceRevision) -> JSON {
        var view: JSON = ["actionName": .string(revision.actionName), "revisionId": .string(revision.revisionId)]
        view["artifact"] = revision.artifact.map(JSON.string)
        view["summary"] = revision.summary.map(JSON.string)
        view["url"] = revision.url.map(JSON.string)
        view["message"] = revision.message.map(JSON.string)
        view["author"] = revision.author.map(JSON.string)
        view["created"] = revision.created.map { .double($0.seconds) }
        return view
    }

    // MARK: Stages

    /// A stage as the latest execution in it left it.
    func latest(_ stage: PipelineDefinition.Stage) -> JSON {
        let hasLocks = machine.current?.mode.hasLocks ?? true
        // In PARALLEL mode there is no latest one by the locks: the youngest that has come here is shown.
        let parallel = hasLocks ? nil : machine.executions.last { $0.stageRun(stage.name) != nil }
        let id = parallel?.id ?? machine.latest[stage.name]
        let alive = parallel ?? id.flatMap(machine.execution)
        let run = alive?.stageRun(stage.name) ?? machine.shown[stage.name]
        return self.stage(stage, run, execution: id) { name in
            if let present = run?.action(name) { return (present, id) }
            return machine.shown[stage.name]?.action(name).map { ($0, nil) }
        }
    }

    func stage(
        _ stage: PipelineDefinition.Stage, _ run: StageRun?, execution: String?,
        _ find: (String) -> (run: Run, execution: String?)?
    ) -> JSON {
        let actions = stage.actions.sorted { $0.order < $1.order }
        var view: JSON = [
            "name": .string(stage.name), "inbound": transition(machine.inbound[stage.name]),
            "outbound": transition(machine.outbound[stage.name]),
            "waiting": .array(machine.waiting(for: stage.name).map { .string($0.id) }),
            "attempts": .int(1 + (run?.automaticRetries ?? 0) + (run?.manualRetries ?? 0)),
            "conditions": .array(conditions(stage, run)),
            "actions": .array(actions.map { action($0, find($0.name)) }),
        ]
        guard let run else { return view }
        view["executionId"] = execution.map(JSON.string)
        view["status"] = .string(run.status.rawValue)
        view["entered"] = .double(run.entered.seconds)
        if run.status.isOver { view["ended"] = .double(run.updated.seconds) }
        view["error"] = run.error.map(Self.error)
        return view
    }

    private func transition(_ transition: PipelineMachine.Transition?) -> JSON {
        var view: JSON = ["enabled": .bool(transition?.isEnabled ?? true)]
        view["reason"] = transition?.reason.map(JSON.string)
        view["by"] = transition?.by.map(JSON.string)
        view["at"] = transition?.at.map { .double($0.seconds) }
        return view
    }

    private func conditions(_ stage: PipelineDefinition.Stage, _ run: StageRun?) -> [JSON] {
        let gates: [(Run.Gate, PipelineDefinition.Conditions?)] = [
            (.beforeEntry, stage.beforeEntry), (.onSuccess, stage.onSuccess), (.onFailure, stage.onFailure),
        ]
        return gates.compactMap { gate, conditions -> JSON? in
            guard let conditions else { return nil }
            let condition = run?.conditions[gate]
            var view: JSON = ["kind": .string(gate.rawValue)]
            view["result"] = conditions.verdict.map { .string($0.rawValue) }
            view["status"] = condition.map { .string($0.status) }
            view["summary"] = condition?.summary.map(JSON.string)
            let runs = run?.rules(gate) ?? []
            view["rules"] = .array(
                conditions.rules.map { rule in self.rule(rule, runs.first { $0.name == rule.name }) })
            return view
        }
    }

    private func rule(_ rule: PipelineDefinition.Rule, _ run: Run?) -> JSON {
        var view: JSON = ["name": .string(rule.name), "provider": .string(rule.ruleTypeId.provider)]
        guard let run else { return view }
        view.take(progress(run))
        return view
    }

    // MARK: Actions

    private func action(_ action: PipelineDefinition.Action, _ found: (run: Run, execution: String?)?) -> JSON {
        var view: JSON = [
            "name": .string(action.name), "category": .string(action.actionTypeId.category),
            "owner": .string(action.actionTypeId.owner), "provider": .string(action.actionTypeId.provider),
            "runOrder": .int(action.order), "inputs": .array(action.inputs.map(JSON.string)),
            "outputs": .array(action.outputs.map(JSON.string)),
            "variables": ExecutionView.texts(found?.run.variables ?? [:]),
        ]
        view["namespace"] = action.namespace.map(JSON.string)
        guard let run = found?.run else { return view }
        view["executionId"] = found?.execution.map(JSON.string)
        view["actionExecutionId"] = .string(run.id)
        view["updatedBy"] = run.updatedBy.map(JSON.string)
        view["percentComplete"] = run.percent.map(JSON.int)
        view["revision"] = run.revision.map(Self.revision)
        view.take(progress(run))
        if run.status == .inProgress, let token = run.token {
            view["token"] = .string(token)
            var approval: JSON = ["expires": .double(run.deadline.seconds)]
            approval["customData"] = run.configuration["CustomData"].map(JSON.string)
            approval["link"] = run.configuration["ExternalEntityLink"].map(JSON.string)
            view["approval"] = approval
        }
        if let kind = run.external?.kind, let id = run.external?.id {
            var external: JSON = ["kind": .string(kind), "id": .string(id)]
            external["url"] = run.external?.url.map(JSON.string)
            view["external"] = external
        }
        return view
    }

    private func progress(_ run: Run) -> JSON {
        var view: JSON = ["status": .string(run.status.rawValue), "started": .double(run.started.seconds)]
        if run.status.isOver { view["ended"] = .double(run.changed.seconds) }
        view["summary"] = run.summary.map(JSON.string)
        view["externalId"] = run.external?.id.map(JSON.string)
        view["externalUrl"] = run.external?.url.map(JSON.string)
        view["error"] = run.error.map(Self.error)
        return view
    }

    static func error(_ error: RunError) -> JSON {
        var view: JSON = [
            "code": .string(error.code), "message": .string(error.message),
            "evidence": .array((error.evidence ?? []).map(JSON.string)),
        ]
        view["link"] = error.link.map(JSON.string)
        return view
    }
}
