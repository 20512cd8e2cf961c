package import Notation

/// What an operation will do, resource by resource, before it does anything.
///
/// It rests on the same comparison as the operation itself, so planned equals executed; where a value can only be
/// known later, it says so instead of guessing.
package struct ChangePlan: Sendable {
    /// A resource that stands now.
    package struct Deployed: Sendable, Hashable {
        /// Its type.
        package var type: String
        /// The properties it was made from, all written out.
        package var properties: JSON
        /// Its metadata, likewise.
        package var metadata: JSON?
        /// Its policies by attribute name, likewise.
        package var policies: [String: JSON]
        /// What becomes of it when it goes.
        package var deletionPolicy: DeletionPolicy

        /// A resource that stands.
        package init(
            type: String, properties: JSON, metadata: JSON? = nil, policies: [String: JSON] = [:],
            deletionPolicy: DeletionPolicy = .delete
        ) {
            self.type = type
            self.properties = properties
            self.metadata = metadata
            self.policies = policies
            self.deletionPolicy = deletionPolicy
        }
    }

    /// The changes: additions and modifications in the order they can be made, then removals.
    package let changes: [ResourceChange]

    /// Whether anything changes.
    package var isEmpty: Bool { changes.isEmpty }

    /// Compares what stands with what shall stand.
    ///
    /// - Parameters:
    ///   - deployed: what stands, by logical id; empty for a new stack.
    ///   - before: the template that made it, to tell changed values from changed text; nil for a new stack.
    ///   - after: what shall stand. Its evaluator answers for the resources that stand.
    ///   - automatic: resources that are asked again although nothing of them changes here: nested stacks.
    ///   - rules: what a type declares; nil for a type without declaration, of which everything changes in place.
    package init(
        from deployed: [String: Deployed], before: ResolvedTemplate?, to after: ResolvedTemplate,
        automatic: Set<String> = [], rules: (String) -> ReplacementRules?
    ) {
        var planner = Planner(deployed: deployed, before: before, after: after)
        planner.automatic = automatic
        let order = after.graph.order() ?? after.resources.map(\.logicalID)
        for name in order {
            guard let resource = after[name] else { continue }
            planner.plan(resource, rules: rules(resource.type) ?? ReplacementRules())
        }
        changes = planner.changes + planner.removals(order: before?.graph.order())
    }

    private init(changes: [ResourceChange]) { self.changes = changes }

    /// The plan when the stack's own tags change as well: those resources are given the new ones, too.
    ///
    /// - Parameters:
    ///   - resources: what stands, stays and takes the stack's tags, with its type. What changes anyway is told of once.
    ///   - before: the stack's tags by key.
    ///   - after: what they shall be.
    package func retagging(
        _ resources: [(logicalID: String, type: String)], from before: JSON, to after: JSON
    ) -> ChangePlan {
        let told = Set(changes.map(\.logicalID))
        let detail = ResourceChange.Detail(
            attribute: "Tags", path: "/Tags", kind: .modify, before: before, after: after, effect: .update,
            isDynamic: false, source: "DirectModification")
        let retagged = resources.filter { !told.contains($0.logicalID) }.map { resource in
            ResourceChange(
                logicalID: resource.logicalID, type: resource.type, action: .modify, replacement: .no,
                details: [detail])
        }
        let removals = changes.firstIndex { $0.action == .remove } ?? changes.endIndex
        return ChangePlan(changes: changes[..<removals] + retagged + changes[removals...])
    }
}

/// A comparison under way: what has been decided so far makes later values known or not.
private struct Planner {
    let deployed: [String: ChangePlan.Deployed]
    let before: ResolvedTemplate?
    let after: ResolvedTemplate
    var automatic: Set<String> = []
    var changes: [ResourceChange] = []
    /// Resources that will have another identity: added, replaced or perhaps replaced.
    private var renewed: Set<String> = []
    /// Resources changed in place, with what their types say about attributes.
    private var touched: [String: ReplacementRules] = [:]

    init(deployed: [String: ChangePlan.Deployed], before: ResolvedTemplate?, after: ResolvedTemplate) {
        self.deployed = deployed
        self.before = before
        self.after = after
    }

    mutating func plan(_ resource: ResolvedTemplate.Resource, rules: ReplacementRules) {
        let name = resource.logicalID
        guard let old = deployed[name] else {
            var change = ResourceChange(logicalID: name, type: resource.type, action: .add)
            change.after = context(resource)
            renewed.insert(name)
            return changes.append(change)
        }
        var change = ResourceChange(logicalID: name, type: resource.type, action: .modify)
        change.after = context(resource)
        if old.type != resource.type {
            change.replacement = .yes
            change.policy = resource.updateReplacePolicy
            renewed.insert(name)
            return changes.append(change)
        }
        change.details = propertyDetails(resource, old, rules) + otherDetails(resource, old)
        if change.details.isEmpty, automatic.contains(name) { change.details = [ResourceChange.automatic] }
        guard !change.details.isEmpty else { return }
        change.replacement = replacement(change.details)
        if change.replacement == .no {
            touched[name] = rules
        } else {
            renewed.insert(name)
            change.policy = resource.updateReplacePolicy
        }
        changes.append(change)
    }

    /// The resource as it shall be, as far as that is known.
    private func context(_ resource: ResolvedTemplate.Resource) -> JSON {
        let evaluator = evaluator()
        let known = { (expression: Expression?) -> JSON? in
            expression.flatMap { ((try? evaluator.reduce($0)) ?? $0).written(later: ResourceChange.knownLater) }
        }
        var context: JSON = ["Properties": known(resource.properties) ?? [:]]
        context["Metadata"] = known(resource.metadata)
        context["CreationPolicy"] = known(resource.creationPolicy)
        context["UpdatePolicy"] = known(resource.updatePolicy)
        if resource.deletionPolicy != .delete {
            context["DeletionPolicy"] = .string(resource.deletionPolicy.rawValue)
        }
        if resource.updateReplacePolicy != .delete {
            context["UpdateReplacePolicy"] = .string(resource.updateReplacePolicy.rawValue)
        }
        return context
    }

    func removals(order: [String]?) -> [ResourceChange] {
        let rank = Dictionary((order ?? []).enumerated().map { ($1, $0) }) { first, _ in first }
        return deployed.filter { after[$0.key] == nil }
            .sorted { (rank[$0.key] ?? 0, $0.key) > (rank[$1.key] ?? 0, $1.key) }
            .map { name, old in
                ResourceChange(logicalID: name, type: old.type, action: .remove, policy: old.deletionPolicy)
            }
    }

    private func replacement(_ details: [ResourceChange.Detail]) -> ResourceChange.Replacement {
        let gravest = details.filter { !$0.isDynamic }.map(\.effect).max() ?? .update
        if gravest == .replace { return .yes }
        let perhaps = details.contains { $0.effect == .maybeReplace || ($0.isDynamic && $0.effect == .replace) }
        return perhaps ? .conditional : .no
    }

    private func evaluator() -> Evaluator {
        var evaluator = after.evaluator
        let (renewed, touched, known) = (renewed, touched, after.evaluator.attributes)
        evaluator.attributes = { name, attribute in
            if renewed.contains(name) { return nil }
            if let attribute, let rules = touched[name], rules.isVolatile(attribute) { return nil }
            return try known(name, attribute)
        }
        return evaluator
    }

    private func propertyDetails(
        _ resource: ResolvedTemplate.Resource, _ old: ChangePlan.Deployed, _ rules: ReplacementRules
    ) -> [ResourceChange.Detail] {
        let evaluator = evaluator()
        let members = resource.properties.members ?? []
        let names = Set(members.map(\.name))
        var details: [ResourceChange.Detail] = []
        for member in members {
            let reduced = (try? evaluator.reduce(member.value)) ?? member.value
            if reduced == .noValue {
                if let value = old.properties[member.name] {
                    details += differences(from: [member.name: value], to: [:], member.name, resource, rules)
                }
            } else if let value = reduced.literal {
                let before: JSON = old.properties[member.name].map { .object([member.name: $0]) } ?? [:]
                details += differences(from: before, to: .object([member.name: value]), member.name, resource, rules)
            } else {
                details.append(dynamic(member.name, reduced, old, rules))
            }
        }
        for (name, value) in old.properties.object ?? [:] where !names.contains(name) {
            details += differences(from: .object([name: value]), to: [:], name, resource, rules)
        }
        return details
    }

    private func differences(
        from old: JSON, to new: JSON, _ property: String, _ resource: ResolvedTemplate.Resource,
        _ rules: ReplacementRules
    ) -> [ResourceChange.Detail] {
        let differences = PropertyDifference.all(from: old, to: new)
        guard !differences.isEmpty else { return [] }
        let (source, cause) = origin(of: property, in: resource.logicalID)
        return differences.map { difference in
            ResourceChange.Detail(
                attribute: property == "Tags" ? "Tags" : "Properties", name: property, path: difference.path,
                kind: difference.kind, before: difference.before, after: difference.after,
                effect: rules.effect(of: difference.steps), isDynamic: false, source: source, cause: cause)
        }
    }

    private func dynamic(
        _ property: String, _ value: Expression, _ old: ChangePlan.Deployed, _ rules: ReplacementRules
    ) -> ResourceChange.Detail {
        let references = value.references
        var (source, cause) = ("ResourceReference", references.names.sorted().first)
        if let attribute = references.attributes.sorted(by: { $0.resource < $1.resource }).first {
            (source, cause) = ("ResourceAttribute", attribute.resource + (attribute.name.map { "." + $0 } ?? ""))
        }
        return ResourceChange.Detail(
            attribute: property == "Tags" ? "Tags" : "Properties", name: property, path: "/Properties/\(property)",
            kind: old.properties[property] == nil ? .add : .modify, before: old.properties[property], after: nil,
            effect: rules.effect(of: [property]), isDynamic: true, source: source, cause: cause)
    }

    /// Whether the text changed, or only what a parameter in it stands for.
    private func origin(of property: String, in name: String) -> (source: String, cause: String?) {
        let now = after.template.resources.first { $0.logicalID == name }?.properties[property]
        let then = before?.template.resources.first { $0.logicalID == name }?.properties[property]
        guard let now, now == then else { return ("DirectModification", nil) }
        let parameters = Set(after.template.parameters.map(\.name))
        let changed = now.references.names.intersection(parameters).sorted().first {
            after.evaluator.values[$0] != before?.evaluator.values[$0]
        }
        return changed.map { ("ParameterReference", $0) } ?? ("DirectModification", nil)
    }

    private func otherDetails(
        _ resource: ResolvedTemplate.Resource, _ old: ChangePlan.Deployed
    ) -> [ResourceChange.Detail] {
        let evaluator = evaluator()
        let known = { (expression: Expression?) in
            expression.map { ((try? evaluator.reduce($0)) ?? $0).json }
        }
        var details: [ResourceChange.Detail] = []
        let sides: [(String, JSON?, JSON?)] = [
            ("Metadata", old.metadata, known(resource.metadata)),
            ("CreationPolicy", old.policies["CreationPolicy"], known(resource.creationPolicy)),
            ("UpdatePolicy", old.policies["UpdatePolicy"], known(resource.updatePolicy)),
        ]
        for (side, then, now) in sides where then?.loose != now?.loose {
            details.append(
                ResourceChange.Detail(
                    attribute: side, path: "/\(side)", kind: then == nil ? .add : now == nil ? .remove : .modify,
                    before: then, after: now, effect: .update, isDynamic: false, source: "DirectModification"))
        }
        if old.deletionPolicy != resource.deletionPolicy {
            details.append(
                ResourceChange.Detail(
                    attribute: "DeletionPolicy", path: "/DeletionPolicy", kind: .modify,
                    before: .string(old.deletionPolicy.rawValue), after: .string(resource.deletionPolicy.rawValue),
                    effect: .update, isDynamic: false, source: "DirectModification"))
        }
        return details
    }
}
