internal import CloudFormationTemplate
internal import Notation

/// Planned changes as DescribeChangeSet answers with them.
struct ChangeViews {
    let plan: ChangePlan
    let standing: [String: DeployedResource]
    /// What must not be shown.
    let secrets: [String]

    /// Every change, with property values.
    var all: [JSON] {
        plan.changes.map { ["Type": "Resource", "ResourceChange": view($0)] }
    }

    /// A stored change without property values, for callers that did not ask for them.
    static func withoutValues(_ change: JSON) -> JSON {
        var change = change
        let details = change["ResourceChange"]?["Details"]?.array?.map { detail in
            var detail = detail
            for member in ["BeforeValue", "AfterValue", "Path", "AttributeChangeType"] {
                detail["Target"]?[member] = .none
            }
            return detail
        }
        change["ResourceChange"]?["Details"] = details.map(JSON.array)
        change["ResourceChange"]?["BeforeContext"] = .none
        change["ResourceChange"]?["AfterContext"] = .none
        return change
    }

    private func view(_ change: ResourceChange) -> JSON {
        let current = standing[change.logicalID]
        var view: JSON = [
            "Action": .string(change.action.rawValue), "LogicalResourceId": .string(change.logicalID),
            "ResourceType": .string(change.type), "Scope": .array(change.scope.map(JSON.string)),
            "Details": .array(change.details.map(detail)),
        ]
        view["PhysicalResourceId"] = current.map { .string($0.physicalID) }
        view["Replacement"] = change.replacement.map { .string($0.rawValue) }
        if change.action == .remove || change.replacement == .yes, let policy = change.policy {
            view["PolicyAction"] = .string(policyAction(policy, change))
        }
        if change.action != .add, let current { view["BeforeContext"] = .string(context(current)) }
        return view
    }

    private func policyAction(_ policy: DeletionPolicy, _ change: ResourceChange) -> String {
        let word =
            policy == .retain || policy == .retainExceptOnCreate
            ? "Retain" : policy == .snapshot ? "Snapshot" : "Delete"
        return change.action == .remove ? word : "ReplaceAnd" + word
    }

    private func context(_ deployed: DeployedResource) -> String {
        var context: JSON = ["Properties": deployed.properties.loose]
        context["Metadata"] = deployed.metadata
        return masked(context.text())
    }

    private func detail(_ detail: ResourceChange.Detail) -> JSON {
        var target: JSON = [
            "Attribute": .string(detail.attribute == "Tags" ? "Tags" : detail.attribute),
            "RequiresRecreation": .string(detail.effect.rawValue), "AttributeChangeType": .string(detail.kind.rawValue),
        ]
        target["Name"] = detail.attribute == "Properties" ? detail.name.map(JSON.string) : .none
        target["Path"] = detail.path.map(JSON.string)
        target["BeforeValue"] = detail.before.map(shown)
        target["AfterValue"] = detail.isDynamic ? "{{changeSet:KNOWN_AFTER_APPLY}}" : detail.after.map(shown)
        var view: JSON = [
            "Target": target, "Evaluation": .string(detail.isDynamic ? "Dynamic" : "Static"),
            "ChangeSource": .string(detail.source),
        ]
        view["CausingEntity"] = detail.cause.map(JSON.string)
        return view
    }

    private func shown(_ value: JSON) -> JSON { .string(masked(value.loose.string ?? value.loose.text())) }

    private func masked(_ text: String) -> String { secrets.reduce(text) { $0.replacing($1, with: "****") } }
}
