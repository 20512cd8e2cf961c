import Guard
import Notation

/// What files of rules say about a template, and about the changes it would make.
struct PolicyCheck {
    /// A rule that does not hold.
    struct Denial {
        /// The file the rule stands in.
        let file: String
        let failure: GuardVerdict.Failure
        /// The exception made from it, while it lasts.
        let override: PolicyOverride?

        /// The author's words without the remedy.
        var message: String? { Self.part(failure.message, isFix: false) }
        /// The remedy: the author's lines that begin with `Fix:`.
        var fix: String? { Self.part(failure.message, isFix: true) }

        private static func part(_ message: String?, isFix: Bool) -> String? {
            let lines = message?.split(separator: "\n").filter { $0.lowercased().hasPrefix("fix:") == isFix } ?? []
            let text = lines.map { isFix ? String($0.dropFirst(4).drop { $0 == " " }) : String($0) }.joined(
                separator: " ")
            return text.isEmpty ? nil : text
        }
    }

    /// The member of the document that holds the plan, beside the template's own.
    static let planMember = "Plan"

    private(set) var denials: [Denial] = []
    private(set) var passed = 0
    private(set) var skipped = 0

    /// Whether something is denied that nobody made an exception from.
    var isDenied: Bool { denials.contains { $0.override == nil } }

    /// Asks the rules of a template with, where there is one, the plan beside it.
    ///
    /// - Throws: ``CommandFailure`` when a rule cannot be asked.
    init(
        _ policies: PolicyFiles, template: JSON, marks: SourceMap?, plan: JSON?, overrides: [PolicyOverride] = []
    ) throws {
        var document = template
        document[Self.planMember] = plan
        for file in policies.files {
            let verdict: GuardVerdict
            do { verdict = try file.evaluate(document, marks: marks) } catch {
                throw CommandFailure("\(file.name): \(error.description)")
            }
            for rule in verdict.rules {
                switch rule.status {
                case .pass: passed += 1
                case .skip: skipped += 1
                case .fail: add(rule, file.name, overrides)
                }
            }
        }
    }

    private mutating func add(_ rule: GuardVerdict.Rule, _ file: String, _ overrides: [PolicyOverride]) {
        let override = overrides.first { $0.rule == rule.name }
        for var failure in rule.failures {
            // The plan has no text with lines.
            if failure.path.steps.first == .key(Self.planMember) { failure.mark = nil }
            denials.append(Denial(file: file, failure: failure, override: override))
        }
    }

    // MARK: To be read

    /// For people.
    func lines(_ terminal: Terminal) -> [String] {
        var lines = ["", terminal.styled("Policies:", .bold)]
        for denial in denials {
            let failure = denial.failure
            let word =
                denial.override == nil ? terminal.styled("x denied  ", .red) : terminal.styled("! excepted", .yellow)
            let place = failure.path.steps.isEmpty ? "the template" : failure.path.description
            let line = failure.mark.map { " (line \($0.line))" } ?? ""
            lines.append("\(word) \(failure.rule)  \(place)\(line)")
            lines.append("      expected: \(failure.expected)   actual: \(failure.actual)")
            if let message = denial.message { lines.append("      \(message)") }
            if let fix = denial.fix { lines.append("      fix: \(fix)") }
            lines.append(terminal.styled("      \(denial.file):\(failure.ruleLine)", .dim))
            if let override = denial.override { lines.append("      \(override.sentence)") }
        }
        let rules = Set(denials.filter { $0.override == nil }.map(\.failure.rule)).count
        let sum = "\(passed) passed, \(rules) denied, \(skipped) not about anything here."
        return lines + [(denials.isEmpty ? "" : "  ") + sum]
    }

    /// For programs.
    var view: JSON {
        [
            "isDenied": .bool(isDenied), "passed": .int(passed), "skipped": .int(skipped),
            "denials": .array(
                denials.map { denial in
                    let failure = denial.failure
                    var view: JSON = [
                        "rule": .string(failure.rule), "path": .string(failure.path.description),
                        "expected": .string(failure.expected), "actual": .string(failure.actual),
                        "file": .string(denial.file), "ruleLine": .int(failure.ruleLine),
                    ]
                    view["line"] = failure.mark.map { .int($0.line) }
                    view["message"] = denial.message.map(JSON.string)
                    view["fix"] = denial.fix.map(JSON.string)
                    view["override"] = denial.override?.view
                    return view
                }),
        ]
    }
}

/// An exception that somebody made from a rule.
struct PolicyOverride {
    let stackName: String
    let rule: String
    let reason: String
    let by: String
    let expires: Timestamp
    let isOver: Bool

    /// Reads one as the server tells it.
    init(_ view: JSON) {
        stackName = view["stackName"]?.string ?? ""
        rule = view["rule"]?.string ?? ""
        reason = view["reason"]?.string ?? ""
        by = view["by"]?.string ?? ""
        expires = Timestamp(seconds: view["expires"]?.double ?? 0)
        isOver = view["isOver"]?.bool ?? false
    }

    /// The exceptions made for a stack, for all of them without a name.
    static func all(_ client: SlipwayClient, stack: String?) async throws -> [PolicyOverride] {
        let input: JSON = stack.map { ["stackName": .string($0)] } ?? [:]
        let answer = try await client.call("slipway-cloudformation", "ListPolicyOverrides", input)
        return (answer["overrides"]?.array ?? []).map(PolicyOverride.init)
    }

    var sentence: String { "excepted until \(expires.iso8601()) by \(by): \(reason)" }

    var view: JSON {
        ["reason": .string(reason), "by": .string(by), "expires": .string(expires.iso8601())]
    }
}
