internal import CloudFormationTemplate
internal import Notation

/// What is wrong with the properties of a template's resources, when nothing else is.
///
/// A change set is made all the same then, and fails with them; operations on stacks are refused. Source: "Validate stack
/// deployments" in the User Guide.
struct PropertyFindings: Error {
    /// One thing that is wrong.
    struct Finding: Sendable {
        var logicalID: String
        var type: String
        var path: String
        var reason: String
    }

    /// All of it, in the template's order.
    let all: [Finding]
    /// The first in full, and how many more there are.
    let summary: String

    /// The findings of a check; nil when it found what no schema of properties says.
    init?(_ report: Report, _ template: ResolvedTemplate) {
        var all: [Finding] = []
        for error in report.errors {
            let steps = error.path.steps
            guard steps.count >= 3, case .key(let name) = steps[1], steps[0] == .key("Resources"),
                steps[2] == .key("Properties"), !error.message.hasPrefix("Template error")
            else { return nil }
            let reason = error.message + (error.fix.map { ". " + $0 } ?? "")
            all.append(
                Finding(
                    logicalID: name, type: template[name]?.type ?? "", path: "/" + error.path.pointer, reason: reason))
        }
        self.all = all
        summary = Self.summary(report.errors)
    }

    /// The first error with its place and remedy, and how many more there are.
    static func summary(_ errors: [Diagnostic]) -> String {
        guard let first = errors.first else { return "" }
        let place = first.mark.map { " (line \($0.line), column \($0.column), \(first.path))" } ?? " (\(first.path))"
        let more = errors.count - 1
        let rest = more > 0 ? " And \(more) more." : ""
        return first.message + place + (first.fix.map { ". " + $0 } ?? "") + rest
    }
}
