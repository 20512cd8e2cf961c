import ArgumentParser
import Foundation
import Notation

/// `slipway env clone`
struct EnvClone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone", abstract: "Copy the stacks of an environment to another one.",
        discussion: """
            Stacks belong to an environment by their tag (environment, env or stage), or by its name as a word of their own \
            ('production-orders'); --prefix and --tag choose otherwise. The copy has the source's templates and parameters, with the \
            environment's name replaced wherever it stands as a word of its own. Data stays where it is: buckets, tables and queues of \
            the copy start empty. Repeat it to bring the copy up to date.

            With --plan nothing is done; exit code 2 says that something stands in the way.
            """)

    @Argument(help: "The environment to copy.")
    var source: String

    @Argument(help: "The environment that the copy shall be.")
    var target: String

    @OptionGroup var choice: EnvChoice

    @Flag(help: "Only say what would be done.")
    var plan = false

    func run() async throws {
        try await EnvironmentCommand(client: try SlipwayClient(choice.folder), json: choice.json)
            .copy(choice.input(source: source, environment: target, seconds: nil), onlyPlan: plan)
    }
}

/// `slipway env preview`
struct EnvPreview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "Make an environment for a branch that takes itself away again.",
        discussion: """
            A copy of another environment, as 'slipway env clone' makes it, named after the branch. Repeat it after each push: that \
            brings it up to date and begins its time anew. It is deleted when its time is over, or by 'slipway env delete'.
            """)

    @Argument(help: "The branch.")
    var branch: String

    @Option(help: "The environment to copy.")
    var from = "staging"

    @Option(help: "How long it lives, such as 90m, 12h or 2d.")
    var ttl = "2d"

    @OptionGroup var choice: EnvChoice

    @Flag(help: "Only say what would be done.")
    var plan = false

    func run() async throws {
        let input = try choice.input(
            source: from, environment: try Self.environment(of: branch), seconds: try Self.seconds(ttl))
        try await EnvironmentCommand(client: try SlipwayClient(choice.folder), json: choice.json)
            .copy(input, onlyPlan: plan)
    }

    /// A branch's name as that of an environment: `feature/Buy now!` is `feature-Buy-now`.
    static func environment(of branch: String) throws -> String {
        let words = branch.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let name = String(words.joined(separator: "-").prefix(40))
        guard !name.isEmpty else {
            throw ValidationError("'\(branch)' has no letters or digits to name an environment by.")
        }
        return name.hasSuffix("-") ? String(name.dropLast()) : name
    }

    /// Seconds of a time such as `90m`.
    static func seconds(_ text: String) throws -> Int {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number > 0,
            number < 10_000_000
        else { throw ValidationError("'\(text)' is no time: write 90m, 12h or 2d.") }
        return number * unit
    }
}

/// `slipway env list`
struct EnvList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the environments that were copied here.")

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let answer = try await SlipwayClient(folder).call("slipway-environments", "ListEnvironments")
        if json { return Terminal.standard.line(answer.text(.pretty)) }
        let all = answer["environments"]?.array ?? []
        if all.isEmpty { Terminal.standard.line("There are no copied environments. See: slipway env clone --help") }
        for environment in all { EnvironmentCommand.show(environment) }
    }
}

/// `slipway env delete`
struct EnvDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an environment that was copied, with all its stacks.")

    @Argument(help: "The environment.")
    var environment: String

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let command = EnvironmentCommand(client: try SlipwayClient(folder), json: json)
        try await command.client.call(
            "slipway-environments", "DeleteEnvironment", ["environment": .string(environment)])
        try await command.settle(environment)
    }
}

/// What clone and preview have in common.
struct EnvChoice: ParsableArguments {
    @Option(help: "Copy the stacks whose names begin so.")
    var prefix: String?

    @Option(help: ArgumentHelp("Copy the stacks with that tag.", valueName: "key=value"))
    var tag: String?

    @Option(
        name: .customLong("parameter"),
        help: ArgumentHelp("A parameter's value in the copy; may be repeated.", valueName: "[stack:]name=value"))
    var parameters: [String] = []

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    /// What the server is asked for.
    func input(source: String, environment: String, seconds: Int?) throws -> JSON {
        var input: JSON = ["source": .string(source), "environment": .string(environment)]
        input["prefix"] = prefix.map(JSON.string)
        input["tag"] = tag.map(JSON.string)
        input["ttlSeconds"] = seconds.map(JSON.int)
        input["overrides"] = .array(
            try parameters.map { text in
                guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                    throw ValidationError("'\(text)' is no parameter: write NAME=VALUE or STACK:NAME=VALUE.")
                }
                let place = text[..<mark].split(separator: ":", maxSplits: 1).map(String.init)
                var entry: JSON = [
                    "name": .string(place.last ?? ""), "value": .string(String(text[text.index(after: mark)...])),
                ]
                if place.count > 1 { entry["stack"] = .string(place[0]) }
                return entry
            })
        return input
    }
}

/// Makes environments and shows how they get on.
struct EnvironmentCommand {
    let client: SlipwayClient
    let json: Bool

    /// Shows the plan, and carries it out unless that is all that was asked for.
    func copy(_ input: JSON, onlyPlan: Bool) async throws {
        let plan = try await client.call("slipway-environments", "PlanEnvironment", input)
        if onlyPlan, json { Terminal.standard.line(plan.text(.pretty)) }
        if !json { Self.show(plan: plan) }
        let obstacles = plan["obstacles"]?.array ?? []
        guard obstacles.isEmpty else {
            if json, !onlyPlan { Terminal.standard.line(plan.text(.pretty)) }
            throw ExitCode(2)
        }
        guard !onlyPlan else { return }
        try await client.call("slipway-environments", "CloneEnvironment", input)
        try await settle(input["environment"]?.string ?? "")
    }

    /// Waits until nothing is under way, and shows how it ended.
    func settle(_ environment: String) async throws {
        var told: [String: String] = [:]
        while true {
            let state = try await client.call(
                "slipway-environments", "DescribeEnvironment", ["environment": .string(environment)])
            for stack in state["stacks"]?.array ?? [] where !json {
                let (name, status) = (stack["name"]?.string ?? "", stack["status"]?.string ?? "")
                guard told[name] != status, status != "pending" else { continue }
                told[name] = status
                let reason = stack["reason"]?.string.map { ": " + $0 } ?? ""
                Terminal.standard.line("  \(name) \(status)\(reason)")
            }
            let status = state["status"]?.string ?? ""
            if status == "copying" || status == "removing" {
                try await Task.sleep(for: .milliseconds(200))
                continue
            }
            if json { Terminal.standard.line(state.text(.pretty)) } else { Self.show(state) }
            if status == "failed" { throw ExitCode(1) }
            return
        }
    }

    private static func show(plan: JSON) {
        let (source, target) = (plan["source"]?.string ?? "", plan["environment"]?.string ?? "")
        Terminal.standard.line("\(target), a copy of \(source):")
        for stack in plan["stacks"]?.array ?? [] {
            Terminal.standard.line(
                "  \(stack["action"]?.string ?? "") \(stack["target"]?.string ?? "") (from \(stack["source"]?.string ?? ""))"
            )
            for note in stack["notes"]?.array ?? [] { Terminal.standard.line("      \(note.string ?? "")") }
        }
        for obstacle in plan["obstacles"]?.array ?? [] { Terminal.standard.line("  cannot: \(obstacle.string ?? "")") }
    }

    /// One line about an environment.
    static func show(_ state: JSON) {
        let stacks = state["stacks"]?.array ?? []
        let end = state["expires"]?.string.map { ", until \($0)" } ?? ""
        Terminal.standard.line(
            "\(state["environment"]?.string ?? "") (from \(state["source"]?.string ?? "")) is \(state["status"]?.string ?? ""): "
                + "\(stacks.count) stack\(stacks.count == 1 ? "" : "s")\(end)")
    }
}
