internal import Cloud
internal import Notation

/// What belongs to servers alone: refused by name, or answered with the truth that there are none.
extension CodeDeployService {
    var refusedOperations: [Operation] {
        instanceOperations + onPremisesOperations
            + ["ListGitHubAccountTokenNames", "DeleteGitHubAccountToken"].map { name in
                Operation(
                    name, enforces: "nextToken tokenName",
                    raw: { _ in
                        throw AWSError(
                            "OperationNotSupportedException",
                            "Slipway keeps no GitHub tokens: revisions of Lambda deployments come inline or from S3.")
                    })
            }
    }

    /// Deprecated forms of the target operations, for servers only.
    private var instanceOperations: [Operation] {
        let members = "deploymentId instanceId instanceIds nextToken instanceStatusFilter instanceTypeFilter"
        return ["GetDeploymentInstance", "BatchGetDeploymentInstances", "ListDeploymentInstances"].map { name in
            Operation(
                name, enforces: members,
                raw: { call in
                    _ = try await find(call.input["deploymentId"]?.string, call.caller)
                    throw AWSError(
                        "InvalidComputePlatformException",
                        "\(name) is for servers; use the operations for deployment targets with Lambda deployments.")
                })
        }
    }

    /// There are no servers: lists of them are empty, and none can be added.
    private var onPremisesOperations: [Operation] {
        let members = "instanceName instanceNames iamSessionArn iamUserArn tags"
        let refused = [
            "RegisterOnPremisesInstance", "DeregisterOnPremisesInstance", "AddTagsToOnPremisesInstances",
            "RemoveTagsFromOnPremisesInstances",
        ].map { name in
            Operation(
                name, enforces: members,
                raw: { _ in
                    throw AWSError.notImplemented("codedeploy:\(name): Slipway does not deploy to servers")
                })
        }
        return refused + [
            Operation(
                "GetOnPremisesInstance", enforces: members,
                raw: { call in
                    let name = call.input["instanceName"]?.string ?? ""
                    guard !name.isEmpty else {
                        throw AWSError("InstanceNameRequiredException", "An instance name is required.")
                    }
                    throw AWSError(
                        "InstanceNotRegisteredException",
                        "The on-premises instance is not registered: \(name.prefix(100))")
                }),
            Operation("BatchGetOnPremisesInstances", enforces: members, raw: { _ in Reply(["instanceInfos": []]) }),
            Operation(
                "ListOnPremisesInstances", enforces: "registrationStatus tagFilters nextToken",
                raw: { _ in
                    Reply(["instanceNames": []])
                }),
        ]
    }
}
