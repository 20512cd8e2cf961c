package import Cloud
package import CloudFormation
internal import Ledger
package import ServiceLifecycle

/// Scans of what stands, and templates made from it. At the door they are a part of CloudFormation.
package struct GeneratedTemplateService: CloudService {
    /// The id in AWS's models: that of stacks.
    package let id = "cloudformation"

    let cloud: Cloud
    let ledger: Ledger
    let stacks: CloudFormationService
    let catalogue: TypeCatalogue
    let runner: MachineRunner<ResourceScan>
    private let sweep: RecordSweep

    /// The desk beside that of stacks.
    package init(_ stacks: CloudFormationService) {
        self.stacks = stacks
        cloud = stacks.cloud
        ledger = stacks.ledger
        catalogue = stacks.catalogue
        runner = MachineRunner(ledger: ledger) { transaction, id, _, after in
            try transaction.put(ResourceScanRecord.collection, "\(after.account)/\(after.region)/\(id)", after)
        }
        runner.use(ResourceScanPerformer(cloud: cloud, ledger: ledger, runner: runner))
        let scans = ResourceScanSweep(runner: runner)
        sweep = RecordSweep(ledger: ledger) { broom, now in try await scans.sweep(broom, now) }
    }

    /// What has to run for scans to move: started by the composition root, after the services they call.
    package var machines: [any Service] { [runner, sweep] }

    /// What is offered at the door, in the name of CloudFormation.
    package var operations: [Operation] { scanOperations + generatedTemplateOperations }
}
