import Notation

/// A pipeline or one of its executions drawn as lines, from what `ViewPipeline` and `ViewExecution` answer.
struct PipelineTree {
    let view: JSON
    let terminal: Terminal

    /// Whether the execution has ended.
    var isFinished: Bool { ["Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"].contains(status) }
    /// Whether it ended well.
    var hasSucceeded: Bool { status == "Succeeded" }

    private var status: String { view["status"]?.string ?? "" }
    private var stages: [JSON] { view["stages"]?.array ?? [] }
    private var name: String { view["pipelineName"]?.string ?? view["name"]?.string ?? "" }

    /// The first line of the change that an execution brings: `a1b2c3d4 Sells tea`.
    static func change(_ execution: JSON?) -> String? {
        let revision = execution?["revisions"]?.array?.first
        guard let id = revision?["revisionId"]?.string else { return nil }
        let text = revision?["message"]?.string ?? revision?["summary"]?.string ?? ""
        let title = text.split(separator: "\n").first.map(String.init) ?? ""
        return "\(id.prefix(8)) \(title)"
    }

    // MARK: An execution

    /// The execution's lines, for a terminal.
    func lines(now: Double) -> [String] {
        var lines = [head] + (Self.change(view).map { ["│  \($0)"] } ?? [])
        for (place, stage) in stages.enumerated() {
            let isLast = place == stages.count - 1
            lines.append((isLast ? "└─ " : "├─ ") + self.stage(stage))
            let rail = isLast ? "   " : "│  "
            for text in gates(stage) + actions(stage, now) { lines.append(rail + "  " + text) }
        }
        return lines
    }

    private var head: String {
        let id = view["executionId"]?.string ?? ""
        let why = view["statusSummary"]?.string.map { "  " + terminal.styled($0, .dim) } ?? ""
        return terminal.styled(name, .bold) + "  \(id)  \(terminal.coloured(status))\(why)"
    }

    private func stage(_ stage: JSON) -> String {
        let attempts = stage["attempts"]?.int ?? 1
        let tries = attempts > 1 ? terminal.styled("  attempt \(attempts)", .dim) : ""
        return
            "\(terminal.sign(stage["status"]?.string)) \(terminal.styled(stage["name"]?.string ?? "", .bold))\(tries)"
    }

    /// What stands before a stage: who waits there, and a transition that is shut.
    private func gates(_ stage: JSON) -> [String] {
        var lines: [String] = []
        if stage["inbound"]?["enabled"]?.bool == false {
            let reason = stage["inbound"]?["reason"]?.string ?? ""
            lines.append(terminal.styled("transition disabled: \(reason)", .yellow))
        }
        let waiting = (stage["waiting"]?.array ?? []).compactMap(\.string)
        if !waiting.isEmpty { lines.append(terminal.styled("waiting: \(waiting.joined(separator: " "))", .yellow)) }
        for condition in stage["conditions"]?.array ?? [] {
            guard let status = condition["status"]?.string, status != "Succeeded" else { continue }
            let kind = (condition["kind"]?.string ?? "").replacing("_", with: " ").lowercased()
            lines.append("condition \(kind): \(status)  \(condition["summary"]?.string ?? "")")
        }
        return lines
    }

    private func actions(_ stage: JSON, _ now: Double) -> [String] {
        (stage["actions"]?.array ?? []).flatMap { action -> [String] in
            let isOurs = view["executionId"] == nil || action["executionId"] == view["executionId"]
            let status = isOurs ? action["status"]?.string : nil
            var line = "\(terminal.sign(status)) \(action["name"]?.string ?? "")  "
            line += terminal.styled(action["provider"]?.string ?? "", .dim)
            if isOurs, let started = action["started"]?.double {
                line += "  " + TimeSpan.words(max(0, (action["ended"]?.double ?? now) - started))
            }
            if view["executionId"] == nil, status != nil, action["executionId"] != stage["executionId"] {
                line += terminal.styled("  (in an earlier execution)", .dim)
            }
            if isOurs, let summary = action["summary"]?.string, !summary.isEmpty {
                line += "  " + terminal.styled(summary, .dim)
            }
            return [line] + (isOurs ? details(action, stage) : [])
        }
    }

    /// What a person can do or has to know: the command that approves, the error with its evidence.
    private func details(_ action: JSON, _ stage: JSON) -> [String] {
        if action["token"] != nil {
            let text = action["approval"]?["customData"]?.string ?? "waits for approval"
            return [terminal.styled("  \(text)", .yellow), "  slipway pipeline approve \(name)  (or reject)"]
        }
        guard let error = action["error"] else { return [] }
        var lines = [terminal.styled("  \(error["message"]?.string ?? error["code"]?.string ?? "failed")", .red)]
        lines += (error["evidence"]?.array ?? []).compactMap(\.string).suffix(8).map {
            terminal.styled("  \($0)", .dim)
        }
        return lines
    }

    // MARK: A pipeline

    /// The pipeline's lines: its stages with the latest in each.
    func overview(now: Double) -> [String] {
        let mode = view["executionMode"]?.string ?? ""
        let version = view["version"]?.int ?? 1
        var lines = [terminal.styled(name, .bold) + terminal.styled("  version \(version), \(mode)", .dim)]
        for stage in stages {
            let latest = stage["executionId"]?.string.map { terminal.styled("  \($0)", .dim) } ?? ""
            lines.append(self.stage(stage) + latest)
            lines += (gates(stage) + actions(stage, now)).map { "  " + $0 }
        }
        return lines
    }

    // MARK: Plain lines

    /// Everything that has a state, in order, for a line when it changes.
    var states: [(key: String, text: String, time: Double?)] {
        var found: [(key: String, text: String, time: Double?)] = []
        for stage in stages {
            let stageName = stage["name"]?.string ?? ""
            for action in stage["actions"]?.array ?? [] {
                guard action["executionId"] == view["executionId"], let status = action["status"]?.string else {
                    continue
                }
                let actionName = action["name"]?.string ?? ""
                var text = "\(stageName)/\(actionName) \(status)"
                if action["token"] != nil { text += ": waits for approval: slipway pipeline approve \(name)" }
                if let message = action["error"]?["message"]?.string { text += ": \(message)" }
                let key = "\(stageName)/\(actionName)/\(action["actionExecutionId"]?.string ?? "")"
                found.append((key, text, action["ended"]?.double ?? action["started"]?.double))
            }
        }
        let why = view["statusSummary"]?.string.map { ": \($0)" } ?? ""
        found.append(("", "\(view["executionId"]?.string ?? "") \(status)\(why)", view["updated"]?.double))
        return found
    }
}
