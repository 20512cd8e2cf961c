internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Change sets: what would happen, then exactly that.
extension CloudFormationService {
    var changeSetOperations: [Operation] {
        [
            Operation(
                "CreateChangeSet",
                enforces:
                    "StackName TemplateBody TemplateURL UsePreviousTemplate Parameters Capabilities ResourceTypes Tags "
                    + "RollbackConfiguration "
                    + "ChangeSetName ClientToken ChangeSetType OnStackFailure ResourcesToImport "
                    + "IncludeNestedStacks ImportExistingResources DeploymentMode RoleARN NotificationARNs "
                    + "DeploymentConfig.Mode DeploymentConfig.DisableRollback DisableValidation",
                stores: "Description"
            ) { (input: CreateChangeSet, call) in try await createChangeSet(input, call) },
            Operation(
                "DescribeChangeSet", enforces: "ChangeSetName StackName NextToken IncludePropertyValues",
                raw: describeChangeSet),
            Operation("ListChangeSets", enforces: "StackName NextToken", raw: listChangeSets),
            Operation(
                "ExecuteChangeSet",
                enforces: "ChangeSetName StackName ClientRequestToken DisableRollback RetainExceptOnCreate",
                raw: executeChangeSet),
            Operation("DeleteChangeSet", enforces: "ChangeSetName StackName", raw: deleteChangeSet),
        ]
    }

    // MARK: Making

    private func createChangeSet(_ input: CreateChangeSet, _ call: Call) async throws -> JSON {
        try StackName.check(input.ChangeSetName, member: "changeSetName")
        try input.check()
        let caller = call.caller
        if let made = try await TokenBook(ledger).answer(input.ClientToken, call),
            let known = try await ledger.get(StackStore.changeSets, made)?.value
        {
            return ["Id": .string(known.id), "StackId": .string(known.stackID)]
        }
        let known = try? await stack(input.submission.StackName, caller)
        let stack = try target(input, known, call)
        try await check(input.submission, caller)
        let id = caller.arn("cloudformation", "changeSet/\(input.ChangeSetName)/\(cloud.surroundings.chance.uuid())")
        let text = try await templateText(input.submission, stack, caller)
        var changeSet = ChangeSet(
            id: id, name: input.ChangeSetName, stackID: stack.id, stackName: stack.name, type: input.type,
            status: "CREATE_COMPLETE", executionStatus: "AVAILABLE", created: call.time, description: input.Description,
            revision: Stack.Revision(templateKey: "\(stack.id)|\(id)"))
        changeSet.onFailure = input.OnStackFailure.flatMap(StackOperation.OnFailure.init)
        changeSet.deployment = input.submission.DeploymentConfig
        changeSet.creationID = cloud.surroundings.chance.uuid()
        var story = ChangeSetStory(of: changeSet)
        let accepted = try await fill(&changeSet, &story, text, input, stack, caller)
        if input.submission.DisableValidation != true, let accepted {
            try await validate(&changeSet, &story, accepted, caller)
        }
        try await askHooks(&changeSet, &story, template: text, call)
        let (made, told, isNew) = (changeSet, story, known == nil)
        try await ledger.write { transaction in
            try insert(made, stack, isNew: isNew, caller, transaction)
            // One that failed before its template was read shows what it was given.
            if let accepted {
                try keep(accepted, made.revision.templateKey, transaction)
            } else {
                let template = StackTemplate(original: text, processed: "")
                try transaction.put(StackStore.templates, made.revision.templateKey, template)
            }
            try told.write(made, caller, transaction)
            try TokenBook.use(input.ClientToken, call, made.id, transaction)
        }
        return ["Id": .string(id), "StackId": .string(stack.id)]
    }

    /// The stack the change set is for: one that stands, or a new one that waits for review.
    private func target(_ input: CreateChangeSet, _ known: Stack?, _ call: Call) throws -> Stack {
        let name = input.submission.StackName
        guard ["UPDATE", "CREATE", "IMPORT"].contains(input.type) else {
            throw AWSError.notImplemented("change sets of type \(input.type)")
        }
        if let known, known.status != .deleteComplete {
            if input.type == "CREATE", known.status != .reviewInProgress {
                throw AWSError(
                    "ValidationError",
                    "Stack [\(name)] already exists and cannot be created again with the changeSet "
                        + "[\(input.ChangeSetName)].")
            }
            if input.type != "CREATE", known.status != .reviewInProgress || input.type == "UPDATE" {
                try StackRules.checkUpdatable(known)
            }
            return known
        }
        guard input.type != "UPDATE" else { throw AWSError("ValidationError", "Stack [\(name)] does not exist") }
        try StackName.check(name)
        let id = newStackID(name, call.caller)
        var stack = Stack(
            id: id, name: name, account: call.caller.account, region: call.caller.region, created: call.time,
            revision: Stack.Revision(templateKey: "\(id)|none"))
        stack.reason = "User Initiated"
        return stack
    }

    /// The template taken in; nil when it is at fault in a way that fails the change set, not the call.
    private func takeIn(
        _ changeSet: inout ChangeSet, _ story: inout ChangeSetStory, _ text: String, _ input: CreateChangeSet,
        _ stack: Stack, _ caller: Caller
    ) async throws -> TemplateIntake.Accepted? {
        do {
            let accepted = try await intake.accept(
                text, input.submission, for: destination(stack, input.submission, caller, isReviewed: true))
            try await checkTypes(stack, accepted)
            return accepted
        } catch let error as AWSError
            where error.message.hasPrefix("Transform ") || error.message.hasPrefix("No export named")
            || error.message.hasPrefix(Self.typesChange)
        {
            changeSet.fail(error.message)
            return nil
        } catch let findings as PropertyFindings {
            story.tell(findings)
            changeSet.fail(ChangeSetStory.reason("PropertyValidation") + " " + findings.summary)
            return nil
        }
    }

    /// Works out what would happen.
    ///
    /// - Returns: the template; nil when the change set has failed.
    private func fill(
        _ changeSet: inout ChangeSet, _ story: inout ChangeSetStory, _ text: String, _ input: CreateChangeSet,
        _ stack: Stack, _ caller: Caller
    ) async throws -> TemplateIntake.Accepted? {
        guard let accepted = try await takeIn(&changeSet, &story, text, input, stack, caller) else { return nil }
        let key = changeSet.revision.templateKey
        changeSet.revision = revision(accepted, input.submission, "", stack.id, previous: stack.revision)
        changeSet.revision.templateKey = key
        changeSet.plan = accepted.plan
        let observed = try await observed(input, stack, caller)
        if let observed { changeSet.plan = accepted.plan.correcting(observed) }
        changeSet.deploymentMode = input.DeploymentMode
        // With nested change sets each of them is looked into instead.
        let isAsking = input.type == "UPDATE" && input.IncludeNestedStacks != true
        let automatic = isAsking ? try await standingNestedStacks(stack, accepted) : []
        if isAsking {
            changeSet.plan?.forced = automatic
            changeSet.plan?.onlyAsks = true
        }
        changeSet.changes = try await views(stack, accepted, changeSet.revision, observed, automatic: automatic)
        if input.IncludeNestedStacks == true {
            changeSet.includesNested = true
            let nested = try await nestChangeSets(below: changeSet, input, stack, accepted, caller)
            changeSet.plan?.forced = nested.keys.sorted()
            changeSet.changes = Self.linking(changeSet.changes, to: nested.mapValues(\.id))
            if let bad = nested.values.filter({ $0.status == "FAILED" }).min(by: { $0.id < $1.id }) {
                changeSet.fail(
                    "Nested change set \(bad.id) was not successfully created: Currently in FAILED. "
                        + (bad.reason ?? ""))
            }
        }
        try await takeOver(&changeSet, input, accepted, stack, caller)
        if changeSet.type == "IMPORT" {
            let adopted = try await adopted(input.ResourcesToImport ?? [], accepted, stack)
            changeSet.plan?.adopted = adopted
            changeSet.changes = Self.importChanges(adopted, accepted)
        }
        let isIdle = changeSet.changes.isEmpty && changeSet.type == "UPDATE"
        if isIdle, try await !changes(stack, accepted, changeSet.revision) {
            changeSet.fail(ChangeSet.noChanges)
        }
        return accepted
    }

    private func insert(
        _ changeSet: ChangeSet, _ stack: Stack, isNew: Bool, _ caller: Caller, _ transaction: Transaction
    ) throws {
        if isNew {
            let taken = try transaction.find(StackStore.stacks, "name", caller.scope + stack.name, limit: 1)
            guard taken.isEmpty else {
                throw AWSError("AlreadyExistsException", "Stack [\(stack.name)] already exists")
            }
            var new = stack
            new.revision.description = changeSet.revision.description
            new.revision.tags = changeSet.revision.tags
            new.eventCount = 1
            let event = StackEvent(
                id: StableID.uuid(stack.id, "review"), time: transaction.now, logicalID: stack.name,
                physicalID: stack.id,
                type: "AWS::CloudFormation::Stack", status: StackStatus.reviewInProgress.rawValue,
                reason: "User Initiated",
                operationID: "")
            try transaction.put(StackStore.events, event.key(stackID: stack.id, number: 0), event)
            try transaction.put(StackStore.stacks, stack.id, new)
        }
        let others = try transaction.find(StackStore.changeSets, "stack", stack.id)
        if others.contains(where: { $0.value.name == changeSet.name }) {
            throw AWSError("AlreadyExistsException", "ChangeSet \(changeSet.name) already exists")
        }
        try transaction.put(StackStore.changeSets, changeSet.id, changeSet)
    }

    // MARK: Asking

    /// The change set of that ARN, or of that name for that stack.
    ///
    /// - Throws: ``AWSError`` `ChangeSetNotFound`.
    func changeSet(_ name: String, stack: String?, _ caller: Caller) async throws -> ChangeSet {
        if name.hasPrefix("arn:") {
            if let known = try await ledger.get(StackStore.changeSets, name)?.value,
                known.id.hasPrefix(caller.arn("cloudformation", "changeSet/"))
            {
                return known
            }
            throw Self.missingChangeSet(name)
        }
        guard let stack else {
            throw AWSError(
                "ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN.")
        }
        guard let owner = try? await self.stack(stack, caller) else {
            throw AWSError("ValidationError", "Stack [\(stack)] does not exist")
        }
        let found = try await ledger.find(StackStore.changeSets, "stack", owner.id).first { $0.value.name == name }
        guard let found else { throw Self.missingChangeSet(name) }
        return found.value
    }

    static func missingChangeSet(_ name: String) -> AWSError {
        AWSError("ChangeSetNotFound", "ChangeSet [\(name)] does not exist", status: 404)
    }

    func askedChangeSet(_ call: Call) async throws -> ChangeSet {
        try await changeSet(
            call.input["ChangeSetName"]?.string ?? "", stack: call.input["StackName"]?.string, call.caller)
    }

    private func describeChangeSet(_ call: Call) async throws -> Reply {
        let changeSet = try await askedChangeSet(call)
        let showsValues = call.input["IncludePropertyValues"]?.bool ?? false
        let page = try Page(changeSet.changes, call.input["NextToken"]?.string, 100)
        var answer = page.answer("Changes") { showsValues ? $0 : ChangeViews.withoutValues($0) }
        for (name, value) in Self.summary(changeSet).object ?? [:] { answer[name] = value }
        answer["Parameters"] = StackViews.parameters(changeSet.revision.parameters)
        answer["Capabilities"] = .array(changeSet.revision.capabilities.map(JSON.string))
        answer["Tags"] = StackViews.tags(changeSet.revision.tags)
        answer["NotificationARNs"] = .array(changeSet.revision.notificationARNs.map(JSON.string))
        answer["RootChangeSetId"] = try await rootID(of: changeSet).map(JSON.string)
        answer["DeploymentMode"] = changeSet.deploymentMode.map(JSON.string)
        answer["DeploymentConfig"] = changeSet.deployment?.view
        answer["OnStackFailure"] = changeSet.onFailure.map { .string($0.rawValue) }
        return Reply(answer)
    }

    private static func summary(_ changeSet: ChangeSet) -> JSON {
        var view: JSON = [
            "StackId": .string(changeSet.stackID), "StackName": .string(changeSet.stackName),
            "ChangeSetId": .string(changeSet.id), "ChangeSetName": .string(changeSet.name),
            "ExecutionStatus": .string(changeSet.executionStatus), "Status": .string(changeSet.status),
            "CreationTime": .double(changeSet.created.seconds),
            "IncludeNestedStacks": .bool(changeSet.includesNested ?? false),
            "ImportExistingResources": .bool(changeSet.importsExisting ?? false),
        ]
        view["ParentChangeSetId"] = changeSet.parentID.map(JSON.string)
        view["StatusReason"] = changeSet.reason.map(JSON.string)
        view["Description"] = changeSet.description.map(JSON.string)
        return view
    }

    private func listChangeSets(_ call: Call) async throws -> Reply {
        let name = call.input["StackName"]?.string ?? ""
        guard let stack = try? await stack(name, call.caller) else {
            throw AWSError("ValidationError", "Stack [\(name)] does not exist")
        }
        let sets = try await ledger.find(StackStore.changeSets, "stack", stack.id).map(\.value).sorted {
            $0.created > $1.created
        }
        return Reply(try Page(sets, call.input["NextToken"]?.string, 100).answer("Summaries", Self.summary))
    }

    // MARK: Deleting

    private func deleteChangeSet(_ call: Call) async throws -> Reply {
        let changeSet: ChangeSet
        do { changeSet = try await askedChangeSet(call) } catch let error as AWSError
            where error.code == "ChangeSetNotFound"
        {
            return Reply()  // as on AWS, deleting what is not there succeeds
        }
        try await ledger.write { transaction in
            guard let current = try transaction.get(StackStore.changeSets, changeSet.id)?.value else { return }
            guard current.executionStatus != "EXECUTE_IN_PROGRESS" else {
                throw AWSError(
                    "InvalidChangeSetStatus",
                    "The specified change set cannot be deleted in its current status of [\(current.executionStatus)]")
            }
            try deleteNested(below: changeSet.id, transaction)
            try transaction.delete(StackStore.changeSets, changeSet.id)
            if current.operationID == nil { try transaction.delete(StackStore.templates, current.revision.templateKey) }
        }
        return Reply()
    }
}
