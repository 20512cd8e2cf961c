import ArgumentParser
import Notation

/// `slipway build`
struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "See builds, follow them, read their logs.",
        subcommands: [
            BuildRun.self, BuildList.self, BuildWatch.self, BuildLogs.self, BuildStart.self, BuildStop.self,
            BuildShellCommand.self,
        ])
}

/// Looks builds up.
struct BuildDesk {
    let client: SlipwayClient

    /// The build of that id.
    ///
    /// - Throws: ``CommandFailure`` when there is none.
    func build(_ id: String) async throws -> JSON {
        guard let build = try await builds([.string(id)]).first else {
            throw CommandFailure("There is no build '\(id)'. 'slipway build list' shows the latest.")
        }
        return build
    }

    /// Builds by their ids, newest first.
    func builds(_ ids: [JSON]) async throws -> [JSON] {
        guard !ids.isEmpty else { return [] }
        let answer = try await client.call("codebuild", "BatchGetBuilds", ["ids": .array(ids)])
        return (answer["builds"]?.array ?? []).sorted {
            ($0["startTime"]?.double ?? 0) > ($1["startTime"]?.double ?? 0)
        }
    }

    /// A build's id as it is, or the newest build of a project: ids have a colon, project names have none.
    func id(of text: String) async throws -> String {
        guard !text.contains(":") else { return text }
        let ids =
            try await client.call("codebuild", "ListBuildsForProject", ["projectName": .string(text)])["ids"]?.array
            ?? []
        guard let newest = ids.first?.string else { throw CommandFailure("The project '\(text)' has no build yet.") }
        return newest
    }
}

/// `slipway build list`
struct BuildList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The latest builds.")

    @Argument(help: "Only those of this project.")
    var project: String?

    @Option(help: "How many at most.")
    var limit = 20

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = BuildDesk(client: try SlipwayClient(folder))
        let input: JSON = project.map { ["projectName": .string($0)] } ?? [:]
        let operation = project == nil ? "ListBuilds" : "ListBuildsForProject"
        let ids = try await desk.client.call("codebuild", operation, input)["ids"]?.array ?? []
        let builds = try await desk.builds(Array(ids.prefix(max(1, min(limit, 100)))))
        if json { return Terminal.standard.line(JSON.array(builds).text(.pretty)) }
        var table = TextTable("BUILD", "STATUS", "PHASE", "STARTED", "TOOK", "BY")
        for build in builds {
            let start = build["startTime"]?.double
            table.add(
                build["id"]?.string ?? "", Terminal.standard.coloured(build["buildStatus"]?.string ?? ""),
                build["currentPhase"]?.string ?? "", start.map { Timestamp(seconds: $0).iso8601() } ?? "-",
                start.flatMap { begin in build["endTime"]?.double.map { TimeSpan.words($0 - begin) } } ?? "-",
                build["initiator"]?.string ?? "")
        }
        let lines = table.lines(.standard)
        for line in lines.isEmpty ? ["There is no build yet."] : lines { Terminal.standard.line(line) }
    }
}

/// `slipway build start`
struct BuildStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start a build of a project.")

    @Argument(help: "The project.")
    var project: String

    @Option(help: "The branch, tag or commit to build. The project's own when left out.")
    var version: String?

    @Flag(help: "Print its log to its end; exit code 1 when it does not succeed.")
    var watch = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = BuildDesk(client: try SlipwayClient(folder))
        var input: JSON = ["projectName": .string(project)]
        input["sourceVersion"] = version.map(JSON.string)
        let id = try await desk.client.call("codebuild", "StartBuild", input)["build"]?["id"]?.string ?? ""
        guard watch else {
            Terminal.standard.line("\(id) started.")
            return Terminal.standard.line("  slipway build watch \(id)")
        }
        var watcher = BuildWatcher(desk: desk, id: id)
        guard try await watcher.follow() else { throw ExitCode(1) }
    }
}

/// `slipway build stop`
struct BuildStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stop", abstract: "Stop a build.")

    @Argument(help: "The build's id, or a project: its newest.")
    var build: String

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = BuildDesk(client: try SlipwayClient(folder))
        let id = try await desk.id(of: build)
        let answer = try await desk.client.call("codebuild", "StopBuild", ["id": .string(id)])
        Terminal.standard.line("\(id): \(answer["build"]?["buildStatus"]?.string ?? "stopping").")
    }
}
