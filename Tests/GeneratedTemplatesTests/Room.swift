import CloudFormation
import CloudFormationTesting
import GeneratedTemplates

/// The room under test, beside a workshop.
func room(_ stacks: CloudFormationService) -> Annex {
    let templates = GeneratedTemplateService(stacks)
    return Annex(desks: [templates], machines: templates.machines)
}
