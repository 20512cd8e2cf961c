import Notation

/// One of the `Policies` of a function or state machine.
struct PolicyEntry {
    /// What it is.
    enum Kind {
        /// The name or ARN of a managed policy, or a function that gives one.
        case managed
        /// A policy document.
        case statement
        /// A policy template, not yet expanded.
        case template
        /// None of these.
        case unknown
    }

    let value: JSON
    let kind: Kind

    /// The entries of a `Policies` property: a list, or a single one.
    ///
    /// - Throws: ``Fault/template(_:)`` when the branches of an `Fn::If` are of different kinds.
    static func list(_ policies: JSON?, knowsTemplates: Bool) throws -> [PolicyEntry] {
        try (policies.truthy?.asList ?? []).map {
            PolicyEntry(value: $0, kind: try kind(of: $0, knowsTemplates: knowsTemplates))
        }
    }

    private static func kind(of policy: JSON, knowsTemplates: Bool) throws -> Kind {
        guard let object = policy.object else { return policy.string == nil ? .unknown : .managed }
        if policy.isIf { return try kindOfChoice(policy, knowsTemplates: knowsTemplates) }
        if policy.isIntrinsic { return .managed }
        if object.contains("Statement") { return .statement }
        let isTemplate = knowsTemplates && object.count == 1 && object.keys.allSatisfy(Facts.policyTemplates.contains)
        return isTemplate ? .template : .unknown
    }

    private static func kindOfChoice(_ policy: JSON, knowsTemplates: Bool) throws -> Kind {
        guard let arguments = policy.ifArguments else { throw Fault.template("Fn::If requires 3 arguments") }
        let then = try kind(of: arguments[1], knowsTemplates: knowsTemplates)
        let otherwise = try kind(of: arguments[2], knowsTemplates: knowsTemplates)
        if then == otherwise { return then }
        if arguments[1].isNoValue { return otherwise }
        if arguments[2].isNoValue { return then }
        throw Fault.template(
            "Different policy types within the same Fn::If statement is unsupported. Separate different policy types "
                + "into different Fn::If statements")
    }
}
