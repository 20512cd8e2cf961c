import Cloud
import Notation
import Patterns
import Testing

@testable import Lambda

@Suite("A batch of a queue's messages")
struct QueueBatchTests {
    private static func item(_ id: String, _ body: String = "b") -> QueueBatch.Item {
        QueueBatch.Item(
            [
                "MessageId": .string(id), "ReceiptHandle": .string("r-" + id), "Body": .string(body), "MD5OfBody": "m",
                "Attributes": ["ApproximateReceiveCount": "1"],
                "MessageAttributes": ["k": ["DataType": "String", "StringValue": "v"]],
            ], source: "arn:aws:sqs:eu-west-1:123456789012:q", region: "eu-west-1")
    }

    @Test("reaches a function in AWS's shape")
    func payload() throws {
        let record = try JSON(parsing: QueueBatch(items: [Self.item("1")]).payload)["Records"]?[0]
        #expect(record?["messageId"] == "1" && record?["receiptHandle"] == "r-1" && record?["eventSource"] == "aws:sqs")
        #expect(record?["messageAttributes"]?["k"]?["stringValue"] == "v" && record?["awsRegion"] == "eu-west-1")
        #expect(record?["messageAttributes"]?["k"]?["dataType"] == "String" && record?["md5OfBody"] == "m")
    }

    /// Source: Lambda Developer Guide, "Success and failure conditions".
    @Test(
        "is done with as the function says",
        arguments: [
            (#"{"batchItemFailures":[]}"#, ["1", "2"]), (#"{"batchItemFailures":null}"#, ["1", "2"]),
            ("{}", ["1", "2"]),
            ("null", ["1", "2"]), ("", ["1", "2"]), (#"{"batchItemFailures":[{"itemIdentifier":"1"}]}"#, ["2"]),
            (#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, []),
            (#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, []),
            (#"{"batchItemFailures":[{"wrong":"1"}]}"#, []), (#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#, []),
            ("no json", []), (#""text""#, []), (#"{"batchItemFailures":"x"}"#, []), (#"{"other":1}"#, []),
        ])
    func answers(_ answer: String, _ done: [String]) {
        let batch = QueueBatch(items: [Self.item("1"), Self.item("2")])
        let bytes = Array(answer.utf8)
        #expect(batch.done(reportsItems: true, functionError: nil, answer: bytes).map(\.id) == done)
        #expect(batch.done(reportsItems: false, functionError: nil, answer: bytes).count == 2)
        #expect(batch.done(reportsItems: true, functionError: "Unhandled", answer: bytes).isEmpty)
    }

    @Test("is filtered by what its bodies hold")
    func filters() throws {
        let pattern = try EventPattern(#"{"body":{"kind":["order"]}}"#)
        #expect(Self.item("1", #"{"kind":"order"}"#).matches([pattern]))
        #expect(!Self.item("1", #"{"kind":"noise"}"#).matches([pattern]) && !Self.item("1", "order").matches([pattern]))
        #expect(Self.item("1", "anything").matches([]))
        let attribute = try EventPattern(#"{"messageAttributes":{"k":{"stringValue":["v"]}}}"#)
        #expect(Self.item("1").matches([pattern, attribute]))
    }

    @Test(
        "is set up only as AWS allows",
        arguments: [
            (["BatchSize": 11], "q", false), (["BatchSize": 11, "MaximumBatchingWindowInSeconds": 1], "q", true),
            (["BatchSize": 11, "MaximumBatchingWindowInSeconds": 1], "q.fifo", false),
            (["BatchSize": 10], "q.fifo", true),
            (["MaximumBatchingWindowInSeconds": 1], "q.fifo", false),
            (["ScalingConfig": ["MaximumConcurrency": 1]], "q", false),
            (["ScalingConfig": ["MaximumConcurrency": 2]], "q", true),
            (["BisectBatchOnFunctionError": true], "q", false),
            (["FilterCriteria": ["Filters": [["Pattern": "{"]]]], "q", false),
        ] as [(JSON, String, Bool)])
    func settings(_ input: JSON, _ queue: String, _ isGood: Bool) {
        var mapping = EventSourceMapping(
            id: "1", account: "1", region: "r", function: "f", source: "arn:aws:sqs:r:1:" + queue,
            modified: Timestamp(seconds: 1))
        if isGood {
            #expect(throws: Never.self) { try MappingSettings.apply(input, to: &mapping) }
        } else {
            #expect(throws: AWSError.self) { try MappingSettings.apply(input, to: &mapping) }
        }
    }
}
