import ArgumentParser
import Foundation
import Notation

/// `slipway plan`
struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Say what a template would do to a stack, without doing it.",
        discussion: """
            Makes a change set, reads it and deletes it again: what it shows is what an update with this template does. Parameters \
            that are not given keep the value the stack has. Each resource says how long it took last time, and exports that other \
            stacks import are listed with those stacks. Give a template that needs local files (CodeUri: src/) as 'sam package' \
            leaves it.

            With --policy, rules in the language of AWS CloudFormation Guard are asked of the template and of the changes (as its \
            member Plan): docs/reference/policies.md.

            Exit code 0 when nothing changes or every change is safe, 2 when a resource is replaced or lost or a policy denies the \
            change, 1 when there is no plan.
            """)

    @Argument(help: "The template: a file, or the address of an object in S3.")
    var template: String

    @Option(help: "The stack, there already or not.")
    var stackName: String

    @Option(
        name: .customLong("parameter"),
        help: ArgumentHelp("A parameter's value; may be repeated.", valueName: "name=value"))
    var parameters: [String] = []

    @Option(name: .customLong("policy"), help: "A file of rules, or a folder of such files; may be repeated.")
    var policies: [String] = []

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let client = try SlipwayClient(folder)
        let rules = try policies.isEmpty ? nil : PolicyFiles(policies)
        let planner = StackPlanner(client: client, stackName: stackName, source: try source(), given: try given())
        let plan = try await planner.plan()
        let check: PolicyCheck? = if let rules { try await self.check(rules, plan, client) } else { nil }
        if json {
            var view = plan.view
            view["policies"] = check?.view
            Terminal.standard.line(view.text(.pretty))
        } else {
            let report = StackPlanReport(plan: plan, terminal: .standard).lines + (check?.lines(.standard) ?? [])
            for line in report { Terminal.standard.line(line) }
        }
        if plan.isGrave || check?.isDenied == true { throw ExitCode(2) }
    }

    /// What the rules say, with the exceptions that were made for the stack.
    private func check(_ rules: PolicyFiles, _ plan: StackPlan, _ client: SlipwayClient) async throws -> PolicyCheck {
        guard FileManager.default.fileExists(atPath: template) else {
            throw CommandFailure("Policies are asked of a template that lies here as a file, not of '\(template)'.")
        }
        let text = try PolicyTemplate(template)
        let overrides = try await PolicyOverride.all(client, stack: stackName).filter { !$0.isOver }
        return try PolicyCheck(rules, template: text.body, marks: text.marks, plan: plan.view, overrides: overrides)
    }

    /// The template as requests carry it.
    private func source() throws -> JSON {
        if ["https://", "http://", "s3://"].contains(where: template.hasPrefix) {
            return ["TemplateURL": .string(template)]
        }
        guard let data = FileManager.default.contents(atPath: template) else {
            throw CommandFailure("'\(template)' cannot be read. Is the path right?")
        }
        return ["TemplateBody": .string(String(decoding: data, as: UTF8.self))]
    }

    private func given() throws -> [(name: String, value: String)] {
        try parameters.map { text in
            guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                throw ValidationError("'\(text)' is no parameter: write NAME=VALUE.")
            }
            return (String(text[..<mark]), String(text[text.index(after: mark)...]))
        }
    }
}
