internal import Ledger
package import Notation

/// A hook: a judge that is asked before something is done to resources, stacks or change sets.
///
/// Source: CloudFormation Hooks User Guide, and the pages of `AWS::CloudFormation::LambdaHook` and `GuardHook`.
package struct Hook: Codable, Sendable, Hashable {
    /// Who judges.
    enum Judge: Codable, Sendable, Hashable {
        /// A function.
        case function(String)
        /// Rules in cfn-guard's language, in an object; parameters for them in another.
        case rules(uri: String, version: String?, parameters: String?, parametersVersion: String?)
    }

    /// Its name, such as `Private::Guard::Tags`.
    package var name: String
    /// Its ARN.
    package var arn: String
    var judge: Judge
    /// Whether a failure stops what is judged, rather than warns of it.
    var stops: Bool
    var isEnabled: Bool
    /// `RESOURCE`, `STACK`, `CHANGE_SET`, `CLOUD_CONTROL`.
    var operations: [String]
    /// As given: which targets of those it is asked about.
    var targetFilters: JSON?
    /// As given: which stacks it is asked about.
    var stackFilters: JSON?
    /// What it acts as.
    package var executionRole: String
    /// The stack and the resource that it was made by.
    var stackID: String

    /// By account, region and name.
    static let collection = Collection<Hook>("cloudformation hook")

    /// Types that no hook is asked about, so that one that fails everything can be repaired or taken away.
    static let exempt: Set<String> = ["AWS::CloudFormation::LambdaHook", "AWS::CloudFormation::GuardHook"]
}

/// What a hook is asked about.
package struct HookTarget: Sendable {
    /// `RESOURCE`, `STACK`, `CHANGE_SET` or `CLOUD_CONTROL`.
    var operation: String
    /// `CREATE`, `UPDATE`, `DELETE` or `IMPORT`.
    var action: String
    /// The resource's type, `STACK` or `CHANGE_SET`.
    var name: String
    var logicalID: String
    var stackID: String
    var stackName: String
    var roleARN: String?
    var changeSetID: String?
    /// A resource's properties.
    var properties: JSON?
    /// Those it has.
    var previous: JSON?
    /// A stack's template, as text, and the one it has.
    var template: String?
    var previousTemplate: String?
    /// The changes of a change set.
    var changes: [JSON]?

    /// Something that is about to be done.
    package init(
        operation: String, action: String, name: String, logicalID: String, stackID: String, stackName: String,
        roleARN: String?, changeSetID: String? = nil, properties: JSON? = nil, previous: JSON? = nil
    ) {
        self.operation = operation
        self.action = action
        self.name = name
        self.logicalID = logicalID
        self.stackID = stackID
        self.stackName = stackName
        self.roleARN = roleARN
        self.changeSetID = changeSetID
        self.properties = properties
        self.previous = previous
    }

    /// Under what the results are found: AWS's TargetId.
    var id: String { operation == "CHANGE_SET" ? changeSetID ?? stackID : stackID }

    /// The moment, in AWS's words.
    var invocationPoint: String { "\(action == "IMPORT" ? "CREATE" : action)_PRE_PROVISION" }
}

extension Hook {
    /// Whether it is to be asked about that target.
    func applies(to target: HookTarget) -> Bool {
        guard isEnabled, operations.contains(target.operation), !Self.exempt.contains(target.name) else { return false }
        // The stack that has the hook can always be changed and deleted: a hook that refuses everything is repaired
        // there.
        guard target.name != "STACK" && target.name != "CHANGE_SET" || target.stackID != stackID else { return false }
        return isTarget(target) && isStack(target)
    }

    private func isTarget(_ target: HookTarget) -> Bool {
        guard let filters = targetFilters else { return true }
        if let targets = filters["Targets"]?.array {
            return targets.contains { entry in
                Self.matches(entry["TargetName"].map { [$0] }, target.name)
                    && Self.matches(entry["Action"].map { [$0] }, target.action)
            }
        }
        return Self.matches(filters["TargetNames"]?.array, target.name)
            && Self.matches(filters["Actions"]?.array, target.action)
    }

    /// Stacks are chosen by name and by role; `ALL` wants both to fit, `ANY` either.
    private func isStack(_ target: HookTarget) -> Bool {
        guard let filters = stackFilters, target.operation != "CLOUD_CONTROL" else { return true }
        var verdicts: [Bool] = []
        for (member, value) in [("StackNames", target.stackName), ("StackRoles", target.roleARN ?? "")] {
            guard let filter = filters[member] else { continue }
            let isIncluded = Self.matches(filter["Include"]?.array, value)
            let isExcluded = filter["Exclude"] != nil && Self.matches(filter["Exclude"]?.array, value)
            verdicts.append(isIncluded && !isExcluded)
        }
        guard !verdicts.isEmpty else { return true }
        return filters["FilteringCriteria"] == "ANY" ? verdicts.contains(true) : verdicts.allSatisfy { $0 }
    }

    /// Whether one of the patterns fits; no patterns fit everything. `*` stands for any text, `?` for a character.
    private static func matches(_ patterns: [JSON]?, _ text: String) -> Bool {
        guard let patterns, !patterns.isEmpty else { return true }
        return patterns.contains { pattern in
            pattern.string.map { WildcardPattern($0).matches(text) } ?? false
        }
    }
}

/// What a hook said.
struct HookResult: Codable, Sendable {
    let id: String
    var hook: String
    var arn: String
    /// `HOOK_COMPLETE_SUCCEEDED`, `HOOK_COMPLETE_FAILED` or `HOOK_FAILED`.
    var status: String
    var reason: String
    var stops: Bool
    var time: Timestamp
    var targetType: String
    var targetID: String
    /// What was judged: a logical id, or the stack's name.
    var target: String
    var targetName: String
    var action: String

    /// By account, region and id; found by target and by hook.
    static let collection = Collection<HookResult>(
        "cloudformation hook result",
        lookups: ["target": { ["\($0.targetType)|\($0.targetID)"] }, "hook": { [$0.arn] }])

    /// Whether the hook was content.
    var isGood: Bool { status == "HOOK_COMPLETE_SUCCEEDED" }

    /// As HookResultSummary.
    var view: JSON {
        [
            "HookResultId": .string(id), "InvocationPoint": "PRE_PROVISION",
            "FailureMode": stops ? "FAIL" : "WARN", "TypeName": .string(hook), "TypeArn": .string(arn),
            "TypeVersionId": "00000001", "Status": .string(status), "HookStatusReason": .string(reason),
            "InvokedAt": .double(time.seconds),
        ]
    }
}
