import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import SNS

@Suite("Messages", .timeLimit(.minutes(2)))
struct PublishTests {
    @Test(
        "are refused with SNS's words",
        arguments: [
            ("t", ["Message": ""], "InvalidParameter"), ("t", ["Message": "m", "Subject": "a\nb"], "InvalidParameter"),
            ("t", ["Message": "m", "MessageStructure": "xml"], "InvalidParameter"),
            ("t", ["Message": "m", "MessageStructure": "json"], "InvalidParameter"),
            ("t", ["Message": #"{"sqs":"m"}"#, "MessageStructure": "json"], "InvalidParameter"),
            ("t", ["Message": .string(String(repeating: "x", count: 262_145))], "InvalidParameter"),
            ("t", ["Message": "m", "MessageGroupId": "g"], "InvalidParameter"),
            ("t.fifo", ["Message": "m"], "InvalidParameter"),
            ("t.fifo", ["Message": "m", "MessageGroupId": "g"], "InvalidParameter"),
            (
                "t", ["Message": "m", "MessageAttributes": ["a": ["DataType": "Date", "StringValue": "x"]]],
                "ParameterValueInvalid"
            ),
            (
                "t", ["Message": "m", "MessageAttributes": ["a": ["DataType": "Number", "StringValue": "x"]]],
                "ParameterValueInvalid"
            ),
            ("t", ["Message": "m", "MessageAttributes": ["a": ["DataType": "String"]]], "ParameterValueInvalid"),
        ] as [(String, JSON, String)])
    func refusals(topic: String, input: JSON, code: String) async throws {
        try await withOffice(isRunning: false) { office in
            var input = input
            input["TopicArn"] = try await office.topic(topic)
            #expect(try await office.test.refusal("sns", "Publish", input)?.code == code)
        }
    }

    @Test("reach queues in an envelope or raw, functions in a record, each with its own text")
    func forms() async throws {
        let sqs = Neighbour("sqs", "SendMessage")
        let lambda = Neighbour("lambda", "Invoke")
        try await withOffice([sqs, lambda]) { office in
            let topic = try await office.topic("t", ["SignatureVersion": "2"])
            _ = try await office.subscribe(topic, "sqs", queueARN)
            _ = try await office.subscribe(topic, "sqs", queueARN + "raw", ["RawMessageDelivery": "true"])
            let arn = try await office.subscribe(topic, "lambda", functionARN)
            let id = try await office.publish(
                topic, #"{"default":"d","lambda":"l"}"#,
                [
                    "MessageStructure": "json", "Subject": "S",
                    "MessageAttributes": ["a": ["DataType": "String.Array", "StringValue": #"["b"]"#]],
                ])["MessageId"]
            try await eventually("both queues hear") { sqs.heard.count == 2 ? true : nil }
            let wrapped = try #require(sqs.heard.first { $0.input["QueueUrl"]?.string?.hasSuffix("/q") == true })
            let envelope = try JSON(parsing: wrapped.input["MessageBody"]?.string ?? "")
            #expect(envelope["Type"] == "Notification" && envelope["Message"] == "d" && envelope["MessageId"] == id)
            #expect(envelope["Subject"] == "S" && envelope["MessageAttributes"]?["a"]?["Value"] == #"["b"]"#)
            #expect(
                envelope["SignatureVersion"] == "2" && envelope["SigningCertURL"]?.string?.hasSuffix(".pem") == true)
            #expect(wrapped.caller.isService && wrapped.caller.principal == "sns.amazonaws.com")
            #expect(wrapped.caller.sourceARN == topic.string)
            let raw = try #require(sqs.heard.first { $0.input["QueueUrl"]?.string?.hasSuffix("/qraw") == true })
            #expect(raw.input["MessageBody"] == "d" && raw.input["MessageAttributes"]?["a"]?["DataType"] == "String")
            let heard = try await eventually("the function hears") { lambda.heard.first }
            let record = try JSON(parsing: heard.payload)["Records"]?[0]
            #expect(record?["EventSource"] == "aws:sns" && record?["EventSubscriptionArn"] == arn)
            #expect(record?["Sns"]?["Message"] == "l" && record?["Sns"]?["SigningCertUrl"] != nil)
        }
    }

    @Test("go only to those whose filter policies want them, by attributes or body")
    func filters() async throws {
        let sqs = Neighbour("sqs", "SendMessage")
        try await withOffice([sqs]) { office in
            let topic = try await office.topic("t")
            _ = try await office.subscribe(topic, "sqs", queueARN + "a", ["FilterPolicy": #"{"kind":["big"]}"#])
            _ = try await office.subscribe(
                topic, "sqs", queueARN + "b",
                ["FilterPolicy": #"{"order":{"total":[{"numeric":[">",10]}]}}"#, "FilterPolicyScope": "MessageBody"])
            let big: JSON = ["MessageAttributes": ["kind": ["DataType": "String", "StringValue": "big"]]]
            try await office.publish(topic, #"{"order":{"total":5}}"#, big)
            try await office.publish(topic, #"{"order":{"total":50}}"#)
            try await office.publish(topic, "neither")
            try await eventually("both hear") { sqs.heard.count == 2 ? true : nil }
            let urls = sqs.heard.compactMap { $0.input["QueueUrl"]?.string?.last }
            #expect(urls.sorted() == ["a", "b"])
        }
    }

    @Test("of a FIFO topic come in order for each group, once for each deduplication id, whatever fails")
    func fifo() async throws {
        let turn = Mutex(0)
        let sqs = Neighbour("sqs", "SendMessage") { _ in
            let number = turn.withLock { turn in
                turn += 1
                return turn
            }
            // Two of three attempts fail; the first three retries come at once.
            if number % 3 != 0 { throw AWSError("ServiceUnavailable", "busy", status: 503) }
            return [:]
        }
        try await withOffice([sqs]) { office in
            let topic = try await office.topic("t.fifo", ["ContentBasedDeduplication": "true"])
            _ = try await office.subscribe(topic, "sqs", queueARN + ".fifo")
            var sequences: [String] = []
            for number in 0..<12 {
                let group: JSON = ["MessageGroupId": .string("g\(number % 2)")]
                let receipt = try await office.publish(topic, "m\(number)", group)
                sequences.append(receipt["SequenceNumber"]?.string ?? "")
                let again = try await office.publish(topic, "m\(number)", group)
                #expect(again == receipt, "a repeat is the same message")
            }
            #expect(sequences == sequences.sorted() && Set(sequences).count == 12 && sequences[0].count == 20)
            try await eventually("all attempts are made") { sqs.heard.count >= 36 ? true : nil }
            let runner = office.service.deliveries.runner
            try await eventually("nothing waits") { try await runner.unfinished().isEmpty ? true : nil }
            for group in ["g0", "g1"] {
                let heard = sqs.heard.filter { $0.input["MessageGroupId"]?.string == group }
                var order: [String] = []
                for one in heard {
                    let body = try JSON(parsing: one.input["MessageBody"]?.string ?? "")["Message"]?.string ?? ""
                    if order.last != body { order.append(body) }
                }
                #expect(order == stride(from: group == "g0" ? 0 : 1, to: 12, by: 2).map { "m\($0)" })
            }
        }
    }

    @Test("in batches: the good ones are taken, the others named")
    func batch() async throws {
        try await withOffice(isRunning: false) { office in
            let topic = try await office.topic("t")
            let entries: JSON = [["Id": "1", "Message": "m"], ["Id": "2", "Message": ""]]
            let answer = try await office.test.call(
                "sns", "PublishBatch", ["TopicArn": topic, "PublishBatchRequestEntries": entries])
            #expect(answer["Successful"]?[0]?["Id"] == "1" && answer["Successful"]?[0]?["MessageId"] != nil)
            #expect(answer["Failed"]?[0]?["Id"] == "2" && answer["Failed"]?[0]?["Code"] == "InvalidParameter")
            func code(_ entries: JSON) async throws -> String? {
                try await office.test.refusal(
                    "sns", "PublishBatch", ["TopicArn": topic, "PublishBatchRequestEntries": entries])?.code
            }
            #expect(try await code([]) == "EmptyBatchRequest")
            #expect(
                try await code([["Id": "1", "Message": "m"], ["Id": "1", "Message": "m"]]) == "BatchEntryIdsNotDistinct"
            )
            #expect(try await code([["Id": "a b", "Message": "m"]]) == "InvalidBatchEntryId")
            let eleven = (0..<11).map { JSON(dictionaryLiteral: ("Id", .string("\($0)")), ("Message", "m")) }
            #expect(try await code(.array(eleven)) == "TooManyEntriesInBatchRequest")
            let large = JSON.string(String(repeating: "x", count: 150_000))
            #expect(
                try await code([["Id": "1", "Message": large], ["Id": "2", "Message": large]]) == "BatchRequestTooLong")
        }
    }

    @Test("that endpoints refuse go to the dead-letter queue; those that fail are tried as the policy says")
    func letters() async throws {
        let sqs = Neighbour("sqs", "SendMessage")
        let world = World([200, 500, 500, 404])
        let time = VirtualTime()
        try await withOffice(at: Surroundings(time: time), web: world, [sqs]) { office in
            let topic = try await office.topic("t")
            let policy =
                #"{"healthyRetryPolicy":{"numRetries":3,"minDelayTarget":1,"maxDelayTarget":2,"numNoDelayRetries":1}}"#
            _ = try await office.subscribe(
                topic, "https", "https://a.example/in",
                [
                    "RedrivePolicy": .string("{\"deadLetterTargetArn\":\"\(queueARN)\"}"),
                    "DeliveryPolicy": .string(policy),
                ])
            let token = try await eventually("the endpoint is asked") { world.sent.first?.json["Token"] }
            try await office.test.call("sns", "ConfirmSubscription", ["TopicArn": topic, "Token": token])
            try await office.publish(topic, "m")
            try await eventually("the first retry comes at once") { world.sent.count == 3 ? true : nil }
            try await eventually("the second waits") { time.nextWake == time.now + .seconds(1) ? true : nil }
            time.advance(by: .seconds(1))
            let letter = try await eventually("404 is for good") { sqs.heard.first }
            #expect(world.sent.count == 4)
            #expect(try JSON(parsing: letter.input["MessageBody"]?.string ?? "")["Message"] == "m")
        }
    }

    @Test("taken before a crash are delivered after it")
    func restart() async throws {
        try await withTemporaryLedger { ledger in
            func office(_ neighbour: Neighbour) throws -> Office {
                let cloud = Cloud(
                    surroundings: ledger.surroundings, endpoint: "http://127.0.0.1:4566", validate: { _, _, _ in nil })
                let service = try SNSService(cloud: cloud, ledger: ledger, web: World())
                cloud.install([service, neighbour])
                return Office(test: TestCloud(cloud: cloud, ledger: ledger), service: service)
            }
            let first = try office(Neighbour("sqs", "SendMessage"))
            let topic = try await first.topic("t")
            _ = try await first.subscribe(topic, "sqs", queueARN)
            try await first.publish(topic, "m")
            let sqs = Neighbour("sqs", "SendMessage")
            let second = try office(sqs)
            try await withRunning(second.service.services) {
                let heard = try await eventually("the second process delivers") { sqs.heard.first }
                #expect(try JSON(parsing: heard.input["MessageBody"]?.string ?? "")["Message"] == "m")
            }
        }
    }
}
