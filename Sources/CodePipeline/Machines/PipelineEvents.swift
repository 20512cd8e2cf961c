internal import Ledger
internal import Notation

/// What executions write into the event log, as CodePipeline tells EventBridge.
///
/// Source: CodePipeline User Guide, "Monitoring CodePipeline events".
enum PipelineEvents {
    static let source = "aws.codepipeline"

    /// The events' word for a status of the API.
    static func state(_ status: String) -> String { status == "Cancelled" ? "CANCELED" : status.uppercased() }

    static func pipeline(
        _ state: String, _ execution: Execution, _ pipeline: PipelineMachine.Identity, _ now: Timestamp
    ) -> LedgerEvent {
        var detail = common(state, execution, pipeline)
        detail["execution-trigger"] = [
            "trigger-type": .string(execution.trigger.type), "trigger-detail": .string(execution.trigger.detail),
        ]
        if !execution.revisions.isEmpty {
            detail["source-revisions"] = .array(
                execution.revisions.map { revision in
                    var view: JSON = [
                        "action-name": .string(revision.actionName), "revision-id": .string(revision.revisionId),
                    ]
                    view["revision-summary"] = revision.summary.map(JSON.string)
                    view["revision-url"] = revision.url.map(JSON.string)
                    return view
                })
        }
        if let stage = execution.stages.last(where: { $0.status == .failed }), let error = stage.error,
            state == "FAILED"
        {
            detail["slipway-failure"] = [
                "stage": .string(stage.stage), "code": .string(error.code),
                "message": .string(String(error.message.prefix(1000))),
            ]
        }
        return event("Pipeline", detail, pipeline, now)
    }

    static func stage(
        _ state: String, _ stage: String, _ execution: Execution, _ pipeline: PipelineMachine.Identity, _ now: Timestamp
    ) -> LedgerEvent {
        var detail = common(state, execution, pipeline)
        detail["stage"] = .string(stage)
        return event("Stage", detail, pipeline, now)
    }

    static func action(
        _ state: String, _ run: Run, _ action: PipelineDefinition.Action, _ stage: String, _ execution: Execution,
        _ pipeline: PipelineMachine.Identity, _ now: Timestamp
    ) -> LedgerEvent {
        var detail = common(state, execution, pipeline)
        detail["stage"] = .string(stage)
        detail["action"] = .string(run.name)
        detail["action-execution-id"] = .string(run.id)
        detail["type"] = action.actionTypeId.json
        detail["region"] = .string(action.region ?? pipeline.region)
        var result: JSON = [:]
        result["external-execution-id"] = run.external?.id.map(JSON.string)
        result["external-execution-url"] = run.external?.url.map(JSON.string)
        result["external-execution-summary"] = run.summary.map(JSON.string)
        result["error-code"] = run.error.map { .string($0.code) }
        if result.object?.isEmpty == false { detail["execution-result"] = result }
        detail["input-artifacts"] = artifacts(run.inputs)
        detail["output-artifacts"] = run.status == .succeeded ? artifacts(run.outputs) : nil
        return event("Action", detail, pipeline, now)
    }

    private static func artifacts(_ artifacts: [Artifact]) -> JSON? {
        guard !artifacts.isEmpty else { return nil }
        return .array(artifacts.map(\.detail))
    }

    private static func common(_ state: String, _ execution: Execution, _ pipeline: PipelineMachine.Identity) -> JSON {
        [
            "pipeline": .string(pipeline.name), "execution-id": .string(execution.id),
            "version": .int(execution.version), "state": .string(state),
            "start-time": .string(execution.started.iso8601(fraction: 3)),
        ]
    }

    private static func event(
        _ kind: String, _ detail: JSON, _ pipeline: PipelineMachine.Identity, _ now: Timestamp
    ) -> LedgerEvent {
        LedgerEvent(
            time: now, source: source, detailType: "CodePipeline \(kind) Execution State Change",
            account: pipeline.account,
            region: pipeline.region, resources: [pipeline.arn], detail: detail)
    }
}
