internal import Cloud
internal import Ledger
internal import Notation

/// What is done to stages: transitions, retries, rollbacks, overrides, approvals.
extension CodePipelineService {
    var stageOperations: [Operation] {
        [
            Operation(
                "DisableStageTransition", enforces: "pipelineName stageName transitionType reason",
                raw: { try await turn($0, isEnabled: false) }),
            Operation(
                "EnableStageTransition", enforces: "pipelineName stageName transitionType",
                raw: { try await turn($0, isEnabled: true) }),
            Operation(
                "RetryStageExecution", enforces: "pipelineName stageName pipelineExecutionId retryMode", raw: retry),
            Operation("RollbackStage", enforces: "pipelineName stageName targetPipelineExecutionId", raw: rollBack),
            Operation(
                "OverrideStageCondition", enforces: "pipelineName stageName pipelineExecutionId conditionType",
                raw: override),
            Operation(
                "PutApprovalResult", enforces: "pipelineName stageName actionName result token", raw: approve),
        ]
    }

    // MARK: Transitions

    private func turn(_ call: Call, isEnabled: Bool) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let stage = call.input["stageName"]?.string ?? ""
        let isInbound = call.input["transitionType"]?.string != "Outbound"
        try await ledger.write { transaction in
            let pipeline = try Pipeline.get(name, call.caller, in: transaction)
            let machine = try runner.machine(pipeline.machine, in: transaction)
            guard machine?.current?.stage(stage) != nil else { throw Self.noStage(stage, name) }
            let transition = PipelineMachine.Transition(
                isEnabled: isEnabled, reason: isEnabled ? nil : call.input["reason"]?.string,
                by: call.caller.principal, at: transaction.now)
            let event = PipelineMachine.Event.transition(stage: stage, isInbound: isInbound, transition)
            try runner.send(event, to: pipeline.machine, in: transaction)
        }
        return Reply()
    }

    // MARK: Retry

    private func retry(_ call: Call) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let stage = call.input["stageName"]?.string ?? ""
        let id = call.input["pipelineExecutionId"]?.string ?? ""
        let mode = PipelineDefinition.RetryMode(rawValue: call.input["retryMode"]?.string ?? "") ?? .failedActions
        try await ledger.write { transaction in
            let pipeline = try Pipeline.get(name, call.caller, in: transaction)
            guard let machine = try runner.machine(pipeline.machine, in: transaction) else {
                throw Pipeline.missing(name, call.caller)
            }
            let execution = try retryable(id, stage, pipeline, machine, transaction)
            if !execution.mode.hasLocks { try Starting.checkConcurrency(machine) }
            let version = execution.mode.hasLocks ? machine.version : execution.version
            let definition = try Self.definition(pipeline, version, in: transaction)
            let event = PipelineMachine.Event.retry(execution, stage: stage, mode: mode, definition: definition)
            try runner.send(event, to: pipeline.machine, in: transaction)
        }
        return Reply(["pipelineExecutionId": .string(id)])
    }

    /// The execution as it ended, when its stage may be tried again.
    private func retryable(
        _ id: String, _ stage: String, _ pipeline: Pipeline, _ machine: PipelineMachine, _ transaction: Transaction
    ) throws -> Execution {
        guard let now = machine.current?.stage(stage) else { throw Self.noStage(stage, pipeline.name) }
        if let alive = machine.execution(id) {
            let status = alive.stageRun(stage)?.status.rawValue
            throw AWSError(
                "StageNotRetryableException",
                "The stage '\(stage)' of execution '\(id)' is \(status ?? "not reached"): only a Failed or Stopped "
                    + "one can be "
                    + "retried.")
        }
        guard let execution = try Self.finished(id, pipeline, in: transaction) else {
            throw AWSError(
                "NotLatestPipelineExecutionException", "The pipeline has no execution '\(id)' in stage '\(stage)'.")
        }
        guard let run = execution.stageRun(stage), run.status == .failed || run.status == .stopped else {
            throw AWSError(
                "StageNotRetryableException",
                "The stage '\(stage)' of execution '\(id)' did not fail and was not stopped.")
        }
        guard !execution.mode.hasLocks || machine.latest[stage] == id else {
            throw AWSError(
                "NotLatestPipelineExecutionException",
                "Execution '\(id)' is not the latest in stage '\(stage)': that is '\(machine.latest[stage] ?? "none")'."
            )
        }
        if execution.mode.hasLocks {
            let then = try Self.definition(pipeline, run.version, in: transaction).stage(stage)
            guard then == now else {
                throw AWSError(
                    "StageNotRetryableException",
                    "The structure of stage '\(stage)' was changed since execution '\(id)' ran in it.")
            }
        }
        return execution
    }

    /// A version of the definition.
    static func definition(
        _ pipeline: Pipeline, _ version: Int, in transaction: Transaction
    ) throws -> PipelineDefinition {
        let key = Pipeline.versionKey(pipeline.machine, version)
        guard let tree = try transaction.get(Pipeline.versions, key)?.value else {
            throw AWSError("PipelineVersionNotFoundException", "The pipeline does not have a version \(version).")
        }
        return try tree.decode(PipelineDefinition.self)
    }

    // MARK: Rollback

    private func rollBack(_ call: Call) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let stage = call.input["stageName"]?.string ?? ""
        let target = call.input["targetPipelineExecutionId"]?.string ?? ""
        let id = try await ledger.write { transaction -> String in
            let pipeline = try Pipeline.get(name, call.caller, in: transaction)
            guard let machine = try runner.machine(pipeline.machine, in: transaction), let now = machine.current else {
                throw Pipeline.missing(name, call.caller)
            }
            guard now.stage(stage) != nil else { throw Self.noStage(stage, name) }
            guard now.mode.hasLocks else { throw Self.noRollback("the execution mode is PARALLEL") }
            guard now.stages[0].name != stage else { throw Self.noRollback("'\(stage)' is the source stage") }
            guard let old = try machine.execution(target) ?? Self.finished(target, pipeline, in: transaction) else {
                throw AWSError(
                    "PipelineExecutionNotFoundException", "The pipeline '\(name)' has no execution '\(target)'.")
            }
            guard !old.isRollback else { throw Self.noRollback("the target execution is a rollback itself") }
            guard let run = old.stageRun(stage), run.status == .succeeded else {
                throw Self.noRollback("the target execution did not succeed in stage '\(stage)'")
            }
            guard try Self.definition(pipeline, run.version, in: transaction).stages == now.stages else {
                throw AWSError(
                    "PipelineExecutionOutdatedException",
                    "The structure of the pipeline was changed since execution '\(target)' ran (version "
                        + "\(run.version))."
                )
            }
            let order = PipelineMachine.Order(
                execution: transaction.surroundings.chance.uuid(),
                seed: transaction.surroundings.chance.hexadecimal(32),
                trigger: .init(type: "ManualRollback", detail: call.caller.principal))
            let event = PipelineMachine.Event.rollBack(stage: stage, target: old, order: order)
            try runner.send(event, to: pipeline.machine, in: transaction)
            return order.execution
        }
        return Reply(["pipelineExecutionId": .string(id)])
    }

    private static func noRollback(_ reason: String) -> AWSError {
        AWSError("UnableToRollbackStageException", "Unable to roll back the stage: \(reason).")
    }

    // MARK: Override

    private func override(_ call: Call) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let stage = call.input["stageName"]?.string ?? ""
        let id = call.input["pipelineExecutionId"]?.string ?? ""
        let gate = Run.Gate(rawValue: call.input["conditionType"]?.string ?? "") ?? .beforeEntry
        try await ledger.write { transaction in
            let pipeline = try Pipeline.get(name, call.caller, in: transaction)
            let machine = try runner.machine(pipeline.machine, in: transaction)
            guard let definition = machine?.current?.stage(stage) else { throw Self.noStage(stage, name) }
            func refusal(_ reason: String) -> AWSError {
                AWSError(
                    "ConditionNotOverridableException",
                    "The condition of stage '\(stage)' cannot be overridden: \(reason).")
            }
            guard let execution = machine?.execution(id), let run = execution.stageRun(stage) else {
                if machine?.latest[stage] != id {
                    throw AWSError(
                        "NotLatestPipelineExecutionException",
                        "Execution '\(id)' is not the latest in stage '\(stage)'.")
                }
                throw refusal("the execution has ended")
            }
            let conditions = gate == .beforeEntry ? definition.beforeEntry : definition.onSuccess
            guard conditions?.verdict != .skip else { throw refusal("its result is SKIP") }
            guard run.conditions[gate]?.status == "InProgress" else { throw refusal("it is not in progress") }
            try runner.send(
                .override(execution: id, stage: stage, gate: gate), to: pipeline.machine, in: transaction)
        }
        return Reply()
    }

    // MARK: Approvals

    /// Found by its token, and only where the call says it stands: policies judge approvers by stage and action.
    private func approve(_ call: Call) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let (stage, action) = (call.input["stageName"]?.string ?? "", call.input["actionName"]?.string ?? "")
        let token = call.input["token"]?.string ?? ""
        let result = call.input["result"]
        let approvedAt = try await ledger.write { transaction -> Timestamp in
            let pipeline = try Pipeline.get(name, call.caller, in: transaction)
            let machine = try runner.machine(pipeline.machine, in: transaction)
            let stages: [StageRun] = machine?.executions.flatMap(\.stages) ?? []
            // The pipeline may look different by now: what runs counts, then what is declared.
            let isThere = stages.contains(where: { $0.stage == stage && $0.runs.contains(where: { $0.name == action }) })
            if !isThere { try Self.expect(action, of: stage, name, machine) }
            let runs = stages.lazy.filter { $0.stage == stage }.flatMap(\.runs)
            guard let run = runs.first(where: { $0.token == token && $0.name == action }) else {
                let key = call.caller.scope + token
                if try !transaction.find(FinishedExecution.collection, "token", key, limit: 1).isEmpty {
                    throw Self.alreadyDecided
                }
                throw AWSError("InvalidApprovalTokenException", "Invalid approval token provided.")
            }
            guard run.status == .inProgress else { throw Self.alreadyDecided }
            let event = PipelineMachine.Event.approved(
                token: token, isApproved: result?["status"]?.string == "Approved",
                summary: result?["summary"]?.string ?? "", by: call.caller.principal)
            try runner.send(event, to: pipeline.machine, in: transaction)
            return transaction.now
        }
        return Reply(["approvedAt": .double(approvedAt.seconds)])
    }

    /// - Throws: `StageNotFoundException`, `ActionNotFoundException`.
    private static func expect(_ action: String, of stage: String, _ pipeline: String, _ machine: PipelineMachine?)
        throws
    {
        guard let declared = machine?.current?.stage(stage) else { throw noStage(stage, pipeline) }
        guard declared.actions.contains(where: { $0.name == action }) else { throw noAction(action, stage) }
    }

    private static var alreadyDecided: AWSError {
        AWSError("ApprovalAlreadyCompletedException", "The approval has already been completed.")
    }
}
