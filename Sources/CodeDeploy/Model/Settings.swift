internal import Cloud
internal import Notation

/// The alarms that stop a deployment.
struct AlarmConfiguration: Codable, Sendable, Hashable {
    var enabled: Bool?
    var ignorePollAlarmFailure: Bool?
    var alarms: [Alarm]?

    struct Alarm: Codable, Sendable, Hashable {
        var name: String?
    }

    /// The names that are watched; none when switched off.
    var watched: [String] { enabled == true ? (alarms ?? []).compactMap(\.name) : [] }

    /// - Throws: `InvalidAlarmConfigException`, `AlarmsLimitExceededException`.
    func check() throws {
        let names = (alarms ?? []).map { $0.name ?? "" }
        if names.count > 10 {
            throw AWSError(
                "AlarmsLimitExceededException", "The maximum number of alarms for a deployment group (10) was exceeded."
            )
        }
        if enabled == true, names.isEmpty {
            throw AWSError("InvalidAlarmConfigException", "The alarm configuration is enabled but names no alarm.")
        }
        if names.contains("") {
            throw AWSError("InvalidAlarmConfigException", "An alarm of the alarm configuration has no name.")
        }
        if Set(names).count < names.count {
            throw AWSError("InvalidAlarmConfigException", "The alarm configuration names an alarm twice.")
        }
    }
}

/// When a deployment is rolled back by itself.
struct AutoRollbackConfiguration: Codable, Sendable, Hashable {
    var enabled: Bool?
    var events: [String]?

    static let failure = "DEPLOYMENT_FAILURE"
    static let stopOnAlarm = "DEPLOYMENT_STOP_ON_ALARM"
    static let stopOnRequest = "DEPLOYMENT_STOP_ON_REQUEST"

    /// Whether that event leads to a rollback.
    func covers(_ event: String) -> Bool { enabled == true && (events ?? []).contains(event) }

    /// - Throws: `InvalidAutoRollbackConfigException`.
    func check() throws {
        let known = [Self.failure, Self.stopOnAlarm, Self.stopOnRequest]
        if let unknown = (events ?? []).first(where: { !known.contains($0) }) {
            throw AWSError("InvalidAutoRollbackConfigException", "'\(unknown)' is no event for automatic rollback.")
        }
        if enabled == true, (events ?? []).isEmpty {
            throw AWSError("InvalidAutoRollbackConfigException", "Automatic rollback is enabled but no event is named.")
        }
    }
}

/// Which events are told to an SNS topic.
struct TriggerConfiguration: Codable, Sendable, Hashable {
    var triggerName: String?
    var triggerTargetArn: String?
    var triggerEvents: [String]?

    private static let known = [
        "DeploymentStart", "DeploymentSuccess", "DeploymentFailure", "DeploymentStop", "DeploymentRollback",
        "DeploymentReady",
        "InstanceStart", "InstanceSuccess", "InstanceFailure", "InstanceReady",
    ]

    /// - Throws: `InvalidTriggerConfigException`, `TriggerTargetsLimitExceededException`.
    static func check(_ triggers: [TriggerConfiguration]) throws {
        if triggers.count > 10 {
            throw AWSError(
                "TriggerTargetsLimitExceededException",
                "The maximum number of triggers for a deployment group (10) was exceeded.")
        }
        for trigger in triggers {
            let name = trigger.triggerName ?? ""
            guard !name.isEmpty, let topic = trigger.triggerTargetArn, topic.hasPrefix("arn:aws:sns:") else {
                throw AWSError(
                    "InvalidTriggerConfigException", "The trigger '\(name)' needs a name and the ARN of an SNS topic.")
            }
            guard let events = trigger.triggerEvents, !events.isEmpty, events.allSatisfy(known.contains) else {
                throw AWSError(
                    "InvalidTriggerConfigException", "The trigger '\(name)' names no event, or one that does not exist."
                )
            }
        }
    }
}

/// A tag of an application or a group.
struct Tag: Codable, Sendable, Hashable {
    var Key: String?
    var Value: String?
}

extension [Tag] {
    /// The tags by key.
    ///
    /// - Throws: `InvalidTagsToAddException`.
    func checked(_ caller: Caller) throws -> [String: String] {
        var tags: [String: String] = [:]
        for tag in self {
            guard let key = tag.Key, (1...128).contains(key.count), (tag.Value ?? "").count <= 256 else {
                throw AWSError(
                    "InvalidTagsToAddException", "A tag needs a key of 1 to 128 characters and a value of at most 256.")
            }
            guard caller.mayTag(key) else {
                throw AWSError("InvalidTagsToAddException", "The tag key '\(key)' begins with aws:, which is reserved.")
            }
            tags[key] = tag.Value ?? ""
        }
        return tags
    }
}
