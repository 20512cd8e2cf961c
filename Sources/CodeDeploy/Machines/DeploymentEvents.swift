internal import Cloud
internal import Ledger
internal import Notation

/// What a deployment writes into the event log.
enum DeploymentEvents {
    /// The detail-type of the live views' own events.
    static let stepType = "Slipway Deployment Step"

    /// As CodeDeploy tells EventBridge (EventBridge event reference, CodeDeploy).
    static func stateChange(_ state: String, of machine: DeploymentMachine, id: String, at now: Timestamp)
        -> LedgerEvent
    {
        let order = machine.order
        return LedgerEvent(
            time: now, source: "aws.codedeploy", detailType: "CodeDeploy Deployment State-change Notification",
            account: order.caller.account, region: order.caller.region, resources: resources(order),
            detail: [
                "region": .string(order.caller.region), "deploymentId": .string(id),
                "instanceGroupId": .string(order.groupID),
                "deploymentGroup": .string(order.group), "application": .string(order.application),
                "state": .string(state),
            ])
    }

    /// One step, for whoever watches.
    static func step(_ step: DeploymentStep, of machine: DeploymentMachine) -> LedgerEvent {
        let order = machine.order
        var detail: JSON = [
            "deploymentId": .string(order.id), "application": .string(order.application),
            "deploymentGroup": .string(order.group),
            "step": .string(step.name), "text": .string(step.text), "weight": .int(step.weight),
            "status": .string(machine.status.rawValue),
        ]
        detail["nextStepAt"] = machine.nextStepAt.map { .double($0.seconds) }
        if let target = machine.target {
            detail["functionName"] = .string(target.functionName)
            detail["alias"] = .string(target.alias)
            detail["currentVersion"] = .string(target.current)
            detail["targetVersion"] = .string(target.target)
        }
        detail["creator"] = .string(order.creator)
        detail["stackId"] = order.externalId.map(JSON.string)
        return LedgerEvent(
            time: step.time, source: "slipway.codedeploy", detailType: stepType, account: order.caller.account,
            region: order.caller.region, resources: resources(order), detail: detail)
    }

    private static func resources(_ order: DeploymentOrder) -> [String] {
        [
            order.caller.arn("codedeploy", "application:\(order.application)"),
            order.caller.arn("codedeploy", "deploymentgroup:\(order.application)/\(order.group)"),
        ]
    }
}
