internal import CloudFormationTemplate
internal import Notation

/// Planned changes as DescribeChangeSet answers with them.
struct ChangeViews {
    let plan: ChangePlan
    let standing: [String: DeployedResource]
    /// The modules that resources come from, by logical id.
    var origins: [String: JSON] = [:]
    /// What must not be shown.
    let secrets: [String]
    /// What custom resources answered with `NoEcho`.
    var hidden = HiddenValues([String]())
    /// How resources differ from what the stack remembers, for change sets that heed it.
    var drifts: [String: ResourceDrift]?

    /// Every change, with property values.
    var all: [JSON] {
        let changed = Set(plan.changes.map(\.logicalID))
        let agreed = (drifts ?? [:]).filter { name, drift in
            drift.status == .modified && !changed.contains(name) && standing[name] != nil
        }
        return plan.changes.map { ["Type": "Resource", "ResourceChange": view($0)] }
            + agreed.keys.sorted().map { ["Type": "Resource", "ResourceChange": agreement($0)] }
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
            "Details": .array(change.details.map { detail($0, drifts?[change.logicalID]) }),
        ]
        if let drifts {
            view["ResourceDriftStatus"] = .string((drifts[change.logicalID]?.status ?? .notChecked).rawValue)
        }
        view["ModuleInfo"] = origins[change.logicalID] ?? current?.metadata?[ModuleExpansion.metadataKey]
        view["PhysicalResourceId"] = current.map { .string($0.physicalID) }
        view["Replacement"] = change.replacement.map { .string($0.rawValue) }
        if change.action == .remove || change.replacement == .yes, let policy = change.policy {
            view["PolicyAction"] = .string(policyAction(policy, change))
        }
        if change.action != .add, let current { view["BeforeContext"] = .string(context(current)) }
        if change.action != .remove {
            // What only takes on the stack's new tags keeps its own properties.
            view["AfterContext"] = change.after.map { .string(context($0)) } ?? view["BeforeContext"]
        }
        return view
    }

    /// What was changed behind the stack's back is what the template says now: only the stack's memory changes.
    private func agreement(_ name: String) -> JSON {
        [
            "Action": "SyncWithActual", "LogicalResourceId": .string(name),
            "PhysicalResourceId": .string(standing[name]?.physicalID ?? ""),
            "ResourceType": .string(standing[name]?.type ?? ""), "Scope": [], "Details": [],
            "ResourceDriftStatus": "MODIFIED",
        ]
    }

    private func policyAction(_ policy: DeletionPolicy, _ change: ResourceChange) -> String {
        let word =
            policy == .retain || policy == .retainExceptOnCreate
            ? "Retain" : policy == .snapshot ? "Snapshot" : "Delete"
        return change.action == .remove ? word : "ReplaceAnd" + word
    }

    private func context(_ deployed: DeployedResource) -> String {
        var context: JSON = ["Properties": deployed.properties]
        context["Metadata"] = deployed.metadata
        context["UpdatePolicy"] = deployed.updatePolicy
        if deployed.deletionPolicy != .delete {
            context["DeletionPolicy"] = .string(deployed.deletionPolicy.rawValue)
        }
        return self.context(context)
    }

    /// Custom resources' `NoEcho` values are hidden in properties only, as everywhere: metadata show them.
    private func context(_ context: JSON) -> String {
        var context = context
        context["Properties"] = context["Properties"].map(hidden.hiding)
        return masked(context.loose).text()
    }

    private func detail(_ detail: ResourceChange.Detail, _ drift: ResourceDrift?) -> JSON {
        var target: JSON = [
            "Attribute": .string(detail.attribute == "Tags" ? "Tags" : detail.attribute),
            "RequiresRecreation": .string(detail.effect.rawValue),
        ]
        if detail.source != "Automatic" { target["AttributeChangeType"] = .string(detail.kind.rawValue) }
        target["Name"] = detail.attribute == "Properties" ? detail.name.map(JSON.string) : .none
        target["Path"] = detail.path.map(JSON.string)
        target["BeforeValue"] = detail.before.map(shown)
        let isLater = detail.isDynamic && detail.path != nil
        target["AfterValue"] = isLater ? .string(ResourceChange.knownLater) : detail.after.map(shown)
        if drifts != nil, detail.attribute == "Properties" {
            let path = detail.path.map { String($0.dropFirst("/Properties".count)) }
            let seen = drift?.differences.first { $0.path == path || path?.hasPrefix($0.path + "/") == true }
            target["BeforeValueFrom"] = seen == nil ? "PREVIOUS_DEPLOYMENT_STATE" : "ACTUAL_STATE"
            target["AfterValueFrom"] = "TEMPLATE"
            if let seen, let drift {
                target["Drift"] = [
                    "PreviousValue": shown(.string(seen.expected)), "ActualValue": shown(.string(seen.actual)),
                    "DriftDetectionTimestamp": .double(drift.time.seconds),
                ]
            }
        }
        var view: JSON = [
            "Target": target, "Evaluation": .string(detail.isDynamic ? "Dynamic" : "Static"),
            "ChangeSource": .string(detail.source),
        ]
        view["CausingEntity"] = detail.cause.map(JSON.string)
        return view
    }

    private func shown(_ value: JSON) -> JSON {
        let value = masked(hidden.hiding(value).loose)
        return .string(value.string ?? value.text())
    }

    /// Masked before it becomes text: a secret with a quote in it is not the same text inside of JSON.
    private func masked(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements): .array(elements.map(masked))
        case .object(let members): .object(members.mapValues(masked))
        case .string(let text): .string(secrets.reduce(text) { $0.replacing($1, with: "****") })
        default: value
        }
    }
}
