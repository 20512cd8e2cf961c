internal import Cloud
internal import Ledger
internal import Notation

/// The update of an `AWS::Lambda::Alias` under `UpdatePolicy: CodeDeployLambdaAliasUpdate`: CodeDeploy shifts the
/// traffic, and the resource is updated when that has ended well.
///
/// An alias that is at its target already, without weights, needs no deployment: so the way back after a deployment
/// that CodeDeploy itself rolled back succeeds at once. A repeat after a crash is answered with the deployment of the
/// first attempt.
struct AliasDeployment: Sendable {
    /// Whether that action has to go through CodeDeploy: an update that changes the version.
    func applies(to action: StackOperation.Action) -> Bool {
        action.type == "AWS::Lambda::Alias" && action.kind == .update
            && action.updatePolicy?["CodeDeployLambdaAliasUpdate"] != nil
            && action.properties["FunctionVersion"]?.string != action.previous?["FunctionVersion"]?.string
    }

    /// Shifts the alias to the version wanted.
    ///
    /// - Throws: ``AWSError`` with CodeDeploy's reason and evidence when the deployment does not succeed;
    ///   `CancellationError` when it was broken off, after the traffic is back.
    func shift(_ request: ResourceRequest) async throws -> ResourceState {
        let state = ResourceState(request.physicalID ?? "", attributes: request.attributes)
        let target = request.properties["FunctionVersion"]?.string ?? ""
        let names: JSON = [
            "FunctionName": request.properties["FunctionName"] ?? "", "Name": request.properties["Name"] ?? "",
        ]
        let alias = try await request.call("lambda", "GetAlias", names)
        let current = alias["FunctionVersion"]?.string ?? ""
        let weights = alias["RoutingConfig"]?["AdditionalVersionWeights"]?.object ?? [:]
        try await updateRest(request, names)
        let isThere = current == target && weights.isEmpty
        let underWay = isThere ? try await active(request) : nil
        if isThere, underWay == nil { return state }
        let id: String
        if let underWay { id = underWay } else { id = try await begin(request, from: current, to: target) }
        await request.report("Deployment \(id) of CodeDeploy shifts the alias from version \(current) to \(target).")
        do {
            try await settle(id, request)
        } catch is CancellationError {
            try await stop(id, request)
            throw CancellationError()
        }
        return state
    }

    /// Everything but the version is changed directly.
    private func updateRest(_ request: ResourceRequest, _ names: JSON) async throws {
        let description = request.properties["Description"]
        guard description != request.previous?["Description"] else { return }
        var input = names
        input["Description"] = description ?? ""
        try await request.call("lambda", "UpdateAlias", input)
    }

    private func policy(_ request: ResourceRequest) -> JSON {
        request.updatePolicy?["CodeDeployLambdaAliasUpdate"] ?? [:]
    }

    private func group(_ request: ResourceRequest) -> JSON {
        let policy = policy(request)
        return [
            "applicationName": policy["ApplicationName"] ?? "",
            "deploymentGroupName": policy["DeploymentGroupName"] ?? "",
        ]
    }

    /// The deployment of this stack's that is under way in the group, if one is: begun before a crash.
    private func active(_ request: ResourceRequest) async throws -> String? {
        var input = group(request)
        input["externalId"] = .string(request.stackID)
        input["includeOnlyStatuses"] = ["Created", "Queued", "InProgress", "Baking", "Ready"]
        let listed = try await request.call("codedeploy", "ListDeployments", input)
        return listed["deployments"]?[0]?.string
    }

    private func begin(_ request: ResourceRequest, from current: String, to target: String) async throws -> String {
        var input = group(request)
        let content: JSON = [
            "revisionType": "AppSpecContent",
            "appSpecContent": ["content": .string(appSpec(request, from: current, to: target).text())],
        ]
        input["revision"] = content
        // What follows AWS's model has no place for; CodeDeploy takes it from CloudFormation only.
        input["creator"] = request.isRollback ? "CloudFormationRollback" : "CloudFormation"
        input["externalId"] = .string(request.stackID)
        input["idempotencyToken"] = .string(StableID.uuid(request.key))
        let answer = try await request.call("codedeploy", "CreateDeployment", input)
        guard let id = answer["deploymentId"]?.string else {
            throw AWSError("InternalFailure", "CreateDeployment answered without a deploymentId.")
        }
        return id
    }

    private func appSpec(_ request: ResourceRequest, from current: String, to target: String) -> JSON {
        var hooks: [JSON] = []
        for (name, property) in [
            ("BeforeAllowTraffic", "BeforeAllowTrafficHook"), ("AfterAllowTraffic", "AfterAllowTrafficHook"),
        ] {
            if let function = policy(request)[property], function.string?.isEmpty == false {
                hooks.append(.object([name: function]))
            }
        }
        let properties: JSON = [
            "Name": request.properties["FunctionName"] ?? "", "Alias": request.properties["Name"] ?? "",
            "CurrentVersion": .string(current), "TargetVersion": .string(target),
        ]
        var spec: JSON = ["version": 0.0]
        spec["Resources"] = [
            .object([request.logicalID: ["Type": "AWS::Lambda::Function", "Properties": properties]])
        ]
        if !hooks.isEmpty { spec["Hooks"] = .array(hooks) }
        return spec
    }

    /// Waits for the deployment's end.
    private func settle(_ id: String, _ request: ResourceRequest) async throws {
        var pause = Duration.milliseconds(50)
        while true {
            let answer = try await request.call("codedeploy", "GetDeployment", ["deploymentId": .string(id)])
            let info = answer["deploymentInfo"] ?? [:]
            switch info["status"]?.string {
            case "Succeeded": return
            case "Failed", "Stopped": throw failure(id, info)
            default: break
            }
            let surroundings = request.cloud.surroundings
            try await surroundings.time.sleep(until: surroundings.now + pause)
            pause = min(pause * 2, .milliseconds(500))
        }
    }

    private func failure(_ id: String, _ info: JSON) -> AWSError {
        let error = info["errorInformation"]
        let reason = error?["message"]?.string ?? "The deployment ended as \(info["status"]?.string ?? "unknown")."
        let code = error?["code"]?.string.map { " (\($0))" } ?? ""
        var text =
            "CodeDeploy deployment \(id) \(info["status"] == "Stopped" ? "was stopped" : "failed")\(code): \(reason)"
        if let back = info["rollbackInfo"]?["rollbackMessage"]?.string { text += " " + back }
        return AWSError("NotStabilized", text)
    }

    /// Stops the deployment and waits until the traffic is back, although this action itself is being broken off.
    private func stop(_ id: String, _ request: ResourceRequest) async throws {
        // Waited for right here: the clean-up must not be cut short by the cancellation it follows from.
        let cleanup = Task {
            _ = try? await request.call(
                "codedeploy", "StopDeployment", ["deploymentId": .string(id), "autoRollbackEnabled": true])
            _ = try? await settle(id, request)
        }
        await cleanup.value
    }
}
