internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What stands, as against what the stack remembers: for change sets that bring resources back in line.
///
/// Source: "Using drift-aware change sets" in the User Guide.
struct ObservedState: Sendable {
    /// How each resource differs; those that could not be looked at are missing.
    var drifts: [String: ResourceDrift] = [:]
    /// The properties as they are, of resources that differ.
    var properties: [String: JSON] = [:]
    /// The resources that are gone.
    var gone: Set<String> = []
}

extension CloudFormationService {
    /// Looks at every resource of the stack.
    ///
    /// - Throws: ``AWSError`` when one cannot be looked at although its type can: a plan must not rest on guesses.
    func observe(_ stack: Stack, _ caller: Caller) async throws -> ObservedState {
        var state = ObservedState()
        for resource in try await resources(of: stack.id) {
            guard let current = resource.current, let drift = try await look(at: resource, stack, caller) else {
                continue
            }
            state.drifts[resource.logicalID] = drift
            switch drift.status {
            case .deleted: state.gone.insert(resource.logicalID)
            case .modified: state.properties[resource.logicalID] = Self.actual(current.properties, drift)
            case .inSync, .notChecked: continue
            }
        }
        return state
    }

    /// What the stack remembers, with those properties as they are that differ. The others keep the form in which the
    /// template has them, references included.
    private static func actual(_ remembered: JSON, _ drift: ResourceDrift) -> JSON {
        var properties = remembered
        let differing = Set(
            drift.differences.compactMap { $0.path.split(separator: "/").first.map(String.init) })
        for name in differing { properties[name] = drift.actual?[name] }
        return properties
    }
}

extension OperationPlan {
    /// The plan when what stands is not what the stack remembers.
    func correcting(_ state: ObservedState) -> OperationPlan {
        var plan = self
        plan.observed = state.properties
        plan.gone = state.gone.sorted()
        return plan
    }
}

extension StackOperation {
    /// Takes what was observed for what stands: so what is changed is what really differs, and what the stack
    /// remembers is the state to go back to.
    mutating func takeObserved() {
        for name in order {
            if let properties = observed?[name], resources[name]?.current != nil {
                resources[name]?.keepOriginal()
                resources[name]?.current?.properties = properties
                outbox.touched.insert(name)
            }
            if gone?.contains(name) == true, resources[name]?.current != nil {
                resources[name]?.keepOriginal()
                resources[name]?.current = nil
                outbox.touched.insert(name)
            }
            if forced?.contains(name) == true, resources[name]?.current != nil { resources[name]?.isDirty = true }
        }
    }
}
