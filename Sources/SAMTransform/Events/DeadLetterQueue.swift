import Notation

/// The queue that takes what an EventBridge rule or schedule could not deliver: one that is named, or one that is made.
enum DeadLetterQueue {
    /// Reads a `DeadLetterConfig`.
    ///
    /// - Parameter rule: the rule that has to be allowed to send; nil where the sender has a role of its own.
    /// - Returns: The queue's ARN, and what had to be made; nil when the event has no dead-letter queue.
    /// - Throws: ``Fault/event(_:_:)``.
    static func read(
        _ event: Declaration, rule: Resource?, attributes: JSONObject
    ) throws -> (arn: JSON, resources: [Resource])? {
        guard let config = event["DeadLetterConfig"]?.object else { return nil }
        try check(config, of: event)
        if let arn = config.given("Arn") { return (arn, []) }
        var name = event.logicalID + "Queue"
        if let given = config.given("QueueLogicalId") {
            guard let text = given.string else {
                throw Fault.event(event.logicalID, "QueueLogicalId must be a string")
            }
            if !text.isEmpty { name = text }
        }
        let queue = try Resource("AWS::SQS::Queue", name, attributes: attributes)
        let arn = queue.getAtt("Arn")
        guard let rule else { return (arn, [queue]) }
        let policy = try Resource("AWS::SQS::QueuePolicy", event.logicalID + "QueuePolicy", attributes: attributes)
        policy["PolicyDocument"] = RolePolicies.queueAccess(
            to: arn, for: ["Service": "events.amazonaws.com"], from: rule.getAtt("Arn"))
        policy["Queues"] = [queue.ref]
        return (arn, [queue, policy])
    }

    private static func check(_ config: JSONObject, of event: Declaration) throws {
        switch (config.contains("Arn"), config["Type"]) {
        case (true, _?):
            throw Fault.event(
                event.logicalID, "You can either define 'Arn' or 'Type' property of DeadLetterConfig.")
        case (_, let type?) where type != "SQS":
            throw Fault.event(
                event.logicalID, "The only valid value for 'Type' property of DeadLetterConfig is 'SQS'.")
        case (false, nil):
            throw Fault.event(event.logicalID, "No 'Arn' or 'Type' property provided for DeadLetterConfig.")
        default: return
        }
    }
}
