internal import Cloud
internal import Ledger
internal import Notation
internal import Patterns
internal import Synchronization

/// Who is told of a topic's messages.
struct Subscription: Codable, Sendable {
    let topic: TopicID
    /// The last part of its ARN.
    let id: String
    let delivery: Delivery.Way
    let endpoint: String
    let owner: String
    /// What was set, under AWS's names.
    var attributes: [String: String]
    /// What the endpoint must send back; nil once it has, or when nobody asks for it.
    var token: String?
    /// Until when the token counts.
    var tokenEnds: Timestamp?
    /// Whether only a signed call may end it.
    var needsSignature: Bool?
    /// Whether the confirmation was a signed call.
    var wasAuthenticated: Bool

    var arn: String { topic.arn + ":" + id }
    var key: String { topic.key + "/" + id }
    var isConfirmed: Bool { token == nil }
    var isRaw: Bool { attributes["RawMessageDelivery"] == "true" }
    var deadLetterQueue: String? {
        attributes["RedrivePolicy"].flatMap { try? JSON(parsing: $0) }?["deadLetterTargetArn"]?.string
    }

    /// The stored key of a subscription's ARN.
    ///
    /// - Throws: `InvalidParameter` when it is none.
    static func key(ofARN arn: String) throws -> String {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 7, parts[2] == "sns" else { throw SNSError.invalid("SubscriptionId") }
        return "\(parts[4])/\(parts[3])/\(parts[5])/\(parts[6])"
    }

    /// The filter policy; nil when everything is wanted.
    func filter() throws -> FilterPolicy? {
        guard let text = attributes["FilterPolicy"], !text.isEmpty else { return nil }
        let scope = attributes["FilterPolicyScope"].flatMap(FilterPolicy.Scope.init(rawValue:)) ?? .attributes
        return try FilterShelf.policy(text, scope)
    }

    /// The subscription as lists show it.
    var view: JSON {
        [
            "SubscriptionArn": .string(isConfirmed ? arn : "PendingConfirmation"), "Owner": .string(owner),
            "Protocol": .string(delivery.rawValue), "Endpoint": .string(endpoint), "TopicArn": .string(topic.arn),
        ]
    }
}

/// Filter policies read lately, by their text: the same few are asked with every message.
enum FilterShelf {
    private static let known = Mutex<[String: FilterPolicy]>([:])
    /// So many are kept.
    private static let limit = 500

    static func policy(_ text: String, _ scope: FilterPolicy.Scope) throws -> FilterPolicy {
        let key = scope.rawValue + text
        if let found = known.withLock({ $0[key] }) { return found }
        let policy = try FilterPolicy(text, scope: scope)
        known.withLock { known in
            if known.count >= limit { known = [:] }
            known[key] = policy
        }
        return policy
    }
}

/// Checks what may be set of a subscription.
enum SubscriptionAttributes {
    static let known = ["RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "DeliveryPolicy"]

    /// What the attribute is when nothing is said of it.
    static func standard(_ name: String) -> JSON {
        switch name {
        case "RawMessageDelivery": "false"
        case "FilterPolicyScope": "MessageAttributes"
        default: ""
        }
    }

    /// - Throws: `InvalidParameter`; `NotImplemented` for what Slipway does not do.
    static func check(_ attributes: [String: String], _ way: Delivery.Way) throws {
        for (name, value) in attributes {
            switch name {
            case "RawMessageDelivery":
                guard ["true", "false"].contains(value.lowercased()) else {
                    throw SNSError.invalid(
                        "Attributes Reason: RawMessageDelivery: Invalid value [\(value)]. Must be true or false.")
                }
                if way == .lambda, value.lowercased() == "true" {
                    throw SNSError.invalid(
                        "Attributes Reason: Delivery protocol [lambda] does not support raw message delivery.")
                }
            case "FilterPolicy", "FilterPolicyScope": break
            case "RedrivePolicy": try checkRedrive(value)
            case "DeliveryPolicy": _ = try RetryPolicy(subscription: value)
            case "ReplayPolicy", "SubscriptionRoleArn":
                throw AWSError.notImplemented("the subscription attribute \(name) of sns")
            default: throw SNSError.invalid("AttributeName")
            }
        }
        try checkFilter(attributes)
    }

    private static func checkFilter(_ attributes: [String: String]) throws {
        let scope = attributes["FilterPolicyScope"] ?? "MessageAttributes"
        guard let known = FilterPolicy.Scope(rawValue: scope) else {
            throw SNSError.invalid(
                "Attributes Reason: FilterPolicyScope: Invalid value [\(scope)]. Please use either MessageBody or "
                    + "MessageAttributes"
            )
        }
        guard let text = attributes["FilterPolicy"], !text.isEmpty else { return }
        do { _ = try FilterPolicy(text, scope: known) } catch {
            throw SNSError.invalid("Attributes Reason: \(error.reason)")
        }
    }

    private static func checkRedrive(_ text: String) throws {
        guard !text.isEmpty else { return }
        guard let tree = try? JSON(parsing: text), tree.object != nil else {
            throw SNSError.invalid("RedrivePolicy: failed to parse JSON.")
        }
        guard let arn = tree["deadLetterTargetArn"]?.string, arn.hasPrefix("arn:aws:sqs:"),
            arn.split(separator: ":").count == 6
        else { throw SNSError.invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn") }
    }
}
