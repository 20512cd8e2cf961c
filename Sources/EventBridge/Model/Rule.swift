internal import Cloud
internal import Ledger
internal import Notation

/// A rule: which events it wants, or when it is due, and whom it tells.
struct Rule: Codable, Sendable {
    let bus: BusID
    let name: String
    /// The event pattern's text.
    var pattern: String?
    /// The schedule's text.
    var schedule: String?
    var isEnabled: Bool
    var description: String?
    var role: String?
    var tags: [String: String]?
    /// The targets in AWS's shape, each with an `Id` of its own.
    var targets: [JSON] = []
    /// The last event of the log that the rule is too young for.
    var since: Int64
    let created: Timestamp

    var key: String { bus.key + "/" + name }
    var arn: String { Self.arn(bus, name) }

    static func arn(_ bus: BusID, _ name: String) -> String {
        let path = bus.isDefault ? name : bus.name + "/" + name
        return "arn:aws:events:\(bus.region):\(bus.account):rule/\(path)"
    }

    /// The rule's key of an ARN; nil when it is no rule's.
    static func key(ofARN arn: String) -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[2] == "events", parts[5].hasPrefix("rule/") else { return nil }
        let path = parts[5].dropFirst("rule/".count)
        // A bus's name may itself have slashes; a rule's has none.
        guard let slash = path.lastIndex(of: "/") else {
            return BusID(account: parts[4], region: parts[3]).key + "/" + path
        }
        let bus = BusID(account: parts[4], region: parts[3], name: String(path[..<slash]))
        return bus.key + "/" + path[path.index(after: slash)...]
    }

    /// The target of that id.
    func target(_ id: String) -> JSON? { targets.first { $0["Id"]?.string == id } }

    /// The rule as answers show it.
    var view: JSON {
        var view: JSON = [
            "Name": .string(name), "Arn": .string(arn), "State": .string(isEnabled ? "ENABLED" : "DISABLED"),
            "EventBusName": .string(bus.name),
        ]
        view["EventPattern"] = pattern.map(JSON.string)
        view["ScheduleExpression"] = schedule.map(JSON.string)
        view["Description"] = description.map(JSON.string)
        view["RoleArn"] = role.map(JSON.string)
        return view
    }
}

/// The limits of EventBridge that Slipway keeps. Source: Amazon EventBridge User Guide, "Quotas".
enum Limit {
    /// Targets of a rule.
    static let targets = 5
    /// Rules of a bus.
    static let rules = 300
    /// Buses of an account and region.
    static let buses = 100
    /// Bytes of all entries of one PutEvents.
    static let eventBytes = 256 << 10
    /// Bytes of a bus's policy.
    static let policyBytes = 10 << 10
    /// Deliveries of one rule that may wait at once. Slipway's own: what a rule wants beyond counts as failed, so that
    /// neither a target that is away for long nor rules that feed each other can fill the disk.
    static let backlog = 10_000
    /// From how many buses in a row an event may have been handed on. Slipway's own, against buses in a circle.
    static let hops = 8
}
