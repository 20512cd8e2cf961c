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

    /// The newest execution that the commit started, or that began with it; waits up to a minute for it to begin, and
    /// says so. A commit that none of the pipeline's repositories has is not waited for.
    ///
    /// - Parameter say: Tells that it waits.
    ///
    /// - Throws: ``CommandFailure`` when there is no such commit, or none has begun by then.
    func execution(
        ofCommit commit: String, of name: String, say: (String) -> Void = { Terminal.error.line($0) }
    ) async throws -> String {
        let commit = commit.allSatisfy(\.isHexDigit) ? commit.lowercased() : commit
        if let id = try await begun(with: commit, name) { return id }
        try await checkCommit(commit, name)
        say("Waiting up to a minute for \(name) to begin with the commit \(commit).")
        for _ in 0..<1200 {
            if let id = try await begun(with: commit, name) { return id }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw CommandFailure(
            "No execution of '\(name)' has begun with the commit \(commit). What ran: slipway pipeline show \(name)")
    }

    private func begun(with commit: String, _ name: String) async throws -> String? {
        try await view(name)["executions"]?.array?.first { execution in
            execution["revisions"]?.array?.contains { $0["revisionId"]?.string?.hasPrefix(commit) == true } == true
        }?["executionId"]?.string
    }

    /// Looks for the commit where the pipeline takes its source from. Repositories of other hosts, and sources that are
    /// none, cannot be asked: then it may be there.
    private func checkCommit(_ commit: String, _ name: String) async throws {
        let answer = try? await client.call("codepipeline", "GetPipeline", ["name": .string(name)])
        let sources = (answer?["pipeline"]?["stages"]?.array ?? []).flatMap { $0["actions"]?.array ?? [] }
            .filter { $0["actionTypeId"]?["category"] == "Source" }
        var asked: [String] = []
        for source in sources {
            guard source["actionTypeId"]?["provider"] == "CodeCommit",
                let repository = source["configuration"]?["RepositoryName"]?.string
            else { return }
            do {
                let input: JSON = [
                    "repositoryName": .string(repository), "specifier": .string(commit), "maxResults": 1,
                ]
                let found = try await client.call("slipway-codecommit", "ListCommits", input)["commits"]?[0]
                guard let id = found?["commitId"]?.string, !id.hasPrefix(commit) else { return }
                throw CommandFailure("'\(commit)' is no id of a commit, but the name of one: --commit \(id)")
            } catch let failure as CallFailure where failure.code == "CommitDoesNotExistException" {
                asked.append(repository)
            } catch is CallFailure {
                return  // Such as a repository that may not be looked at.
            }
        }
        guard let first = asked.first else { return }
        throw CommandFailure(
            "The commit \(commit) is not in \(asked.joined(separator: " or ")), where \(name) takes its source from. Push it "
                + "first, or look what is there: aws codecommit get-branch --repository-name \(first) --branch-name main"
        )
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
