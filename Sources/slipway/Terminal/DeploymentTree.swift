import Notation

/// A deployment drawn as a tree of lines, from what `DescribeDeployment` answers.
struct DeploymentTree {
    let view: JSON
    let terminal: Terminal

    /// Whether it has ended.
    var isFinished: Bool { ["Succeeded", "Failed", "Stopped"].contains(status) }
    /// Whether it ended well.
    var hasSucceeded: Bool { status == "Succeeded" }

    private var status: String { view["status"]?.string ?? "" }
    private var now: Double { view["now"]?.double ?? 0 }

    /// The tree's lines.
    var lines: [String] {
        var branches: [String] = [traffic]
        branches += (view["steps"]?.array ?? []).map(step)
        branches += (view["alarms"]?.array ?? []).map(alarm)
        if let cause = view["cause"]?.string { branches.append(terminal.styled("cause  ", .red) + cause) }
        let last = branches.count - 1
        return [head, "│  \(view["verdict"]?.string ?? "")"]
            + branches.enumerated().map { ($0 == last ? "└─ " : "├─ ") + $1 }
    }

    private var head: String {
        let group = view["deploymentGroupName"]?.string ?? ""
        let id = view["deploymentId"]?.string ?? ""
        let phase = isFinished ? "" : terminal.styled("  \(view["phase"]?.string ?? "")", .dim)
        return terminal.styled(id, .bold) + "  \(group)  " + coloured(status) + phase
    }

    private func coloured(_ status: String) -> String {
        switch status {
        case "Succeeded": terminal.styled(status, .green)
        case "Failed", "Stopped": terminal.styled(status, .red)
        default: terminal.styled(status, .blue)
        }
    }

    private var traffic: String {
        let new = view["weights"]?["new"]?.int ?? 0
        let width = 30
        let filled = new == 0 ? 0 : max(1, new * width / 100)
        let bar =
            String(repeating: "█", count: width - filled)
            + terminal.styled(String(repeating: "▒", count: filled), .yellow)
        let old = view["oldVersion"]?.string.map { "v\($0)" } ?? "old"
        let next = view["newVersion"]?.string.map { "v\($0)" } ?? "new"
        return "traffic  \(old) \(100 - new) % \(bar) \(new) % \(next)"
    }

    private func step(_ step: JSON) -> String {
        let state = step["state"]?.string ?? "pending"
        let name = step["name"]?.string ?? ""
        let kind = step["kind"]?.string == "traffic" ? "to the new version" : step["text"]?.string ?? ""
        return "\(mark(state)) \(name)  \(terminal.styled(kind, .dim))\(time(step, state))"
    }

    private func mark(_ state: String) -> String {
        switch state {
        case "done": terminal.styled("✓", .green)
        case "active": terminal.styled("●", .blue)
        case "failed": terminal.styled("✗", .red)
        case "skipped": terminal.styled("–", .dim)
        default: terminal.styled("○", .dim)
        }
    }

    private func time(_ step: JSON, _ state: String) -> String {
        guard let start = step["startTime"]?.double else { return "" }
        if state == "pending" { return start > now ? terminal.styled("  in \(Self.span(start - now))", .dim) : "" }
        return "  " + Self.span(max(0, (step["endTime"]?.double ?? (isFinished ? start : now)) - start))
    }

    private func alarm(_ alarm: JSON) -> String {
        let state = alarm["state"]?.string ?? ""
        let shown =
            state == "ALARM" ? terminal.styled(state, .red) : state == "OK" ? terminal.styled(state, .green) : state
        let ignored = alarm["counts"]?.bool == false ? "  (was firing before; does not count)" : ""
        return "alarm \(alarm["name"]?.string ?? "")  \(shown)\(ignored)"
    }

    /// Seconds for people.
    static func span(_ seconds: Double) -> String {
        if seconds < 10 { return "\((seconds * 10).rounded(.down) / 10) s" }
        let whole = Int(seconds)
        return whole < 120 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
    }
}
