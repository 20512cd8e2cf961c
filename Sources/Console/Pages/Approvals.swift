internal import Cloud
internal import Notation

/// Actions of pipelines that wait for somebody's approval.
struct Approvals: Sendable {
    let desk: Desk
    let pipelines: [JSON]

    /// The list; nothing when nothing waits.
    func html() async -> HTML {
        var rows: [[HTML]] = []
        for pipeline in pipelines {
            for view in await views(pipeline) {
                for stage in view.list("stages") {
                    for action in stage.list("actions") where action["token"] != nil {
                        rows.append(row(pipeline, view, stage, action))
                    }
                }
            }
        }
        guard !rows.isEmpty else { return .none }
        return Parts.section("Waits for an approval", .id("waits")) {
            Parts.table(["Pipeline", "Approval", "Change", "Expires"], empty: "", rows: rows)
        }
    }

    /// Where stages are held by one execution at a time, the pipeline's view has all that wait; in PARALLEL mode each
    /// execution has an approval of its own.
    private func views(_ pipeline: JSON) async -> [JSON] {
        guard pipeline.text("executionMode") == "PARALLEL" else { return [pipeline] }
        let running = pipeline.list("executions").filter { Mood(status: $0.text("status")) == .busy }
        var views: [JSON] = []
        for execution in running.prefix(Failures.limit) {
            let input: JSON = [
                "pipelineName": pipeline["name"] ?? "", "executionId": execution["executionId"] ?? "",
            ]
            let view = await Outcome { () throws(AWSError) in
                try await desk.call("slipway-codepipeline", "ViewExecution", input)
            }
            if let view = view.value { views.append(view) }
        }
        return views
    }

    private func row(_ pipeline: JSON, _ view: JSON, _ stage: JSON, _ action: JSON) -> [HTML] {
        let name = pipeline.text("name")
        let id = action["executionId"]?.string ?? stage["executionId"]?.string ?? view["executionId"]?.string
        let execution = pipeline.list("executions").first { $0["executionId"]?.string == id }
        return [
            Parts.link(name, .page("pipelines", name)),
            Parts.link(
                "\(stage.text("name")): \(action.text("name"))",
                id.map { .page("pipelines", name, $0) } ?? .page("pipelines", name)),
            execution.map(PipelinesPage.change) ?? .text("-"),
            Moments.ago(action["approval"]?.moment("expires"), now: desk.now),
        ]
    }
}
