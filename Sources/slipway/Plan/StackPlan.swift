import Notation

/// What a template would do to a stack.
struct StackPlan {
    /// How long a resource took when it was worked on last.
    struct LastTime {
        /// `CREATE` or `UPDATE`.
        let verb: String
        let seconds: Double
    }

    /// A value that others import.
    struct Export {
        let name: String
        let value: String
        let importers: [String]
    }

    let stackName: String
    let isNew: Bool
    var changes: [Change] = []
    var exports: [Export] = []

    init(stackName: String, isNew: Bool) {
        self.stackName = stackName
        self.isNew = isNew
    }

    /// Whether something is replaced, may be, or is lost.
    var isGrave: Bool { changes.contains { $0.effect.isGrave } }

    /// The plan for programs.
    var view: JSON {
        var counts = JSONObject()
        for effect in Effect.allCases { counts[effect.rawValue] = .int(changes.count { $0.effect == effect }) }
        return [
            "stackName": .string(stackName), "isNew": .bool(isNew), "counts": .object(counts),
            "isGrave": .bool(isGrave), "changes": .array(changes.map(\.view)),
            "exports": .array(
                exports.map {
                    [
                        "name": .string($0.name), "value": .string($0.value),
                        "importedBy": .array($0.importers.map(JSON.string)),
                    ]
                }),
        ]
    }
}

extension StackPlan {
    /// What becomes of a resource.
    enum Effect: String, CaseIterable {
        case create
        case change
        /// A new one takes its place.
        case replace
        /// Whether a new one takes its place shows only when other changes are made.
        case mayReplace
        /// It stays, and the stack forgets it.
        case release
        /// It is deleted.
        case lose
        /// One that stands is taken over.
        case adopt

        var isGrave: Bool { self == .replace || self == .mayReplace || self == .lose }
    }

    /// A property, or another side of a resource, that changes.
    struct Difference {
        let path: String
        let before: String?
        let after: String?
        /// `Never`, `Conditionally` or `Always`.
        let recreation: String
        /// Whether nothing changes here, and a nested stack is only asked whether its template did.
        let isAutomatic: Bool

        init(_ detail: JSON) {
            let target = detail["Target"]
            path = target?["Path"]?.string ?? target?["Name"]?.string ?? target?["Attribute"]?.string ?? ""
            before = target?["BeforeValue"]?.string
            after = target?["AfterValue"]?.string
            recreation = target?["RequiresRecreation"]?.string ?? "Never"
            isAutomatic = detail["ChangeSource"] == "Automatic"
        }

        /// Whether the new value depends on other changes.
        var isKnownLater: Bool { after == "{{changeSet:KNOWN_AFTER_APPLY}}" }
    }

    /// What becomes of one resource.
    struct Change {
        let effect: Effect
        let logicalID: String
        let type: String
        let physicalID: String?
        /// What becomes of the one that goes: `Delete`, `Retain`, `ReplaceAndDelete`, `ReplaceAndRetain`.
        let policy: String?
        let differences: [Difference]
        let last: LastTime?

        /// Reads the `ResourceChange` of a change set.
        init(_ change: JSON, last: LastTime?) {
            logicalID = change["LogicalResourceId"]?.string ?? ""
            type = change["ResourceType"]?.string ?? ""
            physicalID = change["PhysicalResourceId"]?.string
            policy = change["PolicyAction"]?.string
            differences = (change["Details"]?.array ?? []).map(Difference.init)
            self.last = last
            switch change["Action"]?.string {
            case "Add": effect = .create
            case "Import": effect = .adopt
            case "Remove": effect = policy == "Retain" ? .release : .lose
            default:
                let replacement = change["Replacement"]?.string
                effect = replacement == "True" ? .replace : replacement == "Conditional" ? .mayReplace : .change
            }
        }

        var view: JSON {
            var view: JSON = [
                "effect": .string(effect.rawValue), "logicalId": .string(logicalID), "type": .string(type),
            ]
            view["physicalId"] = physicalID.map(JSON.string)
            view["policy"] = policy.map(JSON.string)
            view["lastTime"] = last.map { ["action": .string($0.verb), "seconds": .double($0.seconds)] }
            view["properties"] = .array(
                differences.map { difference in
                    var view: JSON = [
                        "path": .string(difference.path), "requiresRecreation": .string(difference.recreation),
                        "isKnownLater": .bool(difference.isKnownLater),
                    ]
                    if difference.isAutomatic { view["isAutomatic"] = true }
                    view["before"] = difference.before.map(JSON.string)
                    view["after"] = difference.isKnownLater ? nil : difference.after.map(JSON.string)
                    return view
                })
            return view
        }
    }
}
