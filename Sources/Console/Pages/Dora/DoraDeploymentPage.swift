internal import Cloud
internal import Notation

/// One deployment as the figures count it: why, with its traffic and its commits.
enum DoraDeploymentPage {
    static func page(_ service: String, _ id: String, _ desk: Desk) async throws(AWSError) -> Page {
        let view = try await desk.call("slipway-dora", "GetDeployment", ["id": .string(id)])
        return Page("\(service) \(id)", place: "dora", desk: desk) {
            tag("h1") {
                Parts.link(service, .page("dora", service))
                " / \(id) "
                Parts.badge(view.text("outcome"))
            }
            if let reason = view["reason"]?.string {
                tag("p", .class("verdict \(Mood(status: view.text("outcome")).rawValue)"), text: reason)
            }
            facts(view, desk)
            Parts.section("Traffic") { shifts(view) }
            Parts.section("Commits") { commits(view, desk) }
            Parts.command("slipway dora show \(id)")
        }
    }

    private static func facts(_ view: JSON, _ desk: Desk) -> HTML {
        func moment(_ name: String) -> HTML? { view.moment(name).map { Moments.ago($0, now: desk.now) } }
        let stack = view["stackId"]?.string.flatMap(StackName.init(arn:))
        let run = view["executionId"]?.string
        return Parts.facts([
            ("Started", moment("started")), ("First user", moment("reachedUsers")), ("All users", moment("reachedAll")),
            ("Over", moment("ended")), ("Recovered", moment("recovered")),
            ("By", view["recoveredBy"]?.string.map(HTML.text)),
            ("Took to recover", view["recoveryTime"]?.double.map { .text(DoraCards.span($0)) }),
            (
                "Exposure",
                view["exposureMinutes"]?.double.map { .text("as everybody for \(DoraCards.span($0 * 60))") }
            ),
            ("Largest share", view["peak"]?.int.map { .text("\($0) %") }),
            ("Rework of", view["reworkOf"]?.string.map(HTML.text)),
            ("Stack", stack.map { Parts.link($0.name, .page("stacks", $0.name)) }),
            (
                "Pipeline",
                view["pipeline"]?.string.map { name in
                    Parts.link(name, run.map { .page("pipelines", name, $0) } ?? .page("pipelines", name))
                }
            ),
        ])
    }

    private static func shifts(_ view: JSON) -> HTML {
        Parts.table(
            ["Deployment", "Alias", "Versions", "Share of traffic"], empty: "It moved all at once.",
            rows: view.list("shifts").map { shift in
                let id = shift.text("deploymentId")
                let weights = shift.list("weights").map { point in
                    "\(point.moment("time").map(Moments.clockText) ?? "") \(point["weight"]?.int ?? 0) %"
                }
                return [
                    Parts.link(id, .page("deployments", id)),
                    .text("\(shift.text("functionName")):\(shift.text("alias"))"),
                    .text("\(shift.text("oldVersion")) \u{2192} \(shift.text("newVersion"))"),
                    .text(weights.joined(separator: ", ")),
                ]
            })
    }

    private static func commits(_ view: JSON, _ desk: Desk) -> HTML {
        Parts.table(
            ["Commit", "Message", "Repository", "Arrived", "Lead time"], empty: "No commit is known.",
            rows: view.list("changes").map { change in
                let repository = change.text("repository")
                return [
                    tag("code", text: String(change.text("commitId").prefix(10))),
                    tag("span", .class("long"), text: change.text("title")),
                    repository.contains("/")
                        ? .text(repository) : Parts.link(repository, .page("repositories", repository)),
                    Moments.ago(change.moment("arrived"), now: desk.now),
                    .text(change["leadTime"]?.double.map(DoraCards.span) ?? "-"),
                ]
            })
    }
}
