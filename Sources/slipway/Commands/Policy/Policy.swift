import ArgumentParser
import CloudFormationTemplate
import Foundation
import Notation

/// `slipway policy`
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check templates against rules, and make exceptions that end by themselves.",
        discussion: "Rules are written in the language of AWS CloudFormation Guard: docs/reference/policies.md.",
        subcommands: [PolicyCheckCommand.self, PolicyOverrideCommand.self, PolicyList.self, PolicyWithdraw.self])
}

/// `slipway policy check`
struct PolicyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say which rules a template breaks, without a server.",
        discussion: "Exit code 0 when no rule is broken, 2 when one is, 1 when rules or template cannot be read.")

    @Argument(help: "The template's file.")
    var template: String

    @Option(name: .customLong("policy"), help: "A file of rules, or a folder of such files; may be repeated.")
    var policies: [String]

    @Flag(help: "Print as JSON.")
    var json = false

    func run() throws {
        let policies = try PolicyFiles(policies)
        let text = try PolicyTemplate(template)
        let check = try PolicyCheck(policies, template: text.body, marks: text.marks, plan: nil)
        if json {
            Terminal.standard.line(check.view.text(.pretty))
        } else {
            for line in check.lines(.standard).dropFirst() { Terminal.standard.line(line) }
        }
        if check.isDenied { throw ExitCode(2) }
    }
}

/// A template of the user's, with the places of its values.
struct PolicyTemplate {
    let body: JSON
    let marks: SourceMap?

    /// Reads a file.
    ///
    /// - Throws: ``CommandFailure`` when it cannot be read or is no template.
    init(_ path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("'\(path)' cannot be read. Is the path right?")
        }
        do {
            let text = try TemplateText(parsing: String(decoding: data, as: UTF8.self))
            body = text.body
            marks = text.marks()
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }
}

/// `slipway policy override`
struct PolicyOverrideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "override", abstract: "Except a stack from a rule for a time.",
        discussion: "Recorded with your name. From that day on the rule counts again by itself.")

    @Argument(help: "The rule's name.")
    var rule: String

    @Option(help: "The stack.")
    var stack: String

    @Option(help: ArgumentHelp("The day on which it ends, or the moment.", valueName: "yyyy-mm-dd"))
    var until: String

    @Option(help: "Why.")
    var reason: String

    @OptionGroup var folder: DataFolder

    func run() async throws {
        guard let end = Timestamp(parsing: until) else {
            throw ValidationError("'\(until)' is no day: write YYYY-MM-DD.")
        }
        let answer = try await SlipwayClient(folder).call(
            "slipway-cloudformation", "PutPolicyOverride",
            [
                "stackName": .string(stack), "rule": .string(rule), "reason": .string(reason),
                "expires": .double(end.seconds),
            ])
        Terminal.standard.line("\(stack), \(rule): \(PolicyOverride(answer).sentence)")
    }
}

/// `slipway policy list`
struct PolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The exceptions there are.")

    @Option(help: "Only those of this stack.")
    var stack: String?

    @OptionGroup var folder: DataFolder

    func run() async throws {
        let all = try await PolicyOverride.all(try SlipwayClient(folder), stack: stack)
        var table = TextTable("STACK", "RULE", "UNTIL", "BY", "REASON")
        for item in all {
            let end = item.expires.iso8601() + (item.isOver ? " (over)" : "")
            table.add(item.stackName, item.rule, end, item.by, item.reason)
        }
        let lines = table.lines(.standard)
        for line in lines.isEmpty ? ["There is no exception."] : lines { Terminal.standard.line(line) }
    }
}

/// `slipway policy withdraw`
struct PolicyWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Take an exception back: the rule counts again.")

    @Argument(help: "The rule's name.")
    var rule: String

    @Option(help: "The stack.")
    var stack: String

    @OptionGroup var folder: DataFolder

    func run() async throws {
        try await SlipwayClient(folder).call(
            "slipway-cloudformation", "DeletePolicyOverride", ["stackName": .string(stack), "rule": .string(rule)])
        Terminal.standard.line("The rule \(rule) counts for \(stack).")
    }
}
