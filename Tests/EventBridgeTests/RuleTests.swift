import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import EventBridge

@Suite("Rules, targets and buses")
struct RuleTests {
    private static let anything: JSON = ["Name": "r", "EventPattern": #"{"source":["shop"]}"#]

    @Test(
        "refuse what is no rule, in AWS's words",
        arguments: [
            (["Name": "r"], "ValidationException", "EventPattern or ScheduleExpression"),
            (["Name": "r", "EventPattern": "{"], "InvalidEventPatternException", "Event pattern is not valid"),
            (
                ["Name": "r", "EventPattern": #"{"source":"shop"}"#], "InvalidEventPatternException",
                "must be an object or an array"
            ),
            (
                ["Name": "r", "ScheduleExpression": "rate(1 minutes)"], "ValidationException",
                "ScheduleExpression is not valid"
            ),
            (
                ["Name": "r", "ScheduleExpression": "at(2030-01-01T00:00:00)"], "ValidationException",
                "ScheduleExpression is not valid"
            ),
            (
                ["Name": "r", "ScheduleExpression": "rate(1 hour)", "EventBusName": "own"], "ValidationException",
                "only on the default"
            ),
            (
                ["Name": "r", "EventPattern": #"{"source":["a"]}"#, "EventBusName": "none"],
                "ResourceNotFoundException", "none"
            ),
            (
                [
                    "Name": "r", "EventPattern": #"{"source":["a"]}"#,
                    "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
                ],
                "NotImplemented", "CloudTrail"
            ),
        ] as [(JSON, String, String)])
    func refusals(input: JSON, code: String, words: String) async throws {
        try await withHouse([], isRunning: false) { house in
            try await house.test.call("events", "CreateEventBus", ["Name": "own"])
            let refusal = try await house.test.refusal("events", "PutRule", input)
            #expect(refusal?.code == code)
            #expect(refusal?.message.contains(words) == true, "\(refusal?.message ?? "")")
        }
    }

    @Test("are put, put again, listed, switched off and on, and deleted once they have no targets")
    func life() async throws {
        try await withHouse([], isRunning: false) { house in
            let test = house.test
            let arn = try await test.call("events", "PutRule", Self.anything)["RuleArn"]
            #expect(arn == "arn:aws:events:eu-west-1:123456789012:rule/r")
            try await test.call(
                "events", "PutTargets", ["Rule": "r", "Targets": [["Id": "1", "Arn": .string(functionARN)]]])
            var changed = Self.anything
            changed["Description"] = "new"
            changed["State"] = "DISABLED"
            try await test.call("events", "PutRule", changed)
            let rule = try await test.call("events", "DescribeRule", ["Name": "r"])
            #expect(rule["State"] == "DISABLED" && rule["Description"] == "new" && rule["EventBusName"] == "default")
            let targets = try await test.call("events", "ListTargetsByRule", ["Rule": "r"])["Targets"]
            #expect(targets?.array?.count == 1, "targets outlive a new PutRule")
            try await test.call("events", "EnableRule", ["Name": "r"])
            #expect(try await test.call("events", "DescribeRule", ["Name": "r"])["State"] == "ENABLED")
            let names = try await test.call("events", "ListRuleNamesByTarget", ["TargetArn": .string(functionARN)])
            #expect(names["RuleNames"] == ["r"])
            #expect(
                try await test.refusal("events", "DeleteRule", ["Name": "r"])?.message
                    == "Rule can't be deleted since it has targets.")
            let gone = try await test.call("events", "RemoveTargets", ["Rule": "r", "Ids": ["1", "2"]])
            #expect(gone["FailedEntryCount"] == 1 && gone["FailedEntries"]?[0]?["TargetId"] == "2")
            for _ in 0..<2 { try await test.call("events", "DeleteRule", ["Name": "r"]) }
            #expect(
                try await test.refusal("events", "DescribeRule", ["Name": "r"])?.code == "ResourceNotFoundException")
        }
    }

    @Test("come in pages")
    func pages() async throws {
        try await withHouse([], isRunning: false) { house in
            for number in 1...5 {
                try await house.test.call(
                    "events", "PutRule", ["Name": .string("r\(number)"), "ScheduleExpression": "rate(1 hour)"])
            }
            let first = try await house.test.call("events", "ListRules", ["Limit": 2, "NamePrefix": "r"])
            #expect(first["Rules"]?.array?.compactMap { $0["Name"]?.string } == ["r1", "r2"])
            let token = try #require(first["NextToken"])
            let rest = try await house.test.call("events", "ListRules", ["NextToken": token])
            #expect(rest["Rules"]?.array?.count == 3 && rest["NextToken"] == nil)
        }
    }

    @Test(
        "take no targets that Slipway does not tell, and none that cannot work",
        arguments: [
            (["Id": "1", "Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/c"], "NotImplemented"),
            (["Id": "1", "Arn": "arn:aws:states:eu-west-1:123456789012:stateMachine:s"], "NotImplemented"),
            (["Id": "1", "Arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/s"], "NotImplemented"),
            (["Id": "1", "Arn": "function"], "ValidationException"),
            (["Id": "1", "Arn": "arn:aws:codepipeline:eu-west-1:123456789012:p"], "ValidationException"),
            (["Id": "1", "Arn": .string(queueARN + ".fifo")], "ValidationException"),
            (
                ["Id": "1", "Arn": .string(functionARN), "SqsParameters": ["MessageGroupId": "g"]],
                "ValidationException"
            ),
            (["Id": "1", "Arn": .string(functionARN), "Input": "{"], "ValidationException"),
            (["Id": "1", "Arn": .string(functionARN), "InputPath": "detail"], "ValidationException"),
            (["Id": "1", "Arn": .string(functionARN), "Input": "{}", "InputPath": "$.detail"], "ValidationException"),
            (
                ["Id": "1", "Arn": .string(functionARN), "InputTransformer": ["InputTemplate": "{<a>"]],
                "ValidationException"
            ),
            (
                ["Id": "1", "Arn": .string(functionARN), "DeadLetterConfig": ["Arn": .string(functionARN)]],
                "ValidationException"
            ),
            (["Id": "1", "Arn": "arn:aws:events:eu-west-1:123456789012:event-bus/default"], "ValidationException"),
            (["Id": "1", "Arn": "arn:aws:events:eu-west-1:999999999999:event-bus/default"], "NotImplemented"),
        ] as [(JSON, String)])
    func targets(target: JSON, code: String) async throws {
        try await withHouse([], isRunning: false) { house in
            try await house.test.call("events", "PutRule", Self.anything)
            let refusal = try await house.test.refusal("events", "PutTargets", ["Rule": "r", "Targets": [target]])
            #expect(refusal?.code == code, "\(refusal?.message ?? "")")
        }
    }

    @Test("have five targets at most, and a target of the same id is replaced")
    func limits() async throws {
        try await withHouse([], isRunning: false) { house in
            try await house.test.call("events", "PutRule", Self.anything)
            let five = (1...5).map { JSON(dictionaryLiteral: ("Id", .string("\($0)")), ("Arn", .string(functionARN))) }
            try await house.test.call("events", "PutTargets", ["Rule": "r", "Targets": .array(five)])
            let sixth: JSON = ["Rule": "r", "Targets": [["Id": "6", "Arn": .string(functionARN)]]]
            #expect(try await house.test.refusal("events", "PutTargets", sixth)?.code == "LimitExceededException")
            try await house.test.call(
                "events", "PutTargets", ["Rule": "r", "Targets": [["Id": "5", "Arn": .string(queueARN)]]])
            let targets = try await house.test.call("events", "ListTargetsByRule", ["Rule": "r"])["Targets"]?.array
            #expect(targets?.count == 5 && targets?.last?["Arn"]?.string == queueARN)
        }
    }

    @Test("stand on buses, which have policies and tags of their own")
    func buses() async throws {
        try await withHouse([], isRunning: false) { house in
            let test = house.test
            let arn = try await test.call(
                "events", "CreateEventBus", ["Name": "own", "Tags": [["Key": "a", "Value": "b"]]])["EventBusArn"]
            #expect(
                try await test.refusal("events", "CreateEventBus", ["Name": "own"])?.code
                    == "ResourceAlreadyExistsException")
            #expect(
                try await test.call("events", "ListEventBuses")["EventBuses"]?.array?.compactMap { $0["Name"]?.string }
                    == ["default", "own"])
            let permission: JSON = [
                "EventBusName": "own", "Action": "events:PutEvents", "Principal": "999999999999", "StatementId": "s",
            ]
            try await test.call("events", "PutPermission", permission)
            let policy = try await test.call("events", "DescribeEventBus", ["Name": "own"])["Policy"]?.string
            let statement = try JSON(parsing: policy ?? "")["Statement"]?[0]
            #expect(
                statement?["Principal"]?["AWS"] == "arn:aws:iam::999999999999:root" && statement?["Resource"] == arn)
            try await test.call("events", "RemovePermission", ["EventBusName": "own", "StatementId": "s"])
            #expect(try await test.call("events", "DescribeEventBus", ["Name": "own"])["Policy"] == nil)
            try await test.call("events", "UntagResource", ["ResourceARN": arn ?? "", "TagKeys": ["a"]])
            #expect(try await test.call("events", "ListTagsForResource", ["ResourceARN": arn ?? ""])["Tags"] == [])
            try await house.rule("r", #"{"source":["shop"]}"#, [["Id": "1", "Arn": .string(functionARN)]], bus: "own")
            #expect(
                try await test.refusal("events", "DeleteEventBus", ["Name": "own"])?.message.contains("has rules")
                    == true)
            #expect(
                try await test.refusal("events", "DeleteEventBus", ["Name": "default"])?.code == "ValidationException")
        }
    }

    @Test("PutEvents takes the good entries and names the others")
    func entries() async throws {
        try await withHouse([], isRunning: false) { house in
            let entries: [JSON] = [
                ["Source": "shop", "DetailType": "Order", "Detail": "{\"n\":1}"],
                ["Source": "shop", "DetailType": "Order", "Detail": "[1]"], ["Source": "shop", "Detail": "{}"],
                ["Source": "aws.s3", "DetailType": "Object Created", "Detail": "{}"],
                ["Source": "slipway.codeconnections", "DetailType": "Repository Push", "Detail": "{}"],
                ["Source": "shop", "DetailType": "Order", "Detail": "{}", "EventBusName": "none"],
            ]
            let answer = try await house.test.call("events", "PutEvents", ["Entries": .array(entries)])
            #expect(answer["FailedEntryCount"] == 5)
            let codes = answer["Entries"]?.array?.map { $0["ErrorCode"]?.string ?? "" }
            #expect(
                codes == [
                    "", "MalformedDetail", "InvalidArgument", "NotAuthorizedForSourceException",
                    "NotAuthorizedForSourceException", "ResourceNotFoundException",
                ])
            let logged = try await house.test.ledger.events(after: 0).filter { $0.event.source == "shop" }
            #expect(logged.count == 1 && logged.first?.event.detail == ["n": 1])
            let large = JSON.string("{\"a\":\"" + String(repeating: "x", count: 256 << 10) + "\"}")
            let refusal = try await house.test.refusal(
                "events", "PutEvents", ["Entries": [["Source": "shop", "DetailType": "Order", "Detail": large]]])
            #expect(refusal?.code == "ValidationException")
        }
    }

    @Test("TestEventPattern says whether an event fits")
    func pattern() async throws {
        try await withHouse([], isRunning: false) { house in
            let event: JSON = [
                "id": "1", "account": "123456789012", "source": "shop", "time": "2026-11-23T09:30:00Z",
                "region": "eu-west-1",
                "resources": [], "detail-type": "Order", "detail": ["total": 7],
            ]
            func fits(_ pattern: String) async throws -> JSON? {
                try await house.test.call(
                    "events", "TestEventPattern", ["EventPattern": .string(pattern), "Event": .string(event.text())])[
                        "Result"]
            }
            #expect(try await fits(#"{"detail":{"total":[{"numeric":[">",5]}]}}"#) == true)
            #expect(try await fits(#"{"detail":{"total":[{"numeric":[">",50]}]}}"#) == false)
            let refusal = try await house.test.refusal(
                "events", "TestEventPattern", ["EventPattern": "{\"source\":[\"a\"]}", "Event": "{}"])
            #expect(refusal?.code == "ValidationException")
        }
    }
}
