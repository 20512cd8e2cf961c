import Cloud
import CloudTesting
import Notation
import Testing

@testable import EventBridge

@Suite("EventBridge's resource types")
struct ResourceTests {
    private func request(
        _ house: House, _ properties: JSON, previous: JSON? = nil, id: String? = nil
    ) -> ResourceRequest {
        ResourceRequest(
            cloud: house.test.cloud, caller: house.test.caller,
            stackID: "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1",
            stackName: "shop", logicalID: "Thing", properties: properties, previous: previous, physicalID: id,
            tags: ["team": "a"], key: "k", suffix: "ABCDEFGHIJKL")
    }

    private func type(_ house: House, _ name: String) throws -> ResourceType {
        try #require(house.test.cloud.resourceType("AWS::Events::" + name))
    }

    @Test("make, change and remove a rule, each as often as a crash may repeat it")
    func rule() async throws {
        try await withHouse([], isRunning: false) { house in
            let type = try type(house, "Rule")
            let properties: JSON = [
                "EventPattern": ["source": ["shop"]], "State": "ENABLED",
                "Targets": [
                    ["Id": "a", "Arn": .string(functionARN), "RetryPolicy": ["MaximumRetryAttempts": "4"]],
                    ["Id": "b", "Arn": .string(queueARN)],
                ],
            ]
            var made: ResourceState?
            for _ in 0..<2 { made = try await type.actions.create(request(house, properties)) }
            #expect(made?.physicalID == "shop-Thing-ABCDEFGHIJKL")
            #expect(made?.attributes["Arn"] == "arn:aws:events:eu-west-1:123456789012:rule/shop-Thing-ABCDEFGHIJKL")
            var changed = properties
            changed["Targets"] = [["Id": "b", "Arn": .string(queueARN)]]
            changed["State"] = "DISABLED"
            for _ in 0..<2 {
                _ = try await type.actions.update?(request(house, changed, previous: properties, id: made?.physicalID))
            }
            let read = try await type.actions.read?(request(house, changed, id: made?.physicalID))
            #expect(read?["State"] == "DISABLED" && read?["Targets"]?.array?.count == 1)
            #expect(read?["EventPattern"] == ["source": ["shop"]])
            for _ in 0..<2 { try await type.actions.delete(request(house, changed, id: made?.physicalID)) }
            #expect(try await type.actions.read?(request(house, changed, id: made?.physicalID)) == nil)
        }
    }

    @Test("make a bus with its policy, and a rule on it that Ref names by both")
    func bus() async throws {
        try await withHouse([], isRunning: false) { house in
            let bus = try type(house, "EventBus")
            for _ in 0..<2 { _ = try await bus.actions.create(request(house, ["Name": "own"])) }
            let policy = try type(house, "EventBusPolicy")
            let statement: JSON = [
                "EventBusName": "own", "StatementId": "s",
                "Statement": ["Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"],
            ]
            for _ in 0..<2 { _ = try await policy.actions.create(request(house, statement)) }
            let text = try await house.test.call("events", "DescribeEventBus", ["Name": "own"])["Policy"]?.string
            #expect(try JSON(parsing: text ?? "")["Statement"]?.array?.count == 1)
            for _ in 0..<2 { try await policy.actions.delete(request(house, statement, id: "own|s")) }
            let rule = try type(house, "Rule")
            let made = try await rule.actions.create(
                request(house, ["Name": "r", "EventBusName": "own", "EventPattern": ["source": ["shop"]]]))
            #expect(made.physicalID == "own|r" && made.attributes["Arn"]?.string?.hasSuffix(":rule/own/r") == true)
            try await rule.actions.delete(request(house, [:], id: "own|r"))
            for _ in 0..<2 { try await bus.actions.delete(request(house, ["Name": "own"], id: "own")) }
            await #expect(throws: AWSError.self) {
                try await house.test.call("events", "CreateEventBus", ["Name": "own"])
                _ = try await bus.actions.create(request(house, ["Name": "own"]))
            }
        }
    }

    @Test("make connections, destinations and archives")
    func others() async throws {
        try await withHouse([], isRunning: false) { house in
            let connection = try type(house, "Connection")
            let auth: JSON = [
                "AuthorizationType": "API_KEY",
                "AuthParameters": ["ApiKeyAuthParameters": ["ApiKeyName": "K", "ApiKeyValue": "v"]],
            ]
            var made: ResourceState?
            for _ in 0..<2 { made = try await connection.actions.create(request(house, auth)) }
            let arn = try #require(made?.attributes["Arn"]?.string)
            #expect(made?.attributes["ArnForPolicy"]?.string.map { arn.hasPrefix($0 + "/") } == true)
            let destination = try type(house, "ApiDestination")
            let end = try await destination.actions.create(
                request(
                    house,
                    [
                        "ConnectionArn": .string(arn), "InvocationEndpoint": "https://h.example", "HttpMethod": "POST",
                        "InvocationRateLimitPerSecond": "10",
                    ]))
            let read = try await destination.actions.read?(request(house, [:], id: end.physicalID))
            #expect(read?["InvocationRateLimitPerSecond"] == 10)
            let archive = try type(house, "Archive")
            let kept = try await archive.actions.create(
                request(
                    house,
                    ["SourceArn": "arn:aws:events:eu-west-1:123456789012:event-bus/default", "RetentionDays": "3"]))
            #expect(kept.attributes["Arn"]?.string?.contains(":archive/shop-Thing-") == true)
            for (type, id) in [
                (destination, end.physicalID), (connection, made?.physicalID ?? ""), (archive, kept.physicalID),
            ] {
                for _ in 0..<2 { try await type.actions.delete(request(house, [:], id: id)) }
                #expect(try await type.actions.read?(request(house, [:], id: id)) == nil)
            }
        }
    }
}
