internal import Notation

/// What changing a resource's properties does to it, as its type declares. Supplied by whoever knows the type.
package struct ReplacementRules: Sendable, Hashable {
    /// What becomes of a resource when a property changes.
    package enum Effect: String, Sendable, Hashable, Comparable {
        /// It is changed in place: `Never` in a change set's `RequiresRecreation`.
        case update = "Never"
        /// It may be replaced, depending on the value: `Conditionally`.
        case maybeReplace = "Conditionally"
        /// It is replaced: `Always`.
        case replace = "Always"

        package static func < (left: Effect, right: Effect) -> Bool { left.rank < right.rank }
        private var rank: Int { self == .update ? 0 : self == .maybeReplace ? 1 : 2 }
    }

    /// Properties that can only be set when the resource is created, such as `FunctionName` or `Code/ImageUri`;
    /// `*` stands for any element of a list.
    package var createOnly: Set<String>
    /// Properties whose change replaces the resource in some cases.
    package var conditionallyCreateOnly: Set<String>
    /// Attributes (as `Fn::GetAtt` names them) that may change when the resource is changed in place. `*` is all.
    package var volatileAttributes: Set<String>

    /// Rules of a type whose properties can all be changed in place, unless named.
    package init(
        createOnly: Set<String> = [], conditionallyCreateOnly: Set<String> = [], volatileAttributes: Set<String> = []
    ) {
        self.createOnly = createOnly
        self.conditionallyCreateOnly = conditionallyCreateOnly
        self.volatileAttributes = volatileAttributes
    }

    /// What a change of the property at that place means, the place counted from `Properties`.
    package func effect(of steps: [String]) -> Effect {
        if Self.holds(createOnly, steps) { return .replace }
        if Self.holds(conditionallyCreateOnly, steps) { return .maybeReplace }
        return .update
    }

    /// Whether that attribute may differ after a change in place.
    package func isVolatile(_ attribute: String) -> Bool {
        volatileAttributes.contains("*") || volatileAttributes.contains(attribute)
    }

    /// A rule holds for its property and everything inside, and for what the property is inside of when that changes
    /// as a whole.
    private static func holds(_ rules: Set<String>, _ steps: [String]) -> Bool {
        guard !rules.isEmpty, let first = steps.first else { return false }
        if rules.contains(first) { return true }
        return rules.contains { rule in
            let parts = rule.split(separator: "/")
            return zip(parts, steps).allSatisfy { $0 == "*" || $0 == $1 }
        }
    }
}
