import ArgumentParser
import Foundation
import Notation

/// `slipway dora`
struct Dora: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dora",
        abstract: "How often and how fast changes reach users, and how often and how long they hurt.",
        discussion: """
            The five DORA metrics of every service that is deployed to production, made of the event log alone. With \
            'list' and 'show' every number opens to its deployments and commits. What is counted how: docs/explanation/dora.md, \
            or --definitions.
            """,
        subcommands: [DoraFigures.self, DoraList.self, DoraShow.self], defaultSubcommand: DoraFigures.self)
}

/// `slipway dora figures`
struct DoraFigures: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "figures", abstract: "The five metrics. (default)")

    @Option(help: "One service: a stack's name.")
    var service: String?

    @Option(help: ArgumentHelp("How far back: such as 12h, 30d or 8w; at most 400d.", valueName: "span"))
    var since = TimeSpan(days: 30)

    @Option(help: "The table that tiers are taken from: dora-2024, dora-2019 or none.")
    var scale = "dora-2024"

    @Flag(help: "Print what each number means.")
    var definitions = false

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        var input: JSON = [
            "since": .double(Date().timeIntervalSince1970 - since.seconds), "scale": .string(scale),
        ]
        input["service"] = service.map(JSON.string)
        let answer = try await SlipwayClient(folder).call("slipway-dora", "GetFigures", input)
        if json { return Terminal.standard.line(answer.text(.pretty)) }
        let report = DoraReport(answer: answer, terminal: .standard)
        for line in report.lines(withDefinitions: definitions) { Terminal.standard.line(line) }
    }
}

extension TimeSpan {
    /// That many days.
    init(days: Double) { seconds = days * 86_400 }
}

/// `slipway dora list`
struct DoraList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The deployments behind the numbers, newest first.")

    @Option(help: "One service: a stack's name.")
    var service: String?

    @Option(help: ArgumentHelp("How far back: such as 12h, 30d or 8w.", valueName: "span"))
    var since = TimeSpan(days: 30)

    @Option(help: "Only these: deployment, good, failed, caught, rollback, rework or underWay.")
    var outcome: String?

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let client = try SlipwayClient(folder)
        var input: JSON = ["since": .double(Date().timeIntervalSince1970 - since.seconds), "maxResults": 200]
        input["service"] = service.map(JSON.string)
        input["outcome"] = outcome.map(JSON.string)
        var found: [JSON] = []
        while true {
            let answer = try await client.call("slipway-dora", "ListDeployments", input)
            found += answer["deployments"]?.array ?? []
            guard let next = answer["nextToken"] else { break }
            input["nextToken"] = next
        }
        if json { return Terminal.standard.line(JSON.array(found).text(.pretty)) }
        var table = TextTable("DEPLOYMENT", "SERVICE", "OUTCOME", "ENDED", "LEAD TIME", "WHAT")
        for one in found {
            let ended = one["ended"]?.double.map { Timestamp(seconds: $0).iso8601() } ?? "-"
            table.add(
                one["id"]?.string ?? "", one["service"]?.string ?? "",
                Terminal.standard.coloured(one["outcome"]?.string ?? ""), ended,
                one["leadTime"]?.double.map(TimeSpan.words) ?? "-",
                one["reason"]?.string ?? one["title"]?.string ?? "")
        }
        let lines = table.lines(.standard)
        for line in lines.isEmpty ? ["Nothing was deployed to production in that time."] : lines {
            Terminal.standard.line(line)
        }
    }
}

/// `slipway dora show`
struct DoraShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One deployment with its traffic, its commits and why it counts as what it does."
    )

    @Argument(help: "Its id, or that of a deployment of CodeDeploy that is a part of it.")
    var deployment: String

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let answer = try await SlipwayClient(folder).call("slipway-dora", "GetDeployment", ["id": .string(deployment)])
        if json { return Terminal.standard.line(answer.text(.pretty)) }
        for line in DoraDeployment(view: answer, terminal: .standard).lines { Terminal.standard.line(line) }
    }
}
