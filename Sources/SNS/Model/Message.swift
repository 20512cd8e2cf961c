internal import Cloud
internal import Notation
internal import Patterns

/// A message on its way to a subscription.
struct Message: Codable, Sendable {
    /// What it is to its receiver.
    enum Kind: String, Codable, Sendable {
        case notification = "Notification"
        case confirmation = "SubscriptionConfirmation"
        case farewell = "UnsubscribeConfirmation"
    }
    /// An attribute; a binary value is base64 text.
    struct Attribute: Codable, Sendable, Hashable {
        let type: String
        let value: String
    }

    let id: String
    var kind = Kind.notification
    let topic: TopicID
    var subject: String?
    /// The text for the subscription's protocol.
    var body: String
    var attributes: [String: Attribute] = [:]
    let time: Timestamp
    /// What a confirmation asks to be sent back.
    var token: String?
    var group: String?
    var deduplication: String?
    var sequence: String?
}

/// What Publish and each entry of PublishBatch ask for, checked.
struct Publication: Sendable {
    let subject: String?
    /// The text for everybody who has none of their own.
    let body: String
    /// Texts by protocol.
    let bodies: [String: String]
    let attributes: [String: Message.Attribute]
    let group: String?
    let deduplication: String?
    /// Bytes that count towards the limit.
    let size: Int

    /// Source: Amazon SNS API Reference, Publish: 256 KiB, attributes included.
    static let limit = 262_144

    /// - Throws: `InvalidParameter` and `ParameterValueInvalid` as SNS does.
    init(_ input: JSON, on topic: TopicID) throws {
        let message = input["Message"]?.string ?? ""
        guard !message.isEmpty else { throw SNSError.invalid("Empty message") }
        subject = try Self.subject(input["Subject"]?.string)
        attributes = try Self.attributes(input["MessageAttributes"]?.object ?? [:])
        size = attributes.reduce(message.utf8.count) {
            $0 + $1.key.utf8.count + $1.value.type.utf8.count + $1.value.value.utf8.count
        }
        guard size <= Self.limit else { throw SNSError.invalid("Message too long") }
        bodies = try Self.bodies(message, structure: input["MessageStructure"]?.string)
        body = bodies["default"] ?? message
        group = input["MessageGroupId"]?.string
        deduplication = input["MessageDeduplicationId"]?.string
        try checkOrder(topic)
    }

    /// The attributes as filter policies see them.
    var filterable: [String: FilterPolicy.Attribute] {
        attributes.mapValues { FilterPolicy.Attribute(type: $0.type, value: $0.value) }
    }

    /// The text for that protocol.
    func text(for way: Delivery.Way) -> String { bodies[way.rawValue] ?? body }

    private func checkOrder(_ topic: TopicID) throws {
        if topic.isFIFO {
            guard let group, !group.isEmpty else {
                throw SNSError.invalid("The MessageGroupId parameter is required for FIFO topics")
            }
            try Self.checkID(group, "MessageGroupId")
            if let deduplication { try Self.checkID(deduplication, "MessageDeduplicationId") }
            return
        }
        if group != nil {
            throw SNSError.invalid(
                "MessageGroupId Reason: The request includes MessageGroupId parameter that is not valid for this "
                    + "topic type"
            )
        }
        if deduplication != nil {
            throw SNSError.invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
                    + "valid for this topic type"
            )
        }
    }

    private static func checkID(_ text: String, _ name: String) throws {
        let isFit = (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isFit else {
            throw SNSError.invalid(
                "The \(name) parameter can only include alphanumeric and punctuation characters. 1 to 128 in length")
        }
    }

    private static func subject(_ text: String?) throws -> String? {
        guard let text else { return nil }
        let isFit =
            (1...100).contains(text.count) && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isFit else { throw SNSError.invalid("Subject") }
        return text
    }

    private static func bodies(_ message: String, structure: String?) throws -> [String: String] {
        guard let structure else { return [:] }
        guard structure == "json" else { throw SNSError.invalid("MessageStructure") }
        guard let tree = try? JSON(parsing: message), let members = tree.object else {
            throw SNSError.invalid("Message Structure - JSON message body failed to parse")
        }
        guard tree["default"]?.string != nil else {
            throw SNSError.invalid("Message Structure - No default entry in JSON message body")
        }
        return members.reduce(into: [:]) { $0[$1.key] = $1.value.string }
    }

    private static func attributes(_ members: JSONObject) throws -> [String: Message.Attribute] {
        var attributes: [String: Message.Attribute] = [:]
        for (name, value) in members {
            let type = value["DataType"]?.string ?? ""
            let kind = type.split(separator: ".", maxSplits: 1).first ?? ""
            guard ["String", "Number", "Binary"].contains(kind) else {
                throw AWSError(
                    "ParameterValueInvalid",
                    "The message attribute '\(name)' has an invalid message attribute type, the set of supported type "
                        + "prefixes is Binary, Number, and String.")
            }
            let text = kind == "Binary" ? value["BinaryValue"]?.string : value["StringValue"]?.string
            guard let text, !text.isEmpty else {
                throw AWSError(
                    "ParameterValueInvalid",
                    "The message attribute '\(name)' must contain non-empty message attribute value for message "
                        + "attribute type '\(type)'.")
            }
            if kind == "Number", Double(text) == nil {
                throw AWSError(
                    "ParameterValueInvalid", "Could not cast message attribute '\(name)' value to number.")
            }
            attributes[name] = Message.Attribute(type: type, value: text)
        }
        return attributes
    }
}
