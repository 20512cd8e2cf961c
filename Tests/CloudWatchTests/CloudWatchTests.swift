import Cloud
import CloudTesting
import Ledger
import Notation
import Testing

@testable import CloudWatch

private let start = 1_750_000_020.0

func withCloudWatch(
    strict: Bool = false, time: VirtualTime = VirtualTime(now: Timestamp(seconds: start)),
    _ body: (TestCloud, CloudWatchService, VirtualTime) async throws -> Void
) async throws {
    var service: CloudWatchService?
    try await withTestCloud(Surroundings(time: time)) { cloud, ledger in
        let made = CloudWatchService(cloud: cloud, ledger: ledger, strict: strict)
        service = made
        return [made]
    } _: { test in
        try await body(test, try #require(service), time)
    }
}

@Suite("CloudWatch's metrics")
struct CloudWatchMetricTests {
    private func put(_ test: TestCloud, _ datum: JSON) async throws {
        var datum = datum
        if datum["MetricName"] == nil { datum["MetricName"] = "Latency" }
        try await test.call("cloudwatch", "PutMetricData", ["Namespace": "App", "MetricData": [datum]])
    }

    @Test("come back as statistics by period, values with counts and percentiles included")
    func statistics() async throws {
        try await withCloudWatch { test, _, _ in
            try await put(
                test, ["Values": [1, 2, 3], "Counts": [1, 1, 2], "Unit": "Seconds", "Timestamp": .double(start + 5)])
            try await put(test, ["Value": 10, "Unit": "Seconds", "Timestamp": .double(start + 65)])
            let answer = try await test.call(
                "cloudwatch", "GetMetricStatistics",
                [
                    "Namespace": "App", "MetricName": "Latency", "StartTime": .double(start),
                    "EndTime": .double(start + 120), "Period": 60,
                    "Statistics": ["Sum", "Average", "SampleCount"], "ExtendedStatistics": ["p50"],
                ])
            #expect(
                answer == [
                    "Label": "Latency",
                    "Datapoints": [
                        [
                            "Timestamp": .double(start), "Unit": "Seconds", "Sum": 9.0, "Average": 2.25,
                            "SampleCount": 4.0, "ExtendedStatistics": ["p50": 2.5],
                        ],
                        [
                            "Timestamp": .double(start + 60), "Unit": "Seconds", "Sum": 10.0, "Average": 10.0,
                            "SampleCount": 1.0, "ExtendedStatistics": ["p50": 10.0],
                        ],
                    ],
                ])
        }
    }

    @Test("come back through metric math, in pages")
    func metricData() async throws {
        try await withCloudWatch { test, _, _ in
            for minute in 0..<4 {
                try await put(test, ["Value": .int(minute), "Timestamp": .double(start + Double(minute) * 60)])
            }
            let metric: JSON = ["Namespace": "App", "MetricName": "Latency"]
            let queries: JSON = [
                ["Id": "m1", "MetricStat": ["Metric": metric, "Period": 60, "Stat": "Sum"], "ReturnData": false],
                ["Id": "twice", "Expression": "m1 * 2", "Label": "Twice"], ["Id": "more", "Expression": "twice + 1"],
            ]
            var input: JSON = [
                "MetricDataQueries": queries, "StartTime": .double(start), "EndTime": .double(start + 240),
                "ScanBy": "TimestampAscending", "MaxDatapoints": 3,
            ]
            var pages: [JSON] = []
            repeat {
                pages.append(try await test.call("cloudwatch", "GetMetricData", input))
                input["NextToken"] = pages.last?["NextToken"]
            } while input["NextToken"] != nil && pages.count < 9
            #expect(pages.count == 3)
            let values = { (id: String) in
                pages.flatMap { $0["MetricDataResults"]?.array ?? [] }.filter { $0["Id"]?.string == id }.flatMap {
                    $0["Values"]?.array ?? []
                }.compactMap(\.double)
            }
            #expect(values("twice") == [0, 2, 4, 6])
            #expect(values("more") == [1, 3, 5, 7])
            #expect(pages[0]["MetricDataResults"]?[0]?["Label"] == "Twice")
        }
    }

    private static let wrong: [(JSON, String)] = [
        ([:], "MissingRequiredParameterException"),
        (["Value": 1, "Values": [1]], "InvalidParameterCombinationException"),
        (["Value": 1, "Timestamp": .double(start + 7300)], "InvalidParameterValueException"),
        (["Value": 1, "Timestamp": .double(start - 1_300_000)], "InvalidParameterValueException"),
        (["Values": [1, 2], "Counts": [1]], "InvalidParameterValueException"),
        (["Value": 1, "Unit": "Parsecs"], "InvalidParameterValueException"),
        (["Value": 1e200], "InvalidParameterValueException"),
        (["Value": 1, "StorageResolution": 30], "InvalidParameterValueException"),
    ]

    @Test("are refused with AWS's code when they are wrong", arguments: wrong)
    func refusals(datum: JSON, code: String) async throws {
        try await withCloudWatch { test, _, _ in
            var datum = datum
            datum["MetricName"] = "Latency"
            let refusal = try await test.refusal(
                "cloudwatch", "PutMetricData",
                ["Namespace": "App", "MetricData": [["MetricName": "Good", "Value": 1], datum]])
            #expect(refusal?.code == code)
            let listed = try await test.call("cloudwatch", "ListMetrics")
            #expect(listed["Metrics"] == [], "a refused call must not have half its effect")
        }
    }

    @Test("of AWS's namespaces are written by services only")
    func reserved() async throws {
        try await withCloudWatch { test, service, _ in
            let input: JSON = ["Namespace": "AWS/Lambda", "MetricData": [["MetricName": "Errors", "Value": 1]]]
            #expect(
                try await test.refusal("cloudwatch", "PutMetricData", input)?.code == "InvalidParameterValueException")
            service.metrics.record(
                "AWS/Lambda", "Errors", dimensions: [("FunctionName", "f")], value: 1, unit: "Count",
                account: test.caller.account, region: test.caller.region)
            let listed = try await test.call("cloudwatch", "ListMetrics", ["Dimensions": [["Name": "FunctionName"]]])
            #expect(listed["Metrics"]?[0]?["MetricName"] == "Errors")
        }
    }

    @Test("of more than 1,440 points are not given by GetMetricStatistics")
    func tooMany() async throws {
        try await withCloudWatch { test, _, _ in
            let refusal = try await test.refusal(
                "cloudwatch", "GetMetricStatistics",
                [
                    "Namespace": "App", "MetricName": "Latency", "StartTime": .double(start - 86_400 * 3),
                    "EndTime": .double(start), "Period": 60, "Statistics": ["Sum"],
                ])
            #expect(refusal?.code == "InvalidParameterCombinationException")
            #expect(refusal?.message.contains("exceeds the limit of 1440") == true)
        }
    }

    @Test("have dashboards, kept as text")
    func dashboards() async throws {
        try await withCloudWatch { test, _, _ in
            try await test.call(
                "cloudwatch", "PutDashboard", ["DashboardName": "d", "DashboardBody": "{\"widgets\":[]}"])
            #expect(
                try await test.call("cloudwatch", "GetDashboard", ["DashboardName": "d"])["DashboardBody"]
                    == "{\"widgets\":[]}")
            #expect(
                try await test.refusal("cloudwatch", "PutDashboard", ["DashboardName": "d", "DashboardBody": "x"])?.code
                    == "DashboardInvalidInputError")
            try await test.call("cloudwatch", "DeleteDashboards", ["DashboardNames": ["d"]])
            #expect(
                try await test.refusal("cloudwatch", "GetDashboard", ["DashboardName": "d"])?.code
                    == "DashboardNotFoundError")
        }
    }
}
