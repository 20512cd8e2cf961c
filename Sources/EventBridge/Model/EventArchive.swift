internal import Ledger
internal import Notation

/// An archive: a view on the one log, which holds the events anyway.
struct EventArchive: Codable, Sendable {
    let name: String
    let bus: BusID
    var description: String?
    var pattern: String?
    /// For how many days an event belongs to it; 0 for ever.
    var retentionDays: Int
    /// The last event of the log that is too old for it.
    let since: Int64
    let created: Timestamp

    var key: String { "\(bus.account)/\(bus.region)/\(name)" }
    var arn: String { "arn:aws:events:\(bus.region):\(bus.account):archive/\(name)" }

    /// The archive's key of an ARN; nil when it is none of an archive.
    static func key(ofARN arn: String) -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[2] == "events", parts[5].hasPrefix("archive/") else { return nil }
        return "\(parts[4])/\(parts[3])/" + parts[5].dropFirst("archive/".count)
    }

    /// Whether the event at that place of the log belongs to the archive. What a replay brought does not come in again.
    func holds(_ logged: LoggedEvent, _ pattern: RulePattern?, now: Timestamp) -> BusEvent? {
        guard logged.sequence > since else { return nil }
        let event = BusEvent(logged.event)
        guard event.bus == bus, event.replay == nil else { return nil }
        if retentionDays > 0, logged.event.time < now - .seconds(retentionDays * 86_400) { return nil }
        return pattern?.matches(event.envelope) == false ? nil : event
    }

    /// The archive as answers show it.
    var view: JSON {
        [
            "ArchiveName": .string(name), "EventSourceArn": .string(bus.arn), "State": "ENABLED",
            "RetentionDays": .int(retentionDays), "CreationTime": .double(created.seconds),
        ]
    }
}

/// A replay as it is stored: what was asked for, and how far it has come.
struct ReplayRecord: Codable, Sendable {
    enum State: String, Codable, Sendable { case starting, running, cancelling, completed, cancelled, failed }

    let name: String
    let archive: String
    let destination: BusID
    let rules: [String]
    let description: String?
    let from: Timestamp
    let to: Timestamp
    let started: Timestamp
    var state = State.starting
    var reason: String?
    var lastReplayed: Timestamp?
    var ended: Timestamp?

    var key: String { "\(destination.account)/\(destination.region)/\(name)" }
    var arn: String { "arn:aws:events:\(destination.region):\(destination.account):replay/\(name)" }

    /// The replay as answers show it.
    var view: JSON {
        var view: JSON = [
            "ReplayName": .string(name), "EventSourceArn": .string(archive),
            "State": .string(state.rawValue.uppercased()),
            "EventStartTime": .double(from.seconds), "EventEndTime": .double(to.seconds),
            "ReplayStartTime": .double(started.seconds),
        ]
        view["StateReason"] = reason.map(JSON.string)
        view["EventLastReplayedTime"] = lastReplayed.map { .double($0.seconds) }
        view["ReplayEndTime"] = ended.map { .double($0.seconds) }
        return view
    }
}
