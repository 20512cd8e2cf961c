internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What hooks said, and what they are asked about before stacks and change sets.
extension CloudFormationService {
    var hookOperations: [Operation] {
        [
            Operation(
                "ListHookResults", enforces: "TargetType TargetId TypeArn Status NextToken", raw: listHookResults),
            Operation("GetHookResult", enforces: "HookResultId", raw: getHookResult),
            Operation(
                "DescribeChangeSetHooks", enforces: "ChangeSetName StackName NextToken LogicalResourceId",
                raw: describeChangeSetHooks),
        ]
    }

    private func listHookResults(_ call: Call) async throws -> Reply {
        let (type, target) = (call.input["TargetType"]?.string, call.input["TargetId"]?.string)
        let arn = call.input["TypeArn"]?.string
        let status = call.input["Status"]?.string
        let found: [HookResult]
        if let type, let target {
            found = try await ledger.find(HookResult.collection, "target", "\(type)|\(target)").map(\.value)
        } else if let arn {
            found = try await ledger.find(HookResult.collection, "hook", arn).map(\.value)
        } else {
            found = try await ledger.list(HookResult.collection, prefix: call.caller.scope).map(\.value)
        }
        let chosen = found.filter { (arn == nil || $0.arn == arn) && (status == nil || $0.status == status) }
            .sorted { $0.time > $1.time }
        var answer = try Page(chosen, call.input["NextToken"]?.string, 100).answer("HookResults") { result in
            var view = result.view
            view["TargetType"] = .string(result.targetType)
            view["TargetId"] = .string(result.targetID)
            view["HookExecutionTarget"] = .string(result.target)
            return view
        }
        answer["TargetType"] = type.map(JSON.string)
        answer["TargetId"] = target.map(JSON.string)
        return Reply(answer)
    }

    private func getHookResult(_ call: Call) async throws -> Reply {
        let id = call.input["HookResultId"]?.string ?? ""
        guard let result = try await ledger.get(HookResult.collection, call.caller.scope + id)?.value else {
            throw AWSError("HookResultNotFound", "Hook result \(id) does not exist.", status: 404)
        }
        var view = result.view
        view["Target"] = [
            "TargetType": "RESOURCE", "TargetTypeName": .string(result.targetName), "TargetId": .string(result.target),
            "Action": .string(result.action),
        ]
        return Reply(view)
    }

    private func describeChangeSetHooks(_ call: Call) async throws -> Reply {
        let name = call.input["ChangeSetName"]?.string ?? ""
        let changeSet = try await changeSet(name, stack: call.input["StackName"]?.string, call.caller)
        let chosen = call.input["LogicalResourceId"]?.string
        let known = try await hooks.shelf.hooks(call.caller.scope)
        var planned: [JSON] = []
        for change in changeSet.changes.compactMap({ $0["ResourceChange"] }) {
            let (logicalID, type) = (change["LogicalResourceId"]?.string ?? "", change["ResourceType"]?.string ?? "")
            guard chosen == nil || chosen == logicalID else { continue }
            let action = change["Action"]?.string ?? ""
            let verb = ["Add": "CREATE", "Remove": "DELETE", "Import": "IMPORT"][action] ?? "UPDATE"
            let target = HookTarget(
                operation: "RESOURCE", action: verb, name: type, logicalID: logicalID, stackID: changeSet.stackID,
                stackName: changeSet.stackName, roleARN: changeSet.revision.roleARN)
            let details: JSON = [
                "LogicalResourceId": .string(logicalID), "ResourceType": .string(type),
                "ResourceAction": .string(action),
            ]
            for hook in known where hook.applies(to: target) {
                planned.append([
                    "InvocationPoint": "PRE_PROVISION", "FailureMode": hook.stops ? "FAIL" : "WARN",
                    "TypeName": .string(hook.name), "TypeVersionId": "00000001",
                    "TargetDetails": ["TargetType": "RESOURCE", "ResourceTargetDetails": details],
                ])
            }
        }
        var answer = try Page(planned, call.input["NextToken"]?.string, 100).answer("Hooks") { $0 }
        answer["Status"] = "PLANNED"
        answer["ChangeSetId"] = .string(changeSet.id)
        answer["ChangeSetName"] = .string(changeSet.name)
        answer["StackId"] = .string(changeSet.stackID)
        answer["StackName"] = .string(changeSet.stackName)
        return Reply(answer)
    }

    // MARK: Stacks and change sets

    /// Whether hooks for stacks are to be asked about that: the operation begins with it, and fails when they say so.
    ///
    /// - Returns: the action, for the machine; nil when no hook applies.
    func judged(
        _ action: String, _ stack: (id: String, name: String), role: String?, _ caller: Caller
    ) async throws -> String? {
        let target = HookTarget(
            operation: "STACK", action: action, name: "STACK", logicalID: stack.name, stackID: stack.id,
            stackName: stack.name, roleARN: role)
        return try await hooks.shelf.hooks(caller.scope).contains { $0.applies(to: target) } ? action : nil
    }

    /// Asks the hooks for change sets; what they refuse cannot be carried out.
    func askHooks(
        _ changeSet: inout ChangeSet, _ story: inout ChangeSetStory, template: String, _ call: Call
    ) async throws {
        guard changeSet.executionStatus == "AVAILABLE" else { return }
        var target = HookTarget(
            operation: "CHANGE_SET", action: "CREATE", name: "CHANGE_SET", logicalID: changeSet.name,
            stackID: changeSet.stackID, stackName: changeSet.stackName, roleARN: changeSet.revision.roleARN,
            changeSetID: changeSet.id)
        target.template = template
        target.changes = HookChanges(template: template).all(changeSet.changes)
        let results = try await hooks.ask(target, call.caller, key: "\(call.requestID)/change set")
        for result in results { story.tell(result, of: changeSet) }
        let failed = results.filter { !$0.isGood && $0.stops }
        guard !failed.isEmpty else { return }
        let refusal = HookRunner.refusal(failed)
        changeSet.fail(refusal.message + (refusal.members["Evidence"]?.string.map { "\n" + $0 } ?? ""))
    }
}
