internal import Cloud
internal import Ledger
internal import Notation

/// How pipelines and executions stand, and how they went.
extension CodePipelineService {
    var stateOperations: [Operation] {
        [
            Operation("GetPipelineState", enforces: "name") { call in
                let (pipeline, machine) = try await find(call.input["name"]?.string ?? "", call.caller)
                let types = try await customTypes(call.caller)
                return Reply(StateView(pipeline: pipeline, machine: machine, custom: types).view)
            },
            Operation("GetPipelineExecution", enforces: "pipelineName pipelineExecutionId") { call in
                let name = call.input["pipelineName"]?.string ?? ""
                let id = call.input["pipelineExecutionId"]?.string ?? ""
                let (pipeline, machine) = try await find(name, call.caller)
                guard let execution = try await execution(id, pipeline, machine) else {
                    throw Self.noExecution(id, name)
                }
                return Reply(["pipelineExecution": ExecutionView.full(execution, of: name)])
            },
            Operation(
                "ListPipelineExecutions", enforces: "pipelineName maxResults filter nextToken", raw: listExecutions),
        ]
    }

    static func noExecution(_ id: String, _ pipeline: String) -> AWSError {
        AWSError(
            "PipelineExecutionNotFoundException", "Pipeline '\(pipeline)' does not have an execution with id '\(id)'")
    }

    /// Newest first: those alive from the machine, the others from the history.
    private func listExecutions(_ call: Call) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let (pipeline, machine) = try await find(name, call.caller)
        let limit = call.input["maxResults"]?.int ?? 100
        let stage = call.input["filter"]?["succeededInStage"]?["stageName"]?.string
        if let stage, machine.current?.stage(stage) == nil { throw Self.noStage(stage, name) }
        let executions = try await newest(
            pipeline, machine, below: try Self.place(call), limit: limit + 1
        ) { execution in
            guard let stage else { return true }
            return execution.stageRun(stage)?.status == .succeeded && !execution.isRollback
        }
        var output: JSON = ["pipelineExecutionSummaries": .array(executions.prefix(limit).map(ExecutionView.summary))]
        if executions.count > limit { output["nextToken"] = Page.token("\(executions[limit - 1].number)") }
        return Reply(output)
    }

    /// The number of the execution that a page of executions, or of what they did, goes on below.
    static func place(_ call: Call) throws -> Int {
        let after = try Page.after(call)
        if after.isEmpty { return .max }
        guard let number = Int(after) else {
            throw AWSError("InvalidNextTokenException", "The next token was specified in an invalid format.")
        }
        return number
    }

    /// Executions with numbers below that, newest first, at most `limit`.
    func newest(
        _ pipeline: Pipeline, _ machine: PipelineMachine, below number: Int, limit: Int,
        where isWanted: (Execution) -> Bool = { _ in true }
    ) async throws -> [Execution] {
        // An execution that is tried again is in the history as well: the living one counts.
        let alive = machine.executions.filter { $0.number < number && isWanted($0) }
        let ids = Set(machine.executions.map(\.id))
        var found: [Execution] = []
        var after = ""
        while found.count < limit {
            let page = try await ledger.list(
                FinishedExecution.collection, prefix: pipeline.machine + "/", after: after, limit: 100)
            guard let last = page.last else { break }
            after = last.key
            found += page.map(\.value.execution).filter { $0.number < number && !ids.contains($0.id) && isWanted($0) }
        }
        return Array((alive + found).sorted { $0.number > $1.number }.prefix(limit))
    }
}
