import Notation

/// A plan for people.
struct StackPlanReport {
    let plan: StackPlan
    let terminal: Terminal

    /// Its lines: a resource each with what changes in it, then who leans on the stack, then the verdict.
    var lines: [String] {
        guard !plan.changes.isEmpty else { return ["Nothing changes in \(plan.stackName)."] }
        let head = plan.isNew ? "Creates the stack \(plan.stackName):" : "Changes the stack \(plan.stackName):"
        var lines = [terminal.styled(head, .bold), ""]
        for change in plan.changes { lines += self.lines(of: change) }
        if !plan.exports.isEmpty {
            lines += ["", "Exports in use (a change that alters or takes away one of them fails and is undone):"]
            for export in plan.exports {
                lines.append(
                    "  \(export.name) = \(export.value)  imported by \(export.importers.joined(separator: ", "))")
            }
        }
        return lines + ["", verdict]
    }

    private func lines(of change: StackPlan.Change) -> [String] {
        var head = "\(mark(change.effect)) \(change.logicalID) (\(change.type))"
        if let id = change.physicalID { head += " \(id)" }
        if let fate = fate(change) { head += ": \(fate)" }
        if let last = change.last {
            head += terminal.styled(
                "  last \(last.verb == "CREATE" ? "creation" : "update") \(Self.span(last.seconds))", .dim)
        }
        return [head] + change.differences.map(line)
    }

    private func mark(_ effect: StackPlan.Effect) -> String {
        switch effect {
        case .create: terminal.styled("+ create  ", .green)
        case .adopt: terminal.styled("+ take over", .green)
        case .change: terminal.styled("~ change  ", .yellow)
        case .replace: terminal.styled("± replace ", .red)
        case .mayReplace: terminal.styled("± replace?", .red)
        case .release: terminal.styled("- release ", .yellow)
        case .lose: terminal.styled("- lose    ", .red)
        }
    }

    /// What becomes of the resource there is, where that is not plain.
    private func fate(_ change: StackPlan.Change) -> String? {
        switch change.effect {
        case .replace where change.policy == "ReplaceAndRetain": "a new one takes its place; the old one stays"
        case .replace: "a new one takes its place; the old one is deleted"
        case .mayReplace: "it shows only on the way whether a new one takes its place"
        case .release: "it stays, and the stack forgets it"
        case .lose: "it is deleted"
        case .create, .change, .adopt: nil
        }
    }

    private func line(_ difference: StackPlan.Difference) -> String {
        guard !difference.isAutomatic else { return "      it is asked whether its template changed" }
        let before = difference.before.map(Self.shown) ?? "(none)"
        let after = difference.isKnownLater ? "(known later)" : difference.after.map(Self.shown) ?? "(none)"
        let note = difference.recreation == "Always" ? "  forces replacement" : ""
        return "      \(difference.path): \(before) -> \(after)\(note)"
    }

    private static func shown(_ text: String) -> String {
        let line = text.replacing("\n", with: "\\n")
        return line.count > 120 ? "\"\(line.prefix(117))...\"" : "\"\(line)\""
    }

    private static func span(_ seconds: Double) -> String {
        seconds < 10 ? "\((seconds * 10).rounded() / 10) s" : "\(Int(seconds.rounded())) s"
    }

    private var verdict: String {
        let words: [(StackPlan.Effect, String)] = [
            (.create, "created"), (.adopt, "taken over"), (.change, "changed"), (.replace, "replaced"),
            (.mayReplace, "perhaps replaced"), (.release, "released"), (.lose, "lost"),
        ]
        let parts = words.compactMap { effect, word -> String? in
            let count = plan.changes.count { $0.effect == effect }
            return count > 0 ? "\(count) \(word)" : nil
        }
        return terminal.styled(parts.joined(separator: ", ") + ".", .bold)
    }
}
