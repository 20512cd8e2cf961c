package import Cloud
internal import Ledger
internal import Notation

/// What AWS's CodePipeline has no operations for: everything of a pipeline, or of an execution, in one call.
///
/// The shapes are in the room's README: the console and the command line draw their live graphs from them.
package struct SlipwayPipelines: CloudService {
    /// No service of AWS's has this id.
    package let id = "slipway-codepipeline"
    let service: CodePipelineService
    /// How many finished executions are shown with a pipeline.
    private static let shown = 20

    /// The desk for the pipelines of that service.
    package init(_ service: CodePipelineService) { self.service = service }

    /// To look, and nothing else.
    package var operations: [Operation] {
        [
            Operation("ViewPipeline", enforces: "name", raw: viewPipeline),
            Operation("ViewExecution", enforces: "pipelineName executionId", raw: viewExecution),
        ]
    }

    private func viewPipeline(_ call: Call) async throws -> Reply {
        let (pipeline, machine) = try await service.find(call.input["name"]?.string ?? "", call.caller)
        let definition = try pipeline.definition()
        let graph = GraphView(machine: machine)
        let alive = machine.executions.sorted { $0.number > $1.number }
        let finished = try await service.newest(pipeline, machine, below: .max, limit: Self.shown + alive.count)
            .filter { machine.execution($0.id) == nil }
        var view: JSON = [
            "name": .string(pipeline.name), "arn": .string(pipeline.arn), "version": .int(pipeline.version),
            "pipelineType": pipeline.declaration["pipelineType"] ?? "V1",
            "executionMode": .string(definition.mode.rawValue),
            "created": .double(pipeline.created.seconds), "updated": .double(pipeline.updated.seconds),
            "roleArn": .string(definition.roleArn), "stages": .array(definition.stages.map(graph.latest)),
            "executions": .array((alive + finished.prefix(Self.shown)).map { graph.execution($0, of: pipeline.name) }),
        ]
        view["variables"] = .array(
            (definition.variables ?? []).map { variable in
                var view: JSON = ["name": .string(variable.name)]
                view["defaultValue"] = variable.defaultValue.map(JSON.string)
                view["description"] = variable.description.map(JSON.string)
                return view
            })
        return Reply(view)
    }

    private func viewExecution(_ call: Call) async throws -> Reply {
        let name = call.input["pipelineName"]?.string ?? ""
        let id = call.input["executionId"]?.string ?? ""
        let (pipeline, machine) = try await service.find(name, call.caller)
        guard let execution = try await service.execution(id, pipeline, machine) else {
            throw CodePipelineService.noExecution(id, name)
        }
        let versions = Set(execution.stages.map(\.version) + [execution.version])
        let definitions = try await service.definitions(versions, pipeline)
        let graph = GraphView(machine: machine)
        var view = graph.execution(execution, of: name)
        // The stages of its version; one that a later version renamed is shown under the name it had.
        var stages = definitions[execution.version]?.stages ?? []
        for run in execution.stages.reversed() where !stages.contains(where: { $0.name == run.stage }) {
            if let stage = definitions[run.version]?.stage(run.stage) { stages.insert(stage, at: 0) }
        }
        view["stages"] = .array(
            stages.map { stage in
                let run = execution.stageRun(stage.name)
                let own = run.flatMap { definitions[$0.version]?.stage(stage.name) } ?? stage
                return graph.stage(own, run, execution: run == nil ? nil : execution.id) { name in
                    run?.action(name).map { ($0, execution.id) }
                }
            })
        return Reply(view)
    }
}
