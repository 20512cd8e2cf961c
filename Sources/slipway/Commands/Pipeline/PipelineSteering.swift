import ArgumentParser
import Notation

/// `slipway pipeline start`
struct PipelineStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start an execution from the newest revision of its sources.")

    @Argument(help: "The pipeline.")
    var name: String

    @Option(
        name: .customLong("variable"),
        help: ArgumentHelp("A variable's value; may be repeated.", valueName: "name=value"))
    var variables: [String] = []

    @Flag(help: "Follow it to its end; exit code 1 when it does not succeed.")
    var watch = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = PipelineDesk(client: try SlipwayClient(folder))
        var input: JSON = ["name": .string(name)]
        if !variables.isEmpty { input["variables"] = .array(try variables.map(Self.variable)) }
        let id =
            try await desk.client.call("codepipeline", "StartPipelineExecution", input)["pipelineExecutionId"]?.string
            ?? ""
        try await PipelineFollowing(desk: desk, name: name, id: id).tell("started", watch: watch)
    }

    private static func variable(_ text: String) throws -> JSON {
        guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
            throw ValidationError("'\(text)' is no variable: write NAME=VALUE.")
        }
        return ["name": .string(String(text[..<mark])), "value": .string(String(text[text.index(after: mark)...]))]
    }
}

/// Says what was done to an execution and how to follow it, or follows it.
struct PipelineFollowing {
    let desk: PipelineDesk
    let name: String
    let id: String

    func tell(_ done: String, watch: Bool) async throws {
        guard watch else {
            Terminal.standard.line("\(name): \(id) \(done).")
            return Terminal.standard.line("  slipway pipeline watch \(name) --execution \(id)")
        }
        var watcher = PipelineWatcher(desk: desk, name: name, id: id)
        guard try await watcher.follow() else { throw ExitCode(1) }
    }
}

/// `slipway pipeline stop`
struct PipelineStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop an execution: after its running actions, or at once with --abandon.")

    @Argument(help: "The pipeline.")
    var name: String

    @Option(name: .customLong("execution"), help: "The execution's id. The newest when left out.")
    var execution: String?

    @Flag(help: "Do not wait for running actions. What they began elsewhere goes on.")
    var abandon = false

    @Option(help: "Why, for the history.")
    var reason: String?

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = PipelineDesk(client: try SlipwayClient(folder))
        let id = try await desk.execution(execution, newestOf: name)
        var input: JSON = [
            "pipelineName": .string(name), "pipelineExecutionId": .string(id), "abandon": .bool(abandon),
        ]
        input["reason"] = reason.map(JSON.string)
        try await desk.client.call("codepipeline", "StopPipelineExecution", input)
        try await PipelineFollowing(desk: desk, name: name, id: id).tell("is stopping", watch: false)
    }
}

/// `slipway pipeline retry`
struct PipelineRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Run the failed actions of an execution's failed stage again.")

    @Argument(help: "The pipeline.")
    var name: String

    @Option(help: "The stage. The one that failed last when left out.")
    var stage: String?

    @Flag(help: "Run all actions of the stage again, not the failed alone.")
    var all = false

    @Flag(help: "Follow it to its end; exit code 1 when it does not succeed.")
    var watch = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = PipelineDesk(client: try SlipwayClient(folder))
        let stages = try await desk.view(name)["stages"]?.array ?? []
        let failed = stages.filter { ["Failed", "Stopped"].contains($0["status"]?.string ?? "") }
        let newest = failed.max { ($0["ended"]?.double ?? 0) < ($1["ended"]?.double ?? 0) }
        guard let found = stage.map({ name in stages.first { $0["name"]?.string == name } }) ?? newest,
            let place = found["name"]?.string, let id = found["executionId"]?.string
        else {
            throw CommandFailure("No stage of '\(name)' has failed\(stage.map { " that is called '\($0)'" } ?? "").")
        }
        try await desk.client.call(
            "codepipeline", "RetryStageExecution",
            [
                "pipelineName": .string(name), "stageName": .string(place), "pipelineExecutionId": .string(id),
                "retryMode": .string(all ? "ALL_ACTIONS" : "FAILED_ACTIONS"),
            ])
        try await PipelineFollowing(desk: desk, name: name, id: id).tell("retries \(place)", watch: watch)
    }
}

/// `slipway pipeline rollback`
struct PipelineRollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Bring a stage back to what an earlier execution had in it.",
        discussion: "Without --to it lists the executions that succeeded in the stage. Data is not rolled back.")

    @Argument(help: "The pipeline.")
    var name: String

    @Option(help: "The stage. The last one when left out.")
    var stage: String?

    @Option(help: "The execution to go back to.")
    var to: String?

    @Flag(help: "Follow it to its end; exit code 1 when it does not succeed.")
    var watch = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = PipelineDesk(client: try SlipwayClient(folder))
        let last = try await desk.view(name)["stages"]?.array?.last?["name"]?.string ?? ""
        let place = stage ?? last
        guard let to else { return try await list(desk, place) }
        let answer = try await desk.client.call(
            "codepipeline", "RollbackStage",
            [
                "pipelineName": .string(name), "stageName": .string(place), "targetPipelineExecutionId": .string(to),
            ])
        let id = answer["pipelineExecutionId"]?.string ?? ""
        try await PipelineFollowing(desk: desk, name: name, id: id).tell("brings \(place) back to \(to)", watch: watch)
    }

    private func list(_ desk: PipelineDesk, _ place: String) async throws {
        let answer = try await desk.client.call(
            "codepipeline", "ListPipelineExecutions",
            [
                "pipelineName": .string(name), "maxResults": 20,
                "filter": ["succeededInStage": ["stageName": .string(place)]],
            ])
        Terminal.standard.line(
            "Executions that succeeded in \(place), newest first. Go back with: slipway pipeline rollback \(name) --stage "
                + "\(place) --to EXECUTION")
        for one in answer["pipelineExecutionSummaries"]?.array ?? [] {
            let revision = one["sourceRevisions"]?.array?.first
            let time = one["lastUpdateTime"]?.double.map { Timestamp(seconds: $0).iso8601() } ?? ""
            Terminal.standard.line(
                "  \(one["pipelineExecutionId"]?.string ?? "")  \(time)  \((revision?["revisionId"]?.string ?? "").prefix(8))  "
                    + (revision?["revisionSummary"]?.string?.split(separator: "\n").first.map(String.init) ?? ""))
        }
    }
}
