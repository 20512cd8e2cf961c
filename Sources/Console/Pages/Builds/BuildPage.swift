internal import Cloud
internal import Notation

/// One build: its phases with their durations, its log, its reports and artifacts.
struct BuildPage: Sendable {
    let id: String
    let build: JSON
    let desk: Desk
    let query: FormFields
    let refusal: AWSError?

    /// The page; with the refusal of an action above it, if there was one.
    static func page(_ id: String, _ desk: Desk, _ query: FormFields, refusal: AWSError?) async -> Page {
        do {
            let found = try await desk.call("codebuild", "BatchGetBuilds", ["ids": [.string(id)]]).list("builds").first
            guard let build = found else { return .failure(404, "There is no build '\(id)'.", desk) }
            return await BuildPage(id: id, build: build, desk: desk, query: query, refusal: refusal).page()
        } catch {
            return .failure(Router.status(error), "\(error)", desk)
        }
    }

    private var isUnderWay: Bool { !build.isTrue("buildComplete") }
    private var status: String { build.text("buildStatus") }

    private func page() async -> Page {
        let search = query["q"] ?? ""
        let log = await Parts.attempt { () throws(AWSError) in
            try await BuildLog(build: build, search: search, desk: desk).html()
        }
        let reports = await Parts.attempt { () throws(AWSError) in
            try await BuildReports(build: build, desk: desk).html()
        }
        let actions = BuildAction.allCases.filter { $0.isPossible(build) }
        var page = Page(
            "\(status) \(id)", place: "builds", status: refusal.map(Router.status) ?? 200,
            refresh: isUnderWay ? 1 : nil,
            desk: desk
        ) {
            tag("h1") {
                BuildsPage.name(id)
                " "
                Parts.badge(status)
            }
            if let refusal { Parts.alert(refusal, .page("builds", id)) }
            failure
            tag("div", .class("actions")) { for action in actions { action.html(id, desk) } }
            Parts.section("Phases") { phases }
            Parts.section("Log") {
                searching(search)
                log
            }
            if !build.list("reportArns").isEmpty { Parts.section("Test reports") { reports } }
            Parts.section("Artifacts") { artifacts }
            Parts.section("Environment") { environment }
            facts
        }
        page.isStill = refusal != nil
        return page
    }

    /// The first phase that did not succeed, in its own words.
    private var failure: HTML {
        guard !isUnderWay, status != "SUCCEEDED" else { return .none }
        for phase in build.list("phases") {
            guard let context = phase.list("contexts").first(where: { !$0.text("message").isEmpty }),
                phase.text("phaseStatus") != "SUCCEEDED"
            else { continue }
            return tag(
                "p", .class("verdict bad"), text: "\(Parts.words(phase.text("phaseType"))): \(context.text("message"))")
        }
        return .none
    }

    /// How long a phase took, or has been under way.
    private func took(_ phase: JSON) -> String? {
        if let start = phase.moment("startTime"), let end = phase.moment("endTime") {
            return Moments.span(max(.zero, end - start))
        }
        if let seconds = phase["durationInSeconds"]?.double { return Moments.span(.milliseconds(Int(seconds * 1000))) }
        return phase.moment("startTime").map { Moments.span(max(.zero, desk.now - $0)) }
    }

    private var phases: HTML {
        Parts.table(
            ["Phase", "Status", "Took", "Message"], empty: "It has not begun.",
            rows: build.list("phases").map { phase in
                // The last phase is the moment of the end: it takes no time, and it ended as the build did.
                let isLast = phase.text("phaseType") == "COMPLETED"
                let took = isLast ? nil : took(phase)
                let status = phase["phaseStatus"]?.string ?? (isLast ? self.status : "IN_PROGRESS")
                let message = phase.list("contexts").map { $0.text("message") }.filter { !$0.isEmpty }
                return [
                    .text(Parts.words(phase.text("phaseType"))), Parts.badge(status), .text(took ?? "-"),
                    tag("span", .class("long"), text: message.joined(separator: " ")),
                ]
            })
    }

    private func searching(_ search: String) -> HTML {
        tag("form", .class("search"), Attribute("method", "get"), .action(.page("builds", id))) {
            tag(
                "input", .id("search"), Attribute("name", "q"), Attribute("type", "search"), Attribute("value", search),
                Attribute("placeholder", "Only lines with this text"),
                Attribute("aria-label", "Only lines with this text"))
            tag("button", .class("quiet"), text: "Search")
            if !search.isEmpty { Parts.link("All lines", .page("builds", id)) }
        }
    }

    private var artifacts: HTML {
        let all = [build["artifacts"]].compactMap(\.self) + build.list("secondaryArtifacts")
        return Parts.table(
            ["Artifact", "Where", "SHA-256"], empty: "It has none.",
            rows: all.filter { !$0.text("location").isEmpty }.map { artifact in
                let place = artifact.text("location")
                return [
                    .text(artifact["artifactIdentifier"]?.string ?? "primary"),
                    tag("span", .class("long"), text: place),
                    tag("code", text: String(artifact.text("sha256sum").prefix(16))),
                ]
            })
    }

    /// Names with values as they are; of what comes from a store only where it comes from.
    private var environment: HTML {
        let variables = build["environment"]?.list("environmentVariables") ?? []
        return .several([
            Parts.facts([
                ("Image", build["environment"]?["image"]?.string.map(HTML.text)),
                ("Compute", build["environment"]?["computeType"]?.string.map(HTML.text)),
            ]),
            Parts.table(
                ["Variable", "Value"], empty: "It sets no variables.",
                rows: variables.map { variable in
                    let type = variable["type"]?.string ?? "PLAINTEXT"
                    let value =
                        type == "PLAINTEXT"
                        ? variable.text("value") : "from \(Parts.words(type).lowercased()): \(variable.text("value"))"
                    return [.text(variable.text("name")), tag("span", .class("long"), text: value)]
                }),
            exported,
        ])
    }

    private var exported: HTML {
        let variables = build.list("exportedEnvironmentVariables")
        guard !variables.isEmpty else { return .none }
        return Parts.table(
            ["Exported", "Value"], empty: "", rows: variables.map { [.text($0.text("name")), .text($0.text("value"))] })
    }

    private var facts: HTML {
        let initiator = build.text("initiator")
        let pipeline = initiator.hasPrefix("codepipeline/") ? String(initiator.dropFirst(13)) : nil
        return tag("section") {
            Parts.facts([
                ("Project", .text(build.text("projectName"))),
                ("Number", build["buildNumber"]?.int.map { .text("\($0)") }),
                ("By", pipeline.map { Parts.link($0, .page("pipelines", $0)) } ?? .text(initiator)),
                ("Source", .text(build["source"]?.text("type") ?? "")),
                ("Version", build["resolvedSourceVersion"]?.string.map { tag("code", text: $0) }),
                ("Started", build.moment("startTime").map { Moments.ago($0, now: desk.now) }),
                ("Ended", build.moment("endTime").map { Moments.ago($0, now: desk.now) }),
            ])
            Parts.command("slipway build watch \(id)")
            Parts.command("slipway build logs \(id)")
        }
    }
}
