package import Cloud
package import CloudFormationTemplate
package import Ledger
internal import Notation
package import ServiceLifecycle

/// CloudFormation: stacks and change sets, carried out for real.
package struct CloudFormationService: CloudService {
    /// The id in AWS's models.
    package let id = "cloudformation"

    /// The door.
    package let cloud: Cloud
    /// Where the documents are.
    package let ledger: Ledger
    /// Takes templates in.
    package let intake: TemplateIntake
    /// The types that can be run.
    package let catalogue: TypeCatalogue
    let runner: MachineRunner<StackOperation>
    let notices: MachineRunner<StackNotices>
    /// Wakes whoever waits for the end of an operation.
    package let watch: StackWatch
    let names: StackNames
    /// Asks the hooks.
    package let hooks: HookRunner
    /// On whose behalf actions are carried out.
    package let acting: ActingCaller
    let sweep: RecordSweep
    /// Where custom resources and wait conditions answer: the server hands it requests below ``ResponseInbox/path``.
    package let inbox: ResponseInbox

    /// The service on that ledger, behind that door.
    package init(cloud: Cloud, ledger: Ledger) {
        self.init(cloud: cloud, ledger: ledger, limits: TemplateLimits())
    }

    /// The same, with other limits of templates.
    package init(cloud: Cloud, ledger: Ledger, limits: TemplateLimits) {
        self.cloud = cloud
        self.ledger = ledger
        catalogue = TypeCatalogue(cloud: cloud)
        intake = TemplateIntake(cloud: cloud, ledger: ledger, catalogue: catalogue, limits: limits)
        inbox = ResponseInbox(cloud: cloud, ledger: ledger)
        acting = ActingCaller(cloud: cloud)
        hooks = HookRunner(cloud: cloud, ledger: ledger, inbox: inbox, shelf: HookShelf(ledger: ledger))
        let notices = MachineRunner<StackNotices>(ledger: ledger)
        notices.use(NoticePerformer(cloud: cloud))
        self.notices = notices
        names = StackNames(ledger: ledger)
        let watch = StackWatch(ledger: ledger)
        self.watch = watch
        runner = MachineRunner(ledger: ledger) { transaction, id, before, after in
            try StackProjection.project(transaction, id, before, after)
            try StackNotices.tell(after, id, notices, transaction)
            guard after.phase == .over else { return }
            let stackID = after.subject.stackID
            transaction.onceVisible { watch.tell(stackID) }
        }
        runner.use(StackPerformer(cloud: cloud, ledger: ledger, runner: runner, acting: acting, hooks: hooks))
        let records = StackSweep(runner: runner, notices: notices)
        sweep = RecordSweep(ledger: ledger) { broom, now in try await records.sweep(broom, now) }
    }

    /// What has to run for stacks to move: started by the composition root, after the services it calls.
    package var machines: [any Service] { [runner, notices, sweep] }

    /// What the service offers at the door.
    package var operations: [Operation] {
        stackOperations + stackReads + changeSetOperations + templateOperations + stackSettings + driftOperations
            + refactorOperations + hookOperations + operationEventOperations
    }

    /// The `AWS::CloudFormation::*` types.
    package var resourceTypes: [ResourceType] {
        let wait = WaitCondition(inbox: inbox)
        return [
            CustomResource(inbox: inbox).type, wait.handleType, wait.type,
            NestedStack(ledger: ledger, watch: watch).type,
            Macro(ledger: ledger).type, CDKMetadata.type,
        ] + HookTypes(ledger: ledger, shelf: hooks.shelf).all
    }

    // MARK: Finding stacks

    /// The stack of that name or ARN, in the caller's account and region: of others' it is not even said that they are.
    ///
    /// - Throws: ``AWSError`` `ValidationError`, as CloudFormation words it.
    package func stack(_ name: String, _ caller: Caller) async throws -> Stack {
        if name.hasPrefix("arn:") {
            if let stack = try await ledger.get(StackStore.stacks, name)?.value, stack.scope == caller.scope {
                return stack
            }
        } else if let stack = try await names.stack(caller.scope + name) {
            return stack
        }
        throw Self.missing(name)
    }

    /// The stack of that name or ARN, inside a write.
    func stack(_ name: String, _ caller: Caller, in transaction: Transaction) throws -> Stack {
        if name.hasPrefix("arn:") {
            if let stack = try transaction.get(StackStore.stacks, name)?.value, stack.scope == caller.scope {
                return stack
            }
        } else if let stack = try transaction.find(StackStore.stacks, "name", caller.scope + name, limit: 1).first {
            return stack.value
        }
        throw Self.missing(name)
    }

    static func missing(_ name: String) -> AWSError {
        AWSError("ValidationError", "Stack with id \(name) does not exist")
    }

    /// The resources of that stack.
    package func resources(of stackID: String) async throws -> [StackResource] {
        try await ledger.list(StackStore.resources, prefix: stackID + "|").map(\.value)
    }

    /// A new ARN for a stack of that name.
    func newStackID(_ name: String, _ caller: Caller) -> String {
        caller.arn("cloudformation", "stack/\(name)/\(cloud.surroundings.chance.uuid())")
    }
}
