internal import Cloud
internal import Ledger
internal import Notation

/// ExecuteChangeSet: exactly what the change set said.
extension CloudFormationService {
    func executeChangeSet(_ call: Call) async throws -> Reply {
        let asked = try await askedChangeSet(call)
        let token = call.input["ClientRequestToken"]?.string
        if try await TokenBook(ledger).answer(token, call) != nil { return Reply() }
        let id = asked.id
        let failure = try failurePolicy(asked, call)
        let judged = try await judged(asked, call)
        let operationID = cloud.surroundings.chance.uuid()
        try await ledger.write { transaction in
            guard var changeSet = try transaction.get(StackStore.changeSets, id)?.value,
                var stack = try transaction.get(StackStore.stacks, changeSet.stackID)?.value
            else { throw Self.missingChangeSet(id) }
            let plan = try Self.executablePlan(of: changeSet)
            let isCreation = stack.status == .reviewInProgress
            if !isCreation {
                try StackRules.checkUpdatable(stack)
                try StackRules.checkLeftAlone(stack, disablesRollback: failure == .nothing, "execute-change-set")
            }
            changeSet.executionStatus = "EXECUTE_IN_PROGRESS"
            changeSet.operationID = operationID
            try transaction.put(StackStore.changeSets, id, changeSet)
            try forgetOthers(than: changeSet, transaction)
            stack.deployment = changeSet.deployment
            var subject = subject(stack, operationID, call.caller, token)
            subject.judged = judged
            subject.onFailure = failure
            subject.importsExisting = changeSet.includesNested == true ? changeSet.importsExisting : nil
            subject.retainsOnRollback = !(call.input["RetainExceptOnCreate"]?.bool ?? false)
            subject.tags = StackRules.tags(changeSet.revision.tags)
            subject.monitor = changeSet.revision.monitor
            subject.policy = isCreation ? nil : stack.policy
            subject.secrets = changeSet.revision.parameters.filter(\.isNoEcho).map { $0.resolved ?? $0.value }.filter {
                !$0.isEmpty
            }
            stack.isRollbackDisabled = failure == .nothing
            stack.revision = changeSet.revision
            stack.changeSetID = id
            let intent: StackOperation.Intent = changeSet.type == "IMPORT" ? .adopt : isCreation ? .create : .update
            try begin(intent, subject, plan, &stack, transaction)
            try TokenBook.use(token, call, stack.id, operationID: operationID, transaction)
        }
        return Reply()
    }

    private static func executablePlan(of changeSet: ChangeSet) throws -> OperationPlan {
        guard changeSet.executionStatus == "AVAILABLE", let plan = changeSet.plan else {
            throw AWSError(
                "InvalidChangeSetStatus",
                "ChangeSet [\(changeSet.id)] cannot be executed in its current status of [\(changeSet.status)]")
        }
        if let parent = changeSet.parentID {
            throw AWSError(
                "InvalidChangeSetStatus",
                "ChangeSet [\(changeSet.id)] belongs to [\(parent)]: execute the root of them.")
        }
        return plan
    }

    /// What happens after a failure: `OnStackFailure` of the change set, or `DisableRollback` of this call, not both.
    ///
    /// Source: CreateChangeSet and ExecuteChangeSet in the API Reference.
    private func failurePolicy(_ changeSet: ChangeSet, _ call: Call) throws -> StackOperation.OnFailure {
        let said = call.input["DisableRollback"]?.bool
        guard said == nil || changeSet.onFailure == nil else {
            throw AWSError(
                "ValidationError",
                "DisableRollback cannot be specified for a change set that was made with OnStackFailure.")
        }
        let chosen = said ?? changeSet.onFailure.map { $0 == .nothing }
        let disabled = try DeploymentConfig.disablesRollback(changeSet.deployment, chosen)
        return changeSet.onFailure ?? (disabled == true ? .nothing : .rollback)
    }

    /// Which hooks for stacks are to be asked about what the change set does.
    private func judged(_ changeSet: ChangeSet, _ call: Call) async throws -> String? {
        guard let stack = try await ledger.get(StackStore.stacks, changeSet.stackID)?.value else { return nil }
        let action = stack.status == .reviewInProgress ? "CREATE" : "UPDATE"
        return try await judged(action, (stack.id, stack.name), role: changeSet.revision.roleARN, call.caller)
    }

    /// The stack will not be what other change sets were made for: as on AWS, they go.
    private func forgetOthers(than changeSet: ChangeSet, _ transaction: Transaction) throws {
        for other in try transaction.find(StackStore.changeSets, "stack", changeSet.stackID)
        where other.key != changeSet.id {
            try deleteNested(below: other.key, transaction)
            try transaction.delete(StackStore.changeSets, other.key)
            if other.value.executionStatus == "AVAILABLE" {
                try transaction.delete(StackStore.templates, other.value.revision.templateKey)
            }
        }
    }
}
