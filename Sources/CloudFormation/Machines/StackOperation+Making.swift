internal import CloudFormationTemplate
internal import Notation

extension StackOperation {
    /// An operation that has not begun.
    ///
    /// - Parameters:
    ///   - template: what the stack shall be; nil for deletions and rollbacks, which need none.
    ///   - resources: what the stack is, as stored.
    ///   - types: what is known about each type in the template and the stack.
    ///   - eventCount: how many events the stack has told already.
    init(
        _ intent: Intent, _ subject: OperationSubject, status: StackStatus, template: ResolvedTemplate?,
        resources: [StackResource], types: [String: TypeFacts], eventCount: Int
    ) {
        self.intent = intent
        self.subject = subject
        self.status = status
        self.types = types
        self.eventCount = eventCount
        self.resources = Dictionary(resources.map { ($0.logicalID, $0) }) { first, _ in first }
        targets = [:]
        outputTargets = []
        order = []
        if let template { aim(at: template) }
        let known = Set(order)
        // What only the old state has, in an order in which each comes after what it needs.
        let old = resources.filter { !known.contains($0.logicalID) }.sorted { $0.logicalID < $1.logicalID }
        let needs = Dictionary(old.map { ($0.logicalID, Set($0.needs)) }) { first, _ in first }
        let graph = DependencyGraph(nodes: old.map(\.logicalID)) { needs[$0] ?? [] }
        order += graph.order() ?? old.map(\.logicalID)
    }

    private mutating func aim(at template: ResolvedTemplate) {
        order = template.resources.map(\.logicalID)
        for resource in template.resources {
            targets[resource.logicalID] = ResourceTarget(
                type: resource.type, properties: resource.properties.json, metadata: resource.metadata?.json,
                creationPolicy: resource.creationPolicy?.json, updatePolicy: resource.updatePolicy?.json,
                deletionPolicy: resource.deletionPolicy, updateReplacePolicy: resource.updateReplacePolicy,
                needs: resource.needs.sorted())
        }
        outputTargets = template.outputs.map { output in
            OutputTarget(
                name: output.name, description: output.description, value: output.value.json,
                exportName: output.exportName?.json)
        }
    }
}

extension StackResource {
    /// What it leans on, in any of its states.
    fileprivate var needs: [String] {
        (current?.needs ?? []) + (original?.deployed?.needs ?? []) + leaving.flatMap(\.deployed.needs)
    }
}
