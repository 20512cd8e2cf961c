import ArgumentParser
import Notation

/// `slipway why`
struct Why: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a deployment ended as it did: the cause first, then the evidence, then what to do.")

    @Argument(help: "The deployment's id. The newest that did not end well when left out.")
    var deployment: String?

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let input: JSON = deployment.map { ["deploymentId": .string($0)] } ?? [:]
        let answer = try await SlipwayClient(folder).call("slipway", "WhyDeployment", input)
        if json {
            Terminal.standard.line(answer.text(.pretty))
        } else {
            for line in WhyReport(answer: answer, terminal: .standard).lines { Terminal.standard.line(line) }
        }
    }
}

/// The answer of `WhyDeployment` for people.
struct WhyReport {
    let answer: JSON
    let terminal: Terminal

    /// Its lines.
    var lines: [String] {
        let chain = answer["chain"]?.array?.compactMap(\.string) ?? []
        var lines = [terminal.styled(chain.first ?? "Nothing went wrong.", .bold)]
        lines += chain.dropFirst().map { "  └ \($0)" }
        lines += evidence
        let next = answer["next"]?.array?.compactMap(\.string) ?? []
        if !next.isEmpty { lines += ["", "Next:"] + next.map { "  \($0)" } }
        return lines
    }

    private var evidence: [String] {
        var lines: [String] = []
        let logged = answer["evidence"]?["lines"]?.array ?? []
        if !logged.isEmpty {
            lines += ["", "Last lines of the new version (\(answer["evidence"]?["logGroup"]?.string ?? "")):"]
            // One event may be a whole traceback.
            let texts = logged.compactMap { $0["text"]?.string }.flatMap { $0.split(separator: "\n") }
            lines += texts.suffix(16).map { terminal.styled("  \($0)", .dim) }
        }
        if let hook = answer["hookLog"]?.string, !hook.isEmpty {
            lines += ["", "Last lines of the hook:"] + hook.split(separator: "\n").suffix(12).map { "  \($0)" }
        }
        for gap in answer["evidence"]?["gaps"]?.array ?? [] { lines.append("  (\(gap.string ?? ""))") }
        return lines
    }
}
