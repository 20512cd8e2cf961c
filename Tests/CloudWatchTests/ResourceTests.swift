import Cloud
import CloudTesting
import Notation
import Testing

@testable import CloudWatch

@Suite("CloudWatch's resource types")
struct ResourceTests {
    private func request(
        _ test: TestCloud, _ properties: JSON, previous: JSON? = nil, id: String? = nil
    ) -> ResourceRequest {
        ResourceRequest(
            cloud: test.cloud, caller: test.caller,
            stackID: "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1",
            stackName: "shop", logicalID: "Errors", properties: properties, previous: previous, physicalID: id,
            tags: ["team": "a"], key: "k", suffix: "ABCDEFGHIJKL")
    }

    private static let alarm: JSON = [
        "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": "60", "EvaluationPeriods": 1,
        "Threshold": "0.5", "ComparisonOperator": "GreaterThanThreshold", "ActionsEnabled": "true",
    ]

    @Test("make, change and remove an alarm, each as often as a crash may repeat it")
    func alarm() async throws {
        try await withCloudWatch { test, service, _ in
            let type = try #require(test.cloud.resourceType("AWS::CloudWatch::Alarm"))
            var state: ResourceState?
            for _ in 0..<2 { state = try await type.actions.create(request(test, Self.alarm)) }
            #expect(state?.physicalID == "shop-Errors-ABCDEFGHIJKL")
            let arn = try #require(state?.attributes["Arn"])
            let tags = try await test.call("cloudwatch", "ListTagsForResource", ["ResourceARN": arn])["Tags"]?.array
            #expect(tags?.contains(["Key": "team", "Value": "a"]) == true)
            var changed = Self.alarm
            changed["Threshold"] = 7
            _ = try await type.actions.update?(request(test, changed, previous: Self.alarm, id: state?.physicalID))
            let read = try await type.actions.read?(request(test, changed, id: state?.physicalID))
            #expect(read?["Threshold"] == 7.0 && read?["Period"] == 60 && read?["StateValue"] == nil)
            for _ in 0..<2 { try await type.actions.delete(request(test, changed, id: state?.physicalID)) }
            #expect(try await type.actions.read?(request(test, changed, id: state?.physicalID)) == nil)
        }
    }

    @Test("make and remove composite alarms and dashboards")
    func others() async throws {
        try await withCloudWatch { test, _, _ in
            let composite = try #require(test.cloud.resourceType("AWS::CloudWatch::CompositeAlarm"))
            let made = try await composite.actions.create(request(test, ["AlarmName": "any", "AlarmRule": "FALSE"]))
            #expect(made.physicalID == "any")
            #expect(try await composite.actions.read?(request(test, [:], id: "any"))?["AlarmRule"] == "FALSE")
            for _ in 0..<2 { try await composite.actions.delete(request(test, [:], id: "any")) }
            let dashboard = try #require(test.cloud.resourceType("AWS::CloudWatch::Dashboard"))
            let shown = try await dashboard.actions.create(request(test, ["DashboardBody": ["widgets": []]]))
            let body = try await test.call("cloudwatch", "GetDashboard", ["DashboardName": .string(shown.physicalID)])
            #expect(body["DashboardBody"] == "{\"widgets\":[]}")
            for _ in 0..<2 { try await dashboard.actions.delete(request(test, [:], id: shown.physicalID)) }
        }
    }
}
