import Cloud
import Ledger
import Notation

/// A queue: its settings. Its messages are documents of their own, found by its generation.
struct Queue: Codable, Sendable {
    var name: String
    var account: String
    var region: String
    /// What the keys of its messages begin with. A purge gives it another one: the old messages are gone at once and
    /// for all.
    var generation: String
    /// What was set, by AWS's names. What is absent has its default.
    var attributes: [String: String]
    var tags: [String: String] = [:]
    var created: Timestamp
    var modified: Timestamp
    var purged: Timestamp?

    static let all = Collection<Queue>(
        "sqs.queue", lookups: ["deadLetterTarget": { [$0.redrive?.target].compactMap(\.self) }])

    var key: String { "\(account)/\(region)/\(name)" }
    var arn: String { "arn:aws:sqs:\(region):\(account):\(name)" }
    var owner: Caller { .root(account: account, region: region) }
    var isFIFO: Bool { name.hasSuffix(".fifo") }

    func url(_ endpoint: String) -> String { "\(endpoint)/\(account)/\(name)" }

    private func number(_ name: String, _ fallback: Int) -> Int { attributes[name].flatMap { Int($0) } ?? fallback }

    var visibilityTimeout: Int { number("VisibilityTimeout", 30) }
    var delay: Int { number("DelaySeconds", 0) }
    var wait: Int { number("ReceiveMessageWaitTimeSeconds", 0) }
    var retention: Int { number("MessageRetentionPeriod", 345_600) }
    var sizeLimit: Int { number("MaximumMessageSize", MessageLimits.size) }
    var deduplicatesByContent: Bool { attributes["ContentBasedDeduplication"] == "true" }
    var deduplicatesByGroup: Bool { attributes["DeduplicationScope"] == "messageGroup" }
    var policy: String? { attributes["Policy"] }
    var redrive: RedrivePolicy? { attributes["RedrivePolicy"].flatMap { RedrivePolicy($0) } }
    var redriveAllow: RedriveAllowPolicy { RedriveAllowPolicy(attributes["RedriveAllowPolicy"]) }
}

/// Where a message goes that was received too often.
///
/// Source: SQS API Reference, SetQueueAttributes, RedrivePolicy.
struct RedrivePolicy: Sendable, Hashable {
    let target: String
    let maxReceiveCount: Int

    /// The policy in a text; nil when it is none.
    init?(_ text: String) {
        guard let json = try? JSON(parsing: text), let target = json["deadLetterTargetArn"]?.string,
            let count = json["maxReceiveCount"]?.int ?? json["maxReceiveCount"]?.string.flatMap({ Int($0) })
        else { return nil }
        self.target = target
        maxReceiveCount = count
    }
}

/// Which queues may have this one for their dead letters.
struct RedriveAllowPolicy: Sendable, Hashable {
    private let permission: String
    private let sources: [String]

    init(_ text: String?) {
        let json = text.flatMap { try? JSON(parsing: $0) }
        permission = json?["redrivePermission"]?.string ?? "allowAll"
        sources = (json?["sourceQueueArns"]?.array ?? []).compactMap(\.string)
    }

    func admits(_ arn: String) -> Bool {
        switch permission {
        case "denyAll": false
        case "byQueue": sources.contains(arn)
        default: true
        }
    }
}

/// Source: SQS Developer Guide, "Amazon SQS message quotas" and "queue quotas".
enum MessageLimits {
    /// Bytes of a message, and of all messages of a batch: 1 MiB since August 2025.
    static let size = 1_048_576
    static let batch = 10
    static let attributes = 10
    /// Messages received and not deleted, of a queue.
    static let inFlight = 120_000
    static let visibility = 43_200
    static let deduplicationWindow = Duration.seconds(300)
}

extension Queue {
    /// The queue's document key that a queue's URL means, whatever its host.
    ///
    /// - Throws: ``AWSError`` when it is no URL of a queue.
    static func key(ofURL url: String, _ caller: Caller) throws -> String {
        var path = url[...]
        if let scheme = path.firstRange(of: "://") {
            path = path[scheme.upperBound...]
            path = path[(path.firstIndex(of: "/") ?? path.endIndex)...]
        }
        let parts = path.split(separator: "/")
        guard path.hasPrefix("/"), parts.count == 2, parts[0].utf8.count == 12 else {
            throw AWSError("InvalidAddress", "The address \(url) is not valid for this endpoint.", status: 404)
        }
        return "\(parts[0])/\(caller.region)/\(parts[1])"
    }

    /// The key that a queue's ARN means; nil when it is none.
    static func key(ofARN arn: String) -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "sqs", !parts[5].isEmpty else { return nil }
        return "\(parts[4])/\(parts[3])/\(parts[5])"
    }
}

extension AWSError {
    static func noQueue() -> AWSError { AWSError("QueueDoesNotExist", "The specified queue does not exist.") }

    static func invalid(_ value: String, _ parameter: String, _ reason: String) -> AWSError {
        AWSError("InvalidParameterValue", "Value \(value) for parameter \(parameter) is invalid. Reason: \(reason)")
    }

    static func missing(_ parameter: String) -> AWSError {
        AWSError("MissingParameter", "The request must contain the parameter \(parameter).")
    }
}
