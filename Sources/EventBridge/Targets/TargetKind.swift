/// What kind of thing a rule tells.
enum TargetKind: Sendable, Hashable {
    case function, queue, topic, bus, logGroup, pipeline, build, destination

    /// The kind of what the ARN names; nil for what Slipway's rules do not tell.
    init?(arn: String) {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", !parts[5].isEmpty else { return nil }
        switch parts[2] {
        case "lambda" where parts[5].hasPrefix("function:"): self = .function
        case "sqs": self = .queue
        case "sns": self = .topic
        case "events" where parts[5].hasPrefix("event-bus/"): self = .bus
        case "events" where parts[5].hasPrefix("api-destination/"): self = .destination
        case "logs" where parts[5].hasPrefix("log-group:"): self = .logGroup
        case "codepipeline": self = .pipeline
        case "codebuild" where parts[5].hasPrefix("project/"): self = .build
        default: return nil
        }
    }

    /// Whether EventBridge acts as a role there, rather than by the leave of the target's own policy.
    ///
    /// Source: Amazon EventBridge User Guide, "IAM roles for sending events to targets".
    var needsRole: Bool { self == .pipeline || self == .build || self == .destination }
}
