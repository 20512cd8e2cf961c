internal import Cloud
internal import Notation

/// How the API shows deployments: a machine as itself, and as the rollback it contains.
enum DeploymentView {
    /// The members of DeploymentInfo.
    static func info(_ record: DeploymentRecord, _ machine: DeploymentMachine) -> JSON {
        record.rollsBack == nil ? own(record, machine) : rollback(record, machine)
    }

    /// A deployment as it was asked for.
    private static func own(_ record: DeploymentRecord, _ machine: DeploymentMachine) -> JSON {
        let order = machine.order
        var info = common(order, record)
        info["deploymentId"] = .string(order.id)
        info["deploymentConfigName"] = .string(order.configName)
        info["previousRevision"] = order.previousRevision
        info["revision"] = order.revision
        info["status"] = .string(machine.status.rawValue)
        info["createTime"] = .double(order.createTime.seconds)
        info["startTime"] = machine.startTime.map { .double($0.seconds) }
        info["completeTime"] = machine.completeTime.map { .double($0.seconds) }
        info["deploymentOverview"] = .object(overview(machine))
        info["description"] = order.description.map(JSON.string)
        info["creator"] = .string(order.creator)
        info["externalId"] = order.externalId.map(JSON.string)
        info["deploymentStatusMessages"] = machine.steps.last.map { [.string($0.text)] }
        info["overrideAlarmConfiguration"] = order.overrideAlarms.flatMap { try? JSON(encoding: $0) }
        if machine.status.isTerminal, let error = machine.ending?.error {
            info["errorInformation"] = ["code": .string(error.code), "message": .string(error.message)]
        }
        if let back = machine.rollback {
            var shown: JSON = ["rollbackMessage": .string(back.message)]
            shown["rollbackDeploymentId"] = back.id.map(JSON.string)
            info["rollbackInfo"] = shown
        }
        return info
    }

    /// The rollback that a deployment contains.
    private static func rollback(_ record: DeploymentRecord, _ machine: DeploymentMachine) -> JSON {
        let order = machine.order
        guard let back = machine.rollback, let id = back.id else { return common(order, record) }
        let status = rollbackStatus(machine)
        var info = common(order, record)
        info["deploymentId"] = .string(id)
        info["deploymentConfigName"] = .string(DeploymentConfig.fallback(for: "Lambda"))
        info["previousRevision"] = order.revision
        info["revision"] = rollbackRevision(machine)
        info["status"] = .string(status.rawValue)
        info["createTime"] = .double(back.startTime.seconds)
        info["startTime"] = .double(back.startTime.seconds)
        info["completeTime"] = status.isTerminal ? machine.completeTime.map { .double($0.seconds) } : nil
        info["deploymentOverview"] = .object(overview(TargetView.status(status)))
        info["description"] = .string("Rolls back deployment \(order.id).")
        info["creator"] = "codeDeployRollback"
        info["rollbackInfo"] = [
            "rollbackTriggeringDeploymentId": .string(order.id), "rollbackMessage": .string(back.message),
        ]
        if let failure = back.failure {
            info["errorInformation"] = ["code": "INVALID_LAMBDA_CONFIGURATION", "message": .string(failure)]
        }
        return info
    }

    /// What both have. Names are the record's: application and group may have been renamed.
    private static func common(_ order: DeploymentOrder, _ record: DeploymentRecord) -> JSON {
        var info: JSON = [
            "applicationName": .string(record.application), "deploymentGroupName": .string(record.group),
            "ignoreApplicationStopFailures": false, "updateOutdatedInstancesOnly": false,
            "deploymentStyle": DeploymentGroup.style, "instanceTerminationWaitTimeStarted": false,
            "fileExistsBehavior": "DISALLOW", "computePlatform": "Lambda",
        ]
        info["autoRollbackConfiguration"] = try? JSON(encoding: order.autoRollback)
        return info
    }

    // MARK: The rollback inside

    /// How far the rollback is. It is over only when the deployment it rolls back is.
    static func rollbackStatus(_ machine: DeploymentMachine) -> DeploymentStatus {
        guard machine.status.isTerminal else { return .inProgress }
        return machine.rollback?.failure == nil ? .succeeded : .failed
    }

    /// What the rollback deploys: what succeeded last, or, for a first deployment, its own AppSpec read backwards.
    static func rollbackRevision(_ machine: DeploymentMachine) -> JSON {
        if let previous = machine.order.previousRevision { return previous }
        guard let target = machine.target?.reversed else { return machine.order.revision }
        return revision(of: target)
    }

    /// A revision that says no more than which version goes where.
    static func revision(of target: LambdaTarget) -> JSON {
        let resource: JSON = [
            "Type": "AWS::Lambda::Function",
            "Properties": [
                "Name": .string(target.function), "Alias": .string(target.alias),
                "CurrentVersion": .string(target.current), "TargetVersion": .string(target.target),
            ],
        ]
        let resources: JSON = [.object([target.functionName: resource])]
        let content: JSON = ["version": 0.0, "Resources": resources]
        return ["revisionType": "AppSpecContent", "appSpecContent": ["content": .string(content.text())]]
    }

    // MARK: Counts

    /// How many targets (there is one) are in which state.
    static func overview(_ machine: DeploymentMachine) -> JSONObject { overview(TargetView.status(machine.status)) }

    private static func overview(_ status: String) -> JSONObject {
        JSONObject(
            ["Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready"].map {
                ($0, .int($0 == status ? 1 : 0))
            })
    }
}
