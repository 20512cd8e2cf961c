import Cloud
import Foundation

/// What a receiver deletes a message by: which message, and which time of receiving it.
struct ReceiptHandle: Sendable, Hashable {
    let queue: String
    let generation: String
    let sequence: Int64
    /// How often it had been received then.
    let count: Int

    init(queue: String, generation: String, sequence: Int64, count: Int) {
        self.queue = queue
        self.generation = generation
        self.sequence = sequence
        self.count = count
    }

    /// Reads a handle that must be one of that queue.
    ///
    /// - Throws: ``AWSError`` with `ReceiptHandleIsInvalid`.
    init(parsing text: String, of queue: Queue) throws {
        let parts = Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) }?.split(separator: " ") ?? []
        guard parts.count == 4, let sequence = Int64(parts[2]), let count = Int(parts[3]), parts[0] == queue.name else {
            throw AWSError(
                "ReceiptHandleIsInvalid", "The input receipt handle \"\(text)\" is not a valid receipt handle.",
                status: 404)
        }
        self.init(queue: queue.name, generation: String(parts[1]), sequence: sequence, count: count)
    }

    var text: String { Data("\(queue) \(generation) \(sequence) \(count)".utf8).base64EncodedString() }
}
