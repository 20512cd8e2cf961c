import ArgumentParser
import CodeDeploy
import Notation

/// `slipway rehearse`
struct Rehearse: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract:
            "Run a deployment's own machine under a virtual clock against a stated traffic, and print every step.",
        discussion: "Needs no server. A canary of thirty minutes takes milliseconds.")

    @Option(help: "How traffic moves: canary or linear, percent, seconds. Such as canary:10:300 or linear:10:60.")
    var strategy = "canary:10:300"

    @Option(name: .customLong("rps"), help: "Calls a second.")
    var requestsPerSecond = 20.0

    @Option(help: "The part of the new version's calls that fails, from 0 to 1.")
    var errorRate = 0.05

    @Option(help: "Seconds the new version does well before it begins to fail.")
    var failsAfter: Double?

    @Option(help: "The alarm: more errors than this in a period.")
    var threshold = 3.0

    @Option(help: "The alarm's period in seconds.")
    var period = 60.0

    @Option(help: "The alarm's number of periods.")
    var periods = 1

    @Flag(help: "Judge alarms as seldom as AWS does.")
    var strict = false

    @Flag(help: "Print as JSON.")
    var json = false

    func run() throws {
        let routing = try routing()
        let judged = strict ? (period < 60 ? 10.0 : 60.0) : 0
        let report = try Rehearsal.run(
            Rehearsal.Plan(
                routing: routing, requestsPerSecond: requestsPerSecond, errorRate: errorRate, failsAfter: failsAfter,
                alarm: .init(threshold: threshold, period: period, evaluationPeriods: periods, judgedEvery: judged)))
        if json { return Terminal.standard.line(report.view.text(.pretty)) }
        for step in report.steps {
            Terminal.standard.line("\(clock(step.at))  \(step.weight) %  \(step.text)")
        }
        Terminal.standard.line()
        Terminal.standard.line(
            "\(report.status) after \(DeploymentTree.span(report.seconds)): \(Int(report.requests)) calls, \(Int(report.errors)) failed."
        )
        if let detect = report.secondsToDetect {
            Terminal.standard.line("Detected \(DeploymentTree.span(detect)) after the first failure.")
        }
    }

    private func clock(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        let (minutes, rest) = (tenths / 600, tenths % 600)
        return "\(minutes):\(rest / 10 < 10 ? "0" : "")\(rest / 10).\(rest % 10)"
    }

    private func routing() throws -> TrafficRouting {
        let parts = strategy.split(separator: ":")
        guard parts.count == 3, let percent = Int(parts[1]), let seconds = Int(parts[2]),
            ["canary", "linear"].contains(parts[0])
        else {
            throw CommandFailure(
                "'\(strategy)' is no strategy. Write canary:PERCENT:SECONDS or linear:PERCENT:SECONDS.")
        }
        return TrafficRouting(parts[0] == "canary" ? .canary : .linear, percentage: percent, intervalSeconds: seconds)
    }
}
