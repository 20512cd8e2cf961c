import ArgumentParser
import Notation

/// `slipway why`
struct Why: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract:
            "Say why a deployment or a stack's last operation ended as it did: the cause first, then the evidence, then "
            + "what to do.")

    @Argument(
        help: "A deployment's id, or a stack's name or ARN. The newest deployment that did not end well when left out.")
    var subject: String?

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let answer = try await answer(SlipwayClient(folder))
        if json {
            Terminal.standard.line(answer.text(.pretty))
        } else {
            for line in WhyReport(answer: answer, terminal: .standard).lines { Terminal.standard.line(line) }
        }
    }
}

extension Why {
    /// What the server knows of it: as a deployment first, then as a stack.
    private func answer(_ client: SlipwayClient) async throws -> JSON {
        guard let subject else { return try await client.call("slipway", "WhyDeployment") }
        if subject.hasPrefix("arn:") { return try await stack(subject, client) }
        do {
            return try await client.call("slipway", "WhyDeployment", ["deploymentId": .string(subject)])
        } catch let unknown as CallFailure
            where ["InvalidDeploymentIdException", "DeploymentDoesNotExistException"].contains(unknown.code)
        {
            do { return try await stack(subject, client) } catch let failure as CallFailure
                where failure.message.hasSuffix("does not exist")
            {
                throw unknown.code.hasPrefix("Invalid")
                    ? CallFailure(code: unknown.code, message: "There is no deployment and no stack '\(subject)'.")
                    : unknown
            }
        }
    }

    private func stack(_ name: String, _ client: SlipwayClient) async throws -> JSON {
        try await client.call("slipway-cloudformation", "WhyStack", ["stackName": .string(name)])
    }
}

/// The answer of `WhyDeployment` or `WhyStack` for people.
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
        let events = answer["events"]?.array ?? []
        if !events.isEmpty { lines += ["", "What failed:"] + events.map(Self.event) }
        for gap in answer["evidence"]?["gaps"]?.array ?? [] { lines.append("  (\(gap.string ?? ""))") }
        return lines
    }

    private static func event(_ event: JSON) -> String {
        let time = Timestamp(seconds: event["time"]?.double ?? 0).iso8601()
        let words = ["logicalResourceId", "status"].compactMap { event[$0]?.string }
        return "  \(time)  \(words.joined(separator: "  "))" + (event["reason"]?.string.map { "  \($0)" } ?? "")
    }
}
