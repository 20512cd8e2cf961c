package import Cloud
package import CloudFormation
internal import Ledger
internal import Notation
package import ServiceLifecycle

/// The registry of types: modules that accounts register, hooks, and AWS's published types. At the door it is a part of
/// CloudFormation.
package struct TypeRegistryService: CloudService {
    /// The id in AWS's models: that of stacks.
    package let id = "cloudformation"

    let cloud: Cloud
    let ledger: Ledger
    let stacks: CloudFormationService
    let catalogue: TypeCatalogue
    let sweep: RecordSweep

    /// The desk beside that of stacks.
    package init(_ stacks: CloudFormationService) {
        self.stacks = stacks
        cloud = stacks.cloud
        ledger = stacks.ledger
        catalogue = stacks.catalogue
        // Registrations are kept as long as deleted stacks: AWS names no time.
        sweep = RecordSweep(ledger: ledger) { broom, now in
            let limit = now - RecordSweep.longest
            try await broom.forget(TypeRegistration.collection) { $0.time < limit }
        }
    }

    /// What has to run: started by the composition root.
    package var machines: [any Service] { [sweep] }

    /// What is offered at the door, in the name of CloudFormation.
    package var operations: [Operation] { typeOperations }

    /// The types that register modules.
    package var resourceTypes: [ResourceType] { ModuleTypes(ledger: ledger).all }
}
