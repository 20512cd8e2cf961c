import Cloud

/// An entry of a batch, told by an id that is its own within the batch.
protocol BatchEntry {
    var Id: String { get }
}

/// What became of an entry that failed.
struct BatchFailure: Encodable, Sendable {
    let Id: String, SenderFault: Bool, Code: String, Message: String

    init(_ id: String, _ error: AWSError) {
        Id = id
        SenderFault = error.isSender
        Code = error.code
        Message = error.message
    }
}

enum Batch {
    /// Refuses a batch as a whole.
    ///
    /// Source: SQS API Reference, SendMessageBatch, "Errors".
    static func check(_ entries: [some BatchEntry]) throws {
        guard !entries.isEmpty else {
            throw AWSError(
                "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request.")
        }
        guard entries.count <= MessageLimits.batch else {
            throw AWSError(
                "TooManyEntriesInBatchRequest",
                "Maximum number of entries per request are 10. You have sent \(entries.count).")
        }
        for entry in entries {
            let isGood =
                (1...80).contains(entry.Id.utf8.count)
                && entry.Id.unicodeScalars.allSatisfy {
                    $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_")
                }
            guard isGood else {
                throw AWSError(
                    "InvalidBatchEntryId",
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 "
                        + "letters long.")
            }
        }
        var seen: Set<String> = []
        for entry in entries where !seen.insert(entry.Id).inserted {
            throw AWSError("BatchEntryIdsNotDistinct", "Id \(entry.Id) repeated.")
        }
    }
}
