internal import Cloud
internal import Notation

/// A stack's graph, its drift, and the change sets that wait for it.
extension StackPage {
    /// The live graph: the stack's resources with their status, in the order in which they lean on each other.
    func graph() async throws(AWSError) -> HTML {
        let input: JSON = ["StackName": .string(name), "TemplateStage": "Processed"]
        let body = try await desk.call("cloudformation", "GetTemplate", input)["TemplateBody"]
        let template = body?.string.flatMap { try? JSON(parsing: $0) } ?? body ?? [:]
        let needs = StackGraph.needs(template)
        let found = try await desk.call("cloudformation", "DescribeStackResources", ["StackName": .string(name)])
        let nodes = found.list("StackResources").map { resource in
            let id = resource.text("LogicalResourceId")
            return StackGraph.Node(
                name: id, type: resource.text("ResourceType"), status: resource.text("ResourceStatus"),
                needs: needs[id] ?? [])
        }
        guard nodes.count > 1 else { return .none }
        guard nodes.count <= StackGraph.limit else {
            return tag("p", .class("dim"), text: "A drawing of \(nodes.count) resources would say less than the table.")
        }
        return StackGraph(nodes: nodes).html
    }

    /// What differed when that was looked at last.
    func drift() async throws(AWSError) -> HTML {
        let status = stack["DriftInformation"]?.text("StackDriftStatus") ?? ""
        let look = Parts.command("aws cloudformation detect-stack-drift --stack-name \(stack.text("StackName"))")
        guard !status.isEmpty, status != "NOT_CHECKED" else {
            return .several([
                tag("p", .class("dim"), text: "Nobody has looked yet, or the stack has changed since."), look,
            ])
        }
        let found = try await desk.all(
            "cloudformation", "DescribeStackResourceDrifts",
            ["StackName": .string(name), "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]],
            list: "StackResourceDrifts", token: ("NextToken", "NextToken"))
        let rows = found.flatMap { drift -> [[HTML]] in
            let resource = HTML.text(drift.text("LogicalResourceId"))
            let differences = drift.list("PropertyDifferences")
            guard !differences.isEmpty else { return [[resource, Parts.badge("DELETED"), .none, .none]] }
            return differences.map { difference in
                [
                    resource, tag("code", text: difference.text("PropertyPath")),
                    Self.value(difference.text("ExpectedValue"), "removed"),
                    Self.value(difference.text("ActualValue"), "added"),
                ]
            }
        }
        return .several([
            Parts.table(
                ["Resource", "Property", "The stack says", "It is"], empty: "Everything is as the stack says.",
                rows: rows), look,
        ])
    }

    /// The change sets, each with a page of its own.
    func changeSets() async throws(AWSError) -> HTML {
        let found = try await desk.all(
            "cloudformation", "ListChangeSets", ["StackName": .string(name)], list: "Summaries",
            token: ("NextToken", "NextToken"))
        guard !found.isEmpty else { return .none }
        return Parts.section("Change sets") {
            Parts.table(
                ["Change set", "Status", "Can be executed", "Made"], empty: "",
                rows: found.map { set in
                    [
                        Parts.link(
                            set.text("ChangeSetName"),
                            .page("stacks", stack.text("StackName"), set.text("ChangeSetName"))),
                        Parts.badge(set.text("Status")), .text(Parts.words(set.text("ExecutionStatus"))),
                        Moments.ago(set.moment("CreationTime"), now: desk.now),
                    ]
                })
        }
    }

    /// A value in a diff.
    static func value(_ text: String, _ look: String) -> HTML {
        text.isEmpty ? .none : tag("code", .class("diff \(look)"), text: text)
    }
}

/// One change set: what would happen to each resource, value by value.
struct ChangeSetPage: Sendable {
    private let set: JSON
    private let changes: [JSON]
    private let desk: Desk

    static func page(_ stack: String, _ name: String, _ desk: Desk) async throws(AWSError) -> Page {
        var input: JSON = ["StackName": .string(stack), "ChangeSetName": .string(name), "IncludePropertyValues": true]
        let first = try await desk.call("cloudformation", "DescribeChangeSet", input)
        var changes = first.list("Changes")
        var token = first["NextToken"]?.string
        while let next = token {
            input["NextToken"] = .string(next)
            let more = try await desk.call("cloudformation", "DescribeChangeSet", input)
            changes += more.list("Changes")
            token = more["NextToken"]?.string
        }
        return ChangeSetPage(set: first, changes: changes.compactMap { $0["ResourceChange"] }, desk: desk).page
    }

    private var page: Page {
        let (stack, name) = (set.text("StackName"), set.text("ChangeSetName"))
        return Page("\(name) of \(stack)", place: "stacks", refresh: nil, desk: desk) {
            tag("h1") {
                Parts.link(stack, .page("stacks", stack))
                " / \(name) "
                Parts.badge(set.text("Status"))
            }
            if let reason = set["StatusReason"]?.string { tag("p", .class("verdict bad"), text: reason) }
            if let text = set["Description"]?.string { tag("p", .class("dim"), text: text) }
            tag("p", text: summary)
            for change in changes { card(change) }
            Parts.command("aws cloudformation execute-change-set --stack-name \(stack) --change-set-name \(name)")
        }
    }

    private var summary: String {
        let verbs = [
            ("Add", "created"), ("Modify", "changed"), ("Remove", "removed"), ("Import", "imported"),
            ("SyncWithActual", "taken as they are"),
        ]
        let parts = verbs.compactMap { action, word in
            let count = changes.count { $0.text("Action") == action }
            return count > 0 ? "\(count) \(word)" : nil
        }
        let replaced = changes.count { $0.text("Replacement") == "True" }
        return (parts.isEmpty ? "Nothing changes." : parts.joined(separator: ", ") + ".")
            + (replaced > 0 ? " \(replaced) replaced." : "")
    }

    private func card(_ change: JSON) -> HTML {
        let action = change.text("Action")
        let looks = ["Add": "good", "Remove": "bad", "Modify": "busy"]
        let replacement = ["True": "replaced", "Conditional": "perhaps replaced"][change.text("Replacement")]
        return tag("section", .class("card")) {
            tag("h3") {
                tag("span", .class("badge \(looks[action] ?? "idle")"), text: action)
                " \(change.text("LogicalResourceId")) "
                tag("span", .class("dim")) { Parts.type(change.text("ResourceType")) }
                if let replacement { tag("span", .class("badge bad"), text: replacement) }
            }
            if let policy = change["PolicyAction"]?.string {
                tag("p", .class("dim"), text: Self.policies[policy] ?? policy)
            }
            let rows = change.list("Details").compactMap(row)
            if !rows.isEmpty { Parts.table(["What", "Before", "After", "Because of"], empty: "", rows: rows) }
        }
    }

    private static let policies = [
        "Delete": "It is deleted.", "Retain": "It stays, and the stack forgets it.",
        "ReplaceAndDelete": "The old one is deleted.",
        "ReplaceAndRetain": "The old one stays, and the stack forgets it.",
    ]

    private func row(_ detail: JSON) -> [HTML]? {
        guard let target = detail["Target"] else { return nil }
        let path = target["Path"]?.string ?? target.text("Attribute")
        let isUnknown = detail.text("Evaluation") == "Dynamic"
        return [
            tag("code", text: path), StackPage.value(target.text("BeforeValue"), "removed"),
            isUnknown
                ? tag("span", .class("dim"), text: "known only afterwards")
                : StackPage.value(target.text("AfterValue"), "added"),
            .text(
                detail["CausingEntity"]?.string ?? Self.causes[detail.text("ChangeSource")]
                    ?? detail.text("ChangeSource")),
        ]
    }

    private static let causes = ["DirectModification": "the template", "Automatic": "a nested stack"]
}
