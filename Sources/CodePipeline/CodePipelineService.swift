package import Cloud
package import Ledger
internal import Notation
package import ServiceLifecycle

/// AWS CodePipeline: pipelines of both types, run by a machine each.
///
/// Executions go on while ``services`` run; what was begun before waits for them, and what a crash cut short is taken
/// up again.
package struct CodePipelineService: CloudService {
    /// As in AWS's models.
    package let id = "codepipeline"
    /// Who acts when the service acts by itself.
    static let principal = "codepipeline.amazonaws.com"

    let cloud: Cloud
    let ledger: Ledger
    let runner: MachineRunner<PipelineMachine>
    let watch: LogWatch
    let sources: SourceWatch

    /// The service behind that door. All it needs of other services it calls at the door.
    package init(cloud: Cloud, ledger: Ledger) {
        self.cloud = cloud
        self.ledger = ledger
        runner = MachineRunner(ledger: ledger, project: PipelineProjection.project)
        let sources = SourceWatch(ledger: ledger, runner: runner)
        let watch = LogWatch(ledger: ledger, sources: sources)
        self.sources = sources
        self.watch = watch
        runner.use(RunPerformer(runner: runner, ledger: ledger, cloud: cloud, watch: watch))
    }

    /// All 44 operations of the API; those for third-party job workers refuse.
    package var operations: [Operation] {
        pipelineOperations + executionOperations + stageOperations + stateOperations + historyOperations + jobOperations
            + actionTypeOperations + ruleOperations + tagOperations + webhookOperations + refusedOperations
    }

    /// AWS::CodePipeline::Pipeline, Webhook and CustomActionType.
    package var resourceTypes: [ResourceType] { Self.declaredResourceTypes }

    /// What runs for as long as the house is open: the reader of the log, then the runner of the machines.
    package var services: [any Service] { [watch, runner] }

    /// What AWS's API lacks: everything of a pipeline or an execution in one call.
    package var desk: any CloudService { SlipwayPipelines(self) }

    // MARK: Finding things

    /// - Throws: `PipelineNotFoundException`.
    func pipeline(_ name: String, _ caller: Caller) async throws -> Pipeline {
        guard let found = try await ledger.get(Pipeline.collection, caller.key(name))?.value else {
            throw Pipeline.missing(name, caller)
        }
        return found
    }

    /// The pipeline and its machine as it stands.
    ///
    /// - Throws: `PipelineNotFoundException`.
    func find(_ name: String, _ caller: Caller) async throws -> (pipeline: Pipeline, machine: PipelineMachine) {
        let pipeline = try await pipeline(name, caller)
        guard let machine = try await runner.machine(pipeline.machine) else { throw Pipeline.missing(name, caller) }
        return (pipeline, machine)
    }

    /// An execution, alive or finished; nil when there is none of that id.
    func execution(_ id: String, _ pipeline: Pipeline, _ machine: PipelineMachine) async throws -> Execution? {
        if let alive = machine.execution(id) { return alive }
        let key = "\(pipeline.machine)/\(id)"
        return try await ledger.find(FinishedExecution.collection, "id", key, limit: 1).first?.value.execution
    }

    /// The same inside a write.
    static func finished(_ id: String, _ pipeline: Pipeline, in transaction: Transaction) throws -> Execution? {
        let key = "\(pipeline.machine)/\(id)"
        return try transaction.find(FinishedExecution.collection, "id", key, limit: 1).first?.value.execution
    }

    /// The custom action types of account and region.
    func customTypes(_ caller: Caller) async throws -> [CustomActionType] {
        try await ledger.find(CustomActionType.collection, "scope", caller.scope).map(\.value)
    }
}
