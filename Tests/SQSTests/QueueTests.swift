import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import SQS

private func withQueues(_ time: VirtualTime, _ body: (TestCloud, SQSService) async throws -> Void) async throws {
    let surroundings = Surroundings(time: time)
    try await withTestCloud(
        surroundings, services: { cloud, ledger in [SQSService(cloud: cloud, ledger: ledger)] },
        { test in
            try await body(test, SQSService(cloud: test.cloud, ledger: test.ledger))
        })
}

extension TestCloud {
    fileprivate func queue(_ name: String, _ attributes: JSON = [:]) async throws -> JSON {
        try await call("sqs", "CreateQueue", ["QueueName": .string(name), "Attributes": attributes])["QueueUrl"] ?? ""
    }

    fileprivate func bodies(_ url: JSON, _ more: JSON = [:]) async throws -> [String] {
        var input: JSON = ["QueueUrl": url, "MaxNumberOfMessages": 10]
        for (key, value) in more.object ?? [:] { input[key] = value }
        let answer = try await call("sqs", "ReceiveMessage", input)
        return (answer["Messages"]?.array ?? []).compactMap { $0["Body"]?.string }
    }
}

@Suite("Queues behind the door")
struct QueueTests {
    @Test("a long poll waits for the clock without asking again, and ends empty")
    func longPoll() async throws {
        let time = VirtualTime()
        try await withQueues(time) { test, _ in
            let url = try await test.queue("q")
            async let poll = test.bodies(url, ["WaitTimeSeconds": 20])
            try await eventually("the poll") { time.sleeperCount > 0 ? true : nil }
            time.advance(by: .seconds(20))
            #expect(try await poll.isEmpty)
            async let second = test.bodies(url, ["WaitTimeSeconds": 20])
            try await eventually("the poll") { time.sleeperCount > 0 ? true : nil }
            try await test.call("sqs", "SendMessage", ["QueueUrl": url, "MessageBody": "x"])
            #expect(try await second == ["x"])
        }
    }

    @Test("the sweep removes what is too old and what a purge left behind")
    func sweep() async throws {
        let time = VirtualTime()
        try await withQueues(time) { test, _ in
            let url = try await test.queue("q", ["MessageRetentionPeriod": "60"])
            let other = try await test.queue("p")
            for place in [url, other] {
                try await test.call("sqs", "SendMessage", ["QueueUrl": place, "MessageBody": "x"])
            }
            try await test.call("sqs", "PurgeQueue", ["QueueUrl": other])
            time.advance(by: .seconds(61))
            #expect(try await test.bodies(url).isEmpty)
            #expect(try await test.bodies(other).isEmpty)
            let sweeper = Sweeper(ledger: test.ledger, queues: LiveQueues(ledger: test.ledger), metrics: nil)
            try await sweeper.pass()
            #expect(try await test.ledger.list(Message.all).isEmpty)
            #expect(try await test.ledger.list(Leftover.all).isEmpty)
        }
    }

    @Test("a deduplication id counts for five minutes, and is then forgotten on disk too")
    func deduplication() async throws {
        let time = VirtualTime()
        try await withQueues(time) { test, _ in
            let url = try await test.queue("q.fifo", ["FifoQueue": "true", "ContentBasedDeduplication": "true"])
            let message: JSON = ["QueueUrl": url, "MessageBody": "x", "MessageGroupId": "g"]
            let first = try await test.call("sqs", "SendMessage", message)
            #expect(try await test.call("sqs", "SendMessage", message)["MessageId"] == first["MessageId"])
            time.advance(by: .seconds(301))
            #expect(try await test.call("sqs", "SendMessage", message)["MessageId"] != first["MessageId"])
            #expect(try await test.bodies(url) == ["x", "x"])
            #expect(try await test.ledger.list(DeduplicationMark.all).count == 1)
        }
    }

    @Test(
        "refuses attributes that AWS refuses",
        arguments: [
            ("VisibilityTimeout", "43201", "InvalidAttributeValue"), ("DelaySeconds", "-1", "InvalidAttributeValue"),
            ("MaximumMessageSize", "1048577", "InvalidAttributeValue"), ("FifoQueue", "maybe", "InvalidAttributeName"),
            ("RedrivePolicy", "{}", "InvalidAttributeValue"), ("Colour", "red", "InvalidAttributeName"),
            ("Policy", "nonsense", "InvalidAttributeValue"),
            ("ContentBasedDeduplication", "true", "InvalidAttributeName"),
        ])
    func attributes(_ name: String, _ value: String, _ code: String) async throws {
        try await withQueues(VirtualTime()) { test, _ in
            let refusal = try await test.refusal(
                "sqs", "CreateQueue", ["QueueName": "q", "Attributes": .object([name: .string(value)])])
            #expect(refusal?.code == code)
        }
    }

    @Test("high throughput needs both of its attributes, whichever was given first")
    func highThroughput() async throws {
        try await withQueues(VirtualTime()) { test, _ in
            let limit: JSON = ["FifoThroughputLimit": "perMessageGroupId"]
            let both: JSON = ["FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "messageGroup"]
            var attributes = limit
            attributes["FifoQueue"] = "true"
            let refusal = try await test.refusal(
                "sqs", "CreateQueue", ["QueueName": "q.fifo", "Attributes": attributes])
            #expect(refusal?.code == "InvalidAttributeValue")
            #expect(
                refusal?.message
                    == "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to "
                    + "perMessageGroupId, the DeduplicationScope must be messageGroup.")
            let url = try await test.queue("q.fifo", ["FifoQueue": "true"])
            let set: (JSON) async throws -> AWSError? = {
                try await test.refusal("sqs", "SetQueueAttributes", ["QueueUrl": url, "Attributes": $0])
            }
            #expect(try await set(limit)?.code == "InvalidAttributeValue")
            #expect(try await set(both) == nil)
            #expect(try await set(limit) == nil)
            #expect(try await set(["DeduplicationScope": "queue"])?.code == "InvalidAttributeValue")
        }
    }

    @Test("names of attributes that no queue has are refused when asked for")
    func unknownNames() async throws {
        try await withQueues(VirtualTime()) { test, _ in
            let url = try await test.queue("q")
            let ask: (JSON) async throws -> AWSError? = {
                try await test.refusal("sqs", "GetQueueAttributes", ["QueueUrl": url, "AttributeNames": $0])
            }
            #expect(try await ask(["QueueArn", "Colour"])?.message == "Unknown Attribute Colour.")
            #expect(try await ask(["Colour"])?.code == "InvalidAttributeName")
            #expect(try await ask(["All"]) == nil)
            #expect(try await ask(["FifoQueue", "Policy", "ApproximateNumberOfMessages"]) == nil)
        }
    }

    @Test("tags: at most 50, and none of AWS's own")
    func tags() async throws {
        try await withQueues(VirtualTime()) { test, _ in
            let many = JSON.object(JSONObject((0..<50).map { ("k\($0)", JSON.string("v")) }))
            let own: JSON = ["AWS:owner": "me"]
            #expect(
                try await test.refusal("sqs", "CreateQueue", ["QueueName": "p", "tags": own])?.code
                    == "InvalidParameterValue")
            let url = try await test.queue("q")
            let tag: (JSON) async throws -> AWSError? = {
                try await test.refusal("sqs", "TagQueue", ["QueueUrl": url, "Tags": $0])
            }
            #expect(try await tag(own)?.code == "InvalidParameterValue")
            #expect(try await tag(many) == nil)
            #expect(try await tag(["one": "more"])?.message == "Too many tags added for queue.")
            // A stack marks its queue beside them.
            try await test.cloud.call(
                "sqs", "TagQueue", ["QueueUrl": url, "Tags": ["aws:cloudformation:stack-name": "s"]],
                as: test.caller.through("cloudformation.amazonaws.com"))
            #expect(try await tag(["k0": "again"]) == nil)
        }
    }

    @Test("URLs lead to queues whatever their host, and to nothing else")
    func addresses() throws {
        let caller = Caller.root(account: "123456789012", region: "eu-west-1")
        for url in [
            "http://127.0.0.1:4566/123456789012/q", "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
            "/123456789012/q",
        ] {
            #expect(try Queue.key(ofURL: url, caller) == "123456789012/eu-west-1/q")
        }
        for url in ["q", "", "http://h/q", "http://h/123456789012/a/b", "http://h/1/q"] {
            #expect(throws: AWSError.self) { try Queue.key(ofURL: url, caller) }
        }
    }

    @Test("digests of attributes are those of AWS")
    func digests() {
        #expect(MessageDigest.body("This is a test message") == "fafb00f5732ab283681e124bf8747ed1")
        #expect(MessageDigest.attributes(nil) == nil && MessageDigest.attributes([:]) == nil)
        // Computed from the rules in the developer guide by another program.
        let attributes = [
            "b": MessageAttribute(DataType: "Binary", BinaryValue: "AAE="),
            "a": MessageAttribute(DataType: "String", StringValue: "x"),
            "n": MessageAttribute(DataType: "Number.int", StringValue: "7"),
        ]
        #expect(MessageDigest.attributes(attributes) == "c06f990544870eae28f94c94a0034a50")
    }
}
