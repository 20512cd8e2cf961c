internal import Cloud
internal import Notation

/// The end of a build's log with the time of each line, or the lines that contain a text.
struct BuildLog: Sendable {
    /// The most lines that are shown: a page is for reading, `slipway build logs` for everything.
    static let limit = 500

    /// As BatchGetBuilds tells it.
    let build: JSON
    /// The text that lines must contain; empty for all.
    let search: String
    let desk: Desk

    func html() async throws(AWSError) -> HTML {
        guard let group = build["logs"]?["groupName"]?.string, let stream = build["logs"]?["streamName"]?.string else {
            return tag("p", .class("dim"), text: "It has not logged anything yet.")
        }
        let events: [JSON]
        do { events = try await self.events(group, stream) } catch  where error.code == "ResourceNotFoundException" {
            return tag("p", .class("dim"), text: "It has not logged anything yet.")
        }
        guard !events.isEmpty else {
            return tag(
                "p", .class("dim"),
                text: search.isEmpty ? "It has not logged anything yet." : "No line contains '\(search)'.")
        }
        return Parts.tail(events.suffix(Self.limit).map(Self.line).joined(separator: "\n"))
    }

    private func events(_ group: String, _ stream: String) async throws(AWSError) -> [JSON] {
        guard !search.isEmpty else {
            return try await desk.call(
                "logs", "GetLogEvents",
                [
                    "logGroupName": .string(group), "logStreamName": .string(stream), "startFromHead": false,
                    "limit": .int(Self.limit),
                ]
            ).list("events")
        }
        // A pattern in quotes is the text itself (CloudWatch Logs User Guide, "Filter pattern syntax").
        let pattern = "\"" + search.replacing("\"", with: "") + "\""
        return try await desk.all(
            "logs", "FilterLogEvents",
            [
                "logGroupName": .string(group), "logStreamNames": [.string(stream)], "filterPattern": .string(pattern),
            ], list: "events", token: ("nextToken", "nextToken"), pages: 5)
    }

    private static func line(_ event: JSON) -> String {
        let time = Timestamp(microseconds: Int64(event["timestamp"]?.int ?? 0) * 1000)
        return "\(Moments.clockText(time)) \(plain(event.text("message").trimmingNewlines))"
    }

    /// The text without the sequences that colour it on a terminal (ECMA-48, control sequences).
    static func plain(_ text: String) -> String {
        guard text.contains("\u{1B}") else { return text }
        var (result, rest) = ("", text.unicodeScalars[...])
        while let scalar = rest.popFirst() {
            guard scalar == "\u{1B}" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            guard rest.first == "[" else { continue }
            rest = rest.dropFirst().drop { !("@"..."~").contains($0) }.dropFirst()
        }
        return result
    }
}
