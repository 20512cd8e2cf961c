internal import Cloud
internal import Notation

/// One execution of a pipeline: its stages, and the log of each of its builds as it runs.
struct ExecutionPage: Sendable {
    let pipeline: String
    let id: String
    let view: JSON
    let desk: Desk
    let query: FormFields

    static func page(_ pipeline: String, _ id: String, _ desk: Desk, _ query: FormFields) async throws(AWSError) -> Page
    {
        let view = try await desk.call(
            "slipway-codepipeline", "ViewExecution",
            ["pipelineName": .string(pipeline), "executionId": .string(id)])
        let page = ExecutionPage(pipeline: pipeline, id: id, view: view, desk: desk, query: query)
        var steps: [HTML] = []
        for action in page.builds { steps.append(await page.step(action)) }
        return page.page(steps)
    }

    private var isUnderWay: Bool { Mood(status: view.text("status")) == .busy }

    private func page(_ steps: [HTML]) -> Page {
        Page("\(view.text("status")) \(pipeline)", place: "pipelines", refresh: isUnderWay ? 1 : nil, desk: desk) {
            tag("h1") {
                Parts.link(pipeline, .page("pipelines", pipeline))
                tag("span", .class("dim"), text: " / \(StageGraph.short(id)) ")
                Parts.badge(view.text("status"))
            }
            verdict
            for revision in view.list("revisions") { StageGraph.revision(revision) }
            buttons
            StageGraph(pipeline: pipeline, stages: view.list("stages"), execution: id, desk: desk).html
            if !steps.isEmpty { Parts.section("Logs") { steps } }
            facts
        }
    }

    private var verdict: HTML {
        let text = Self.cause(view)
        guard !text.isEmpty else { return .none }
        return tag(
            "p", .class("verdict \(Mood(status: view.text("status")).rawValue)"), Attribute("aria-live", "polite"),
            text: text)
    }

    /// Where an execution failed and why; empty when that is not known.
    static func cause(_ view: JSON) -> String {
        for stage in view.list("stages") {
            if let message = stage["error"]?["message"]?.string { return "\(stage.text("name")): \(message)" }
        }
        return view["statusSummary"]?.string ?? ""
    }

    /// What can be done to it as it stands.
    private var buttons: HTML {
        var forms: [HTML] = []
        let from = ("from", id)
        if isUnderWay {
            let stop: PipelineAction = view.text("status") == "Stopping" ? .abandon : .stop
            forms.append(
                PipelineForm(pipeline: pipeline, action: stop, desk: desk, fields: [("execution", id), from]).html(
                    id: stop.rawValue))
        }
        let failed = view.list("stages").last { ["Failed", "Stopped"].contains($0.text("status")) }
        if !isUnderWay, let failed {
            let fields = [("stage", failed.text("name")), ("execution", id), from]
            forms.append(PipelineForm(pipeline: pipeline, action: .retry, desk: desk, fields: fields).html(id: "retry"))
        }
        if view.text("status") == "Succeeded", view.text("executionType") != "ROLLBACK",
            let last = view.list("stages").last
        {
            let fields = [("stage", last.text("name")), ("execution", id)]
            forms.append(
                PipelineForm(pipeline: pipeline, action: .rollback, desk: desk, fields: fields).html(id: "rollback"))
        }
        return forms.isEmpty ? .none : tag("div", .class("actions")) { forms }
    }

    // MARK: Logs

    /// The actions of this execution that are builds.
    private var builds: [JSON] {
        view.list("stages").flatMap { $0.list("actions") }.filter {
            $0["external"]?.text("kind") == "build" && $0["executionId"]?.string == id
        }
    }

    private func step(_ action: JSON) async -> HTML {
        let build = action["external"]?.text("id") ?? ""
        let log = await Parts.attempt { () throws(AWSError) in
            let found = try await desk.call("codebuild", "BatchGetBuilds", ["ids": [.string(build)]]).list("builds")
                .first
            guard let found else { return tag("p", .class("dim"), text: "The build is gone.") }
            return try await BuildLog(build: found, search: query["q"] ?? "", desk: desk).html()
        }
        let isOpen = action.text("status") != "Succeeded" || query["q"] != nil
        let attributes = [Attribute.id("log-\(build)")] + (isOpen ? [.flag("open")] : [])
        return .element(
            "details", attributes,
            [
                tag("summary") {
                    "\(action.text("name")) "
                    Parts.badge(action.text("status"))
                },
                tag("p") { Parts.link(build, .page("builds", build)) }, log,
            ])
    }

    private var facts: HTML {
        tag("section") {
            Parts.facts([
                ("Execution", .text(id)), ("Trigger", .text(PipelinePage.trigger(view))),
                ("Started", view.moment("started").map { Moments.ago($0, now: desk.now) }),
                ("Ended", view.moment("ended").map { Moments.ago($0, now: desk.now) }),
                ("Pipeline version", view["version"]?.int.map { .text("\($0)") }),
                (
                    "Brings back",
                    view["rollbackTarget"]?.string.map { Parts.link($0, .page("pipelines", pipeline, $0)) }
                ),
                ("Stopped because", view["stop"]?["reason"]?.string.map(HTML.text)),
            ])
            if !view.list("variables").isEmpty {
                Parts.table(
                    ["Variable", "Value"], empty: "",
                    rows: view.list("variables").map { [.text($0.text("name")), .text($0.text("value"))] })
            }
            Parts.command("slipway pipeline watch \(pipeline) --execution \(id)")
        }
    }
}
