internal import CloudFormationTemplate
internal import Notation

/// What a stack shall be, ready for an operation: stored with a change set, handed to a machine.
package struct OperationPlan: Codable, Sendable {
    /// What each resource shall be.
    var targets: [String: ResourceTarget] = [:]
    /// The logical ids in the template's order.
    var order: [String] = []
    /// What the stack shall answer with.
    var outputs: [StackOperation.OutputTarget] = []
    /// The physical ids of resources to be taken over, by logical id.
    var adopted: [String: String] = [:]
    /// What is known about the types.
    var types: [String: StackOperation.TypeFacts] = [:]
    /// The properties as they were found, of resources that differ from what the stack remembers.
    var observed: [String: JSON]?
    /// The resources that were found to be gone.
    var gone: [String]?
    /// Resources that are to be changed although nothing in the template says so: nested stacks with changes inside.
    var forced: [String]?
    /// Whether those are only asked, as each update asks its nested stacks: a stack policy may leave them alone.
    var onlyAsks: Bool?

    /// The plan with those resources taken over instead of made.
    func adopting(_ existing: [String: String]?) -> OperationPlan {
        var plan = self
        plan.adopted.merge(existing ?? [:]) { _, found in found }
        return plan
    }

    /// A plan of nothing, for deletions and rollbacks.
    init() {}

    /// The plan that a resolved template is.
    init(_ template: ResolvedTemplate, types: [String: StackOperation.TypeFacts]) {
        self.types = types
        order = template.resources.map(\.logicalID)
        for resource in template.resources {
            targets[resource.logicalID] = ResourceTarget(
                type: resource.type, properties: resource.properties.json, metadata: resource.metadata?.json,
                creationPolicy: resource.creationPolicy?.json, updatePolicy: resource.updatePolicy?.json,
                deletionPolicy: resource.deletionPolicy, updateReplacePolicy: resource.updateReplacePolicy,
                needs: resource.needs.sorted())
        }
        outputs = template.outputs.map { output in
            StackOperation.OutputTarget(
                name: output.name, description: output.description, value: output.value.json,
                exportName: output.exportName?.json)
        }
    }
}
