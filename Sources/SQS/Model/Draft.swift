import Cloud
import Ledger
import Notation

/// A message as a sender gives it, checked.
struct Draft: Sendable {
    var body: String
    var delay: Int?
    var attributes: [String: MessageAttribute]?
    var traceHeader: MessageAttribute?
    var group: String?
    var deduplicationID: String?

    /// Bytes that count against the limits: the body, and attributes with their names and types.
    var size: Int {
        (attributes ?? [:]).reduce(body.utf8.count) { sum, one in
            let value = one.value.StringValue?.utf8.count ?? (one.value.BinaryValue?.utf8.count ?? 0) * 3 / 4
            return sum + one.key.utf8.count + one.value.DataType.utf8.count + value
        }
    }

    /// Refuses what the queue does not take.
    ///
    /// Source: SQS API Reference, SendMessage.
    func check(_ queue: Queue) throws {
        guard !body.isEmpty else { throw AWSError.missing("MessageBody") }
        guard body.unicodeScalars.allSatisfy(Self.isAllowed) else {
            throw AWSError(
                "InvalidMessageContents",
                "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | "
                    + "#x10000 to #x10FFFF")
        }
        if let delay, !(0...900).contains(delay) {
            throw AWSError.invalid("\(delay)", "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        }
        guard size <= queue.sizeLimit else {
            throw AWSError(
                "InvalidParameterValue",
                "One or more parameters are invalid. Reason: Message must be shorter than \(queue.sizeLimit) bytes.")
        }
        try checkNames(queue)
        try checkAttributes()
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private func checkNames(_ queue: Queue) throws {
        for (name, value) in [("MessageGroupId", group), ("MessageDeduplicationId", deduplicationID)] {
            guard let value else { continue }
            let isGood = (1...128).contains(value.utf8.count) && value.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            guard isGood else {
                throw AWSError.invalid(
                    value, name, "\(name) can only include alphanumeric and punctuation characters. 1 to 128 in length."
                )
            }
        }
        guard queue.isFIFO else {
            guard deduplicationID == nil else {
                throw AWSError.invalid(
                    deduplicationID ?? "", "MessageDeduplicationId",
                    "The request includes a parameter that is not valid for this queue type.")
            }
            return
        }
        guard group != nil else { throw AWSError.missing("MessageGroupId") }
        if let delay, delay > 0 {
            throw AWSError.invalid(
                "\(delay)", "DelaySeconds", "The request include parameter that is not valid for this queue type.")
        }
        guard deduplicationID != nil || queue.deduplicatesByContent else {
            throw AWSError(
                "InvalidParameterValue",
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
            )
        }
    }

    private func checkAttributes() throws {
        let attributes = attributes ?? [:]
        guard attributes.count <= MessageLimits.attributes else {
            throw AWSError(
                "InvalidParameterValue",
                "Number of message attributes [\(attributes.count)] exceeds the allowed maximum [10].")
        }
        for (name, attribute) in attributes { try Self.check(name, attribute) }
        if let traceHeader {
            guard traceHeader.DataType == "String", traceHeader.StringValue?.isEmpty == false else {
                throw AWSError(
                    "InvalidParameterValue", "Message system attribute 'AWSTraceHeader' must be a non-empty String.")
            }
        }
    }

    /// Source: SQS Developer Guide, "Amazon SQS message metadata".
    private static func check(_ name: String, _ attribute: MessageAttribute) throws {
        func refusal(_ reason: String) -> AWSError {
            AWSError("InvalidParameterValue", "The message attribute '\(name)' \(reason)")
        }
        let isName =
            (1...256).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "_-.".unicodeScalars.contains($0))
            }
            && !name.hasPrefix(".") && !name.hasSuffix(".") && !name.contains("..")
        let start = name.lowercased()
        guard isName, !start.hasPrefix("aws."), !start.hasPrefix("amazon.") else {
            throw refusal(
                "has an invalid name: it may hold letters, digits, '_', '-' and '.', and not start with AWS. or Amazon."
            )
        }
        let kind = attribute.DataType.prefix { $0 != "." }
        guard ["String", "Number", "Binary"].contains(kind), attribute.DataType.utf8.count <= 256 else {
            throw refusal(
                "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            )
        }
        let isBinary = kind == "Binary"
        guard let value = isBinary ? attribute.BinaryValue : attribute.StringValue, !value.isEmpty else {
            throw refusal("must contain a non-empty message attribute value for message attribute type '\(kind)'.")
        }
        guard (isBinary ? attribute.StringValue : attribute.BinaryValue) == nil else {
            throw refusal("has multiple values.")
        }
        if kind == "Number", Double(value) == nil { throw refusal("is a Number, and '\(value)' is none.") }
    }

    /// The message, sent now.
    func message(id: String, to queue: Queue, sender: String, now: Timestamp) -> Message {
        let delay = delay ?? queue.delay
        return Message(
            id: id, body: body, attributes: attributes?.isEmpty == false ? attributes : nil,
            traceHeader: traceHeader?.StringValue, sender: sender, sent: now,
            delayedUntil: delay > 0 ? now + .seconds(delay) : nil, group: group, deduplicationID: deduplication(queue))
    }

    /// What it is deduplicated by: what the sender says, or its content.
    private func deduplication(_ queue: Queue) -> String? {
        guard queue.isFIFO else { return nil }
        return deduplicationID ?? MessageDigest.content(body)
    }
}
