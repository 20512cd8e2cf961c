internal import Cloud
internal import Ledger
internal import Notation

/// What actions and rules did.
extension CodePipelineService {
    var historyOperations: [Operation] {
        [
            Operation("ListActionExecutions", enforces: "pipelineName filter maxResults nextToken", raw: listActions),
            Operation(
                "ListDeployActionExecutionTargets",
                enforces: "pipelineName actionExecutionId filters maxResults nextToken", raw: listTargets),
        ]
    }

    /// Which executions a filter asks for.
    private struct Filter {
        var execution: String?
        var isLatest = false

        init(_ input: JSON?) {
            let latest = input?["latestInPipelineExecution"]
            execution = input?["pipelineExecutionId"]?.string ?? latest?["pipelineExecutionId"]?.string
            isLatest = latest?["startTimeRange"]?.string == "Latest"
        }

        /// The runs that count: of an action tried several times the latest only, where that is asked for.
        func wants(_ run: Run) -> Bool { !isLatest || !run.isPast }
    }

    /// A run with all that is around it.
    private struct Item {
        let execution: Execution
        let stage: StageRun
        let run: Run
        var id: String { run.id }
    }

    private func listActions(_ call: Call) async throws -> Reply {
        let (page, next, pipeline) = try await runs(call) { $0.gate == nil }
        let secrets = Secrets(try await customTypes(call.caller))
        let definitions = try await definitions(of: page, pipeline)
        let views = page.map { item in
            ExecutionView.action(
                item.run, item.stage, item.execution,
                definitions[item.stage.version]?.action(item.run.name, in: item.stage.stage), secrets,
                region: pipeline.region)
        }
        var output: JSON = ["actionExecutionDetails": .array(views)]
        output["nextToken"] = next
        return Reply(output)
    }

    func listRules(_ call: Call) async throws -> Reply {
        let (page, next, pipeline) = try await runs(call) { $0.gate != nil }
        let definitions = try await definitions(of: page, pipeline)
        let views = page.map { item -> JSON in
            let stage = definitions[item.stage.version]?.stage(item.stage.stage)
            let conditions =
                switch item.run.gate {
                case .beforeEntry: stage?.beforeEntry
                case .onSuccess: stage?.onSuccess
                default: stage?.onFailure
                }
            let rule = conditions?.rules.first { $0.name == item.run.name }
            return ExecutionView.rule(item.run, item.stage, item.execution, rule, region: pipeline.region)
        }
        var output: JSON = ["ruleExecutionDetails": .array(views)]
        output["nextToken"] = next
        return Reply(output)
    }

    /// A page of runs, newest first.
    private func runs(
        _ call: Call, where isWanted: (Run) -> Bool
    ) async throws -> (page: [Item], next: JSON?, pipeline: Pipeline) {
        let name = call.input["pipelineName"]?.string ?? ""
        let (pipeline, machine) = try await find(name, call.caller)
        let filter = Filter(call.input["filter"])
        let limit = call.input["maxResults"]?.int ?? 100
        var executions: [Execution]
        if let id = filter.execution {
            guard let found = try await execution(id, pipeline, machine) else { throw Self.noExecution(id, name) }
            executions = [found]
        } else {
            executions = try await newest(pipeline, machine, below: .max, limit: Self.searched)
        }
        let items = executions.flatMap { execution in
            execution.stages.flatMap { stage in
                stage.runs.filter { isWanted($0) && filter.wants($0) }.map {
                    Item(execution: execution, stage: stage, run: $0)
                }
            }
        }.sorted { ($0.run.started, $0.run.id) > ($1.run.started, $1.run.id) }
        let (page, next) = try Page.cut(items, call, limit: limit, id: \.id)
        return (page, next, pipeline)
    }

    /// How many executions are looked through when none is named.
    private static let searched = 500

    private func definitions(of items: [Item], _ pipeline: Pipeline) async throws -> [Int: PipelineDefinition] {
        try await definitions(Set(items.map(\.stage.version)), pipeline)
    }

    /// These versions of the definition, read.
    func definitions(_ versions: Set<Int>, _ pipeline: Pipeline) async throws -> [Int: PipelineDefinition] {
        var definitions: [Int: PipelineDefinition] = [:]
        for version in versions {
            let key = Pipeline.versionKey(pipeline.machine, version)
            definitions[version] = try await ledger.get(Pipeline.versions, key)?.value.decode(PipelineDefinition.self)
        }
        return definitions
    }

    // MARK: Targets

    /// Only deployments to machines have targets on AWS (the EC2 deploy action, which Slipway does not have): the list
    /// of any other action is empty.
    private func listTargets(_ call: Call) async throws -> Reply {
        let id = call.input["actionExecutionId"]?.string ?? ""
        guard let name = call.input["pipelineName"]?.string else {
            throw AWSError("ValidationException", "The pipelineName is needed to find the action execution '\(id)'.")
        }
        let (pipeline, machine) = try await find(name, call.caller)
        let executions = try await newest(pipeline, machine, below: .max, limit: Self.searched)
        guard executions.contains(where: { $0.run(id) != nil }) else {
            throw AWSError(
                "ActionExecutionNotFoundException", "The pipeline '\(name)' has no action execution '\(id)'.")
        }
        return Reply(["targets": []])
    }
}
