import Cloud
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudWatch

private let errorsAlarm: JSON = [
    "AlarmName": "errors", "Namespace": "AWS/Lambda", "MetricName": "Errors",
    "Dimensions": [["Name": "FunctionName", "Value": "f"]],
    "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "DatapointsToAlarm": 1, "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
]

@Suite("CloudWatch's alarms")
struct AlarmTests {
    private func alarm(_ test: TestCloud, _ name: String = "errors") async throws -> JSON? {
        let answer = try await test.call(
            "cloudwatch", "DescribeAlarms",
            ["AlarmNames": [.string(name)], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]])
        return answer["MetricAlarms"]?[0] ?? answer["CompositeAlarms"]?[0]
    }

    private func reaches(_ test: TestCloud, _ state: String, _ name: String = "errors") async throws -> JSON {
        try await eventually("\(name) to be \(state)") {
            let found = try await alarm(test, name)
            return found?["StateValue"]?.string == state ? found : nil
        }
    }

    private func fail(_ service: CloudWatchService, _ test: TestCloud, _ value: Double = 1) {
        service.metrics.record(
            "AWS/Lambda", "Errors", dimensions: [("FunctionName", "f")], value: value, unit: "Count",
            account: test.caller.account,
            region: test.caller.region)
    }

    private func put(_ test: TestCloud, _ changes: JSON = [:]) async throws {
        var input = errorsAlarm
        for (key, value) in changes.object ?? [:] { input[key] = value.isNull ? nil : value }
        try await test.call("cloudwatch", "PutMetricAlarm", input)
    }

    @Test("fire as soon as a breaching datum comes in, say why, and go back once the window has passed")
    func firesAtOnce() async throws {
        try await withCloudWatch { test, service, time in
            try await withRunning(service.services) {
                try await put(test, ["TreatMissingData": "notBreaching"])
                let ok = try await reaches(test, "OK")
                #expect(
                    ok["StateReason"]?.string?.hasSuffix("1 missing datapoint was treated as [NonBreaching].") == true)
                fail(service, test)
                let fired = try await reaches(test, "ALARM")
                let reason = fired["StateReason"]?.string ?? ""
                #expect(reason.hasPrefix("Threshold Crossed: 1 out of the last 1 datapoints [1.0 (15/06/25 15:06:"))
                #expect(
                    reason.hasSuffix(
                        ")] was greater than the threshold (0.0) (minimum 1 datapoint for OK -> ALARM transition)."))
                let data = try JSON(parsing: fired["StateReasonData"]?.string ?? "")
                #expect(
                    data["recentDatapoints"] == [1.0] && data["statistic"] == "Sum" && data["period"] == 60
                        && data["version"] == "1.0")
                let woken = time.now + .seconds(300)
                while time.now < woken {
                    time.advance(by: .seconds(10))
                    try await eventually("the evaluator sleeps again") {
                        time.nextWake.map { $0 > time.now } ?? false ? true : nil
                    }
                }
                _ = try await reaches(test, "OK")
            }
        }
    }

    @Test("write history and an event for every change, and say when an action failed")
    func tells() async throws {
        try await withCloudWatch { test, service, _ in
            try await withRunning(service.services) {
                try await put(test, ["AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:oncall"]])
                fail(service, test)
                _ = try await reaches(test, "ALARM")
                let items = try await eventually("the action's entry in the history") {
                    let answer = try await test.call(
                        "cloudwatch", "DescribeAlarmHistory", ["AlarmName": "errors", "ScanBy": "TimestampAscending"])
                    let items = answer["AlarmHistoryItems"]?.array ?? []
                    return items.contains { $0["HistoryItemType"] == "Action" } ? items : nil
                }
                #expect(
                    Set(items.compactMap { $0["HistoryItemType"]?.string }) == [
                        "ConfigurationUpdate", "StateUpdate", "Action",
                    ])
                let action = items.first { $0["HistoryItemType"] == "Action" }?["HistorySummary"]?.string ?? ""
                #expect(
                    action.hasPrefix(
                        "Failed to execute action arn:aws:sns:eu-west-1:123456789012:oncall. Received error: "
                            + "\"NotImplemented"
                    ))
                let event = try #require(
                    try await test.ledger.events(after: 0).map(\.event).first {
                        $0.detailType == "CloudWatch Alarm State Change"
                    })
                #expect(event.resources == ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors"])
                #expect(
                    event.detail["state"]?["value"] == "ALARM"
                        && event.detail["previousState"]?["value"] == "INSUFFICIENT_DATA")
                #expect(
                    event.detail["configuration"]?["metrics"]?[0]?["metricStat"]?["metric"]?["dimensions"] == [
                        "FunctionName": "f"
                    ])
            }
        }
    }

    @Test("see one-minute data at once too, but a growing sum below a threshold only when its minute is over")
    func minuteData() async throws {
        try await withCloudWatch { test, service, time in
            try await withRunning(service.services) {
                try await put(
                    test,
                    [
                        "AlarmName": "high", "Namespace": "App", "MetricName": "Orders", "Dimensions": .null,
                        "Threshold": 5,
                    ])
                try await put(
                    test,
                    [
                        "AlarmName": "low", "Namespace": "App", "MetricName": "Orders", "Dimensions": .null,
                        "Threshold": 5, "ComparisonOperator": "LessThanThreshold",
                    ])
                try await test.call(
                    "cloudwatch", "PutMetricData",
                    ["Namespace": "App", "MetricData": [["MetricName": "Orders", "Value": 3]]])
                _ = try await reaches(test, "OK", "high")
                #expect(try await alarm(test, "low")?["StateValue"] == "INSUFFICIENT_DATA")
                time.advance(by: .seconds(61))
                _ = try await reaches(test, "ALARM", "low")
            }
        }
    }

    @Test("wait for their minute in strict mode, as AWS's do, and then see whole periods only")
    func strict() async throws {
        try await withCloudWatch(strict: true) { test, service, time in
            try await withRunning(service.services) {
                try await put(test)
                _ = try await eventually("the evaluator plans") { time.sleeperCount >= 2 ? true : nil }
                fail(service, test)
                #expect(try await alarm(test)?["StateValue"] == "INSUFFICIENT_DATA")
                time.advance(by: .seconds(61))
                _ = try await reaches(test, "ALARM")
            }
            #expect(
                try await test.refusal(
                    "cloudwatch", "PutMetricAlarm",
                    {
                        var i = errorsAlarm; i["Period"] = 1; return i
                    }())?.code == "ValidationError")
        }
    }

    @Test("bear a stream of data, and are judged by the last of it")
    func stream() async throws {
        try await withCloudWatch { test, service, time in
            try await withRunning(service.services) {
                try await put(test, ["Threshold": 199])
                _ = try await eventually("the evaluator plans") { time.sleeperCount >= 2 ? true : nil }
                // The first datum is judged at once; the others together, when the evaluator has had its rest.
                fail(service, test)
                _ = try await reaches(test, "OK")
                for _ in 0..<199 {
                    fail(service, test)
                    await Task.yield()
                }
                try await eventually("a judgement is planned") {
                    time.nextWake.map { $0 <= time.now + .milliseconds(250) } ?? false ? true : nil
                }
                time.advance(by: .milliseconds(300))
                _ = try await reaches(test, "ALARM")
            }
        }
    }

    @Test("judge metric math")
    func math() async throws {
        try await withCloudWatch { test, service, _ in
            try await withRunning(service.services) {
                let metric: JSON = [
                    "Namespace": "AWS/Lambda", "MetricName": "Errors",
                    "Dimensions": [["Name": "FunctionName", "Value": "f"]],
                ]
                try await test.call(
                    "cloudwatch", "PutMetricAlarm",
                    [
                        "AlarmName": "rate", "EvaluationPeriods": 1, "Threshold": 10,
                        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                        "Metrics": [
                            [
                                "Id": "m1", "MetricStat": ["Metric": metric, "Period": 10, "Stat": "Sum"],
                                "ReturnData": false,
                            ], ["Id": "e1", "Expression": "m1 * 100 / 2"],
                        ],
                    ])
                fail(service, test)
                let fired = try await reaches(test, "ALARM", "rate")
                #expect(fired["StateReason"]?.string?.hasPrefix("Threshold Crossed: 1 datapoint [50.0 (") == true)
                #expect(fired["Metrics"]?[1]?["Expression"] == "m1 * 100 / 2")
            }
        }
    }

    @Test("made of others follow them, tell their own actions, and keep them from being deleted")
    func composite() async throws {
        try await withCloudWatch { test, service, _ in
            try await withRunning(service.services) {
                try await put(test)
                try await test.call("cloudwatch", "PutCompositeAlarm", ["AlarmName": "never", "AlarmRule": "FALSE"])
                let rule: JSON = "ALARM(errors) AND NOT ALARM(\"never\") OR FALSE"
                try await test.call("cloudwatch", "PutCompositeAlarm", ["AlarmName": "any", "AlarmRule": rule])
                _ = try await reaches(test, "OK", "any")
                fail(service, test)
                let fired = try await reaches(test, "ALARM", "any")
                #expect(
                    fired["StateReason"]?.string?.hasPrefix(
                        "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors transitioned to ALARM at ") == true)
                let refusal = try await test.refusal("cloudwatch", "DeleteAlarms", ["AlarmNames": ["errors"]])
                #expect(refusal?.code == "ValidationError")
                #expect(
                    try await test.refusal(
                        "cloudwatch", "PutCompositeAlarm", ["AlarmName": "any", "AlarmRule": "ALARM(any)"])?.message
                        .contains("cycle") == true)
                #expect(
                    try await test.refusal(
                        "cloudwatch", "PutCompositeAlarm", ["AlarmName": "x", "AlarmRule": "ALARM(nope)"])?.message
                        .contains("do not exist") == true)
                try await test.call(
                    "cloudwatch", "SetAlarmState",
                    ["AlarmName": "errors", "StateValue": "OK", "StateReason": "by hand"])
                _ = try await reaches(test, "OK", "any")
            }
        }
    }

    @Test("keep their state when put again, and lose it when deleted")
    func lifecycle() async throws {
        try await withCloudWatch { test, service, _ in
            try await put(test, ["Tags": [["Key": "team", "Value": "a"]]])
            let fresh = try #require(try await alarm(test))
            #expect(
                fresh["StateValue"] == "INSUFFICIENT_DATA"
                    && fresh["StateReason"] == "Unchecked: Initial alarm creation")
            try await test.call(
                "cloudwatch", "SetAlarmState", ["AlarmName": "errors", "StateValue": "ALARM", "StateReason": "test"])
            try await put(test, ["Threshold": 7])
            #expect(try await alarm(test)?["StateValue"] == "ALARM")
            #expect(try await alarm(test)?["Threshold"] == 7.0)
            let arn = fresh["AlarmArn"] ?? .null
            #expect(
                try await test.call("cloudwatch", "ListTagsForResource", ["ResourceARN": arn])["Tags"] == [
                    ["Key": "team", "Value": "a"]
                ])
            try await test.call("cloudwatch", "DisableAlarmActions", ["AlarmNames": ["errors", "gone"]])
            #expect(try await alarm(test)?["ActionsEnabled"] == false)
            try await test.call("cloudwatch", "DeleteAlarms", ["AlarmNames": ["errors", "gone"]])
            #expect(try await alarm(test) == nil)
            #expect(
                try await test.refusal(
                    "cloudwatch", "SetAlarmState", ["AlarmName": "errors", "StateValue": "OK", "StateReason": ""])?.code
                    == "ResourceNotFound")
        }
    }

    @Test(
        "that cannot work are refused",
        arguments: [
            (["Period": 7], "ValidationError"), (["EvaluationPeriods": 1441], "ValidationError"),
            (["DatapointsToAlarm": 2], "ValidationError"),
            (["Statistic": .null], "InvalidParameterCombinationException"),
            (["Statistic": .null, "ExtendedStatistic": "p101"], "InvalidParameterValueException"),
            (["TreatMissingData": "guess"], "ValidationError"),
            (["AlarmActions": ["arn:aws:automate:eu-west-1:ec2:stop"]], "NotImplemented"),
            (["AlarmActions": ["oncall"]], "ValidationError"),
            (["ComparisonOperator": "GreaterThanUpperThreshold"], "NotImplemented"),
            (["Threshold": .null], "MissingRequiredParameterException"),
            (["Unit": "Parsecs"], "InvalidParameterValueException"),
        ] as [(JSON, String)])
    func refusals(changes: JSON, code: String) async throws {
        try await withCloudWatch { test, _, _ in
            var input = errorsAlarm
            for (key, value) in changes.object ?? [:] { input[key] = value.isNull ? nil : value }
            let refusal = try await test.refusal("cloudwatch", "PutMetricAlarm", input)
            #expect(refusal?.code == code)
        }
    }
}
