internal import CloudFormationTemplate
internal import Notation

/// A change set's changes as hooks see them, which is not how DescribeChangeSet answers them.
///
/// Source: CloudFormation Hooks User Guide, "Write Guard rules to evaluate resources for Guard Hooks", `Changes`.
struct HookChanges {
    private static let actions = ["Add": "CREATE", "Import": "CREATE", "Modify": "UPDATE", "Remove": "DELETE"]

    private let marks: SourceMap?

    /// The changes of a change set with that template.
    init(template: String) { marks = (try? TemplateText(parsing: template))?.marks() }

    /// Those that touch a resource: what only the stack remembers otherwise is no change to it.
    func all(_ changes: [JSON]) -> [JSON] {
        changes.compactMap { entry in
            guard let change = entry["ResourceChange"], let action = Self.actions[change["Action"]?.string ?? ""],
                let name = change["LogicalResourceId"]?.string
            else { return nil }
            var seen: JSON = ["logicalResourceId": .string(name), "action": .string(action)]
            seen["resourceType"] = change["ResourceType"]
            let line = action == "DELETE" ? nil : marks?.mark(of: Path().appending("Resources").appending(name))?.line
            seen["lineNumber"] = line.map(JSON.int)
            seen["beforeContext"] = change["BeforeContext"]
            seen["afterContext"] = change["AfterContext"]
            return seen
        }
    }
}
