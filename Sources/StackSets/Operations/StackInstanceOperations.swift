internal import Cloud
internal import CloudFormation
internal import Ledger
internal import Notation

/// The stacks of a set: made, changed, deleted, taken in, looked at.
extension StackSetService {
    var stackInstanceOperations: [Operation] {
        let targets = "StackSetName Accounts DeploymentTargets Regions OperationPreferences OperationId CallAs "
        return [
            Operation("CreateStackInstances", enforces: targets + "ParameterOverrides", raw: createInstances),
            Operation("UpdateStackInstances", enforces: targets + "ParameterOverrides", raw: updateInstances),
            Operation("DeleteStackInstances", enforces: targets + "RetainStacks", raw: deleteInstances),
            Operation(
                "ImportStacksToStackSet", enforces: "StackSetName StackIds OperationPreferences OperationId CallAs",
                raw: importStacks),
            Operation(
                "DetectStackSetDrift", enforces: "StackSetName OperationPreferences OperationId CallAs",
                raw: detectSetDrift),
            Operation("StopStackSetOperation", enforces: "StackSetName OperationId CallAs", raw: stopSetOperation),
        ]
    }

    /// Begins an operation on the named set.
    ///
    /// - Parameter choose: Says which targets it is for, and notes what is new of them, inside the write.
    private func run(
        _ action: StackSetOperation.Action, _ call: Call,
        _ choose:
            @escaping @Sendable (StackSetRequest, StackSet, inout StackSetOperation.Subject, Transaction) throws
            -> [StackSetOperation.Target]
    ) async throws -> Reply {
        let request = StackSetRequest(call)
        try request.checkSelfManaged()
        let known = try await stackSet(request.set, call.caller)
        let operationID = request.operationID ?? cloud.surroundings.chance.uuid()
        let preferences = try StackSetPreferences(call.input["OperationPreferences"])
        try await ledger.write { transaction in
            guard let set = try transaction.get(StackSetStore.sets, known.scope + known.id)?.value, !set.isDeleted
            else {
                throw StackSetError.missing(request.set)
            }
            var subject = setSubject(set, action, operationID, call.caller)
            subject.preferences = preferences
            let targets = try choose(request, set, &subject, transaction)
            try begin(subject, targets, set, transaction)
        }
        return Reply(["OperationId": .string(operationID)])
    }

    private func createInstances(_ call: Call) async throws -> Reply {
        try await run(.create, call) { request, set, _, transaction in
            let targets = try request.targets()
            for target in targets {
                let key = StackSetStore.key(set.id, target)
                var instance =
                    try transaction.get(StackSetStore.instances, key)?.value
                    ?? StackInstance(setID: set.id, account: target.account, region: target.region)
                instance.overrides = request.overrides(instance.overrides) ?? instance.overrides
                try transaction.put(StackSetStore.instances, key, instance)
            }
            return targets
        }
    }

    private func updateInstances(_ call: Call) async throws -> Reply {
        try await run(.update, call) { request, set, _, transaction in
            let targets = try request.targets()
            for target in targets {
                let key = StackSetStore.key(set.id, target)
                guard var instance = try transaction.get(StackSetStore.instances, key)?.value else {
                    throw StackSetError.missingInstance(target, set)
                }
                instance.overrides = request.overrides(instance.overrides) ?? instance.overrides
                try transaction.put(StackSetStore.instances, key, instance)
            }
            return targets
        }
    }

    private func deleteInstances(_ call: Call) async throws -> Reply {
        try await run(.delete, call) { request, set, subject, transaction in
            subject.retainsStacks = call.input["RetainStacks"]?.bool ?? false
            // Where there is none, there is nothing to do, as on AWS.
            return try request.targets().filter {
                try transaction.get(StackSetStore.instances, StackSetStore.key(set.id, $0)) != nil
            }
        }
    }

    private func importStacks(_ call: Call) async throws -> Reply {
        try await run(.adopt, call) { request, set, subject, transaction in
            let ids = request.texts("StackIds")
            guard !ids.isEmpty else { throw AWSError("ValidationError", "StackIds must name at least one stack.") }
            return try ids.map { id in
                let target = try Self.place(of: id, transaction)
                let key = StackSetStore.key(set.id, target)
                let owners = try transaction.find(StackSetStore.instances, "stack", id)
                guard owners.isEmpty, try transaction.get(StackSetStore.instances, key)?.value.stackID == nil else {
                    throw AWSError(
                        "InvalidOperationException",
                        "Stack \(id) cannot be taken in: it or another of its account and region is in a stack set.")
                }
                let instance = StackInstance(setID: set.id, account: target.account, region: target.region)
                try transaction.put(StackSetStore.instances, key, instance)
                subject.adopted[StackSetOperation.key(target)] = id
                return target
            }
        }
    }

    /// The account and region of the stack of that ARN.
    private static func place(of stackID: String, _ transaction: Transaction) throws -> StackSetOperation.Target {
        guard let stack = try transaction.get(StackStore.stacks, stackID)?.value, stack.status != .deleteComplete else {
            throw AWSError("StackNotFoundException", "Stack with id \(stackID) does not exist", status: 404)
        }
        return StackSetOperation.Target(account: stack.account, region: stack.region)
    }

    private func detectSetDrift(_ call: Call) async throws -> Reply {
        try await run(.detectDrift, call) { _, set, _, transaction in
            try transaction.list(StackSetStore.instances, prefix: set.id + "|").map(\.value)
                .filter { $0.stackID != nil }
                .map { StackSetOperation.Target(account: $0.account, region: $0.region) }
        }
    }

    private func stopSetOperation(_ call: Call) async throws -> Reply {
        let request = StackSetRequest(call)
        let set = try await stackSet(request.set, call.caller)
        let id = Self.operationPrefix(set) + (request.operationID ?? "")
        try await ledger.write { [runner] transaction in
            guard let operation = try runner.machine(id, in: transaction) else {
                throw StackSetError.missingOperation(request.operationID ?? "")
            }
            guard !operation.isOver else {
                throw AWSError(
                    "InvalidOperationException", "Operation \(request.operationID ?? "") is not in progress.")
            }
            try runner.send(.stop, to: id, in: transaction)
        }
        return Reply()
    }
}
