internal import Cloud
internal import Notation

/// One pipeline: its stages with the latest in each, what can be done, and its history.
struct PipelinePage: Sendable {
    let name: String
    let view: JSON
    let desk: Desk
    let refusal: AWSError?

    /// The page; with the refusal of an action above it, if there was one.
    static func page(_ name: String, _ desk: Desk, refusal: AWSError?) async -> Page {
        do {
            let view = try await desk.call("slipway-codepipeline", "ViewPipeline", ["name": .string(name)])
            return PipelinePage(name: name, view: view, desk: desk, refusal: refusal).page
        } catch {
            return .failure(Router.status(error), "\(error)", desk)
        }
    }

    private var page: Page {
        let latest = PipelinesPage.latest(view)
        var page = Page(
            name, place: "pipelines", status: refusal.map(Router.status) ?? 200,
            refresh: PipelinesPage.isBusy(view) ? 1 : nil, desk: desk
        ) {
            tag("h1") {
                name
                " "
                if let latest { Parts.badge(latest.text("status")) }
            }
            if let refusal { Parts.alert(refusal, .page("pipelines", name)) }
            tag("p", .class("dim"), text: "Version \(view["version"]?.int ?? 1), \(mode)")
            tag("div", .class("actions")) {
                PipelineForm(pipeline: name, action: .start, desk: desk).html(id: "start")
            }
            StageGraph(pipeline: name, stages: view.list("stages"), execution: nil, desk: desk).html
            Parts.section("Executions") { executions }
            Parts.command("slipway pipeline watch \(name)")
            Parts.command("aws codepipeline get-pipeline-state --name \(name)")
        }
        page.isStill = refusal != nil
        return page
    }

    private var mode: String {
        switch view.text("executionMode") {
        case "QUEUED": "executions wait for each other"
        case "PARALLEL": "executions run side by side"
        default: "a newer execution supersedes one that waits"
        }
    }

    private var executions: HTML {
        Parts.table(
            ["Execution", "Status", "Change", "Trigger", "Started", "Took"], empty: "It has not run yet.",
            rows: view.list("executions").map { execution in
                let id = execution.text("executionId")
                let started = execution.moment("started")
                let end = execution.moment("ended") ?? desk.now
                return [
                    Parts.link(StageGraph.short(id), .page("pipelines", name, id)),
                    Parts.badge(execution.text("status")), PipelinesPage.change(execution),
                    .text(Self.trigger(execution)), Moments.ago(started, now: desk.now),
                    .text(started.map { Moments.span(max(.zero, end - $0)) } ?? "-"),
                ]
            })
    }

    /// What began an execution: `StartPipelineExecution by alice`.
    static func trigger(_ execution: JSON) -> String {
        let (type, detail) = (execution["trigger"]?.text("type") ?? "", execution["trigger"]?.text("detail") ?? "")
        return detail.hasPrefix("arn:") ? "\(type) by \(StageGraph.lastPart(detail))" : type
    }
}
