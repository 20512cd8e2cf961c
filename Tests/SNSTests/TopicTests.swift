import Cloud
import CloudTesting
import HTTP
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import SNS

@Suite("Topics")
struct TopicTests {
    @Test(
        "refuse names and attributes that SNS does, and what Slipway does not do",
        arguments: [
            (["Name": "a b"], "InvalidParameter"), (["Name": "a.fifo"], "InvalidParameter"),
            (["Name": "a", "Attributes": ["FifoTopic": "true"]], "InvalidParameter"),
            (["Name": "a", "Attributes": ["ContentBasedDeduplication": "true"]], "InvalidParameter"),
            (["Name": "a", "Attributes": ["Nonsense": "true"]], "InvalidParameter"),
            (["Name": "a", "Attributes": ["SignatureVersion": "3"]], "InvalidParameter"),
            (["Name": "a", "Attributes": ["Policy": "{"]], "InvalidParameter"),
            (["Name": "a", "Attributes": ["KmsMasterKeyId": "alias/x"]], "NotImplemented"),
            (["Name": "a", "Attributes": ["TracingConfig": "Active"]], "NotImplemented"),
            (["Name": "a", "Attributes": ["HTTPSuccessFeedbackRoleArn": "arn:x"]], "NotImplemented"),
            (
                [
                    "Name": "a",
                    "Attributes": ["DeliveryPolicy": #"{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}"#],
                ], "InvalidParameter"
            ),
        ] as [(JSON, String)])
    func refusals(input: JSON, code: String) async throws {
        try await withOffice(isRunning: false) { office in
            let refusal = try await office.test.refusal("sns", "CreateTopic", input)
            #expect(refusal?.code == code, "\(refusal?.message ?? "none")")
        }
    }

    @Test("are made once, changed, tagged, listed and deleted")
    func life() async throws {
        try await withOffice(isRunning: false) { office in
            let test = office.test
            let arn = try await office.topic("t", ["DisplayName": "T"])
            #expect(arn == "arn:aws:sns:eu-west-1:123456789012:t")
            #expect(try await office.topic("t") == arn, "the same again is no error")
            #expect(
                try await test.refusal("sns", "CreateTopic", ["Name": "t", "Attributes": ["DisplayName": "U"]])?.code
                    == "InvalidParameter")
            try await test.call(
                "sns", "SetTopicAttributes", ["TopicArn": arn, "AttributeName": "DisplayName", "AttributeValue": "V"])
            let attributes = try await test.call("sns", "GetTopicAttributes", ["TopicArn": arn])["Attributes"]
            #expect(attributes?["DisplayName"] == "V" && attributes?["SubscriptionsConfirmed"] == "0")
            #expect(attributes?["Policy"]?.string?.contains("__default_statement_ID") == true)
            try await test.call("sns", "TagResource", ["ResourceArn": arn, "Tags": [["Key": "a", "Value": "b"]]])
            #expect(
                try await test.call("sns", "ListTagsForResource", ["ResourceArn": arn])["Tags"]?[0]?["Value"] == "b")
            try await test.call("sns", "UntagResource", ["ResourceArn": arn, "TagKeys": ["a"]])
            #expect(try await test.call("sns", "ListTopics")["Topics"] == [["TopicArn": arn]])
            for _ in 0..<2 { try await test.call("sns", "DeleteTopic", ["TopicArn": arn]) }
            #expect(try await test.refusal("sns", "GetTopicAttributes", ["TopicArn": arn])?.code == "NotFound")
        }
    }

    @Test("let other accounts in by AddPermission, and out again")
    func permissions() async throws {
        try await withOffice(isRunning: false) { office in
            let arn = try await office.topic("t")
            let grant: JSON = [
                "TopicArn": arn, "Label": "l", "AWSAccountId": ["999999999999"], "ActionName": ["Publish"],
            ]
            try await office.test.call("sns", "AddPermission", grant)
            #expect(try await office.test.refusal("sns", "AddPermission", grant)?.code == "InvalidParameter")
            func statements() async throws -> [JSON] {
                try JSON(parsing: try #require(try await office.service.policy(ofTopic: arn.string ?? "")))[
                    "Statement"]?.array ?? []
            }
            #expect(try await statements().last?["Principal"]?["AWS"] == ["arn:aws:iam::999999999999:root"])
            try await office.test.call("sns", "RemovePermission", ["TopicArn": arn, "Label": "l"])
            #expect(try await statements().count == 1)
        }
    }
}

@Suite("Subscriptions", .timeLimit(.minutes(2)))
struct SubscriptionTests {
    @Test(
        "refuse protocols and endpoints by name",
        arguments: [
            ("t", "email", "a@b.example", "NotImplemented"), ("t", "sms", "+4912345", "NotImplemented"),
            ("t", "firehose", "arn:x", "NotImplemented"), ("t", "pigeon", "x", "InvalidParameter"),
            ("t", "http", "https://a.example", "InvalidParameter"), ("t", "sqs", "q", "InvalidParameter"),
            ("t", "sqs", queueARN + ".fifo", "InvalidParameter"), ("t", "lambda", queueARN, "InvalidParameter"),
            ("t.fifo", "lambda", functionARN, "InvalidParameter"),
            ("t.fifo", "https", "https://a.example", "InvalidParameter"),
            ("t", "https", "https://a.example/?slipway-shape=fax", "InvalidParameter"),
        ])
    func refusals(topic: String, way: String, endpoint: String, code: String) async throws {
        try await withOffice(isRunning: false) { office in
            let arn = try await office.topic(topic)
            let input: JSON = ["TopicArn": arn, "Protocol": .string(way), "Endpoint": .string(endpoint)]
            #expect(try await office.test.refusal("sns", "Subscribe", input)?.code == code)
        }
    }

    @Test(
        "refuse attributes that cannot be",
        arguments: [
            ["FilterPolicy": "{"], ["FilterPolicy": #"{"a":{"b":["c"]}}"#], ["FilterPolicyScope": "Nothing"],
            ["RawMessageDelivery": "maybe"], ["RedrivePolicy": "{}"], ["Nonsense": "x"],
            ["DeliveryPolicy": #"{"healthyRetryPolicy":{"minDelayTarget":9,"maxDelayTarget":3}}"#],
        ] as [JSON])
    func attributes(attributes: JSON) async throws {
        try await withOffice(isRunning: false) { office in
            let arn = try await office.topic("t")
            let input: JSON = [
                "TopicArn": arn, "Protocol": "sqs", "Endpoint": .string(queueARN), "Attributes": attributes,
            ]
            #expect(try await office.test.refusal("sns", "Subscribe", input)?.code == "InvalidParameter")
        }
    }

    @Test("of queues count at once, and are the same when asked for again")
    func queues() async throws {
        try await withOffice(isRunning: false) { office in
            let topic = try await office.topic("t")
            let arn = try await office.subscribe(topic, "sqs", queueARN, ["RawMessageDelivery": "true"])
            #expect(try await office.subscribe(topic, "sqs", queueARN) == arn)
            let shown = try await office.test.call("sns", "GetSubscriptionAttributes", ["SubscriptionArn": arn])[
                "Attributes"]
            #expect(shown?["PendingConfirmation"] == "false" && shown?["RawMessageDelivery"] == "true")
            try await office.test.call(
                "sns", "SetSubscriptionAttributes",
                ["SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": #"{"a":["b"]}"#])
            let again = try await office.test.call("sns", "GetSubscriptionAttributes", ["SubscriptionArn": arn])[
                "Attributes"]
            #expect(again?["FilterPolicyScope"] == "MessageAttributes")
            #expect(
                try await office.test.call("sns", "ListSubscriptionsByTopic", ["TopicArn": topic])["Subscriptions"]?
                    .array?.count == 1)
            for _ in 0..<2 { try await office.test.call("sns", "Unsubscribe", ["SubscriptionArn": arn]) }
            #expect(try await office.test.call("sns", "ListSubscriptions")["Subscriptions"] == [])
        }
    }

    @Test("of endpoints must be confirmed by who is there; the farewell tells the way back")
    func handshake() async throws {
        let world = World()
        try await withOffice(web: world) { office in
            let topic = try await office.topic("t")
            let input: JSON = ["TopicArn": topic, "Protocol": "https", "Endpoint": "https://a.example/in"]
            #expect(try await office.test.call("sns", "Subscribe", input)["SubscriptionArn"] == "pending confirmation")
            let asked = try await eventually("the endpoint is asked") { world.sent.first }
            #expect(asked.request.fields["x-amz-sns-message-type"] == "SubscriptionConfirmation")
            #expect(asked.json["Type"] == "SubscriptionConfirmation")
            try await office.publish(topic, "nobody hears")
            let wrong = HTTPRequest(
                method: "GET", target: "/?Action=ConfirmSubscription&TopicArn=\(topic.string ?? "")&Token=x")
            #expect(await office.service.http(wrong)?.status == 400)
            let address = try #require(asked.json["SubscribeURL"]?.string)
            let target = String(address.dropFirst("http://127.0.0.1:4566".count))
            for _ in 0..<2 {
                #expect(await office.service.http(HTTPRequest(method: "GET", target: target))?.status == 200)
            }
            try await office.publish(topic, "heard")
            let told = try await eventually("the endpoint is told") {
                world.sent.first { $0.json["Type"] == "Notification" }
            }
            #expect(told.json["Message"] == "heard")
            let end = try #require(told.json["UnsubscribeURL"]?.string).dropFirst("http://127.0.0.1:4566".count)
            #expect(await office.service.http(HTTPRequest(method: "GET", target: String(end)))?.status == 200)
            let farewell = try await eventually("the farewell") {
                world.sent.first { $0.json["Type"] == "UnsubscribeConfirmation" }
            }
            #expect(try await office.test.call("sns", "ListSubscriptions")["Subscriptions"] == [])
            let back = try #require(farewell.json["Token"])
            try await office.test.call("sns", "ConfirmSubscription", ["TopicArn": topic, "Token": back])
            #expect(try await office.test.call("sns", "ListSubscriptions")["Subscriptions"]?.array?.count == 1)
        }
    }

    @Test("that are too old to confirm are not; those confirmed for signed calls end by those alone")
    func tokens() async throws {
        let world = World()
        let time = VirtualTime()
        try await withOffice(at: Surroundings(time: time), web: world) { office in
            let topic = try await office.topic("t")
            _ = try await office.subscribe(topic, "https", "https://a.example/in")
            let token = try await eventually("the endpoint is asked") { world.sent.first?.json["Token"] }
            let confirm: JSON = ["TopicArn": topic, "Token": token, "AuthenticateOnUnsubscribe": "true"]
            time.advance(by: .seconds(4 * 86_400))
            #expect(try await office.test.refusal("sns", "ConfirmSubscription", confirm)?.code == "InvalidParameter")
            let arn = try await office.subscribe(topic, "https", "https://b.example/in")
            let second = try await eventually("the other is asked") {
                world.sent.first { $0.url.contains("b.example") }?.json["Token"]
            }
            try await office.test.call(
                "sns", "ConfirmSubscription", ["TopicArn": topic, "Token": second, "AuthenticateOnUnsubscribe": "true"])
            let end = HTTPRequest(method: "GET", target: "/?Action=Unsubscribe&SubscriptionArn=\(arn.string ?? "")")
            #expect(await office.service.http(end)?.status == 403)
            try await office.test.call("sns", "Unsubscribe", ["SubscriptionArn": arn])
        }
    }
}
