internal import Cloud
internal import Notation

/// A pipeline's stages side by side with their actions, as `ViewPipeline` or `ViewExecution` tells them; one under the
/// other on a narrow screen.
struct StageGraph: Sendable {
    /// The pipeline's name.
    let pipeline: String
    let stages: [JSON]
    /// The execution it is about; nil for the latest in each stage.
    let execution: String?
    let desk: Desk

    var html: HTML {
        tag("ol", .class("stages")) {
            for (place, stage) in stages.enumerated() {
                tag("li", .class("stage \(Mood(status: stage.text("status")).rawValue)")) {
                    if place > 0 { gate(stage) }
                    heading(stage)
                    conditions(stage)
                    for group in groups(stage) {
                        tag("div", .class(group.count > 1 ? "side" : "alone")) {
                            for action in group { card(action, stage) }
                        }
                    }
                    if place > 0, execution == nil { transition(stage) }
                    if execution == nil, ["Failed", "Stopped"].contains(stage.text("status")) { retry(stage) }
                }
            }
        }
    }

    private func heading(_ stage: JSON) -> [HTML] {
        let attempts = stage["attempts"]?.int ?? 1
        var parts: [HTML] = [
            tag("h3") {
                stage.text("name")
                " "
                if !stage.text("status").isEmpty { Parts.badge(stage.text("status")) }
            }
        ]
        if execution == nil, let id = stage["executionId"]?.string {
            parts.append(
                tag("p", .class("dim")) {
                    Parts.link(Self.short(id), .page("pipelines", pipeline, id))
                    attempts > 1 ? ", attempt \(attempts)" : ""
                })
        } else if attempts > 1 {
            parts.append(tag("p", .class("dim"), text: "Attempt \(attempts)"))
        }
        if let message = stage["error"]?["message"]?.string, !actionFailed(stage) {
            parts.append(tag("p", .class("bad"), text: message))
        }
        return parts
    }

    private func actionFailed(_ stage: JSON) -> Bool { stage.list("actions").contains { $0["error"] != nil } }

    /// What stands between a stage and the one before: the transition, and who waits there.
    private func gate(_ stage: JSON) -> [HTML] {
        let inbound = stage["inbound"] ?? [:]
        let isOpen = inbound["enabled"]?.bool != false
        var parts: [HTML] = []
        if !isOpen {
            let by = inbound["by"]?.string.map { " by \(Self.lastPart($0))" } ?? ""
            parts.append(tag("p", .class("gate bad"), text: "Transition disabled\(by): \(inbound.text("reason"))"))
        }
        let waiting = stage.list("waiting").compactMap(\.string)
        if !waiting.isEmpty {
            parts.append(
                tag("p", .class("gate")) {
                    "Waiting: "
                    for id in waiting {
                        Parts.link(Self.short(id), .page("pipelines", pipeline, id))
                        " "
                    }
                })
        }
        return parts
    }

    /// The button that closes or opens the way into a stage.
    private func transition(_ stage: JSON) -> HTML {
        let isOpen = stage["inbound"]?["enabled"]?.bool != false
        let act = isOpen ? PipelineAction.disable : .enable
        let fields = [("stage", stage.text("name"))]
        return PipelineForm(pipeline: pipeline, action: act, desk: desk, fields: fields, isQuiet: true)
            .html(id: "\(act.rawValue)-\(stage.text("name"))")
    }

    private func conditions(_ stage: JSON) -> [HTML] {
        stage.list("conditions").compactMap { condition in
            guard let status = condition["status"]?.string else { return nil }
            let kind = Parts.words(condition.text("kind"))
            return tag("div", .class("condition")) {
                tag("p") {
                    "\(kind) "
                    Parts.badge(status)
                }
                for rule in condition.list("rules") {
                    tag(
                        "p", .class("dim"), text: "\(rule.text("name")): \(rule.text("status")) \(rule.text("summary"))"
                    )
                }
            }
        }
    }

    /// Actions that run together, in the order of their turns.
    private func groups(_ stage: JSON) -> [[JSON]] {
        var groups: [[JSON]] = []
        for action in stage.list("actions") {
            if let last = groups.last?.last, last["runOrder"] == action["runOrder"] {
                groups[groups.count - 1].append(action)
            } else {
                groups.append([action])
            }
        }
        return groups
    }

    private func card(_ action: JSON, _ stage: JSON) -> HTML {
        let isOurs = execution == nil || action["executionId"]?.string == execution
        let status = isOurs ? action.text("status") : ""
        // Until the latest execution has come this far, an action still shows the one before.
        let isEarlier =
            execution == nil && action["executionId"] != nil && action["executionId"] != stage["executionId"]
        return tag("article", .class("action \(Mood(status: status).rawValue)\(isEarlier ? " earlier" : "")")) {
            tag("h4") {
                tag("span", .class("sign"), Attribute("aria-hidden", "true"), text: Self.sign(status))
                action.text("name")
                " "
                if !status.isEmpty { tag("span", .class("hidden"), text: "(\(status))") }
            }
            tag("p", .class("dim"), text: "\(action.text("provider"))\(took(action, isOurs))")
            if isEarlier, let id = action["executionId"]?.string {
                tag("p", .class("dim")) {
                    "in "
                    Parts.link(Self.short(id), .page("pipelines", pipeline, id))
                }
            }
            if isOurs { details(action, stage) }
        }
    }

    private func took(_ action: JSON, _ isOurs: Bool) -> String {
        guard isOurs, let started = action.moment("started") else { return "" }
        return " \u{00B7} " + Moments.span(max(.zero, (action.moment("ended") ?? desk.now) - started))
    }

    @HTMLBuilder
    private func details(_ action: JSON, _ stage: JSON) -> [HTML] {
        if let revision = action["revision"] { Self.revision(revision) }
        if let external = action["external"] { Self.external(external) }
        if action["token"] != nil { approval(action, stage) }
        if action.text("category") == "Approval", let by = action["updatedBy"]?.string, action["token"] == nil {
            tag("p", text: "\(action.text("status") == "Succeeded" ? "Approved" : "Rejected") by \(Self.lastPart(by))")
            if let text = action["summary"]?.string, !text.isEmpty { tag("p", .class("dim"), text: text) }
        } else if let text = action["summary"]?.string, !text.isEmpty, action["error"] == nil, action["revision"] == nil
        {
            tag("p", .class("dim"), text: text)
        }
        if let error = action["error"] {
            tag("p", .class("bad"), text: error["message"]?.string ?? error.text("code"))
            let lines = error.list("evidence").compactMap(\.string)
            if !lines.isEmpty { Parts.lines(lines.suffix(12).joined(separator: "\n")) }
        }
    }

    private func approval(_ action: JSON, _ stage: JSON) -> [HTML] {
        let facts = action["approval"] ?? [:]
        let fields = [
            ("stage", stage.text("name")), ("action", action.text("name")), ("approval", action.text("token")),
        ]
        var parts: [HTML] = []
        if let text = facts["customData"]?.string { parts.append(tag("p", text: text)) }
        if let link = facts["link"]?.string { parts.append(tag("p") { Parts.value(link) }) }
        if let end = facts.moment("expires") {
            parts.append(
                tag("p", .class("dim")) {
                    "Expires "
                    Moments.ago(end, now: desk.now)
                })
        }
        let id = "\(stage.text("name"))-\(action.text("name"))"
        parts.append(PipelineForm(pipeline: pipeline, action: .approve, desk: desk, fields: fields).answering(id: id))
        return [tag("div", .class("approval")) { parts }]
    }

    private func retry(_ stage: JSON) -> HTML {
        PipelineForm(
            pipeline: pipeline, action: .retry, desk: desk,
            fields: [("stage", stage.text("name")), ("execution", stage.text("executionId"))]
        ).html(id: "retry-\(stage.text("name"))")
    }

    // MARK: Small pieces

    private static func sign(_ status: String) -> String {
        ["Succeeded": "\u{2713}", "Failed": "\u{2717}", "InProgress": "\u{25CF}", "Abandoned": "\u{2717}"][status]
            ?? "\u{25CB}"
    }

    /// A commit's or another revision's short name with what it says.
    static func revision(_ revision: JSON) -> HTML {
        let text = (revision["message"]?.string ?? revision.text("summary")).split(separator: "\n").first.map(
            String.init)
        return tag("p", .class("long")) {
            tag("code", text: String(revision.text("revisionId").prefix(8)))
            " \(text ?? "")"
        }
    }

    /// A link to the page of what an action has under way elsewhere.
    static func external(_ external: JSON) -> HTML {
        let id = external.text("id")
        switch external.text("kind") {
        case "build": return tag("p", .class("long")) { Parts.link("Build and log", .page("builds", id)) }
        case "deployment": return tag("p", .class("long")) { Parts.link(id, .page("deployments", id)) }
        case "stack":
            let name = StackName(arn: id)?.name ?? id
            return tag("p", .class("long")) {
                "Stack "
                Parts.link(name, .page("stacks", name))
            }
        case "function": return tag("p", .class("long")) { Parts.link(id, .page("functions", id)) }
        default: return tag("p", .class("long dim"), text: id)
        }
    }

    /// Enough of an execution's id to know it by.
    static func short(_ id: String) -> String { String(id.prefix(8)) }

    /// Who it is, without account and path: `alice` of `arn:aws:iam::123456789012:user/alice`.
    static func lastPart(_ arn: String) -> String {
        String(arn.split(separator: ":").last?.split(separator: "/").last ?? "")
    }
}
