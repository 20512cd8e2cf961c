import CloudControl
import CloudFormation
import CloudFormationTesting

/// The room under test, beside a workshop.
func room(_ stacks: CloudFormationService) -> Annex {
    let control = CloudControlService(stacks)
    return Annex(desks: [control], machines: control.machines)
}
