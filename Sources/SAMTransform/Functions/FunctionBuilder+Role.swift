import Notation

extension FunctionBuilder {
    /// The role that the function runs with if the template names none.
    mutating func role(_ destinationPolicies: [JSON]) throws -> Resource {
        let context = translation.context
        let basic = declaration["DurableConfig"].isTruthy ? "BasicDurableExecutionRolePolicy" : "BasicExecutionRole"
        var managed = [ManagedPolicies.own("service-role/AWSLambda" + basic, in: context)]
        if try isTraced() {
            let name = context.partition == "aws" ? "AWSXrayWriteOnlyAccess" : "AWSXRayDaemonWriteAccess"
            managed.append(ManagedPolicies.own(name, in: context))
        }
        if declaration["VpcConfig"].isTruthy {
            managed.append(ManagedPolicies.own("service-role/AWSLambdaVPCAccessExecutionRole", in: context))
        }
        var inline: [JSON] = []
        if let queue = declaration["DeadLetterQueue"].truthy {
            let action: JSON = queue["Type"] == "SQS" ? "sqs:SendMessage" : "sns:Publish"
            inline.append([
                "PolicyName": "DeadLetterQueuePolicy",
                "PolicyDocument": [
                    "Version": "2012-10-17",
                    "Statement": [RolePolicies.allow(action, on: queue["TargetArn"] ?? .null)],
                ],
            ])
        }
        inline += destinationPolicies
        return try ExecutionRole(
            owner: logicalID, attributes: passedOn,
            assumedBy: declaration["AssumeRolePolicyDocument"] ?? RolePolicies.assumed(by: "lambda.amazonaws.com"),
            managedPolicies: managed, inlinePolicies: inline, path: declaration["RolePath"],
            permissionsBoundary: declaration["PermissionsBoundary"], tags: try tagList()
        ).resource(policies: declaration["Policies"], in: translation)
    }
}
