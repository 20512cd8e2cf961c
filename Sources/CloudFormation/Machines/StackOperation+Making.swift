internal import CloudFormationTemplate
internal import Notation

extension StackOperation {
    /// An operation that has not begun.
    ///
    /// - Parameters:
    ///   - plan: what the stack shall be; nothing for deletions and rollbacks.
    ///   - resources: what the stack is, as stored.
    ///   - eventCount: how many events the stack has told already.
    init(
        _ intent: Intent, _ subject: OperationSubject, status: StackStatus, plan: OperationPlan = OperationPlan(),
        resources: [StackResource], eventCount: Int
    ) {
        self.intent = intent
        self.subject = subject
        self.status = status
        self.eventCount = eventCount
        self.resources = Register(resources.map { ($0.logicalID, $0) })
        let hiding = resources.flatMap { HiddenValues.values(in: $0.current?.attributes) }
        hidden = hiding.isEmpty ? nil : hiding
        types = plan.types
        targets = plan.targets
        outputTargets = plan.outputs
        order = plan.order
        adopted = plan.adopted
        observed = plan.observed
        gone = plan.gone
        forced = plan.forced
        onlyAsks = plan.onlyAsks
        let known = Set(order)
        // What only the old state has, in an order in which each comes after what it needs.
        let old = resources.filter { !known.contains($0.logicalID) }.sorted { $0.logicalID < $1.logicalID }
        let needs = Dictionary(old.map { ($0.logicalID, Set($0.needs)) }) { first, _ in first }
        let graph = DependencyGraph(nodes: old.map(\.logicalID)) { needs[$0] ?? [] }
        order += graph.order() ?? old.map(\.logicalID)
    }
}

extension StackResource {
    /// What it leans on, in any of its states.
    fileprivate var needs: [String] {
        (current?.needs ?? []) + (original?.deployed?.needs ?? []) + leaving.flatMap(\.deployed.needs)
    }
}
