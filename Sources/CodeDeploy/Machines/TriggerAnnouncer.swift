internal import Cloud
internal import Logging
internal import Notation

/// Tells SNS topics what happened to a deployment, as the group's triggers want.
///
/// Source of the message: CodeDeploy User Guide, "JSON data formats for CodeDeploy triggers".
struct TriggerAnnouncer {
    let cloud: Cloud
    let log: Logger

    /// Publishes to each topic that waits for the event. A topic that cannot be told is noted in the server's log: a
    /// deployment does not fail of its messengers.
    func announce(_ name: String, _ machine: DeploymentMachine, as caller: Caller) async -> DeploymentMachine.Event {
        for trigger in machine.order.triggers where (trigger.triggerEvents ?? []).contains(name) {
            let input: JSON = [
                "TopicArn": .string(trigger.triggerTargetArn ?? ""),
                "Subject": .string("\(name): deployment \(machine.order.id)"),
                "Message": .string(message(trigger.triggerName ?? "", machine).text()),
            ]
            do { try await cloud.call("sns", "Publish", input, as: caller) } catch {
                log.warning(
                    "a trigger could not be told",
                    metadata: [
                        "trigger": "\(trigger.triggerName ?? "")", "deployment": "\(machine.order.id)",
                        "error": "\(error)",
                    ])
            }
        }
        return .announced(name)
    }

    /// The documented shape: scalar values are texts, times are milliseconds.
    private func message(_ trigger: String, _ machine: DeploymentMachine) -> JSON {
        let order = machine.order
        var message: JSON = [
            "region": .string(order.caller.region), "accountId": .string(order.caller.account),
            "eventTriggerName": .string(trigger),
            "applicationName": .string(order.application), "deploymentId": .string(order.id),
            "deploymentGroupName": .string(order.group), "createTime": .string("\(order.createTime.milliseconds)"),
            "deploymentOverview": .object(DeploymentView.overview(machine).mapValues { .string("\($0.int ?? 0)") }),
            "status": .string(machine.status.rawValue),
        ]
        message["completeTime"] = machine.completeTime.map { .string("\($0.milliseconds)") }
        if let error = machine.ending?.error {
            message["errorInformation"] = ["ErrorCode": .string(error.code), "ErrorMessage": .string(error.message)]
        }
        if let back = machine.rollback {
            message["rollbackInformation"] = [
                "rollbackDeploymentId": .string(back.id ?? ""), "rollbackMessage": .string(back.message),
            ]
        }
        return message
    }
}
