internal import Cloud
internal import Notation

extension DeploymentPage {
    /// Why it ended as it did: the chain of causes, the evidence that was kept, and the next commands.
    func why() async throws(AWSError) -> HTML {
        guard view["error"] != nil else { return .none }
        let why = try await desk.call("slipway", "WhyDeployment", ["deploymentId": .string(id)])
        return Parts.section("Why", .class("why"), .id("why")) {
            tag("ol", .class("chain")) {
                for line in why.list("chain").compactMap(\.string) { tag("li", text: line) }
            }
            if let back = view["rollback"]?["deploymentId"]?.string {
                tag("p") {
                    "Rolled back by deployment "
                    Parts.link(back, .page("deployments", back))
                }
            }
            if let log = why["hookLog"]?.string { lines("What the hook logged", log) }
            if let evidence = why["evidence"] { self.evidence(evidence) }
            for command in why.list("next").compactMap(\.string) { Parts.command(command) }
            Parts.command("slipway why \(id)")
        }
    }

    @HTMLBuilder
    private func evidence(_ evidence: JSON) -> [HTML] {
        let logged = evidence.list("lines")
        if !logged.isEmpty {
            lines(
                "Last lines of version \(view.text("newVersion"))",
                logged.map { line in
                    let time = line.moment("time").map(Moments.clockText) ?? ""
                    return "\(time) \(line.text("text").trimmingNewlines)"
                }.joined(separator: "\n"))
        }
        if !evidence.list("figures").isEmpty { figures(evidence.list("figures")) }
        let differences = evidence.list("differences")
        if !differences.isEmpty {
            tag("h3", text: "What differs between the versions")
            Parts.table(
                ["Setting", old, new], empty: "",
                rows: differences.map { [.text($0.text("setting")), .text($0.text("old")), .text($0.text("new"))] })
        }
        for gap in evidence.list("gaps").compactMap(\.string) { tag("p", .class("dim"), text: gap) }
    }

    private var old: String { "Version \(view.text("oldVersion"))" }
    private var new: String { "Version \(view.text("newVersion"))" }

    private func lines(_ title: String, _ text: String) -> [HTML] { [tag("h3", text: title), Parts.tail(text)] }

    private func figures(_ figures: [JSON]) -> [HTML] {
        let shown = { (value: JSON?) in HTML.text(value?.double.map(Moments.number) ?? "-") }
        return [
            tag("h3", text: "Figures since the deployment began"),
            Parts.table(
                ["Metric", old, new], empty: "",
                rows: figures.map { [.text($0.text("name")), shown($0["old"]), shown($0["new"])] }),
        ]
    }
}

extension String {
    /// The text without the line ends behind it.
    var trimmingNewlines: String {
        var text = self[...]
        while text.last?.isNewline == true { text = text.dropLast() }
        return String(text)
    }
}
