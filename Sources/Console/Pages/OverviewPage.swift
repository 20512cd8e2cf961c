internal import Cloud
internal import Notation

/// What is under way, what waits for somebody, and what went wrong lately.
enum OverviewPage {
    static func page(_ desk: Desk) async throws(AWSError) -> Page {
        let running = await Outcome { () throws(AWSError) in try await underWay(desk) }
        let stacks = await Outcome { () throws(AWSError) in try await StacksPage.stacks(desk) }
        let alarms = await Parts.attempt { () throws(AWSError) in try await firing(desk) }
        let pipelines = await Outcome { () throws(AWSError) in try await PipelinesPage.views(desk) }
        let waiting = await Approvals(desk: desk, pipelines: pipelines.value ?? []).html()
        let wrong = await Failures(desk: desk, pipelines: pipelines.value ?? [], stacks: stacks.value ?? []).html()
        let changing = stacks.value?.filter { Mood(status: $0.text("StackStatus")) == .busy } ?? []
        let released = pipelines.value?.filter(PipelinesPage.isBusy) ?? []
        let isBusy = running.value?.isEmpty == false || !changing.isEmpty || !released.isEmpty
        return Page("Overview", refresh: isBusy ? 1 : nil, desk: desk) {
            tag("h1", text: "Overview")
            Parts.section("Under way", .id("under-way")) {
                if let refusal = running.refusal { Parts.refusal(refusal) }
                if !isBusy, running.refusal == nil { tag("p", .class("dim"), text: "Nothing is being deployed.") }
                if !released.isEmpty { PipelinesPage.table(released, desk, showing: PipelinesPage.running) }
                for view in running.value ?? [] { card(view) }
                if !changing.isEmpty { StacksPage.table(changing, desk) }
            }
            waiting
            Parts.section("Went wrong lately", .id("went-wrong")) {
                alarms
                wrong
            }
            if let all = pipelines.value, !all.isEmpty {
                Parts.section("Pipelines") { PipelinesPage.table(Array(all.prefix(10)), desk) }
            }
            Parts.section("Stacks") {
                if let refusal = stacks.refusal { Parts.refusal(refusal) }
                if let all = stacks.value { StacksPage.table(Array(all.prefix(10)), desk) }
            }
        }
    }

    /// What is under way, described.
    private static func underWay(_ desk: Desk) async throws(AWSError) -> [JSON] {
        let active = ["Created", "Queued", "InProgress", "Ready"]
        var views: [JSON] = []
        for info in try await DeploymentsPage.infos(desk, limit: 10, status: active) {
            let name: JSON = ["deploymentId": info["deploymentId"] ?? ""]
            views.append(try await desk.call("slipway", "DescribeDeployment", name))
        }
        return views
    }

    private static func card(_ view: JSON) -> HTML {
        let id = view.text("deploymentId")
        return tag("article", .class("card")) {
            tag("h3") {
                Parts.link("\(view["functionName"]?.string ?? view.text("applicationName"))", .page("deployments", id))
                " "
                Parts.badge(view.isTrue("isPaused") ? "paused" : view.text("status"))
            }
            tag("p", text: view.text("verdict"))
            if let share = view["weights"]?["new"]?.double, let old = view["oldVersion"]?.string {
                TrafficBar(old: "version \(old)", new: "version \(view.text("newVersion"))", share: share).html
            }
        }
    }

    private static func firing(_ desk: Desk) async throws(AWSError) -> HTML {
        let answer = try await desk.call("cloudwatch", "DescribeAlarms", ["StateValue": "ALARM"])
        let alarms = answer.list("MetricAlarms") + answer.list("CompositeAlarms")
        return .several(
            alarms.prefix(10).map { alarm in
                tag("p", .class("banner bad")) {
                    Parts.link(alarm.text("AlarmName"), .page("alarms"))
                    " fires: \(alarm.text("StateReason"))"
                }
            })
    }
}

/// What a part of a page needs, or why it cannot be had.
struct Outcome<Value: Sendable>: Sendable {
    let value: Value?
    let refusal: AWSError?

    /// Tries it.
    init(_ body: () async throws(AWSError) -> Value) async {
        do { (value, refusal) = (try await body(), nil) } catch { (value, refusal) = (nil, error) }
    }
}
