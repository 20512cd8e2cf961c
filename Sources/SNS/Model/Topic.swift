internal import Cloud
internal import Ledger
internal import Notation

/// Which topic is meant.
struct TopicID: Codable, Hashable, Sendable {
    let account: String
    let region: String
    let name: String

    /// The topic of an ARN.
    ///
    /// - Throws: `InvalidParameter` when it is none.
    init(arn: String, member: String = "TopicArn") throws {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 6, parts[0] == "arn", parts[2] == "sns", !parts[5].isEmpty else {
            throw SNSError.invalid("\(member) Reason: An ARN must have at least 6 elements, not \(parts.count)")
        }
        self.init(account: parts[4], region: parts[3], name: parts[5])
    }

    init(account: String, region: String, name: String) {
        self.account = account
        self.region = region
        self.name = name
    }

    var key: String { "\(account)/\(region)/\(name)" }
    var arn: String { "arn:aws:sns:\(region):\(account):\(name)" }
    var isFIFO: Bool { name.hasSuffix(".fifo") }
}

/// A topic as it is stored.
struct Topic: Codable, Sendable {
    let id: TopicID
    /// What was set, under AWS's names.
    var attributes: [String: String]
    var tags: [String: String]
    /// How many messages a FIFO topic has taken.
    var sequence: Int
    /// How many of its subscriptions have been deleted.
    var deleted: Int

    init(_ id: TopicID, attributes: [String: String], tags: [String: String]) {
        self.id = id
        self.attributes = attributes
        self.tags = tags
        sequence = 0
        deleted = 0
    }

    /// What decides who may use it.
    var policy: String { attributes["Policy"] ?? Self.standardPolicy(id) }

    /// Whether the text of a message stands in for a deduplication id.
    var deduplicatesByContent: Bool { attributes["ContentBasedDeduplication"] == "true" }

    /// The policy every topic begins with: the owner's account alone.
    static func standardPolicy(_ id: TopicID) -> String {
        let actions = [
            "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
            "ListSubscriptionsByTopic", "Publish",
        ]
        let policy: JSON = [
            "Version": "2008-10-17", "Id": "__default_policy_ID",
            "Statement": [
                [
                    "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": ["AWS": "*"],
                    "Action": .array(actions.map { .string("SNS:" + $0) }), "Resource": .string(id.arn),
                    "Condition": ["StringEquals": ["AWS:SourceOwner": .string(id.account)]],
                ]
            ],
        ]
        return policy.text()
    }
}

/// A message that a FIFO topic took lately: another with the same deduplication id is the same one.
struct RecentMessage: Codable, Sendable {
    let id: String
    let sequence: String
    let until: Timestamp
}

/// The documents of SNS.
enum SNSStore {
    static let topics = Collection<Topic>("sns.topic")
    /// By the topic's key and the subscription's own id.
    static let subscriptions = Collection<Subscription>("sns.subscription")
    /// Subscriptions of endpoints that were ended and may be had back, under the same keys.
    static let ended = Collection<Subscription>("sns.ended")
    static let recent = Collection<RecentMessage>("sns.recent")
}

/// SNS's refusals.
enum SNSError {
    static func invalid(_ reason: String) -> AWSError { AWSError("InvalidParameter", "Invalid parameter: \(reason)") }
    static func topicMissing() -> AWSError { AWSError("NotFound", "Topic does not exist", status: 404) }
    static func subscriptionMissing() -> AWSError { AWSError("NotFound", "Subscription does not exist", status: 404) }
}

extension Transaction {
    /// The topic.
    ///
    /// - Throws: `NotFound`.
    func topic(_ id: TopicID) throws -> Topic {
        guard let topic = try get(SNSStore.topics, id.key)?.value else { throw SNSError.topicMissing() }
        return topic
    }

    /// The subscription of that ARN.
    ///
    /// - Throws: `NotFound`, `InvalidParameter`.
    func subscription(_ arn: String) throws -> Subscription {
        guard let subscription = try get(SNSStore.subscriptions, try Subscription.key(ofARN: arn))?.value else {
            throw SNSError.subscriptionMissing()
        }
        return subscription
    }

    /// Notes in the one log that something of SNS's has changed.
    func note(_ operation: String, _ arn: String, _ topic: TopicID) throws {
        try append(
            LedgerEvent(
                time: now, source: "aws.sns", detailType: "SNS Change", account: topic.account, region: topic.region,
                resources: [arn], detail: ["operation": .string(operation)]))
    }
}
