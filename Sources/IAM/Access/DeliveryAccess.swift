internal import Cloud
internal import Notation

/// Which resources calls of CodePipeline and CodeDeploy are about.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS CodePipeline" and "... for
/// AWS CodeDeploy".
enum DeliveryAccess {
    /// Calls about one stage of a pipeline, and about one action of a stage.
    private static let ofStages: Set<String> = [
        "EnableStageTransition", "DisableStageTransition", "RetryStageExecution", "RollbackStage",
        "OverrideStageCondition",
    ]
    private static let ofActions: Set<String> = ["PutApprovalResult", "PutActionRevision"]

    /// The pipeline, `PIPELINE/STAGE`, `PIPELINE/STAGE/ACTION`, the webhook or the type of action; `*` when the call
    /// names none.
    static func pipelines(_ call: Call) -> [String] {
        let input = call.input
        func text(_ member: String) -> String? { input[member]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        if let arn = text("resourceArn") { return [arn] }
        if call.operation.contains("Webhook") {
            guard let webhook = text("name") ?? text("webhookName") ?? input["webhook"]?["name"]?.string else {
                return ["*"]
            }
            let own = call.caller.arn("codepipeline", "webhook:" + webhook)
            guard let target = input["webhook"]?["targetPipeline"]?.string else { return [own] }
            return [own, call.caller.arn("codepipeline", target)]
        }
        if let type = actionType(call) { return [type] }
        // Jobs are known by a secret of their own: policies name no resource for them.
        guard let name = text("pipelineName") ?? text("name") ?? input["pipeline"]?["name"]?.string else {
            return ["*"]
        }
        var parts = [name]
        if ofStages.contains(call.operation) || ofActions.contains(call.operation), let stage = text("stageName") {
            parts.append(stage)
            if ofActions.contains(call.operation), let action = text("actionName") { parts.append(action) }
        }
        return [call.caller.arn("codepipeline", parts.joined(separator: "/"))]
    }

    /// `actiontype:OWNER/CATEGORY/PROVIDER/VERSION` of the calls that are about one.
    private static func actionType(_ call: Call) -> String? {
        let operations: Set<String> = [
            "CreateCustomActionType", "DeleteCustomActionType", "GetActionType", "UpdateActionType", "PollForJobs",
        ]
        guard operations.contains(call.operation) else { return nil }
        let given = call.input["actionTypeId"] ?? call.input["actionType"]?["id"] ?? call.input
        let words =
            [given["owner"]?.string ?? "Custom"]
            + ["category", "provider", "version"].map {
                given[$0]?.string ?? ""
            }
        return call.caller.arn("codepipeline", "actiontype:" + words.joined(separator: "/"))
    }

    /// Calls that are about a deployment group where they name one.
    private static let ofGroups: Set<String> = [
        "CreateDeployment", "ListDeployments", "CreateDeploymentGroup", "UpdateDeploymentGroup",
        "DeleteDeploymentGroup", "GetDeploymentGroup", "BatchGetDeploymentGroups",
    ]

    /// The deployment group, the application or the configuration; `*` when the call names none. Deployments belong to
    /// a group that only their records name: ``CallAccess/owned``.
    static func deployments(_ call: Call) -> [String] {
        let input = call.input
        if let arn = input["ResourceArn"]?.string { return [arn] }
        if call.operation.hasSuffix("DeploymentConfig"), let name = input["deploymentConfigName"]?.string {
            return [call.caller.arn("codedeploy", "deploymentconfig:" + name)]
        }
        let names = (input["applicationNames"]?.array ?? []).compactMap(\.string)
        guard let application = input["applicationName"]?.string else {
            return names.isEmpty ? ["*"] : names.map { call.caller.arn("codedeploy", "application:" + $0) }
        }
        guard ofGroups.contains(call.operation) else {
            return [call.caller.arn("codedeploy", "application:" + application)]
        }
        let one = input["deploymentGroupName"]?.string ?? input["currentDeploymentGroupName"]?.string
        let groups = one.map { [$0] } ?? (input["deploymentGroupNames"]?.array ?? []).compactMap(\.string)
        // Without a group AWS judges by all groups of the application.
        return (groups.isEmpty ? ["*"] : groups).map {
            call.caller.arn("codedeploy", "deploymentgroup:\(application)/\($0)")
        }
    }
}
