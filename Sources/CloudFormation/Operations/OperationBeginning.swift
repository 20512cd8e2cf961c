internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What every operation on a stack begins with.
extension CloudFormationService {
    /// Judges what a submission hands over to CloudFormation: a role it may act as, topics it shall tell.
    func check(_ submission: Submission, _ caller: Caller) async throws {
        try SubmissionRules.check(submission)
        try await acting.check(submission.RoleARN, caller)
    }

    /// What a new operation on that stack is about.
    func subject(_ stack: Stack, _ operationID: String, _ caller: Caller, _ token: String?) -> OperationSubject {
        var subject = OperationSubject(
            operationID: operationID, stackID: stack.id, stackName: stack.name, account: stack.account,
            region: stack.region,
            principal: caller.principal)
        subject.token = token
        subject.hasGoodState = stack.good != nil
        subject.tags = StackRules.tags(stack.revision.tags)
        subject.previousTags = StackRules.tags((stack.good ?? stack.revision).tags)
        return subject
    }

    /// Stores the stack and sets the machine off, as part of that write.
    func begin(
        _ intent: StackOperation.Intent, _ subject: OperationSubject, _ plan: OperationPlan, _ stack: inout Stack,
        _ transaction: Transaction
    ) throws {
        let resources = try transaction.list(StackStore.resources, prefix: stack.id + "|").map(\.value)
        var plan = plan
        plan.types.merge(catalogue.facts(resources.map(\.type))) { known, _ in known }
        var subject = subject
        // As on AWS, a role once given stays the stack's, also when the operation it came with is taken back.
        subject.roleARN = subject.roleARN ?? stack.revision.roleARN
        subject.isExpress = stack.deployment?.isExpress == true ? true : nil
        stack.revision.roleARN = subject.roleARN
        stack.good?.roleARN = subject.roleARN
        subject.notificationARNs = stack.revision.notificationARNs
        if intent == .update {
            subject.exportsInUse = try stack.exports.compactMap { export in
                let users = try StackRules.importers(of: export.name, stack.scope, transaction)
                    .filter { $0 != stack.name }
                return users.isEmpty ? nil : ExportInUse(name: export.name, value: export.value, users: users)
            }
        }
        subject.exportsElsewhere = try exportsElsewhere(plan, stack, transaction)
        subject.exportsHeld = stack.exports.map(\.name)
        // The last operation has ended: of each stack one machine is kept, to replay it.
        if let last = stack.operationID {
            try runner.remove(last, in: transaction)
            try StackNotices.forget(last, notices, transaction)
        }
        let record = StackOperationRecord(
            stackID: stack.id, type: StackOperationRecord.type(intent, stack), began: transaction.now)
        try transaction.put(StackOperationRecord.collection, stack.scope + subject.operationID, record)
        stack.operationID = subject.operationID
        stack.importsExisting = subject.importsExisting
        stack.driftStatus = nil
        stack.driftTime = nil
        stack.operationType = intent.rawValue
        if intent != .create { stack.updated = transaction.now }
        try transaction.put(StackStore.stacks, stack.id, stack)
        let operation = StackOperation(
            intent, subject, status: stack.status, plan: plan,
            resources: resources.filter { $0.current != nil || !$0.leaving.isEmpty || $0.original != nil },
            eventCount: stack.eventCount)
        try runner.begin(subject.operationID, operation, with: .start, in: transaction)
    }

    /// The names among the plan's exports that other stacks have, each with such a stack. The name of an export may
    /// not lean on resources, so it is known before anything is made.
    private func exportsElsewhere(
        _ plan: OperationPlan, _ stack: Stack, _ transaction: Transaction
    ) throws -> [String: String] {
        var taken: [String: String] = [:]
        for name in plan.outputs.compactMap(\.exportName?.string) {
            let others = try transaction.find(StackStore.stacks, "export", stack.scope + name).map(\.value)
            taken[name] = others.first { $0.id != stack.id }?.name
        }
        return taken
    }

    /// What the stack is told to be.
    func revision(
        _ accepted: TemplateIntake.Accepted, _ submission: Submission, _ operationID: String, _ stackID: String,
        previous: Stack.Revision?
    ) -> Stack.Revision {
        var revision = Stack.Revision(templateKey: "\(stackID)|\(operationID)")
        revision.description = accepted.resolved.template.description
        revision.parameters = accepted.parameters.bound.map { bound in
            Stack.Parameter(
                name: bound.parameter.name, value: bound.text, resolved: bound.resolved,
                isNoEcho: bound.parameter.isNoEcho)
        }
        revision.tags = submission.tags ?? previous?.tags ?? []
        revision.capabilities = submission.Capabilities ?? []
        revision.notificationARNs = submission.NotificationARNs ?? previous?.notificationARNs ?? []
        revision.roleARN = submission.RoleARN ?? previous?.roleARN
        revision.monitor = submission.monitor ?? previous?.monitor
        revision.outputTargets = accepted.plan.outputs
        revision.outputs = previous?.outputs ?? []
        revision.imports = accepted.imports
        return revision
    }

    /// Keeps the template's texts under that key.
    func keep(_ accepted: TemplateIntake.Accepted, _ key: String, _ transaction: Transaction) throws {
        let template = StackTemplate(
            original: accepted.text.text, processed: accepted.processed.text(),
            modules: accepted.modules.isEmpty ? nil : accepted.modules)
        try transaction.put(StackStore.templates, key, template)
    }

    /// Where a template for a stack that stands is taken in.
    func destination(_ stack: Stack, _ caller: Caller, isReviewed: Bool = false) -> TemplateIntake.Destination {
        TemplateIntake.Destination(
            caller: caller, stackName: stack.name, stackID: stack.id,
            previous: Dictionary(stack.revision.parameters.map { ($0.name, $0.value) }) { first, _ in first },
            isReviewed: isReviewed)
    }

    /// The same for a submission: the template of before keeps the modules that it was expanded with, as on AWS.
    func destination(
        _ stack: Stack, _ submission: Submission, _ caller: Caller, isReviewed: Bool = false
    ) async throws -> TemplateIntake.Destination {
        var destination = destination(stack, caller, isReviewed: isReviewed)
        guard submission.UsePreviousTemplate == true else { return destination }
        let known = try await ledger.get(StackStore.templates, stack.revision.templateKey)?.value
        destination.modules = known?.modules ?? [:]
        return destination
    }

    /// The text of the template to go by: given, in S3, or the one from before.
    func templateText(_ submission: Submission, _ stack: Stack, _ caller: Caller) async throws -> String {
        if submission.UsePreviousTemplate == true {
            if submission.TemplateBody != nil || submission.TemplateURL != nil {
                throw AWSError(
                    "ValidationError", "You cannot specify both usePreviousTemplate and Template Body/Template URL.")
            }
            let known = try await ledger.get(StackStore.templates, stack.revision.templateKey)
            guard let known else {
                throw AWSError("ValidationError", "Stack [\(stack.name)] has no previous template.")
            }
            return known.value.original
        }
        let text = try await intake.text(body: submission.TemplateBody, url: submission.TemplateURL, caller: caller)
        guard let text else {
            throw AWSError("ValidationError", "Either Template URL or Template Body must be specified.")
        }
        return text
    }

    /// Whether carrying that out would change anything.
    func changes(_ stack: Stack, _ accepted: TemplateIntake.Accepted, _ new: Stack.Revision) async throws -> Bool {
        if stack.status.isHalfway { return true }
        let tags = StackRules.tags(new.tags) != StackRules.tags(stack.revision.tags)
        if tags || new.outputTargets != stack.revision.outputTargets { return true }
        if new.notificationARNs != stack.revision.notificationARNs { return true }
        return try await !plan(stack, accepted).isEmpty
    }

    /// What carrying that out will do.
    ///
    /// - Parameters:
    ///   - observed: what really stands, where that is to count.
    ///   - automatic: nested stacks that are asked in any case.
    func plan(
        _ stack: Stack, _ accepted: TemplateIntake.Accepted, observed: ObservedState? = nil,
        automatic: Set<String> = []
    ) async throws -> ChangePlan {
        let resources = try await resources(of: stack.id)
        var deployed: [String: ChangePlan.Deployed] = [:]
        var standing: [String: DeployedResource] = [:]
        for resource in resources {
            guard var current = resource.current, observed?.gone.contains(resource.logicalID) != true else { continue }
            current.properties = observed?.properties[resource.logicalID] ?? current.properties
            standing[resource.logicalID] = current
            deployed[resource.logicalID] = ChangePlan.Deployed(
                type: current.type, properties: current.properties, metadata: current.metadata,
                policies: current.updatePolicy.map { ["UpdatePolicy": $0] } ?? [:],
                deletionPolicy: current.deletionPolicy)
        }
        var after = accepted.resolved
        let known = standing
        after.know { name, attribute in
            guard let current = known[name] else { return nil }
            return attribute.map(current.attribute) ?? .string(current.physicalID)
        }
        let before = try await previousTemplate(stack, accepted)
        return ChangePlan(from: deployed, before: before, to: after, automatic: automatic, rules: catalogue.rules)
    }

    /// The template of before, read again, to tell changed values from changed text; nil when it cannot be read any
    /// more.
    private func previousTemplate(_ stack: Stack, _ accepted: TemplateIntake.Accepted) async throws -> ResolvedTemplate?
    {
        let key = (stack.good ?? stack.revision).templateKey
        guard let stored = try await ledger.get(StackStore.templates, key)?.value,
            let body = try? JSON(parsing: stored.processed)
        else { return nil }
        let (template, report) = Template.read(body, limits: intake.limits)
        guard report.isValid else { return nil }
        var context = StackContext(
            accountID: stack.account, region: stack.region, stackName: stack.name, stackID: stack.id)
        let values = (stack.good ?? stack.revision).parameters
        let resolved = Dictionary(values.compactMap { value in value.resolved.map { (value.value, $0) } }) { first, _ in
            first
        }
        guard
            let bound = try? template.bind(values.map { .init($0.name, $0.value) }, stored: resolved)
        else { return nil }
        context.parameters = bound
        return try? template.resolve(context)
    }
}
