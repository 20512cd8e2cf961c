internal import Cloud
internal import Ledger
internal import Notation

/// Carries out what pipelines want done. Everything it does may be done twice: each provider looks for what an earlier
/// attempt began before it begins anything, or hands the run's id on as the other service's idempotency token.
struct RunPerformer: Performer {
    typealias Engine = PipelineMachine
    typealias Event = PipelineMachine.Event
    typealias Outcome = PipelineMachine.Outcome

    let runner: MachineRunner<PipelineMachine>
    let ledger: Ledger
    let cloud: Cloud
    let watch: LogWatch
    let roles: RoleSessions

    init(runner: MachineRunner<PipelineMachine>, ledger: Ledger, cloud: Cloud, watch: LogWatch) {
        self.runner = runner
        self.ledger = ledger
        self.cloud = cloud
        self.watch = watch
        roles = RoleSessions(cloud: cloud)
    }

    func perform(_ command: PipelineMachine.Command, of id: String, key: String) async throws -> Event? {
        switch command {
        case .findRollbackTarget(let stage, let failed):
            return .rollbackTarget(stage: stage, failed: failed, target: try await rollbackTarget(stage, failed, id))
        case .run(let runID, let round):
            guard let context = try await context(runID, of: id), context.run.round == round else { return nil }
            return try await outcome(of: context).map { .ended(run: runID, $0) }
        }
    }

    /// What is there to carry out; nil when the run is over by now, or the pipeline gone.
    private func context(_ runID: String, of id: String) async throws -> RunContext? {
        guard let machine = try await runner.machine(id), let found = machine.find(run: runID),
            found.run.status == .inProgress, let definition = machine.definition(found.execution.version)
        else { return nil }
        let stage = definition.stage(found.stage.stage)
        let conditions =
            switch found.run.gate {
            case .beforeEntry: stage?.beforeEntry
            case .onSuccess: stage?.onSuccess
            case .onFailure: stage?.onFailure
            case nil: nil as PipelineDefinition.Conditions?
            }
        return RunContext(
            cloud: cloud, ledger: ledger, watch: watch, roles: roles, runner: runner, pipeline: machine.pipeline,
            definition: definition, execution: found.execution, stage: found.stage.stage, run: found.run,
            action: found.run.gate == nil ? stage?.actions.first { $0.name == found.run.name } : nil,
            rule: found.run.gate == nil ? nil : conditions?.rules.first { $0.name == found.run.name })
    }

    /// How the run came out; nil when somebody else will tell: an approver, a job worker, a function.
    ///
    /// - Throws: What may pass by itself, and what cuts the attempt short.
    private func outcome(of context: RunContext) async throws -> Outcome? {
        do {
            let outcome = try await carryOut(context)
            // What ended because the server is being stopped has not ended: it is done again at the next start.
            try Task.checkCancellation()
            return outcome
        } catch let error as RunError {
            return .failed(error)
        } catch let error as AWSError where !error.isPassing {
            try Task.checkCancellation()
            return .failed(RunError(error.code, error.message))
        }
    }

    private func carryOut(_ context: RunContext) async throws -> Outcome? {
        if let action = context.action, action.actionTypeId.owner == "Custom" {
            return try await JobAction(context: context).offer()
        }
        if context.rule != nil, let outcome = try await RuleAsking(context: context).ask() { return outcome }
        switch (context.action?.actionTypeId.category, context.provider) {
        case ("Source", "S3"): return try await ObjectSource(context: context).fetch()
        case ("Source", "CodeCommit"): return try await RepositorySource(context: context).fetch()
        case ("Source", "CodeStarSourceConnection"): return try await ConnectionSource(context: context).fetch()
        case ("Approval", _): return try await ApprovalAction(context: context).announce()
        case ("Deploy", "S3"): return try await ObjectDeployment(context: context).deploy()
        case ("Deploy", "CloudFormation"): return try await StackAction(context: context).run()
        case ("Deploy", "CodeDeploy"): return try await DeploymentAction(context: context).run()
        case (_, "CodeBuild"): return try await BuildAction(context: context).run()
        case (_, "Commands"): return try await CommandsAction(context: context).run()
        case (_, "Lambda"), (_, "LambdaInvoke"): return try await JobAction(context: context).invoke()
        default: throw AWSError.notImplemented("the provider \(context.provider)")
        }
    }

    // MARK: Rollback

    /// The newest execution that succeeded in the stage under the present structure, before the one that failed.
    private func rollbackTarget(_ stage: String, _ failed: String, _ id: String) async throws -> Execution? {
        guard let machine = try await runner.machine(id), let now = machine.current else { return nil }
        var after = ""
        var versions: [Int: Bool] = [machine.version: true]
        for _ in 0..<20 {
            let page = try await ledger.list(FinishedExecution.collection, prefix: id + "/", after: after, limit: 50)
            // Whoever is alive may have begun before or after those that have ended.
            let alive = after.isEmpty ? machine.executions : []
            let all = (page.map(\.value.execution) + alive).sorted { $0.number > $1.number }
            for execution in all {
                guard execution.id != failed, !execution.isRollback, let run = execution.stageRun(stage),
                    run.status == .succeeded
                else { continue }
                if versions[run.version] == nil {
                    let tree = try await ledger.get(Pipeline.versions, Pipeline.versionKey(id, run.version))?.value
                    versions[run.version] = try tree?.decode(PipelineDefinition.self).stages == now.stages
                }
                if versions[run.version] == true { return execution }
            }
            guard let last = page.last else { return nil }
            after = last.key
        }
        return nil
    }
}

extension AWSError {
    /// Whether the same call may succeed a moment later: throttled, failed inside, or given up. What is not implemented
    /// will not be there then either.
    var isPassing: Bool { [429, 500, 502, 503, 504].contains(status) }
}
