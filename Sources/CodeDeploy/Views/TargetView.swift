internal import Cloud
internal import Notation

/// How the API shows what a deployment deploys to: a function's alias.
enum TargetView {
    /// The target of a deployment: its id is the function's name.
    static func id(_ machine: DeploymentMachine) -> String? { machine.target?.functionName }

    /// A target's status, by that of its deployment.
    static func status(_ status: DeploymentStatus) -> String {
        switch status {
        case .created, .queued: "Pending"
        case .inProgress: "InProgress"
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        // A stopped deployment's target is told apart from a failed one's by CodeDeploy only in the deployment itself.
        case .stopped: "Failed"
        case .ready: "Ready"
        }
    }

    /// The members of DeploymentTarget.
    static func target(_ record: DeploymentRecord, _ machine: DeploymentMachine) -> JSON? {
        guard let target = machine.target else { return nil }
        let isRollback = record.rollsBack != nil
        let status = isRollback ? DeploymentView.rollbackStatus(machine) : machine.status
        let shown = isRollback ? target.reversed : target
        let weight = isRollback ? (machine.rollback?.restoredAt == nil ? 0 : 100) : machine.weight
        let caller = machine.order.caller
        var lambda: JSON = [
            "deploymentId": .string(record.id), "targetId": .string(target.functionName),
            "targetArn": .string(caller.arn("lambda", "function:\(target.functionName)")),
            "status": .string(Self.status(status)),
            "lifecycleEvents": .array((isRollback ? rollbackEvents(machine) : machine.lifecycle).map(event)),
            "lambdaFunctionInfo": [
                "functionName": .string(target.functionName), "functionAlias": .string(target.alias),
                "currentVersion": .string(shown.current), "targetVersion": .string(shown.target),
                "targetVersionWeight": .double(Double(weight)),
            ],
        ]
        lambda["lastUpdatedAt"] = (machine.completeTime ?? machine.steps.last?.time).map { .double($0.seconds) }
        return ["deploymentTargetType": "LambdaTarget", "lambdaTarget": lambda]
    }

    /// A rollback runs no hooks.
    private static func rollbackEvents(_ machine: DeploymentMachine) -> [LifecycleEvent] {
        LifecycleEvent.lambda.map { event in
            var event = event
            event.startTime = machine.rollback?.startTime
            event.endTime = machine.rollback?.restoredAt
            event.status =
                machine.rollback?.restoredAt != nil
                ? .succeeded : machine.rollback?.failure != nil ? .failed : .inProgress
            return event
        }
    }

    private static func event(_ event: LifecycleEvent) -> JSON {
        var view: JSON = ["lifecycleEventName": .string(event.name), "status": .string(event.status.rawValue)]
        view["startTime"] = event.startTime.map { .double($0.seconds) }
        view["endTime"] = event.endTime.map { .double($0.seconds) }
        if let diagnostics = event.diagnostics {
            view["diagnostics"] = [
                "errorCode": .string(diagnostics.errorCode), "scriptName": .string(diagnostics.scriptName),
                "message": .string(diagnostics.message), "logTail": .string(diagnostics.logTail),
            ]
        }
        return view
    }
}
