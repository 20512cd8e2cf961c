import ArgumentParser
import Notation

/// `slipway pipeline`
struct PipelineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline", abstract: "See pipelines, follow them, and tell them what to do.",
        subcommands: [
            PipelineList.self, PipelineShow.self, PipelineWatch.self, PipelineStart.self, PipelineApprove.self,
            PipelineReject.self, PipelineRetry.self, PipelineStop.self, PipelineRollback.self,
        ])
}

/// What a pipeline is asked through, and what its commands look up first.
struct PipelineDesk {
    static let service = "slipway-codepipeline"
    let client: SlipwayClient

    /// The pipeline with its stages and latest executions.
    func view(_ name: String) async throws -> JSON {
        try await client.call(Self.service, "ViewPipeline", ["name": .string(name)])
    }

    /// One execution with its stages.
    func execution(_ id: String, of name: String) async throws -> JSON {
        try await client.call(
            Self.service, "ViewExecution", ["pipelineName": .string(name), "executionId": .string(id)])
    }

    /// The newest execution that the commit started, or that began with it; waits up to a minute for it to begin.
    ///
    /// - Throws: ``CommandFailure`` when none has begun by then.
    func execution(ofCommit commit: String, of name: String) async throws -> String {
        for _ in 0..<1200 {
            let found = try await view(name)["executions"]?.array?.first { execution in
                execution["revisions"]?.array?.contains { $0["revisionId"]?.string?.hasPrefix(commit) == true } == true
            }
            if let id = found?["executionId"]?.string { return id }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw CommandFailure(
            "No execution of '\(name)' has begun with the commit \(commit). What ran: slipway pipeline show \(name)")
    }

    /// The id given, or that of the newest execution.
    func execution(_ given: String?, newestOf name: String) async throws -> String {
        if let given { return given }
        let newest = (try await view(name)["executions"]?.array ?? []).max {
            ($0["number"]?.int ?? 0) < ($1["number"]?.int ?? 0)
        }
        guard let id = newest?["executionId"]?.string else {
            throw CommandFailure("'\(name)' has not run yet. Start it: slipway pipeline start \(name)")
        }
        return id
    }
}

/// `slipway pipeline list`
struct PipelineList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All pipelines, and how they stand.")

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = PipelineDesk(client: try SlipwayClient(folder))
        let names = try await desk.client.all("codepipeline", "ListPipelines", list: "pipelines").compactMap {
            $0["name"]?.string
        }
        var views: [JSON] = []
        for name in names { views.append(try await desk.view(name)) }
        if json { return Terminal.standard.line(JSON.array(views).text(.pretty)) }
        var table = TextTable("PIPELINE", "LATEST", "EXECUTION", "AT", "CHANGE")
        for view in views {
            let latest = view["executions"]?.array?.max { ($0["number"]?.int ?? 0) < ($1["number"]?.int ?? 0) }
            table.add(
                view["name"]?.string ?? "", Terminal.standard.coloured(latest?["status"]?.string ?? "never ran"),
                latest?["executionId"]?.string ?? "-",
                latest?["updated"]?.double.map { Timestamp(seconds: $0).iso8601() } ?? "-",
                PipelineTree.change(latest) ?? "")
        }
        let lines = table.lines(.standard)
        for line in lines.isEmpty ? ["There is no pipeline yet."] : lines { Terminal.standard.line(line) }
    }
}

/// `slipway pipeline show`
struct PipelineShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "A pipeline's stages as they stand, and its latest executions.")

    @Argument(help: "The pipeline.")
    var name: String

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let view = try await PipelineDesk(client: try SlipwayClient(folder)).view(name)
        if json { return Terminal.standard.line(view.text(.pretty)) }
        let tree = PipelineTree(view: view, terminal: .standard)
        for line in tree.overview(now: Timestamp.ofThisMachine.seconds) { Terminal.standard.line(line) }
        var table = TextTable("EXECUTION", "STATUS", "STARTED", "CHANGE")
        for execution in view["executions"]?.array ?? [] {
            table.add(
                execution["executionId"]?.string ?? "", Terminal.standard.coloured(execution["status"]?.string ?? ""),
                execution["started"]?.double.map { Timestamp(seconds: $0).iso8601() } ?? "-",
                PipelineTree.change(execution) ?? "")
        }
        Terminal.standard.line()
        for line in table.lines(.standard) { Terminal.standard.line(line) }
    }
}

extension SlipwayClient {
    /// The lists of all pages of an operation that answers with `nextToken`.
    func all(_ service: String, _ operation: String, _ input: JSON = [:], list: String) async throws -> [JSON] {
        var (found, input): ([JSON], JSON) = ([], input)
        while true {
            let answer = try await call(service, operation, input)
            found += answer[list]?.array ?? []
            guard let next = answer["nextToken"]?.string, !next.isEmpty else { return found }
            input["nextToken"] = .string(next)
        }
    }
}
