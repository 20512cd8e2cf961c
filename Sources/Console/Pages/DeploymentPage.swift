internal import Cloud
internal import Notation

/// One deployment: how the traffic is shared, which steps are done and to come, what its alarms see, and, when it
/// went wrong, why.
struct DeploymentPage: Sendable {
    let id: String
    let view: JSON
    let desk: Desk
    /// Why what the visitor wanted was not done.
    let refusal: AWSError?

    /// The page; with the refusal of an action above it, if there was one.
    static func page(_ id: String, _ desk: Desk, refusal: AWSError?) async -> Page {
        do {
            let view = try await desk.call("slipway", "DescribeDeployment", ["deploymentId": .string(id)])
            return await DeploymentPage(id: id, view: view, desk: desk, refusal: refusal).page()
        } catch {
            return .failure(Router.status(error), "\(error)", desk)
        }
    }

    private var isUnderWay: Bool { view["completeTime"] == nil }

    private func page() async -> Page {
        let charts = await self.charts()
        let why =
            isUnderWay && view["error"] == nil
            ? HTML.none : await Parts.attempt { () throws(AWSError) in try await self.why() }
        var page = Page(
            "\(view.text("status")) \(id)", place: "deployments", status: refusal.map(Router.status) ?? 200,
            refresh: isUnderWay ? 1 : nil, desk: desk
        ) {
            heading
            if let refusal {
                tag("p", .class("banner bad"), Attribute("role", "alert")) {
                    refusal.message + " "
                    Parts.link("Look again", .page("deployments", id))
                }
            }
            verdict
            traffic
            Action.buttons(id, view, desk)
            tag("div", .class("columns")) {
                Parts.section("Steps", .class("steps")) { StepTimeline(view: view, now: desk.now).html }
                charts
            }
            why
            history
            facts
        }
        page.isStill = refusal != nil
        return page
    }

    private var heading: HTML {
        let target = view["functionName"]?.string ?? view.text("applicationName")
        return tag("h1") {
            Parts.link(target, view["functionName"] == nil ? .page("deployments") : .page("functions", target))
            if let alias = view["alias"]?.string { tag("span", .class("dim"), text: ":\(alias)") }
            " "
            Parts.badge(view.isTrue("isPaused") ? "paused" : view.text("status"))
        }
    }

    /// Read out when it changes: it says everything in a sentence.
    private var verdict: HTML {
        let mood = view["error"] != nil ? Mood.bad : Mood(status: view.text("status"))
        return tag(
            "p", .class("verdict \(mood.rawValue)"), .id("verdict"), Attribute("aria-live", "polite"),
            text: view.text("verdict"))
    }

    private var traffic: HTML {
        guard let share = view["weights"]?["new"]?.double, let old = view["oldVersion"]?.string else { return .none }
        return TrafficBar(old: "version \(old)", new: "version \(view.text("newVersion"))", share: share).html
    }

    private var history: HTML {
        tag("details", .id("history")) {
            tag("summary", text: "Everything that happened (\(view.list("history").count))")
            tag("ol", .class("log")) {
                for entry in view.list("history") {
                    tag("li") {
                        if let time = entry.moment("time") { Moments.clock(time) }
                        " \(entry.text("text"))"
                    }
                }
            }
        }
    }

    private var facts: HTML {
        let stack = view["externalId"]?.string.flatMap(StackName.init(arn:))
        return tag("section") {
            Parts.facts([
                ("Deployment", .text(id)), ("Configuration", .text(view.text("deploymentConfigName"))),
                ("Application", .text(view.text("applicationName"))),
                ("Group", .text(view.text("deploymentGroupName"))),
                ("Stack", stack.map { Parts.link($0.name, .page("stacks", $0.name)) }),
                ("Created", view.moment("createTime").map { Moments.ago($0, now: desk.now) }),
                ("By", .text(view.text("creator"))), ("Description", view["description"]?.string.map(HTML.text)),
            ])
            Parts.command("slipway watch \(id)")
            Parts.command("aws deploy get-deployment --deployment-id \(id)")
        }
    }
}

/// The name in a stack's ARN.
struct StackName: Sendable, Hashable {
    let name: String

    /// Nil when it is none: `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID`.
    init?(arn: String) {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[2] == "cloudformation" else { return nil }
        let path = parts[5].split(separator: "/")
        guard path.count >= 2, path[0] == "stack" else { return nil }
        name = String(path[1])
    }
}
