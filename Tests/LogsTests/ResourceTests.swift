import Cloud
import CloudTesting
import Notation
import Testing

@testable import Logs

@Suite("The resource types of CloudWatch Logs")
struct ResourceTests {
    private func request(
        _ test: TestCloud, _ properties: JSON, previous: JSON? = nil, id: String? = nil, stack: String = "shop"
    ) -> ResourceRequest {
        ResourceRequest(
            cloud: test.cloud, caller: test.caller, stackID: stack, stackName: stack, logicalID: "Log",
            properties: properties, previous: previous, physicalID: id, key: "k", suffix: "ABCDEFGHIJKL")
    }

    @Test("make a group once however often the step is repeated, but never take over another's")
    func group() async throws {
        try await withLogs { test, _, _ in
            let type = try #require(test.cloud.resourceType("AWS::Logs::LogGroup"))
            let properties: JSON = ["LogGroupName": "g", "RetentionInDays": "7"]
            for _ in 0..<2 {
                let state = try await type.actions.create(request(test, properties))
                #expect(state.attributes["Arn"] == "arn:aws:logs:eu-west-1:123456789012:log-group:g:*")
            }
            let other = await #expect(throws: AWSError.self) {
                try await type.actions.create(request(test, properties, stack: "other"))
            }
            #expect(other?.code == "ResourceAlreadyExistsException")
            #expect(try await type.actions.read?(request(test, properties, id: "g"))?["RetentionInDays"] == 7)
            let plain: JSON = ["LogGroupName": "g"]
            _ = try await type.actions.update?(request(test, plain, previous: properties, id: "g"))
            #expect(try await type.actions.read?(request(test, plain, id: "g"))?["RetentionInDays"] == nil)
            for _ in 0..<2 { try await type.actions.delete(request(test, plain, id: "g")) }
            #expect(try await type.actions.read?(request(test, plain, id: "g")) == nil)
        }
    }

    @Test("make streams and metric filters in a group")
    func parts() async throws {
        try await withLogs { test, _, _ in
            try await test.make("g", [])
            let stream = try #require(test.cloud.resourceType("AWS::Logs::LogStream"))
            for _ in 0..<2 { _ = try await stream.actions.create(request(test, ["LogGroupName": "g"])) }
            let filter = try #require(test.cloud.resourceType("AWS::Logs::MetricFilter"))
            let properties: JSON = [
                "LogGroupName": "g", "FilterPattern": "{ $.ms > 0 }",
                "MetricTransformations": [
                    [
                        "MetricName": "M", "MetricNamespace": "N", "MetricValue": "$.ms", "Unit": "Milliseconds",
                        "Dimensions": [["Key": "Path", "Value": "$.path"]],
                    ]
                ],
            ]
            for _ in 0..<2 { _ = try await filter.actions.create(request(test, properties)) }
            let shown = try await test.call("logs", "DescribeMetricFilters", ["logGroupName": "g"])["metricFilters"]?[0]
            #expect(shown?["filterName"] == "shop-Log-ABCDEFGHIJKL")
            #expect(shown?["metricTransformations"]?[0]?["dimensions"] == ["Path": "$.path"])
            for _ in 0..<2 {
                try await filter.actions.delete(request(test, properties, id: "shop-Log-ABCDEFGHIJKL"))
                try await stream.actions.delete(request(test, ["LogGroupName": "g"], id: "shop-Log-ABCDEFGHIJKL"))
            }
        }
    }
}
