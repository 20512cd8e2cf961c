internal import Cloud
internal import Notation

/// What failed lately, of whatever kind, the newest first: deployments, builds, executions of pipelines, stacks.
struct Failures: Sendable {
    /// How long something counts as lately.
    static let span = Duration.seconds(7 * 86_400)
    /// The most that are shown.
    static let limit = 10

    /// Something that failed, with the page that says more.
    private struct Failure: Sendable {
        let kind: String
        let name: String
        let place: Address
        let status: String
        let time: Timestamp?
        var why = ""
    }

    let desk: Desk
    /// What is known already because the page shows it too.
    let pipelines: [JSON]
    let stacks: [JSON]

    /// The list, and in front of it what could not be looked at.
    func html() async -> HTML {
        let deployments = await Outcome { () throws(AWSError) in try await failedDeployments() }
        let builds = await Outcome { () throws(AWSError) in try await failedBuilds() }
        let all = (deployments.value ?? []) + (builds.value ?? []) + failedExecutions() + failedStacks()
        let recent = all.filter { failure in failure.time.map { desk.now - $0 <= Self.span } ?? true }
        var shown = Array(recent.sorted { ($0.time ?? desk.now) > ($1.time ?? desk.now) }.prefix(Self.limit))
        for index in shown.indices { shown[index].why = await why(shown[index]) }
        let refusals = [deployments.refusal, builds.refusal].compactMap { $0 }.map(Parts.refusal)
        return .several(
            refusals + [
                Parts.table(
                    ["Kind", "What", "Status", "Cause", "When"], empty: "Nothing has failed in the last 7 days.",
                    rows: shown.map(row))
            ])
    }

    private func row(_ failure: Failure) -> [HTML] {
        [
            .text(failure.kind), Parts.link(failure.name, failure.place), Parts.badge(failure.status),
            tag("span", .class("long"), text: failure.why), Moments.ago(failure.time, now: desk.now),
        ]
    }

    // MARK: What failed

    private func failedDeployments() async throws(AWSError) -> [Failure] {
        try await DeploymentsPage.infos(desk, limit: Self.limit, status: ["Failed", "Stopped"]).map { info in
            let id = info.text("deploymentId")
            return Failure(
                kind: "Deployment", name: id, place: .page("deployments", id), status: info.text("status"),
                time: info.moment("completeTime") ?? info.moment("createTime"),
                why: info["errorInformation"]?["message"]?.string ?? "")
        }
    }

    private func failedBuilds() async throws(AWSError) -> [Failure] {
        let ids = try await desk.call("codebuild", "ListBuilds", ["sortOrder": "DESCENDING"]).list("ids")
        let builds = try await BuildsPage.builds(Array(ids.prefix(BuildsPage.limit)), desk)
        let failed = builds.filter { ["FAILED", "FAULT", "TIMED_OUT"].contains($0.text("buildStatus")) }
        return failed.map { build in
            let id = build.text("id")
            let contexts = build.list("phases").flatMap { $0.list("contexts") }
            return Failure(
                kind: "Build", name: BuildsPage.name(id), place: .page("builds", id), status: build.text("buildStatus"),
                time: build.moment("endTime"),
                why: contexts.map { $0.text("message") }.first { !$0.isEmpty } ?? "")
        }
    }

    private func failedExecutions() -> [Failure] {
        pipelines.flatMap { pipeline in
            pipeline.list("executions").filter { $0.text("status") == "Failed" }.map { execution in
                let (name, id) = (pipeline.text("name"), execution.text("executionId"))
                return Failure(
                    kind: "Pipeline", name: "\(name) / \(StageGraph.short(id))", place: .page("pipelines", name, id),
                    status: "Failed", time: execution.moment("updated"))
            }
        }
    }

    private func failedStacks() -> [Failure] {
        stacks.filter { Mood(status: $0.text("StackStatus")) == .bad }.map { stack in
            let name = stack.text("StackName")
            return Failure(
                kind: "Stack", name: name, place: .page("stacks", name), status: stack.text("StackStatus"),
                time: stack.moment("LastUpdatedTime") ?? stack.moment("CreationTime"),
                why: stack.text("StackStatusReason"))
        }
    }

    // MARK: Why

    /// The cause, asked for only of what is shown.
    private func why(_ failure: Failure) async -> String {
        switch failure.kind {
        case "Deployment":
            let view = await Outcome { () throws(AWSError) in
                try await desk.call("slipway", "DescribeDeployment", ["deploymentId": .string(failure.name)])
            }.value
            if let cause = view?["cause"]?.string { return cause }
            return failure.why.isEmpty ? view?.text("verdict") ?? "" : failure.why
        case "Pipeline": return await cause(ofExecution: failure)
        case "Stack" where failure.why.isEmpty: return await cause(ofStack: failure.name)
        default: return failure.why
        }
    }

    /// What failed first, as `slipway why STACK` tells it.
    private func cause(ofStack name: String) async -> String {
        let answer = await Outcome { () throws(AWSError) in
            try await desk.call("slipway-cloudformation", "WhyStack", ["stackName": .string(name)])
        }
        return answer.value?.text("cause") ?? ""
    }

    private func cause(ofExecution failure: Failure) async -> String {
        for pipeline in pipelines {
            for execution in pipeline.list("executions") {
                let (name, id) = (pipeline.text("name"), execution.text("executionId"))
                guard failure.place == .page("pipelines", name, id) else { continue }
                let view = await Outcome { () throws(AWSError) in
                    try await desk.call(
                        "slipway-codepipeline", "ViewExecution",
                        ["pipelineName": .string(name), "executionId": .string(id)])
                }.value
                return ExecutionPage.cause(view ?? execution)
            }
        }
        return ""
    }
}
