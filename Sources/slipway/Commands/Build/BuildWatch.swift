import ArgumentParser
import Foundation
import Notation

/// `slipway build watch`
struct BuildWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a build to its end: its phases and its log.",
        discussion: "Exit code 0 when it succeeded, 1 when it did not. Interrupting only stops the watching.")

    @Argument(help: "The build's id, or a project: its newest.")
    var build: String

    @Flag(help: "Print an object a line, one for every change.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = BuildDesk(client: try SlipwayClient(folder))
        var watcher = BuildWatcher(desk: desk, id: try await desk.id(of: build), isJSON: json)
        guard try await watcher.follow() else { throw ExitCode(1) }
    }
}

/// `slipway build logs`
struct BuildLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Print what a build has logged.")

    @Argument(help: "The build's id, or a project: its newest.")
    var build: String

    @Flag(name: .shortAndLong, help: "Go on until the build has ended.")
    var follow = false

    @Flag(name: .shortAndLong, help: "Print the time before each line.")
    var timestamps = false

    @Option(help: "Only lines that contain this text.")
    var search: String?

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let desk = BuildDesk(client: try SlipwayClient(folder))
        let id = try await desk.id(of: build)
        var log = BuildLogReader(client: desk.client, hasTimes: timestamps, search: search)
        while true {
            let build = try await desk.build(id)
            for line in try await log.news(build) { Terminal.standard.line(line) }
            guard follow, build["buildComplete"]?.bool != true else { return }
            try await Task.sleep(for: .milliseconds(300))
        }
    }
}

/// Reads a build's log from where it stopped last.
struct BuildLogReader {
    let client: SlipwayClient
    var hasTimes = false
    var search: String?
    private var token: String?

    init(client: SlipwayClient, hasTimes: Bool = false, search: String? = nil) {
        self.client = client
        self.hasTimes = hasTimes
        self.search = search
    }

    /// The lines since the last call; none as long as the build has no log.
    mutating func news(_ build: JSON) async throws -> [String] {
        guard let group = build["logs"]?["groupName"]?.string, let stream = build["logs"]?["streamName"]?.string else {
            return []
        }
        var lines: [String] = []
        while true {
            var input: JSON = [
                "logGroupName": .string(group), "logStreamName": .string(stream), "startFromHead": true,
            ]
            input["nextToken"] = token.map(JSON.string)
            let answer: JSON
            do { answer = try await client.call("logs", "GetLogEvents", input) } catch let error as CallFailure
                where error.code == "ResourceNotFoundException"
            { return lines }
            lines += (answer["events"]?.array ?? []).compactMap(line)
            // The same token again says that there is no more for now (CloudWatch Logs API Reference, GetLogEvents).
            guard let next = answer["nextForwardToken"]?.string, next != token else { return lines }
            token = next
        }
    }

    private func line(_ event: JSON) -> String? {
        let text = (event["message"]?.string ?? "").trimmingCharacters(in: .newlines)
        if let search, !text.contains(search) { return nil }
        guard hasTimes else { return text }
        let time = Timestamp(microseconds: Int64(event["timestamp"]?.int ?? 0) * 1000)
        return Terminal.standard.styled(time.description, .dim) + " " + text
    }
}

/// Follows one build on the terminal: its log as it comes, a line for each phase that ended.
struct BuildWatcher {
    let desk: BuildDesk
    let id: String
    var isJSON = false
    private var told: Set<String> = []
    private var lastPrinted: JSON?

    init(desk: BuildDesk, id: String, isJSON: Bool = false) {
        self.desk = desk
        self.id = id
        self.isJSON = isJSON
    }

    /// Prints until it has ended. Says whether it succeeded.
    mutating func follow() async throws -> Bool {
        var log = BuildLogReader(client: desk.client)
        while true {
            let build = try await desk.build(id)
            let isOver = build["buildComplete"]?.bool == true
            if isJSON {
                if build != lastPrinted { Terminal.standard.line(build.text()) }
                lastPrinted = build
            } else {
                for line in try await log.news(build) { Terminal.standard.line(line) }
                phases(build)
            }
            if isOver { return end(build) }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    private mutating func phases(_ build: JSON) {
        for phase in build["phases"]?.array ?? [] {
            guard let type = phase["phaseType"]?.string, let status = phase["phaseStatus"]?.string,
                status != "IN_PROGRESS", told.insert(type).inserted
            else { continue }
            let (start, end) = (phase["startTime"]?.double, phase["endTime"]?.double)
            let took = start.flatMap { start in end.map { "  \(TimeSpan.words($0 - start))" } } ?? ""
            Terminal.error.line("\(Terminal.error.sign(status)) \(type)\(took)")
            for context in phase["contexts"]?.array ?? [] {
                guard let message = context["message"]?.string, !message.isEmpty else { continue }
                Terminal.error.line("  \(context["statusCode"]?.string ?? ""): \(message)")
            }
        }
    }

    private func end(_ build: JSON) -> Bool {
        let status = build["buildStatus"]?.string ?? ""
        if !isJSON { Terminal.standard.line("\(id) \(Terminal.standard.coloured(status))") }
        return status == "SUCCEEDED"
    }
}
