import Notation

/// `ScheduleV2`: a schedule of EventBridge Scheduler, with a role of its own.
struct SchedulerEvent: EventSource {
    private static let copied = [
        "ScheduleExpression", "Description", "StartDate", "EndDate", "ScheduleExpressionTimezone", "GroupName",
        "KmsKeyArn",
    ]

    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let schedule = try Resource("AWS::Scheduler::Schedule", event.logicalID, attributes: target.passedOnAttributes)
        for name in Self.copied { schedule[name] = event[name] }
        schedule["State"] = event["State"].truthy
        schedule["FlexibleTimeWindow"] = event["FlexibleTimeWindow"].truthy ?? ["Mode": "OFF"]
        if event["OmitName"].isTruthy {
            guard !event["Name"].isTruthy else {
                throw Fault.event(event.logicalID, "Name cannot be set when OmitName is True")
            }
        } else {
            schedule["Name"] = event["Name"].truthy ?? .string(event.logicalID)
        }
        let queue = try DeadLetterQueue.read(event, rule: nil, attributes: target.passedOnAttributes)
        var resources = [schedule] + (queue?.resources ?? [])
        var roleARN = event["RoleArn"].truthy
        if roleARN == nil {
            let role = try role(event, target, queue: queue?.arn)
            resources.append(role)
            roleARN = role.getAtt("Arn")
        }
        var entry: JSONObject = ["Arn": target.arn, "RoleArn": roleARN ?? .null]
        RuleTarget.complete(&entry, event, ["Input"], queue: queue?.arn)
        schedule["Target"] = .object(entry)
        return resources
    }

    private func role(_ event: Declaration, _ target: EventTarget, queue: JSON?) throws -> Resource {
        let role = try Resource("AWS::IAM::Role", event.logicalID + "Role", attributes: target.passedOnAttributes)
        role["AssumeRolePolicyDocument"] = RolePolicies.assumed(by: "scheduler.amazonaws.com")
        let isFunction = target.resource.type.hasPrefix("AWS::Lambda::")
        let start =
            isFunction
            ? RolePolicies.invoke(target.arn, event.logicalID)
            : RolePolicies.startExecution(of: target.arn, event.logicalID)
        let send = queue.truthy.map { RolePolicies.sendMessage(to: $0, event.logicalID) }
        role["Policies"] = .array([start] + (send.map { [$0] } ?? []))
        role["PermissionsBoundary"] = event["PermissionsBoundary"].truthy
        return role
    }
}
