import Notation
import Testing

@testable import SAMTransform

@Suite("Events of functions")
struct EventTests {
    private func resources(_ event: String, _ more: String = "") throws -> JSON {
        try transformed(function("Events: {Ev: \(event)}") + more)["Resources"] ?? .null
    }

    @Test(
        "a source is allowed to call the function",
        arguments: [
            ("{Type: Schedule, Properties: {Schedule: rate(1 day)}}", "events.amazonaws.com"),
            ("{Type: EventBridgeRule, Properties: {Pattern: {a: [b]}}}", "events.amazonaws.com"),
            ("{Type: CloudWatchLogs, Properties: {LogGroupName: g, FilterPattern: p}}", "logs.amazonaws.com"),
            ("{Type: SNS, Properties: {Topic: arn}}", "sns.amazonaws.com"),
            ("{Type: AlexaSkill}", "alexa-appkit.amazon.com"),
            ("{Type: IoTRule, Properties: {Sql: SELECT}}", "iot.amazonaws.com"),
        ])
    func permission(event: String, principal: String) throws {
        let permission = try resources(event).at("FnEvPermission/Properties")
        #expect(permission?["Principal"] == .string(principal))
        #expect(permission?["FunctionName"] == ["Ref": "Fn"])
    }

    @Test(
        "a function's role may read what Lambda polls for it",
        arguments: [
            ("{Type: SQS, Properties: {Queue: arn}}", "AWSLambdaSQSQueueExecutionRole"),
            ("{Type: Kinesis, Properties: {Stream: arn, StartingPosition: LATEST}}", "AWSLambdaKinesisExecutionRole"),
            ("{Type: DynamoDB, Properties: {Stream: arn, StartingPosition: LATEST}}", "AWSLambdaDynamoDBExecutionRole"),
            ("{Type: MSK, Properties: {Stream: arn, StartingPosition: LATEST}}", "AWSLambdaMSKExecutionRole"),
        ])
    func polling(event: String, policy: String) throws {
        let result = try resources(event)
        #expect(result.at("FnEv/Type") == "AWS::Lambda::EventSourceMapping")
        let arn = JSON.string("arn:aws:iam::aws:policy/service-role/\(policy)")
        #expect(result.at("FnRole/Properties/ManagedPolicyArns")?.array?.contains(arn) == true)
    }

    @Test("a rule's target id is cut to what EventBridge takes")
    func targetID() throws {
        let name = String(repeating: "F", count: 70)
        let rule = try transformed(
            function("Events: {Ev: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}", name: name)
        ).at("Resources/\(name)Ev/Properties/Targets/0/Id")
        #expect(rule?.string?.count == 64)
        #expect(rule?.string?.hasSuffix("LambdaTarget") == true)
    }

    @Test("a dead-letter queue is made where none is named, and lets the rule send")
    func deadLetters() throws {
        let result = try resources(
            "{Type: Schedule, Properties: {Schedule: rate(1 day), DeadLetterConfig: {Type: SQS, QueueLogicalId: Q}}}")
        #expect(result.at("Q/Type") == "AWS::SQS::Queue")
        #expect(result.at("FnEvQueuePolicy/Properties/Queues") == [["Ref": "Q"]])
        #expect(
            result.at("FnEv/Properties/Targets/0/DeadLetterConfig") == ["Arn": ["Fn::GetAtt": ["Q", "Arn"]]])
    }

    @Test("a bucket in the template is told to notify, and waits for the permission")
    func bucket() throws {
        let event = "{Type: S3, Properties: {Bucket: !Ref B, Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*']}}"
        let result = try resources(event, "\n  B: {Type: AWS::S3::Bucket, DependsOn: Other}")
        #expect(result.at("B/DependsOn") == ["Other", "FnEvPermission"])
        let entries = result.at("B/Properties/NotificationConfiguration/LambdaConfigurations")?.array
        #expect(entries?.compactMap { $0["Event"] } == ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"])
        #expect(try refusal(function("Events: {Ev: \(event)}"))?.contains("must reference an S3 bucket") == true)
    }

    @Test("a topic may reach the function by way of a queue")
    func topicThroughQueue() throws {
        let result = try resources(
            "{Type: SNS, Properties: {Topic: !Ref T, SqsSubscription: true}}",
            "\n  T: {Type: AWS::SNS::Topic, Properties: {FifoTopic: true}}")
        #expect(result.at("FnEvQueue/Properties/FifoQueue") == true)
        #expect(result.at("FnEv/Properties/Protocol") == "sqs")
        #expect(result.at("FnEvEventSourceMapping/Properties/BatchSize") == 10)
    }

    @Test(
        "a wrong event is told as its function's",
        arguments: [
            (
                "{Type: Schedule, Properties: {Schedule: a, State: ENABLED, Enabled: true}}",
                "State and Enabled Properties cannot both be specified."
            ),
            (
                "{Type: Schedule, Properties: {Schedule: a, DeadLetterConfig: {}}}",
                "No 'Arn' or 'Type' property provided"
            ),
            (
                "{Type: Schedule, Properties: {Schedule: a, DeadLetterConfig: {Type: SNS}}}",
                "The only valid value for 'Type'"
            ),
            ("{Type: SQS, Properties: {Queue: a, FilterCriteria: {x: 1}}}", "FilterCriteria field has a wrong format"),
            ("{Type: SQS, Properties: {Queue: a, ConsumerGroupId: x}}", "Property ConsumerGroupId not defined"),
            ("{Type: MQ, Properties: {Broker: a}}", "No SourceAccessConfigurations for Amazon MQ event provided."),
            ("{Type: SelfManagedKafka, Properties: {Topics: [a]}}", "No KafkaBootstrapServers provided"),
            (
                "{Type: ScheduleV2, Properties: {ScheduleExpression: a, OmitName: true, Name: b}}",
                "Name cannot be set when OmitName is True"
            ),
        ])
    func refuses(event: String, text: String) throws {
        let message = try refusal(function("Events: {Ev: \(event)}"))
        #expect(message?.contains("Resource with id [Fn] is invalid. Event with id [") == true)
        #expect(message?.contains(text) == true)
    }
}
