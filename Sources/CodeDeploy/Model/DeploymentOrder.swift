internal import Cloud
internal import Notation

/// What a deployment was told to do. Fixed when it is made; everything that happens later is the machine's.
struct DeploymentOrder: Codable, Sendable {
    /// `d-` and nine characters.
    var id: String
    var application: String
    var group: String
    /// The group's id, which stays when its name changes.
    var groupID: String
    var configName: String
    /// How traffic moves: taken from the configuration when the deployment was made.
    var routing: TrafficRouting
    /// The revision as it was given.
    var revision: JSON
    /// The revision that the group's last successful deployment brought.
    var previousRevision: JSON?
    /// What the AppSpec says; nil as long as it has to be fetched.
    var spec: AppSpec?
    var description: String?
    /// Who made it, in AWS's words: `user`, `CloudFormation`, `CloudFormationRollback`.
    var creator: String
    /// The stack it was made for.
    var externalId: String?
    /// On whose behalf.
    var caller: Caller
    var createTime: Timestamp
    /// The effective alarms, and those given for this deployment alone.
    var alarms: AlarmConfiguration
    var overrideAlarms: AlarmConfiguration?
    var autoRollback: AutoRollbackConfiguration
    var triggers: [TriggerConfiguration]
    /// Whether AWS's own behaviour is wanted where Slipway's is better.
    var isStrict: Bool
    /// The id its rollback will have, should there be one.
    var rollbackID: String
    /// What a hook function names its event by, one for each event: unguessable.
    var hookExecutionIDs: [String: String]

    /// The machine's id: deployment ids are unique in an account and region.
    var key: String { caller.key(id) }
}

/// The states of a deployment, in AWS's words.
enum DeploymentStatus: String, Codable, Sendable, CaseIterable {
    case created = "Created"
    case queued = "Queued"
    case inProgress = "InProgress"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case stopped = "Stopped"
    case ready = "Ready"

    /// Whether it is over.
    var isTerminal: Bool { self == .succeeded || self == .failed || self == .stopped }
}

/// One of the events that a deployment's target goes through.
struct LifecycleEvent: Codable, Sendable, Hashable {
    enum Status: String, Codable, Sendable {
        case pending = "Pending"
        case inProgress = "InProgress"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case skipped = "Skipped"
    }

    /// What went wrong, in the words of scripts.
    struct Diagnostics: Codable, Sendable, Hashable {
        var errorCode: String
        var scriptName: String
        var message: String
        var logTail: String
    }

    var name: String
    var status = Status.pending
    var startTime: Timestamp?
    var endTime: Timestamp?
    var diagnostics: Diagnostics?

    static let beforeAllowTraffic = "BeforeAllowTraffic"
    static let allowTraffic = "AllowTraffic"
    static let afterAllowTraffic = "AfterAllowTraffic"

    /// Those of a Lambda target, in order.
    static let lambda = [beforeAllowTraffic, allowTraffic, afterAllowTraffic].map { LifecycleEvent(name: $0) }
}

/// Why a deployment ended as it did.
struct ErrorInformation: Codable, Sendable, Hashable {
    /// One of AWS's codes, such as `ALARM_ACTIVE`.
    var code: String
    var message: String
}

/// One thing that happened, for people to read.
struct DeploymentStep: Codable, Sendable, Hashable {
    /// What kind, such as `TrafficShifted`.
    var name: String
    var time: Timestamp
    var text: String
    /// The new version's share after it, in percent.
    var weight: Int
}
