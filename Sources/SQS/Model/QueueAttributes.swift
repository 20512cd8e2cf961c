import Cloud
import Ledger
import Notation

/// What may be set of a queue, and to what.
///
/// Source: SQS API Reference, CreateQueue and SetQueueAttributes, "Attributes".
enum QueueAttributes {
    private static let numbers: [String: ClosedRange<Int>] = [
        "DelaySeconds": 0...900, "MaximumMessageSize": 1024...MessageLimits.size,
        "MessageRetentionPeriod": 60...1_209_600, "ReceiveMessageWaitTimeSeconds": 0...20,
        "VisibilityTimeout": 0...MessageLimits.visibility, "KmsDataKeyReusePeriodSeconds": 60...86_400,
    ]
    private static let words: [String: Set<String>] = [
        "FifoQueue": ["true", "false"], "ContentBasedDeduplication": ["true", "false"],
        "SqsManagedSseEnabled": ["true", "false"], "DeduplicationScope": ["messageGroup", "queue"],
        "FifoThroughputLimit": ["perQueue", "perMessageGroupId"],
    ]
    private static let texts: Set<String> = ["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"]
    private static let forFIFO: Set<String> = [
        "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit",
    ]

    /// Refuses attributes that do not exist, do not fit a queue of that name, or have an impossible value.
    static func check(_ attributes: [String: String], queue name: String) throws {
        let isFIFO = name.hasSuffix(".fifo")
        for (attribute, value) in attributes.sorted(by: { $0.key < $1.key }) {
            let isKnown = numbers[attribute] != nil || words[attribute] != nil || texts.contains(attribute)
            guard isKnown, isFIFO || !forFIFO.contains(attribute) || (attribute == "FifoQueue" && value == "false")
            else {
                throw AWSError("InvalidAttributeName", "Unknown Attribute \(attribute).")
            }
            guard isGood(attribute, value) else {
                throw AWSError("InvalidAttributeValue", "Invalid value for the parameter \(attribute).")
            }
        }
        if isFIFO, attributes["FifoQueue"] == "false" {
            throw AWSError(
                "InvalidAttributeValue",
                "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
        }
        if attributes["SqsManagedSseEnabled"] == "true", attributes["KmsMasterKeyId"]?.isEmpty == false {
            throw AWSError(
                "InvalidAttributeValue",
                "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS "
                    + "SSE.")
        }
    }

    /// Refuses what a queue must not be as a whole, when one attribute was given and the other stood there before:
    /// high throughput needs both (SQS Developer Guide, "High throughput for FIFO queues").
    static func checkTogether(_ attributes: [String: String]) throws {
        guard attributes["FifoThroughputLimit"] == "perMessageGroupId",
            attributes["DeduplicationScope"] != "messageGroup"
        else { return }
        throw AWSError(
            "InvalidAttributeValue",
            "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to "
                + "perMessageGroupId, the DeduplicationScope must be messageGroup.")
    }

    /// What GetQueueAttributes may be asked for: all that can be set, all that is counted, and `All`.
    private static let readable: Set<String> = Set(numbers.keys).union(words.keys).union(texts).union([
        "All", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
    ])

    /// Refuses names of attributes that no queue has.
    static func checkAsked(_ names: [String]) throws {
        guard let unknown = names.first(where: { !readable.contains($0) }) else { return }
        throw AWSError("InvalidAttributeName", "Unknown Attribute \(unknown).")
    }

    private static func isGood(_ attribute: String, _ value: String) -> Bool {
        if let range = numbers[attribute] { return Int(value).map { range.contains($0) } ?? false }
        if let allowed = words[attribute] { return allowed.contains(value) }
        guard !value.isEmpty else { return true }  // An empty text takes the attribute away.
        switch attribute {
        case "RedrivePolicy":
            guard let policy = RedrivePolicy(value) else { return false }
            return (1...1000).contains(policy.maxReceiveCount) && Queue.key(ofARN: policy.target) != nil
        case "RedriveAllowPolicy":
            let permission = (try? JSON(parsing: value))?["redrivePermission"]?.string
            return ["allowAll", "denyAll", "byQueue"].contains(permission)
        case "Policy": return (try? JSON(parsing: value))?["Statement"] != nil
        default: return true
        }
    }

    /// Refuses a target for dead letters that is not there, is of the other type, or does not want them.
    static func checkRedrive(_ queue: Queue, _ write: Transaction) throws {
        guard let redrive = queue.redrive else { return }
        let given = queue.attributes["RedrivePolicy"] ?? ""
        guard let key = Queue.key(ofARN: redrive.target), let target = try write.get(Queue.all, key)?.value else {
            throw AWSError.invalid(given, "RedrivePolicy", "Dead letter target does not exist.")
        }
        guard target.isFIFO == queue.isFIFO else {
            throw AWSError.invalid(
                given, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.")
        }
        guard target.redriveAllow.admits(queue.arn) else {
            throw AWSError.invalid(
                given, "RedrivePolicy", "Queue \(redrive.target) does not have permissions from its RedriveAllowPolicy."
            )
        }
    }

    /// The name of a queue, which must be one.
    static func checkName(_ name: String, isFIFO: Bool) throws {
        let stem = isFIFO && name.hasSuffix(".fifo") ? String(name.dropLast(5)) : name
        let isGood =
            !stem.isEmpty && name.utf8.count <= 80
            && stem.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        guard isGood, isFIFO == name.hasSuffix(".fifo") else {
            throw AWSError(
                "InvalidParameterValue",
                isFIFO || name.hasSuffix(".fifo")
                    ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end "
                        + "with .fifo suffix and be 1 to 80 in length."
                    : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
        }
    }

    /// All attributes as GetQueueAttributes shows them, the counted ones included.
    static func shown(_ queue: Queue, _ counts: QueueCounts) -> [String: String] {
        var shown: [String: String] = [
            "VisibilityTimeout": "30", "DelaySeconds": "0", "MaximumMessageSize": "\(MessageLimits.size)",
            "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true",
        ]
        if queue.isFIFO {
            shown["ContentBasedDeduplication"] = "false"
            shown["DeduplicationScope"] = "queue"
            shown["FifoThroughputLimit"] = "perQueue"
        }
        if queue.attributes["KmsMasterKeyId"] != nil { shown["SqsManagedSseEnabled"] = "false" }
        shown.merge(queue.attributes) { $1 }
        if queue.isFIFO { shown["FifoQueue"] = "true" } else { shown["FifoQueue"] = nil }
        shown["QueueArn"] = queue.arn
        shown["CreatedTimestamp"] = "\(Int(queue.created.seconds))"
        shown["LastModifiedTimestamp"] = "\(Int(queue.modified.seconds))"
        shown["ApproximateNumberOfMessages"] = "\(counts.visible)"
        shown["ApproximateNumberOfMessagesNotVisible"] = "\(counts.inFlight)"
        shown["ApproximateNumberOfMessagesDelayed"] = "\(counts.delayed)"
        return shown
    }
}
