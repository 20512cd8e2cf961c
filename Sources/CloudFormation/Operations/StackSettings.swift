internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What can be set on a stack without an operation.
extension CloudFormationService {
    var stackSettings: [Operation] {
        [
            Operation(
                "UpdateTerminationProtection", enforces: "EnableTerminationProtection StackName", raw: setProtection),
            Operation("SetStackPolicy", enforces: "StackName StackPolicyBody StackPolicyURL", raw: setPolicy),
            Operation("GetStackPolicy", enforces: "StackName", raw: getPolicy),
            Operation("SignalResource", enforces: "StackName LogicalResourceId UniqueId Status", raw: signal),
            Operation("DescribeAccountLimits", enforces: "NextToken", raw: accountLimits),
        ]
    }

    private func setProtection(_ call: Call) async throws -> Reply {
        let isProtected = call.input["EnableTerminationProtection"]?.bool ?? false
        let name = call.input["StackName"]?.string ?? ""
        let id = try await ledger.write { transaction in
            let stack = try stack(name, call.caller, in: transaction)
            guard stack.parentID == nil else {
                throw AWSError(
                    "ValidationError",
                    "Termination protection of the nested stack [\(stack.name)] can only be changed on its root stack "
                        + "[\(stack.rootID ?? "")].")
            }
            guard ![.deleteInProgress, .deleteComplete].contains(stack.status) else {
                throw AWSError(
                    "ValidationError",
                    "Termination protection of stack [\(stack.id)] cannot be changed in status "
                        + "\(stack.status.rawValue)")
            }
            try protect(stack.id, isProtected, transaction)
            return stack.id
        }
        return Reply(["StackId": .string(id)])
    }

    /// Sets it on the stack and all that are nested in it. Source: "Protect CloudFormation stacks from being deleted" in
    /// the User Guide.
    private func protect(_ id: String, _ isProtected: Bool, _ transaction: Transaction) throws {
        try transaction.update(StackStore.stacks, id) { $0.isProtected = isProtected }
        for child in try transaction.find(StackStore.stacks, "parent", id) where child.value.status != .deleteComplete {
            try protect(child.key, isProtected, transaction)
        }
    }

    private func setPolicy(_ call: Call) async throws -> Reply {
        let body = try await stackPolicy(
            call.input["StackPolicyBody"]?.string, call.input["StackPolicyURL"]?.string, call.caller)
        let name = call.input["StackName"]?.string ?? ""
        try await ledger.write { transaction in
            let stack = try stack(name, call.caller, in: transaction)
            try transaction.update(StackStore.stacks, stack.id) { $0.policy = body }
        }
        return Reply()
    }

    /// Bytes of a stack policy. Source: SetStackPolicy in the API Reference.
    private static let policyLimit = 16_384

    /// The text of a stack policy: given in the call, or in an object of S3.
    ///
    /// - Returns: nil when neither is given.
    /// - Throws: ``AWSError`` `ValidationError` when both are, it is too large, or it is none.
    func stackPolicy(_ body: String?, _ url: String?, _ caller: Caller) async throws -> String? {
        guard body == nil || url == nil else {
            throw AWSError("ValidationError", "You cannot specify both the body of a stack policy and its URL.")
        }
        var text = body
        if let url {
            text = String(decoding: try await intake.object(url, caller, what: "StackPolicyURL"), as: UTF8.self)
        }
        guard let text else { return nil }
        guard text.utf8.count <= Self.policyLimit else {
            throw AWSError("ValidationError", "A stack policy may have at most \(Self.policyLimit) bytes.")
        }
        guard StackPolicy(text) != nil else {
            throw AWSError("ValidationError", "Error validating stack policy: Invalid stack policy")
        }
        return text
    }

    private func getPolicy(_ call: Call) async throws -> Reply {
        var answer: JSON = [:]
        answer["StackPolicyBody"] = try await named(call).policy.map(JSON.string)
        return Reply(answer)
    }

    /// Signals a resource that has a creation policy and is being made, or a wait condition's handle.
    private func signal(_ call: Call) async throws -> Reply {
        let stack = try await named(call)
        let name = call.input["LogicalResourceId"]?.string ?? ""
        guard let resource = try await ledger.get(StackStore.resources, StackStore.key(stack.id, name))?.value else {
            throw AWSError("ValidationError", "Resource \(name) does not exist for stack \(stack.name)")
        }
        guard let token = try await signalToken(resource, stack) else {
            throw AWSError(
                "ValidationError", "Resource \(name) is in \(resource.status.rawValue) state and cannot be signaled.")
        }
        let message: JSON = [
            "UniqueId": call.input["UniqueId"] ?? "", "Status": call.input["Status"] ?? "", "Data": "", "Reason": "",
        ]
        try await inbox.put(message, token)
        return Reply()
    }

    /// What signals to that resource come under; nil when it waits for none.
    private func signalToken(_ resource: StackResource, _ stack: Stack) async throws -> String? {
        switch resource.type {
        case "AWS::CloudFormation::WaitConditionHandle":
            return resource.current?.physicalID.split(separator: "/").last.map(String.init)
        case CreationPolicy.type where resource.status == .createInProgress:
            guard let running = stack.operationID, let operation = try await runner.machine(running),
                operation.targets[resource.logicalID]?.creationPolicy != nil
            else { return nil }
            return try await inbox.signalToken(resource.logicalID, in: stack.id)
        default: return nil
        }
    }

    private func accountLimits(_ call: Call) async throws -> Reply {
        let limits: [(String, Int)] = [
            ("StackLimit", 2000), ("StackOutputsLimit", intake.limits.outputs), ("ConcurrentResourcesLimit", 10_000),
        ]
        return Reply([
            "AccountLimits": .array(limits.map { ["Name": .string($0.0), "Value": .int($0.1)] })
        ])
    }
}
