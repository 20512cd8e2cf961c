internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Stack sets: made, changed, deleted.
extension StackSetService {
    var stackSetOperations: [Operation] {
        let content = "StackSetName Description TemplateBody TemplateURL Parameters Capabilities Tags "
        let roles = "AdministrationRoleARN ExecutionRoleName PermissionModel CallAs ManagedExecution "
        return [
            Operation("CreateStackSet", enforces: content + roles + "StackId ClientRequestToken", raw: createSet),
            Operation(
                "UpdateStackSet",
                enforces: content + roles
                    + "UsePreviousTemplate OperationPreferences OperationId Accounts Regions DeploymentTargets",
                raw: updateSet),
            Operation("DeleteStackSet", enforces: "StackSetName CallAs", raw: deleteSet),
        ] + stackInstanceOperations + stackSetReads
    }

    // MARK: Finding

    /// The set of that name or id.
    ///
    /// - Throws: ``AWSError`` `StackSetNotFoundException`.
    func stackSet(_ name: String, _ caller: Caller) async throws -> StackSet {
        let id = name.hasPrefix("arn:") ? name.split(separator: "/").last.map(String.init) ?? name : name
        if let set = try await ledger.get(StackSetStore.sets, caller.scope + id)?.value { return set }
        if let set = try await ledger.find(StackSetStore.sets, "name", caller.scope + id, limit: 1).first?.value {
            return set
        }
        throw StackSetError.missing(name)
    }

    /// The set as it stands inside the write; deleted ones are not there any more.
    private func standing(_ set: StackSet, _ transaction: Transaction) throws -> StackSet {
        guard let known = try transaction.get(StackSetStore.sets, set.scope + set.id)?.value, !known.isDeleted else {
            throw StackSetError.missing(set.name)
        }
        return known
    }

    // MARK: Making

    private func createSet(_ call: Call) async throws -> Reply {
        let request = StackSetRequest(call)
        try request.checkSelfManaged()
        let token = call.input["ClientRequestToken"]?.string
        if let known = try await TokenBook(ledger).answer(token, call) {
            return Reply(["StackSetId": .string(known)])
        }
        var submission = try request.submission
        if let stackID = call.input["StackId"]?.string {
            try await takeOver(stackID, &submission, call)
        }
        guard
            let text = try await stacks.intake.text(
                body: submission.TemplateBody, url: submission.TemplateURL, caller: call.caller)
        else { throw AWSError("ValidationError", "Either Template URL or Template Body must be specified.") }
        try SubmissionRules.check(submission)
        let parameters = try stacks.intake.review(text, submission, previous: [:])
        let id = "\(request.set):\(cloud.surroundings.chance.uuid())"
        var revision = StackSet.Revision(templateKey: "\(id)|\(call.requestID)")
        revision.parameters = parameters
        revision.tags = submission.tags ?? []
        revision.capabilities = submission.Capabilities ?? []
        var set = StackSet(
            id: id, name: request.set, account: call.caller.account, region: call.caller.region, revision: revision)
        try await describe(&set, call)
        let made = set
        try await ledger.write { transaction in
            guard try transaction.find(StackSetStore.sets, "name", made.scope + made.name, limit: 1).isEmpty else {
                throw StackSetError.exists(made.name)
            }
            try transaction.put(StackSetStore.templates, made.revision.templateKey, text)
            try transaction.put(StackSetStore.sets, made.scope + made.id, made)
            try TokenBook.use(token, call, id, transaction)
            try transaction.append(Self.news(of: made, "CREATE", transaction.now))
        }
        return Reply(["StackSetId": .string(id)])
    }

    /// The template and the parameters of a stack that stands.
    private func takeOver(_ stackID: String, _ submission: inout Submission, _ call: Call) async throws {
        let stack = try await stacks.stack(stackID, call.caller)
        let template = try await ledger.get(StackStore.templates, stack.revision.templateKey)?.value
        guard submission.TemplateBody == nil, submission.TemplateURL == nil, let template else {
            throw AWSError("ValidationError", "With StackId the template is that of the stack: give no other.")
        }
        submission.TemplateBody = template.original
        submission.Parameters =
            submission.Parameters
            ?? stack.revision.parameters.map { .init(ParameterKey: $0.name, ParameterValue: $0.value) }
        submission.Capabilities = submission.Capabilities ?? stack.revision.capabilities
    }

    /// Takes over what a request says of the set itself.
    private func describe(_ set: inout StackSet, _ call: Call) async throws {
        let role = call.input["AdministrationRoleARN"]?.string
        if let role { try await cloud.checkPassing(role, to: ActingCaller.service, as: call.caller) }
        set.description = call.input["Description"]?.string ?? set.description
        set.administrationRoleARN = role ?? set.administrationRoleARN
        set.executionRoleName = call.input["ExecutionRoleName"]?.string ?? set.executionRoleName
        set.isManaged = call.input["ManagedExecution"]?["Active"]?.bool ?? set.isManaged
    }

    static func news(of set: StackSet, _ action: String, _ now: Timestamp) -> LedgerEvent {
        LedgerEvent(
            time: now, source: "aws.cloudformation", detailType: "CloudFormation StackSet Status Change",
            account: set.account, region: set.region, resources: [set.arn],
            detail: [
                "stack-set-arn": .string(set.arn), "action": .string(action),
                "status-details": ["status": set.isDeleted ? "DELETED" : "ACTIVE"],
            ])
    }

    // MARK: Changing

    private func updateSet(_ call: Call) async throws -> Reply {
        let request = StackSetRequest(call)
        try request.checkSelfManaged()
        let known = try await stackSet(request.set, call.caller)
        let submission = try request.submission
        try SubmissionRules.check(submission)
        let text = try await setTemplate(submission, known, call.caller)
        let previous = Dictionary(known.revision.parameters.map { ($0.name, $0.value) }) { first, _ in first }
        let parameters = try stacks.intake.review(text, submission, previous: previous)
        var changed = known
        try await describe(&changed, call)
        let operationID = request.operationID ?? cloud.surroundings.chance.uuid()
        changed.revision = StackSet.Revision(
            templateKey: "\(known.id)|\(operationID)", parameters: parameters,
            tags: submission.tags ?? known.revision.tags, capabilities: submission.Capabilities ?? [])
        let isPartial = call.input["Accounts"] != nil || call.input["DeploymentTargets"] != nil
        let chosen = isPartial ? try request.targets() : nil
        let (new, preferences) = (changed, try StackSetPreferences(call.input["OperationPreferences"]))
        try await ledger.write { transaction in
            _ = try standing(known, transaction)
            let instances = try transaction.list(StackSetStore.instances, prefix: known.id + "|").map(\.value)
            let targets = try chosen?.map { target -> StackSetOperation.Target in
                guard instances.contains(where: { $0.account == target.account && $0.region == target.region }) else {
                    throw StackSetError.missingInstance(target, known)
                }
                return target
            }
            try transaction.put(StackSetStore.templates, new.revision.templateKey, text)
            try transaction.put(StackSetStore.sets, new.scope + new.id, new)
            let all = instances.map { StackSetOperation.Target(account: $0.account, region: $0.region) }
            for target in all {
                try transaction.update(StackSetStore.instances, StackSetStore.key(new.id, target)) {
                    if $0.status == "CURRENT" { $0.status = "OUTDATED" }
                }
            }
            var subject = setSubject(new, .update, operationID, call.caller)
            subject.preferences = preferences
            try begin(subject, targets ?? all, new, transaction)
        }
        return Reply(["OperationId": .string(operationID)])
    }

    private func setTemplate(_ submission: Submission, _ set: StackSet, _ caller: Caller) async throws -> String {
        if submission.UsePreviousTemplate != true {
            let given = try await stacks.intake.text(
                body: submission.TemplateBody, url: submission.TemplateURL, caller: caller)
            if let given { return given }
        }
        guard submission.TemplateBody == nil, submission.TemplateURL == nil,
            let text = try await ledger.get(StackSetStore.templates, set.revision.templateKey)?.value
        else {
            throw AWSError(
                "ValidationError", "You cannot specify both usePreviousTemplate and Template Body/Template URL.")
        }
        return text
    }

    // MARK: Deleting

    private func deleteSet(_ call: Call) async throws -> Reply {
        let request = StackSetRequest(call)
        try request.checkSelfManaged()
        guard let known = try? await stackSet(request.set, call.caller), !known.isDeleted else { return Reply() }
        try await ledger.write { transaction in
            guard var set = try? standing(known, transaction) else { return }
            let open = try unfinished(set, transaction)
            if let first = open.first { throw StackSetError.busy(set, first.operationID) }
            guard try transaction.list(StackSetStore.instances, prefix: set.id + "|", limit: 1).isEmpty else {
                throw StackSetError.notEmpty()
            }
            set.isDeleted = true
            try transaction.put(StackSetStore.sets, set.scope + set.id, set)
            try transaction.append(Self.news(of: set, "DELETE", transaction.now))
        }
        return Reply()
    }

    // MARK: Operations

    /// What an operation on that set is about.
    func setSubject(
        _ set: StackSet, _ action: StackSetOperation.Action, _ operationID: String, _ caller: Caller
    ) -> StackSetOperation.Subject {
        StackSetOperation.Subject(
            operationID: operationID, setID: set.id, setName: set.name, setARN: set.arn, account: set.account,
            region: set.region, principal: caller.principal, action: action,
            administrationRoleARN: set.administrationRoleARN, executionRoleName: set.executionRoleName,
            revision: set.revision)
    }

    /// The operations on that set that have not come to their end.
    func unfinished(_ set: StackSet, _ transaction: Transaction) throws -> [StackSetOperation.Record] {
        try transaction.list(StackSetStore.operations, prefix: Self.operationPrefix(set)).map(\.value)
            .filter { !$0.isOver }
    }

    static func operationPrefix(_ set: StackSet) -> String { "\(set.scope)\(set.id)|" }

    /// Sets an operation off, as part of that write: at once, or after others that touch the same stacks.
    ///
    /// - Throws: ``AWSError`` `OperationInProgressException` while another is under way and the set is not managed,
    ///   `OperationIdAlreadyExistsException`.
    func begin(
        _ subject: StackSetOperation.Subject, _ targets: [StackSetOperation.Target], _ set: StackSet,
        _ transaction: Transaction
    ) throws {
        let id = Self.operationPrefix(set) + subject.operationID
        guard try transaction.get(StackSetStore.operations, id) == nil else {
            throw StackSetError.operationExists(subject.operationID)
        }
        let open = try unfinished(set, transaction)
        if let first = open.first, !set.isManaged { throw StackSetError.busy(set, first.operationID) }
        for target in targets {
            let key = StackSetStore.key(set.id, target)
            guard try transaction.get(StackSetStore.instances, key) != nil else { continue }
            try transaction.update(StackSetStore.instances, key) { instance in
                instance.detailedStatus = "PENDING"
                instance.lastOperationID = subject.operationID
            }
        }
        let mustWait = open.contains { !Set($0.targets).isDisjoint(with: targets) }
        let operation = StackSetOperation(subject, targets: targets)
        try runner.begin(id, operation, with: mustWait ? .queue : .start, in: transaction)
    }
}
