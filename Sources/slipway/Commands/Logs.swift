import ArgumentParser
import Foundation
import Notation

/// `slipway logs`
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a function or a log group has logged.")

    @Argument(help: "A function's name, or a log group that begins with '/'.")
    var source: String

    @Flag(name: .shortAndLong, help: "Go on with what is logged from now on, until interrupted.")
    var follow = false

    @Option(help: "How far back: such as 30s, 10m, 2h or 1d.")
    var since = "10m"

    @Option(help: "Only lines that match this pattern of CloudWatch Logs.")
    var filter: String?

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let client = try SlipwayClient(folder)
        let group = source.hasPrefix("/") ? source : "/aws/lambda/\(source)"
        var from = Int(Date().timeIntervalSince1970 * 1000) - (try milliseconds(since))
        var seen: Set<String> = []
        repeat {
            let events = try await page(client, group, from)
            for event in events {
                guard let id = event["eventId"]?.string, seen.insert(id).inserted else { continue }
                write(event)
                // What is logged late may carry an earlier time: look a second back next time.
                from = max(from, (event["timestamp"]?.int ?? from) - 1000)
            }
            if follow { try await Task.sleep(for: .milliseconds(300)) }
        } while follow
    }

    private func page(_ client: SlipwayClient, _ group: String, _ from: Int) async throws -> [JSON] {
        var input: JSON = ["logGroupName": .string(group), "startTime": .int(from)]
        if let filter { input["filterPattern"] = .string(filter) }
        var events: [JSON] = []
        while true {
            let answer = try await call(client, input, group)
            events += answer["events"]?.array ?? []
            guard let next = answer["nextToken"] else { return events }
            input["nextToken"] = next
        }
    }

    private func call(_ client: SlipwayClient, _ input: JSON, _ group: String) async throws -> JSON {
        do {
            return try await client.call("logs", "FilterLogEvents", input)
        } catch let error as CallFailure where error.code == "ResourceNotFoundException" {
            let hint = source.hasPrefix("/") ? "" : " A function has one as soon as it has run."
            throw CommandFailure("There is no log group \(group) in \(client.access.region).\(hint)")
        }
    }

    private func write(_ event: JSON) {
        let time = Timestamp(microseconds: Int64(event["timestamp"]?.int ?? 0) * 1000)
        let message = (event["message"]?.string ?? "").trimmingCharacters(in: .newlines)
        Terminal.standard.line(Terminal.standard.styled(time.description, .dim) + " " + message)
    }

    private func milliseconds(_ text: String) throws -> Int {
        let units: [Character: Int] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), count >= 0 else {
            throw CommandFailure("'\(text)' is no time span. Write a number and s, m, h or d, such as 10m.")
        }
        return count * unit
    }
}
