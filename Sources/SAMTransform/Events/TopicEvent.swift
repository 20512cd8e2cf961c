import Notation

/// `SNS`: a subscription to a topic, directly or by way of a queue.
struct TopicEvent: EventSource {
    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let topic = event["Topic"] ?? .null
        guard let way = event["SqsSubscription"].truthy else {
            let permission = Permission(principal: "sns.amazonaws.com", sourceARN: topic)
            return [
                try permission.resource(for: event, target: target),
                try subscription(event, target, "lambda", target.arn),
            ]
        }
        if way.bool != nil { return try throughOwnQueue(event, target, translation) }
        let queue = try Expectation(way, of: .event(event.eventID), "SqsSubscription").map()
        guard let arn = queue["QueueArn"].truthy, let url = queue["QueueUrl"].truthy else {
            throw Fault.event(event.eventID, "No QueueARN or QueueURL provided.")
        }
        let policyID = queue["QueuePolicyLogicalId"].truthy?.printed
        let policy = try policy(event, target, arn, url, policyID)
        return try mapping(event, target, arn, batchSize: queue["BatchSize"], translation)
            + [policy, try subscription(event, target, "sqs", arn)]
    }

    private func throughOwnQueue(
        _ event: Declaration, _ target: EventTarget, _ translation: Translation
    ) throws -> [Resource] {
        let queue = try Resource(
            "AWS::SQS::Queue", event.logicalID + "Queue", attributes: target.passedOnAttributes)
        if let id = event["Topic"]?.referredID {
            let isFIFO = translation.resources[id]?["Properties"]?["FifoTopic"]
            queue["FifoQueue"] = try translation.resolver.resolve(isFIFO).truthy
        }
        let arn = queue.getAtt("Arn")
        return try mapping(event, target, arn, batchSize: nil, translation)
            + [queue, try policy(event, target, arn, queue.ref, nil), try subscription(event, target, "sqs", arn)]
    }

    private func mapping(
        _ event: Declaration, _ target: EventTarget, _ queue: JSON, batchSize: JSON?, _ translation: Translation
    ) throws -> [Resource] {
        let properties: JSON = ["Queue": queue, "BatchSize": batchSize.truthy ?? 10, "Enabled": true]
        let pull = try Declaration(
            event.logicalID + "EventSourceMapping", ["Type": "SQS", "Properties": properties], table: "Function.SQS",
            relativeID: event.eventID)
        return try PullEvent(.sqs).resources(for: pull, target: target, in: translation)
    }

    private func subscription(
        _ event: Declaration, _ target: EventTarget, _ way: JSON, _ endpoint: JSON
    ) throws -> Resource {
        let subscription = try Resource(
            "AWS::SNS::Subscription", event.logicalID, attributes: target.passedOnAttributes)
        subscription["Protocol"] = way
        subscription["Endpoint"] = endpoint
        subscription["TopicArn"] = event["Topic"]
        for name in ["Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"] {
            subscription[name] = event[name]
        }
        return subscription
    }

    private func policy(
        _ event: Declaration, _ target: EventTarget, _ arn: JSON, _ url: JSON, _ logicalID: String?
    ) throws -> Resource {
        let policy = try Resource(
            "AWS::SQS::QueuePolicy", logicalID ?? event.logicalID + "QueuePolicy",
            attributes: target.passedOnAttributes)
        policy["PolicyDocument"] = RolePolicies.queueAccess(to: arn, for: "*", from: event["Topic"] ?? .null)
        policy["Queues"] = [url]
        return policy
    }
}
