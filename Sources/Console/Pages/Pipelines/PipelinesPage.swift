internal import Cloud
internal import Notation

/// All pipelines, with how the latest execution of each stands.
enum PipelinesPage {
    /// The most that are looked at: as many as an account may have in a region (CodePipeline User Guide, "Quotas"), so
    /// that no approval waits out of sight.
    static let limit = 1000

    static func page(_ desk: Desk) async throws(AWSError) -> Page {
        let views = try await views(desk)
        return Page("Pipelines", place: "pipelines", refresh: views.contains(where: isBusy) ? 2 : nil, desk: desk) {
            tag("h1", text: "Pipelines")
            table(views, desk)
            Parts.command("slipway pipeline list")
        }
    }

    /// The pipelines as ViewPipeline tells them, in the order of names.
    static func views(_ desk: Desk) async throws(AWSError) -> [JSON] {
        let names = try await desk.all(
            "codepipeline", "ListPipelines", list: "pipelines", token: ("nextToken", "nextToken"))
        var views: [JSON] = []
        for name in names.prefix(limit) {
            views.append(try await desk.call("slipway-codepipeline", "ViewPipeline", ["name": name["name"] ?? ""]))
        }
        return views
    }

    /// Whether something of it runs.
    static func isBusy(_ view: JSON) -> Bool {
        view.list("executions").contains { Mood(status: $0.text("status")) == .busy }
    }

    /// The newest execution.
    static func latest(_ view: JSON) -> JSON? {
        view.list("executions").max { ($0["number"]?.int ?? 0) < ($1["number"]?.int ?? 0) }
    }

    /// The newest execution that runs.
    static func running(_ view: JSON) -> JSON? {
        view.list("executions").filter { Mood(status: $0.text("status")) == .busy }.max {
            ($0["number"]?.int ?? 0) < ($1["number"]?.int ?? 0)
        }
    }

    static func table(_ views: [JSON], _ desk: Desk, showing shown: (JSON) -> JSON? = PipelinesPage.latest) -> HTML {
        Parts.table(
            ["Pipeline", "Latest", "Stages", "Change", "When"], empty: "There is no pipeline in this region yet.",
            rows: views.map { view in
                let latest = shown(view)
                return [
                    Parts.link(view.text("name"), .page("pipelines", view.text("name"))),
                    latest.map { Parts.badge($0.text("status")) } ?? tag("span", .class("dim"), text: "never ran"),
                    dots(view), latest.map(change) ?? .text("-"),
                    Moments.ago(latest?.moment("updated"), now: desk.now),
                ]
            })
    }

    /// The stages as a row of signs.
    private static func dots(_ view: JSON) -> HTML {
        tag("span", .class("dots")) {
            for stage in view.list("stages") {
                let status = stage.text("status")
                let words = "\(stage.text("name")): \(status.isEmpty ? "not yet" : Parts.words(status))"
                tag(
                    "span", .class("dot \(Mood(status: status).rawValue)"), Attribute("title", words),
                    Attribute("role", "img"), Attribute("aria-label", words))
            }
        }
    }

    /// The first line of the change that an execution brings.
    static func change(_ execution: JSON) -> HTML {
        guard let revision = execution.list("revisions").first else { return .text("-") }
        return StageGraph.revision(revision)
    }
}
