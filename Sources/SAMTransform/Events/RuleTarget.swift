import Notation

/// What the events that are EventBridge rules have in common.
enum RuleTarget {
    /// The longest id of a target. AWS: EventBridge API, `Target`.
    private static let idLimit = 64

    /// A target's id: the event's name and a suffix, cut to what EventBridge takes, unless the template names one.
    static func id(of event: Declaration, suffix: String) -> JSON {
        if let id = event["Target"].truthy?["Id"] { return id }
        return .string(event.logicalID.prefix(idLimit - suffix.utf8.count) + suffix)
    }

    /// The state a rule is in, as given by `State` or `Enabled`.
    ///
    /// - Throws: ``Fault/event(_:_:)`` when both are given.
    static func setState(of rule: Resource, _ event: Declaration) throws {
        let enabled = event["Enabled"]
        if event["State"].isTruthy, enabled != nil {
            throw Fault.event(event.eventID, "State and Enabled Properties cannot both be specified.")
        }
        if let state = event["State"].truthy { rule["State"] = state }
        if let enabled { rule["State"] = enabled.isTruthy ? "ENABLED" : "DISABLED" }
    }

    /// The properties of an event that its target takes over.
    static func complete(_ target: inout JSONObject, _ event: Declaration, _ names: [String], queue: JSON?) {
        for name in names {
            if let value = event[name] { target[name] = value }
        }
        if event["DeadLetterConfig"] != nil { target["DeadLetterConfig"] = ["Arn": queue ?? .null] }
        if let policy = event["RetryPolicy"] { target["RetryPolicy"] = policy }
    }
}
