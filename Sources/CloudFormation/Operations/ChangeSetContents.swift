internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// What change sets show.
extension CloudFormationService {
    /// What would change, as DescribeChangeSet answers it: also what only is given the stack's new tags.
    func views(
        _ stack: Stack, _ accepted: TemplateIntake.Accepted, _ new: Stack.Revision, _ observed: ObservedState?,
        automatic: [String] = []
    ) async throws -> [JSON] {
        let resources = try await resources(of: stack.id)
        let standing = resources.compactMap { resource in resource.current.map { (resource.logicalID, $0) } }
        var plan = try await plan(stack, accepted, observed: observed, automatic: Set(automatic))
        let before = StackRules.tags((stack.good ?? stack.revision).tags)
        let after = StackRules.tags(new.tags)
        if before != after {
            let takers = standing.filter { name, current in
                let facts = catalogue.facts(current.type)
                return accepted.resolved[name]?.type == current.type && facts?.isTaggable == true
                    && facts?.canUpdate == true
            }
            plan = plan.retagging(
                takers.map { ($0, $1.type) }, from: StackRules.shown(before), to: StackRules.shown(after))
        }
        return ChangeViews(
            plan: plan, standing: Dictionary(standing) { first, _ in first }, origins: accepted.origins,
            secrets: accepted.secrets + StackRules.secrets(stack), hidden: HiddenValues(resources),
            drifts: observed?.drifts
        ).all
    }

    /// What really stands, when the change set is to heed it.
    ///
    /// - Throws: ``AWSError`` `ValidationError` when there is nothing yet to look at.
    func observed(_ input: CreateChangeSet, _ stack: Stack, _ caller: Caller) async throws -> ObservedState? {
        guard input.DeploymentMode == "REVERT_DRIFT" else { return nil }
        guard input.type == "UPDATE" else {
            throw AWSError("ValidationError", "DeploymentMode REVERT_DRIFT is for change sets of type UPDATE.")
        }
        return try await observe(stack, caller)
    }

    /// The changes, with those of nested stacks said where they are found. A nested stack of which only the inside
    /// changes is a change, too.
    static func linking(_ changes: [JSON], to nested: [String: String]) -> [JSON] {
        var open = nested
        var linked = changes.map { change in
            var change = change
            let name = change["ResourceChange"]?["LogicalResourceId"]?.string ?? ""
            guard let id = open.removeValue(forKey: name) else { return change }
            change["ResourceChange"]?["ChangeSetId"] = .string(id)
            return change
        }
        for (name, id) in open.sorted(by: { $0.key < $1.key }) {
            linked.append([
                "Type": "Resource",
                "ResourceChange": [
                    "Action": "Modify", "LogicalResourceId": .string(name), "Replacement": "False",
                    "ResourceType": "AWS::CloudFormation::Stack", "Scope": ["Properties"],
                    "Details": [
                        [
                            "Target": ["Attribute": "Properties", "RequiresRecreation": "Never"],
                            "Evaluation": "Dynamic", "ChangeSource": "Automatic",
                        ]
                    ],
                    "ChangeSetId": .string(id),
                ],
            ])
        }
        return linked
    }
}
