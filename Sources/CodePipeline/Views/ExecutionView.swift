internal import Notation

/// Executions, their actions and rules as the API shows them.
enum ExecutionView {
    /// As GetPipelineExecution shows it.
    static func full(_ execution: Execution, of pipeline: String) -> JSON {
        var view: JSON = [
            "pipelineName": .string(pipeline), "pipelineVersion": .int(execution.version),
            "artifactRevisions": .array(execution.revisions.map(artifactRevision)),
            "variables": .array(
                execution.variables.sorted { $0.key < $1.key }.map {
                    ["name": .string($0.key), "resolvedValue": .string($0.value)]
                }),
        ]
        view.take(common(execution))
        return view
    }

    /// As ListPipelineExecutions shows it.
    static func summary(_ execution: Execution) -> JSON {
        var view: JSON = [
            "startTime": .double(execution.started.seconds), "lastUpdateTime": .double(execution.updated.seconds),
            "sourceRevisions": .array(execution.revisions.map(sourceRevision)),
        ]
        view.take(common(execution))
        if let stop = execution.stop { view["stopTrigger"] = ["reason": .string(stop.reason ?? "")] }
        return view
    }

    private static func common(_ execution: Execution) -> JSON {
        var view: JSON = [
            "pipelineExecutionId": .string(execution.id), "status": .string(execution.status.rawValue),
            "trigger": [
                "triggerType": .string(execution.trigger.type),
                "triggerDetail": .string(String(execution.trigger.detail.prefix(1024))),
            ],
            "executionMode": .string(execution.mode.rawValue),
            "executionType": execution.isRollback ? "ROLLBACK" : "STANDARD",
        ]
        view["statusSummary"] = execution.statusSummary.map(JSON.string)
        view["rollbackMetadata"] = execution.rollbackTarget.map {
            ["rollbackTargetPipelineExecutionId": .string($0)]
        }
        return view
    }

    private static func artifactRevision(_ revision: SourceRevision) -> JSON {
        var view: JSON = ["revisionId": .string(revision.revisionId)]
        view["name"] = revision.artifact.map(JSON.string)
        view["revisionChangeIdentifier"] = revision.changeId.map(JSON.string)
        view["revisionSummary"] = revision.summary.map(JSON.string)
        view["created"] = revision.created.map { .double($0.seconds) }
        view["revisionUrl"] = revision.url.map(JSON.string)
        return view
    }

    private static func sourceRevision(_ revision: SourceRevision) -> JSON {
        var view: JSON = ["actionName": .string(revision.actionName), "revisionId": .string(revision.revisionId)]
        view["revisionSummary"] = revision.summary.map(JSON.string)
        view["revisionUrl"] = revision.url.map(JSON.string)
        return view
    }

    // MARK: Actions

    /// As ListActionExecutions shows it.
    static func action(
        _ run: Run, _ stage: StageRun, _ execution: Execution, _ action: PipelineDefinition.Action?,
        _ secrets: Secrets, region: String
    ) -> JSON {
        var view = detail(run, stage, execution)
        view["actionExecutionId"] = .string(run.id)
        view["actionName"] = .string(run.name)
        var input: JSON = [
            "resolvedConfiguration": texts(action.map { secrets.masked(run.configuration, $0.actionTypeId) } ?? [:]),
            "inputArtifacts": .array(run.inputs.map(\.detail)),
            "region": .string(action?.region ?? region),
        ]
        if let action {
            input["actionTypeId"] = action.actionTypeId.json
            input["configuration"] = texts(secrets.masked(action.configuration ?? [:], action.actionTypeId))
            input["roleArn"] = action.roleArn.map(JSON.string)
            input["namespace"] = action.namespace.map(JSON.string)
        }
        view["input"] = input
        var output: JSON = [
            "outputArtifacts": .array(run.status == .succeeded ? run.outputs.map(\.detail) : []),
            "outputVariables": texts(run.variables),
        ]
        output["executionResult"] = result(run)
        view["output"] = output
        return view
    }

    /// As ListRuleExecutions shows it.
    static func rule(
        _ run: Run, _ stage: StageRun, _ execution: Execution, _ rule: PipelineDefinition.Rule?, region: String
    ) -> JSON {
        var view = detail(run, stage, execution)
        view["ruleExecutionId"] = .string(run.id)
        view["ruleName"] = .string(run.name)
        var input: JSON = [
            "resolvedConfiguration": texts(run.configuration), "inputArtifacts": .array(run.inputs.map(\.detail)),
            "region": .string(rule?.region ?? region),
        ]
        if let rule {
            input["ruleTypeId"] = [
                "category": "Rule", "owner": "AWS", "provider": .string(rule.ruleTypeId.provider), "version": "1",
            ]
            input["configuration"] = texts(rule.configuration ?? [:])
            input["roleArn"] = rule.roleArn.map(JSON.string)
        }
        view["input"] = input
        var result = result(run)
        result?["logStreamARN"] = nil
        view["output"] = result.map { ["executionResult": $0] } ?? [:]
        return view
    }

    private static func detail(_ run: Run, _ stage: StageRun, _ execution: Execution) -> JSON {
        var view: JSON = [
            "pipelineExecutionId": .string(execution.id), "pipelineVersion": .int(stage.version),
            "stageName": .string(stage.stage), "startTime": .double(run.started.seconds),
            "lastUpdateTime": .double(run.changed.seconds), "status": .string(run.status.rawValue),
        ]
        view["updatedBy"] = run.updatedBy.map(JSON.string)
        return view
    }

    /// In PARALLEL mode the token of an approval is found here alone.
    private static func result(_ run: Run) -> JSON? {
        var view: JSON = [:]
        let token = run.status == .inProgress ? run.token : nil
        view["externalExecutionId"] = (run.external?.id ?? token).map(JSON.string)
        view["externalExecutionSummary"] = run.summary.map { .string(String($0.prefix(2048))) }
        view["externalExecutionUrl"] = run.external?.url.map(JSON.string)
        view["errorDetails"] = run.error?.details
        view["logStreamARN"] = run.external?.logStream.map(JSON.string)
        return view.object?.isEmpty == false ? view : JSON?.none
    }

    static func texts(_ values: [String: String]) -> JSON {
        .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}

extension JSON {
    /// Takes over the members of another object; its values win.
    mutating func take(_ other: JSON) {
        for (name, value) in other.object ?? [:] { self[name] = value }
    }
}
