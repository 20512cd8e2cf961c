package import Cloud
package import CloudFormation
internal import Ledger
package import ServiceLifecycle

/// Stack sets: one template for stacks in many accounts and regions. At the door they are a part of CloudFormation.
package struct StackSetService: CloudService {
    /// The id in AWS's models: that of stacks.
    package let id = "cloudformation"

    let cloud: Cloud
    let ledger: Ledger
    let stacks: CloudFormationService
    let runner: MachineRunner<StackSetOperation>
    private let sweep: RecordSweep

    /// The desk beside that of stacks.
    package init(_ stacks: CloudFormationService) {
        self.stacks = stacks
        cloud = stacks.cloud
        ledger = stacks.ledger
        let queue = StackSetQueue()
        runner = MachineRunner(ledger: ledger) { transaction, id, _, after in
            try StackSetProjection.project(transaction, id, after)
            try queue.goOn(after: after, transaction)
        }
        queue.use(runner)
        runner.use(StackSetPerformer(cloud: cloud, ledger: ledger, runner: runner, watch: stacks.watch))
        sweep = RecordSweep(ledger: ledger) { broom, _ in try await StackSetSweep.sweepTemplates(broom) }
    }

    /// What has to run for operations on stack sets to move: started by the composition root, after the services they
    /// call.
    package var machines: [any Service] { [runner, sweep] }

    /// What is offered at the door, in the name of CloudFormation.
    package var operations: [Operation] { stackSetOperations }
}
