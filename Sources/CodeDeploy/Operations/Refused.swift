internal import Cloud
internal import Notation

/// What belongs to servers alone: refused by name, or answered with the truth that there are none.
extension CodeDeployService {
    var refusedOperations: [Operation] {
        instanceOperations + onPremisesOperations
            + ["ListGitHubAccountTokenNames", "DeleteGitHubAccountToken"].map { name in
                Operation(refusing: name) { _ in
                    AWSError(
                        "OperationNotSupportedException",
                        "Slipway keeps no GitHub tokens: revisions of Lambda deployments come inline or from S3.")
                }
            }
    }

    /// Deprecated forms of the target operations, for servers only.
    private var instanceOperations: [Operation] {
        ["GetDeploymentInstance", "BatchGetDeploymentInstances", "ListDeploymentInstances"].map { name in
            Operation(refusing: name) { call in
                _ = try await find(call.input["deploymentId"]?.string, call.caller)
                return AWSError(
                    "InvalidComputePlatformException",
                    "\(name) is for servers; use the operations for deployment targets with Lambda deployments.")
            }
        }
    }

    /// There are no servers: lists of them are empty, and none can be added.
    private var onPremisesOperations: [Operation] {
        let refused = [
            "RegisterOnPremisesInstance", "DeregisterOnPremisesInstance", "AddTagsToOnPremisesInstances",
            "RemoveTagsFromOnPremisesInstances",
        ].map { name in
            Operation(refusing: name) { _ in
                AWSError.notImplemented("codedeploy:\(name): Slipway does not deploy to servers")
            }
        }
        return refused + [
            Operation(refusing: "GetOnPremisesInstance") { call in
                let name = call.input["instanceName"]?.string ?? ""
                guard !name.isEmpty else {
                    return AWSError("InstanceNameRequiredException", "An instance name is required.")
                }
                return AWSError(
                    "InstanceNotRegisteredException",
                    "The on-premises instance is not registered: \(name.prefix(100))")
            },
            Operation(
                "BatchGetOnPremisesInstances", enforces: "instanceNames", raw: { _ in Reply(["instanceInfos": []]) }),
            Operation(
                "ListOnPremisesInstances", enforces: "registrationStatus tagFilters nextToken",
                raw: { _ in
                    Reply(["instanceNames": []])
                }),
        ]
    }
}
