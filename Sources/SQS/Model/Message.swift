import Ledger
import Notation

/// A message as it is kept. Written once when it is sent; what happens to it later is a ``Flight``.
struct Message: Codable, Sendable {
    var id: String
    var body: String
    var attributes: [String: MessageAttribute]?
    /// The one system attribute that senders may give.
    var traceHeader: String?
    var sender: String
    var sent: Timestamp
    /// When it can first be received; nil for at once.
    var delayedUntil: Timestamp?
    var group: String?
    var deduplicationID: String?
    /// The queue it came from, when it is a dead letter.
    var deadLetterSource: String?

    /// By the queue's generation and the message's place in it.
    static let all = Collection<Message>("sqs.message")

    static func key(_ generation: String, _ sequence: Int64) -> String { "\(generation)/\(padded(sequence))" }

    /// The place in a queue as texts sort it.
    static func padded(_ sequence: Int64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 19 - digits.count)) + digits
    }

    /// The place as FIFO queues tell it: twenty digits, rising, with gaps.
    static func sequenceNumber(_ sequence: Int64) -> String { "1" + padded(sequence) }
}

/// An attribute that senders give a message.
struct MessageAttribute: Codable, Sendable, Hashable {
    var DataType: String
    var StringValue: String?
    /// Base64.
    var BinaryValue: String?
}

/// How often a message was received, and until when the last receiver has it for itself.
struct Flight: Codable, Sendable, Hashable {
    var count: Int
    var first: Timestamp
    var until: Timestamp

    /// By the same key as the message.
    static let all = Collection<Flight>("sqs.flight")
}

/// What was sent under a deduplication id, for five minutes.
struct DeduplicationMark: Codable, Sendable, Hashable {
    var messageID: String
    var sequence: Int64
    var sent: Timestamp

    /// By generation, scope and id.
    static let all = Collection<DeduplicationMark>("sqs.deduplication")
}

/// Messages that a purge or the deletion of a queue has left behind: to be removed bit by bit.
struct Leftover: Codable, Sendable {
    var generation: String

    static let all = Collection<Leftover>("sqs.leftover")
}
