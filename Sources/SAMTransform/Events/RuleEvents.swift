import Notation

/// `Schedule` of a function: an EventBridge rule that goes off at times.
struct ScheduleEvent: EventSource {
    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let rule = try Resource("AWS::Events::Rule", event.logicalID, attributes: target.passedOnAttributes)
        rule["ScheduleExpression"] = event["Schedule"]
        try RuleTarget.setState(of: rule, event)
        rule["Name"] = event["Name"]
        rule["Description"] = event["Description"]
        return try RuleEvent.completed(rule, event, target, ["Input"])
    }
}

/// `CloudWatchEvent` and `EventBridgeRule` of a function: an EventBridge rule that goes off on events.
struct RuleEvent: EventSource {
    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let rule = try Resource("AWS::Events::Rule", event.logicalID, attributes: target.passedOnAttributes)
        rule["EventBusName"] = event["EventBusName"]
        rule["EventPattern"] = event["Pattern"]
        rule["Name"] = event["RuleName"]
        let queue = try DeadLetterQueue.read(event, rule: rule, attributes: target.passedOnAttributes)
        try RuleTarget.setState(of: rule, event)
        return try Self.completed(rule, event, target, ["Input", "InputPath", "InputTransformer"], queue: queue)
    }

    /// The rule with its target, what takes undelivered events, and the permission to call the function.
    fileprivate static func completed(
        _ rule: Resource, _ event: Declaration, _ target: EventTarget, _ names: [String],
        queue: (arn: JSON, resources: [Resource])? = nil
    ) throws -> [Resource] {
        let queue = try queue ?? DeadLetterQueue.read(event, rule: rule, attributes: target.passedOnAttributes)
        var entry: JSONObject = ["Arn": target.arn, "Id": RuleTarget.id(of: event, suffix: "LambdaTarget")]
        RuleTarget.complete(&entry, event, names, queue: queue?.arn)
        rule["Targets"] = [.object(entry)]
        let permission = Permission(principal: "events.amazonaws.com", sourceARN: rule.getAtt("Arn"))
        return [rule] + (queue?.resources ?? []) + [try permission.resource(for: event, target: target)]
    }
}

/// `Schedule`, `CloudWatchEvent` and `EventBridgeRule` of a state machine, which the rule starts with a role.
struct StateMachineRuleEvent: EventSource {
    let isSchedule: Bool

    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let rule = try Resource("AWS::Events::Rule", event.logicalID, attributes: target.passedOnAttributes)
        if isSchedule {
            rule["ScheduleExpression"] = event["Schedule"]
            try RuleTarget.setState(of: rule, event)
            rule["Name"] = event["Name"]
            rule["Description"] = event["Description"]
        } else {
            rule["EventBusName"] = event["EventBusName"]
            rule["EventPattern"] = event["Pattern"]
            rule["Name"] = event["RuleName"]
            rule["State"] = event["State"].truthy
        }
        var resources = [rule]
        var roleARN = isSchedule ? event["RoleArn"] : nil
        if roleARN == nil {
            let role = try StateMachineEventRole.resource(for: event, target: target, service: "events.amazonaws.com")
            resources.append(role)
            roleARN = role.getAtt("Arn")
        }
        let queue = try DeadLetterQueue.read(event, rule: rule, attributes: target.passedOnAttributes)
        resources += queue?.resources ?? []
        var entry: JSONObject = [
            "Arn": target.arn, "Id": RuleTarget.id(of: event, suffix: "StepFunctionsTarget"),
            "RoleArn": roleARN ?? .null,
        ]
        let names = isSchedule ? ["Input"] : ["Input", "InputPath", "InputTransformer"]
        RuleTarget.complete(&entry, event, names, queue: queue?.arn)
        rule["Targets"] = [.object(entry)]
        return resources
    }
}

/// The role with which an event starts a state machine.
enum StateMachineEventRole {
    /// `AWS::IAM::Role` for an event, taken on by that service.
    static func resource(for event: Declaration, target: EventTarget, service: String) throws -> Resource {
        let role = try Resource("AWS::IAM::Role", event.logicalID + "Role", attributes: target.passedOnAttributes)
        role["AssumeRolePolicyDocument"] = RolePolicies.assumed(by: service)
        role["Policies"] = [RolePolicies.startExecution(of: target.arn, role.logicalID)]
        role["PermissionsBoundary"] = target.permissionsBoundary.truthy
        return role
    }
}
