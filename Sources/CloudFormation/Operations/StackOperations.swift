internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// CreateStack, UpdateStack, DeleteStack, and what steers an operation that is under way.
extension CloudFormationService {
    private static let submitted =
        "StackName TemplateBody TemplateURL Parameters Capabilities ResourceTypes Tags ClientRequestToken "
        + "StackPolicyBody StackPolicyURL RollbackConfiguration RoleARN NotificationARNs "
        + "DeploymentConfig.Mode DeploymentConfig.DisableRollback DisableValidation "

    var stackOperations: [Operation] {
        [
            Operation(
                "CreateStack",
                enforces: Self.submitted
                    + "DisableRollback OnFailure TimeoutInMinutes EnableTerminationProtection RetainExceptOnCreate"
            ) { (input: CreateStack, call) in try await create(input, call) },
            Operation(
                "UpdateStack",
                enforces: Self.submitted
                    + "UsePreviousTemplate DisableRollback RetainExceptOnCreate StackPolicyDuringUpdateBody "
                    + "StackPolicyDuringUpdateURL"
            ) { (input: UpdateStack, call) in try await update(input, call) },
            Operation(
                "DeleteStack",
                enforces: "StackName RetainResources ClientRequestToken DeletionMode RoleARN DeploymentConfig.Mode"
            ) {
                (input: DeleteStack, call) in
                try await delete(input, call)
                return Nothing()
            },
            Operation("CancelUpdateStack", enforces: "StackName", stores: "ClientRequestToken") {
                (input: StackRequest, call) in
                try await cancel(input, call)
                return Nothing()
            },
            Operation(
                "ContinueUpdateRollback",
                enforces: "StackName ResourcesToSkip ForceRollback ClientRequestToken RoleARN"
            ) { (input: ContinueRollback, call) in
                try await continueRollback(input, call)
                return Nothing()
            },
            Operation(
                "RollbackStack",
                enforces: "StackName ClientRequestToken RetainExceptOnCreate RoleARN DeploymentConfig.Mode"
            ) { (input: ContinueRollback, call) in try await rollBack(input, call) },
        ]
    }

    // MARK: Create

    private func create(_ input: CreateStack, _ call: Call) async throws -> StackAnswer {
        try StackName.check(input.submission.StackName)
        let onFailure = try input.failurePolicy()
        let caller = call.caller
        guard
            let text = try await intake.text(
                body: input.submission.TemplateBody, url: input.submission.TemplateURL, caller: caller)
        else { throw AWSError("ValidationError", "Either Template URL or Template Body must be specified.") }
        if let known = try await TokenBook(ledger).answer(input.submission.ClientRequestToken, call) {
            return StackAnswer(StackId: known)
        }
        try await check(input.submission, caller)
        let policy = try await stackPolicy(input.StackPolicyBody, input.StackPolicyURL, caller)
        let id = newStackID(input.submission.StackName, caller)
        let accepted = try await intake.accept(
            text, input.submission, for: .init(caller: caller, stackName: input.submission.StackName, stackID: id))
        let judged = try await judged(
            "CREATE", (id, input.submission.StackName), role: input.submission.RoleARN, caller)
        let operationID = cloud.surroundings.chance.uuid()
        var new = newStack(input, accepted, id, operationID, call)
        new.isRollbackDisabled = onFailure == .nothing
        new.policy = policy
        let imported = try await nestedImport(caller.scope + new.name, accepted, new, caller)
        let draft = new
        return try await ledger.write { transaction in
            var stack = draft
            guard try transaction.find(StackStore.stacks, "name", stack.scope + stack.name, limit: 1).isEmpty else {
                throw AWSError("AlreadyExistsException", "Stack [\(stack.name)] already exists")
            }
            try stack.takePlace(transaction)
            var subject = subject(stack, operationID, caller, input.submission.ClientRequestToken)
            subject.onFailure = onFailure
            subject.judged = judged
            subject.retainsOnRollback = !(input.RetainExceptOnCreate ?? false)
            subject.timeoutMinutes = input.TimeoutInMinutes
            subject.monitor = stack.revision.monitor
            subject.secrets = accepted.secrets
            subject.importsExisting = imported.map { _ in true }
            try keep(accepted, stack.revision.templateKey, transaction)
            try begin(.create, subject, accepted.plan.adopting(imported), &stack, transaction)
            try TokenBook.use(
                input.submission.ClientRequestToken, call, id, operationID: operationID, transaction)
            return StackAnswer(StackId: id, OperationId: operationID)
        }
    }

    private func newStack(
        _ input: CreateStack, _ accepted: TemplateIntake.Accepted, _ id: String, _ operationID: String, _ call: Call
    ) -> Stack {
        var stack = Stack(
            id: id, name: input.submission.StackName, account: call.caller.account, region: call.caller.region,
            created: call.time, revision: revision(accepted, input.submission, operationID, id, previous: nil))
        stack.isProtected = input.EnableTerminationProtection ?? false
        stack.deployment = input.submission.DeploymentConfig
        stack.timeoutMinutes = input.TimeoutInMinutes
        return stack
    }

    // MARK: Update

    private func update(_ input: UpdateStack, _ call: Call) async throws -> StackAnswer {
        let caller = call.caller
        guard let stack = try? await stack(input.submission.StackName, caller), stack.status != .deleteComplete else {
            throw AWSError("ValidationError", "Stack [\(input.submission.StackName)] does not exist")
        }
        // First the token: a repeat of the call that began the update under way is no second one.
        if let known = try await TokenBook(ledger).answer(input.submission.ClientRequestToken, call) {
            return StackAnswer(StackId: known)
        }
        let disablesRollback = try DeploymentConfig.disablesRollback(
            input.submission.DeploymentConfig, input.DisableRollback)
        try StackRules.checkUpdatable(stack)
        try await check(input.submission, caller)
        let policy = try await stackPolicy(input.StackPolicyBody, input.StackPolicyURL, caller)
        let duringUpdate = try await stackPolicy(
            input.StackPolicyDuringUpdateBody, input.StackPolicyDuringUpdateURL, caller)
        let text = try await templateText(input.submission, stack, caller)
        let accepted = try await intake.accept(
            text, input.submission, for: destination(stack, input.submission, caller))
        try await checkTypes(stack, accepted)
        let operationID = cloud.surroundings.chance.uuid()
        let new = revision(accepted, input.submission, operationID, stack.id, previous: stack.revision)
        let plan = try await updatePlan(stack, accepted, new)
        let judged = try await judged("UPDATE", (stack.id, stack.name), role: new.roleARN, caller)
        let imported = try await nestedImport(stack.id, accepted, stack, caller)
        return try await ledger.write { transaction in
            var stack = try self.stack(stack.id, caller, in: transaction)
            try StackRules.checkUpdatable(stack)
            let stays = disablesRollback ?? false
            if !Nesting.isByParent(stack, caller) {
                try StackRules.checkLeftAlone(stack, disablesRollback: stays, "update-stack")
            }
            var subject = subject(stack, operationID, caller, input.submission.ClientRequestToken)
            subject.isWayBack = try Nesting.isWayBack(stack.id, transaction)
            subject.judged = subject.isWayBack == nil ? judged : nil
            subject.onFailure = stays ? .nothing : .rollback
            subject.retainsOnRollback = !(input.RetainExceptOnCreate ?? false)
            (subject.secrets, subject.tags) = (accepted.secrets, StackRules.tags(new.tags))
            (subject.monitor, subject.policy) = (new.monitor, duringUpdate ?? stack.policy)
            stack.policy = policy ?? stack.policy
            if let disablesRollback { stack.isRollbackDisabled = disablesRollback }
            stack.deployment = input.submission.DeploymentConfig
            subject.importsExisting = imported.map { _ in true }
            try prepareUpdate(&stack, new, accepted, transaction)
            try begin(.update, subject, plan.adopting(imported), &stack, transaction)
            try TokenBook.use(
                input.submission.ClientRequestToken, call, stack.id, operationID: operationID, transaction)
            return StackAnswer(StackId: stack.id, OperationId: operationID)
        }
    }

    /// What an update does. Nested stacks that stand are asked, also when nothing of them changes in the parent's template.
    private func updatePlan(
        _ stack: Stack, _ accepted: TemplateIntake.Accepted, _ new: Stack.Revision
    ) async throws -> OperationPlan {
        var plan = accepted.plan
        plan.forced = try await standingNestedStacks(stack, accepted)
        plan.onlyAsks = true
        if plan.forced?.isEmpty != false, try await !changes(stack, accepted, new) {
            throw AWSError("ValidationError", "No updates are to be performed.")
        }
        return plan
    }

    private func prepareUpdate(
        _ stack: inout Stack, _ new: Stack.Revision, _ accepted: TemplateIntake.Accepted, _ transaction: Transaction
    ) throws {
        // A revision that failed and was left as it was gives way to this one.
        if stack.revision.templateKey != stack.good?.templateKey {
            try transaction.delete(StackStore.templates, stack.revision.templateKey)
        }
        stack.revision = new
        // The stack will not be what these were made for.
        for set in try transaction.find(StackStore.changeSets, "stack", stack.id)
        where set.value.executionStatus == "AVAILABLE" {
            try transaction.update(StackStore.changeSets, set.key) { $0.executionStatus = "OBSOLETE" }
        }
        try keep(accepted, new.templateKey, transaction)
    }

    // MARK: Delete

    private func delete(_ input: DeleteStack, _ call: Call) async throws {
        let caller = call.caller
        try await acting.check(input.RoleARN, caller)
        var judged: String?
        if let known = try? await stack(input.StackName, caller), known.status != .deleteComplete {
            judged = try await self.judged("DELETE", (known.id, known.name), role: known.revision.roleARN, caller)
        }
        let verdict = judged
        let operationID = cloud.surroundings.chance.uuid()
        try await ledger.write { transaction in
            guard var stack = try? stack(input.StackName, caller, in: transaction), stack.status != .deleteComplete
            else {
                return  // as on AWS, deleting what is not there succeeds
            }
            if stack.status == .deleteInProgress { return }
            try StackRules.checkDeletable(
                stack, retaining: input.RetainResources ?? [], isByParent: Nesting.isByParent(stack, caller),
                transaction)
            if stack.status == .createInProgress, let running = stack.operationID {
                try runner.send(.abandon, to: running, in: transaction)
                return
            }
            stack.deployment = input.DeploymentConfig
            var subject = subject(stack, operationID, caller, input.ClientRequestToken)
            subject.roleARN = input.RoleARN
            subject.isWayBack = try Nesting.isWayBack(stack.id, transaction)
            subject.judged = subject.isWayBack == nil ? verdict : nil
            subject.retained = Set(input.RetainResources ?? [])
            if input.DeletionMode == "FORCE_DELETE_STACK" {
                let broken = try transaction.list(StackStore.resources, prefix: stack.id + "|")
                    .filter { $0.value.status == .deleteFailed }
                subject.retained.formUnion(broken.map(\.value.logicalID))
            }
            for set in try transaction.find(StackStore.changeSets, "stack", stack.id) {
                try deleteNested(below: set.key, transaction)
                try transaction.delete(StackStore.changeSets, set.key)
            }
            try begin(.delete, subject, OperationPlan(), &stack, transaction)
        }
    }

    // MARK: Back

    private func cancel(_ input: StackRequest, _ call: Call) async throws {
        try await ledger.write { transaction in
            let stack = try stack(input.StackName, call.caller, in: transaction)
            guard stack.status == .updateInProgress, let running = stack.operationID else {
                throw AWSError("ValidationError", "CancelUpdateStack cannot be called from current stack status")
            }
            try runner.send(.cancel, to: running, in: transaction)
        }
    }

    private func continueRollback(_ input: ContinueRollback, _ call: Call) async throws {
        guard input.ForceRollback != true || input.ResourcesToSkip?.isEmpty != false else {
            throw AWSError("ValidationError", "ForceRollback and ResourcesToSkip are mutually exclusive.")
        }
        _ = try await goBack(input, call) { stack in
            guard stack.status == .updateRollbackFailed else {
                throw AWSError(
                    "ValidationError",
                    "Stack:\(stack.id) is in \(stack.status.rawValue) state and can not continue rollback.")
            }
        }
    }

    private func rollBack(_ input: ContinueRollback, _ call: Call) async throws -> StackAnswer {
        try await goBack(input, call) { stack in
            guard stack.status.isHalfway else {
                throw AWSError(
                    "ValidationError",
                    "RollbackStack cannot be called from current stack status \(stack.status.rawValue)")
            }
        }
    }

    private func goBack(
        _ input: ContinueRollback, _ call: Call, _ check: @escaping @Sendable (Stack) throws -> Void
    ) async throws -> StackAnswer {
        if let known = try await TokenBook(ledger).answer(input.ClientRequestToken, call) {
            return StackAnswer(StackId: known)
        }
        try await acting.check(input.RoleARN, call.caller)
        let operationID = cloud.surroundings.chance.uuid()
        return try await ledger.write { transaction in
            var stack = try stack(input.StackName, call.caller, in: transaction)
            try check(stack)
            stack.deployment = input.DeploymentConfig
            var subject = subject(stack, operationID, call.caller, input.ClientRequestToken)
            subject.roleARN = input.RoleARN
            let skipped =
                input.ForceRollback == true
                ? try SkippedResources(failedIn: stack, transaction)
                : try SkippedResources(input.ResourcesToSkip ?? [], of: stack, transaction)
            subject.skipped = skipped.own
            stack.skipping = skipped.nested.isEmpty ? nil : skipped.nested
            subject.retainsOnRollback = !(input.RetainExceptOnCreate ?? false)
            try begin(.rollback, subject, OperationPlan(), &stack, transaction)
            try TokenBook.use(input.ClientRequestToken, call, stack.id, operationID: operationID, transaction)
            return StackAnswer(StackId: stack.id, OperationId: operationID)
        }
    }
}
