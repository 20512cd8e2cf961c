import Cloud
import CloudTesting
import Notation
import Testing

@testable import SNS

@Suite("SNS's resource types")
struct ResourceTests {
    private func request(
        _ office: Office, _ properties: JSON, previous: JSON? = nil, id: String? = nil
    ) -> ResourceRequest {
        ResourceRequest(
            cloud: office.test.cloud, caller: office.test.caller,
            stackID: "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1", stackName: "shop",
            logicalID: "Alarms",
            properties: properties, previous: previous, physicalID: id, tags: ["team": "a"], key: "k",
            suffix: "ABCDEFGHIJKL")
    }

    @Test("make, change and remove a topic with subscriptions and a policy, each as often as a crash may repeat it")
    func topic() async throws {
        try await withOffice(isRunning: false) { office in
            let type = try #require(office.test.cloud.resourceType("AWS::SNS::Topic"))
            let properties: JSON = [
                "DisplayName": "A", "Subscription": [["Protocol": "sqs", "Endpoint": .string(queueARN)]],
            ]
            var made: ResourceState?
            for _ in 0..<2 { made = try await type.actions.create(request(office, properties)) }
            let arn = try #require(made?.physicalID)
            #expect(arn == "arn:aws:sns:eu-west-1:123456789012:shop-Alarms-ABCDEFGHIJKL")
            let changed: JSON = ["DisplayName": "B"]
            for _ in 0..<2 {
                _ = try await type.actions.update?(request(office, changed, previous: properties, id: arn))
            }
            #expect(try await type.actions.read?(request(office, changed, id: arn))?["DisplayName"] == "B")
            #expect(try await office.test.call("sns", "ListSubscriptions")["Subscriptions"] == [])
            let policy = try #require(office.test.cloud.resourceType("AWS::SNS::TopicPolicy"))
            let document: JSON = [
                "Topics": [.string(arn)],
                "PolicyDocument": [
                    "Statement": [
                        [
                            "Effect": "Allow", "Principal": ["Service": "events.amazonaws.com"],
                            "Action": "sns:Publish", "Resource": .string(arn),
                        ]
                    ]
                ],
            ]
            for _ in 0..<2 { _ = try await policy.actions.create(request(office, document)) }
            #expect(try await office.service.policy(ofTopic: arn)?.contains("events.amazonaws.com") == true)
            for _ in 0..<2 { try await policy.actions.delete(request(office, document, id: "p")) }
            #expect(try await office.service.policy(ofTopic: arn)?.contains("__default_statement_ID") == true)
            for _ in 0..<2 { try await type.actions.delete(request(office, changed, id: arn)) }
            #expect(try await type.actions.read?(request(office, changed, id: arn)) == nil)
        }
    }

    @Test("make, change and remove a subscription")
    func subscription() async throws {
        try await withOffice(isRunning: false) { office in
            let topic = try await office.topic("t")
            let type = try #require(office.test.cloud.resourceType("AWS::SNS::Subscription"))
            let properties: JSON = [
                "TopicArn": topic, "Protocol": "sqs", "Endpoint": .string(queueARN), "RawMessageDelivery": true,
                "FilterPolicy": ["a": ["b"]],
            ]
            var made: ResourceState?
            for _ in 0..<2 { made = try await type.actions.create(request(office, properties)) }
            let arn = try #require(made?.physicalID)
            var changed = properties
            changed["FilterPolicy"] = nil
            for _ in 0..<2 {
                _ = try await type.actions.update?(request(office, changed, previous: properties, id: arn))
            }
            let shown = try await office.test.call(
                "sns", "GetSubscriptionAttributes", ["SubscriptionArn": .string(arn)])["Attributes"]
            #expect(shown?["FilterPolicy"] == nil && shown?["RawMessageDelivery"] == "true")
            for _ in 0..<2 { try await type.actions.delete(request(office, changed, id: arn)) }
        }
    }
}
