import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import CodePipeline

@Suite("The rules of conditions")
struct RuleTests {
    /// A pipeline whose second stage asks one rule before it is entered.
    private static func guarded(_ provider: String, _ configuration: JSON) -> JSON {
        let rule: JSON = [
            "name": "Ask",
            "ruleTypeId": ["category": "Rule", "owner": "AWS", "provider": .string(provider), "version": "1"],
            "configuration": configuration,
        ]
        return Declarations.stage(
            "Gate", [Declarations.approval()], ["beforeEntry": ["conditions": [["result": "FAIL", "rules": [rule]]]]])
    }

    private static func condition(_ house: House) async throws -> JSON? {
        try await house.call("GetPipelineState", ["name": "orders"])["stageStates"]?[1]?["beforeEntryConditionState"]
    }

    private static func becomes(_ status: String, _ house: House) async throws {
        try await eventually("the condition \(status)") {
            try await condition(house)?["latestExecution"]?["status"]?.string == status ? true : nil
        }
    }

    @Test(
        "variables are compared",
        arguments: [
            ("EQ", "Fetch.zip", true), ("EQ", "fetch.zip", false), ("NE", "x", true), ("CONTAINS", "etch", true),
            ("CONTAINS", "x", false), ("MATCHES", "F.*zip", true), ("MATCHES", "etch", false), ("MATCHES", "(", false),
        ])
    func variables(_ name: String, _ value: String, _ holds: Bool) async throws {
        try await House.open { house in
            let source = Declarations.source("Fetch", ["namespace": "N"])
            let stage = Self.guarded(
                "VariableCheck", ["Variable": "#{N.ObjectKey}", "Value": .string(value), "Operator": .string(name)])
            let pipeline = Declarations.pipeline([stage], sources: [source])
            try await house.call("CreatePipeline", ["pipeline": pipeline])
            try await Self.becomes(holds ? "Succeeded" : "Failed", house)
        }
    }

    @Test("a window that is closed is waited for")
    func window() async throws {
        // 2025-06-15T15:06:40Z, a Sunday.
        let time = VirtualTime(now: Timestamp(seconds: 1_750_000_000))
        try await House.open(Surroundings(time: time)) { house in
            let stage = Self.guarded("DeploymentWindow", ["Cron": "* 0-30 18 ? * MON", "TimeZone": "Europe/Berlin"])
            _ = try await house.make([stage])
            let summary = try await eventually("the wait") {
                try await Self.condition(house)?["conditionStates"]?[0]?["ruleStates"]?[0]?["latestExecution"]?[
                    "summary"]
            }
            #expect(summary == "The window opens at 2025-06-16T16:00:00Z.")
            // The rule's own time is an hour: it is up before the window opens.
            time.advance(by: .seconds(3601))
            try await Self.becomes("Failed", house)
        }
    }

    @Test("an alarm that goes off while it is watched fails the rule at once")
    func alarm() async throws {
        try await House.open { house in
            _ = try await house.make([Self.guarded("CloudWatchAlarm", ["AlarmName": "errors", "WaitTime": "5"])])
            try await Self.becomes("InProgress", house)
            house.neighbours.state.withLock { $0.alarm = "ALARM" }
            // The event may come before the rule looks, or wake it: either way it sees the alarm.
            let event = LedgerEvent(
                time: house.door.ledger.surroundings.now, source: "aws.cloudwatch",
                detailType: "CloudWatch Alarm State Change", account: house.door.caller.account,
                region: house.door.caller.region, detail: ["alarmName": "errors"])
            try await house.door.ledger.write { try $0.append(event) }
            try await Self.becomes("Failed", house)
            let rules = try await house.call("ListRuleExecutions", ["pipelineName": "orders"])["ruleExecutionDetails"]
            let details = rules?[0]?["output"]?["executionResult"]?["errorDetails"]
            #expect(details?["message"] == "The alarm 'errors' is ALARM: because")
        }
    }

    @Test("an alarm that stays quiet lets the execution in when the time has passed")
    func quietAlarm() async throws {
        let time = VirtualTime()
        try await House.open(Surroundings(time: time)) { house in
            _ = try await house.make([Self.guarded("CloudWatchAlarm", ["AlarmName": "errors", "WaitTime": "5"])])
            try await Self.becomes("InProgress", house)
            try await eventually("the end of the watch") {
                time.advance(by: .seconds(60))
                return try await Self.condition(house)?["latestExecution"]?["status"] == "Succeeded" ? true : nil
            }
        }
    }

    @Test("a condition in progress is overridden, one that skips is not")
    func override() async throws {
        let time = VirtualTime()
        try await House.open(Surroundings(time: time)) { house in
            let id = try await house.make([Self.guarded("DeploymentWindow", ["Cron": "* 0 3 1 1 ? 2030"])])
            try await Self.becomes("InProgress", house)
            let input: JSON = [
                "pipelineName": "orders", "stageName": "Gate", "pipelineExecutionId": .string(id),
                "conditionType": "BEFORE_ENTRY",
            ]
            try await house.call("OverrideStageCondition", input)
            try await Self.becomes("Overridden", house)
            let again = try await house.door.refusal("codepipeline", "OverrideStageCondition", input)
            #expect(again?.code == "ConditionNotOverridableException")
        }
    }
}
