import Cloud
import Notation
import Patterns

/// A batch of a queue's messages, as a function is given it, and what the function says of it.
///
/// Source: Lambda Developer Guide, "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source".
struct QueueBatch: Sendable {
    /// A message as it was received.
    struct Item: Sendable {
        let id: String
        let receipt: String
        let record: JSON

        /// Out of what ReceiveMessage answers.
        init(_ message: JSON, source: String, region: String) {
            id = message["MessageId"]?.string ?? ""
            receipt = message["ReceiptHandle"]?.string ?? ""
            var attributes = JSONObject()
            for (name, value) in message["MessageAttributes"]?.object ?? [:] {
                var attribute: JSON = [
                    "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"] ?? "",
                ]
                if let text = value["StringValue"] { attribute["stringValue"] = text }
                if let bytes = value["BinaryValue"] { attribute["binaryValue"] = bytes }
                attributes[name] = attribute
            }
            var record: JSON = [
                "messageId": .string(id), "receiptHandle": .string(receipt), "body": message["Body"] ?? "",
                "attributes": message["Attributes"] ?? [:], "messageAttributes": .object(attributes),
                "md5OfBody": message["MD5OfBody"] ?? "", "eventSource": "aws:sqs", "eventSourceARN": .string(source),
                "awsRegion": .string(region),
            ]
            if let digest = message["MD5OfMessageAttributes"] { record["md5OfMessageAttributes"] = digest }
            self.record = record
        }

        /// Whether one of the patterns fits. They see a body that is JSON as what it holds.
        func matches(_ patterns: [EventPattern]) -> Bool {
            guard !patterns.isEmpty else { return true }
            var seen = record
            if let text = record["body"]?.string, let body = try? JSON(parsing: text) { seen["body"] = body }
            return patterns.contains { $0.matches(seen) }
        }
    }

    var items: [Item]

    /// What the function is invoked with.
    var payload: [UInt8] { JSON.object(["Records": .array(items.map(\.record))]).bytes() }

    /// The messages that are done with, given what the function answered; the others come back to the queue.
    ///
    /// An answer that cannot be understood leaves all of them.
    func done(reportsItems: Bool, functionError: String?, answer: [UInt8]) -> [Item] {
        guard functionError == nil else { return [] }
        guard reportsItems else { return items }
        guard let json = try? JSON(parsing: answer) else { return answer.isEmpty ? items : [] }
        guard json.object != nil else { return json.isNull ? items : [] }
        guard let list = json["batchItemFailures"], !list.isNull else {
            return json.object?.isEmpty == true || json["batchItemFailures"] != nil ? items : []
        }
        guard let failures = list.array else { return [] }
        let known = Set(items.map(\.id))
        var failed: Set<String> = []
        for failure in failures {
            guard let id = failure["itemIdentifier"]?.string, known.contains(id) else { return [] }
            failed.insert(id)
        }
        return items.filter { !failed.contains($0.id) }
    }
}
