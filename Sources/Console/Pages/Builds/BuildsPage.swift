internal import Cloud
internal import Notation

/// The latest builds, the newest first.
enum BuildsPage {
    /// The most that are shown.
    static let limit = 50

    static func page(_ desk: Desk) async throws(AWSError) -> Page {
        let ids = try await desk.call("codebuild", "ListBuilds", ["sortOrder": "DESCENDING"]).list("ids")
        let builds = try await builds(Array(ids.prefix(limit)), desk)
        let isBusy = builds.contains { !$0.isTrue("buildComplete") }
        return Page("Builds", place: "builds", refresh: isBusy ? 2 : nil, desk: desk) {
            tag("h1", text: "Builds")
            table(builds, desk)
            Parts.command("slipway build list")
        }
    }

    /// Builds by their ids, the newest first.
    static func builds(_ ids: [JSON], _ desk: Desk) async throws(AWSError) -> [JSON] {
        guard !ids.isEmpty else { return [] }
        let found = try await desk.call("codebuild", "BatchGetBuilds", ["ids": .array(ids)]).list("builds")
        return found.sorted { ($0["startTime"]?.double ?? 0) > ($1["startTime"]?.double ?? 0) }
    }

    static func table(_ builds: [JSON], _ desk: Desk) -> HTML {
        Parts.table(
            ["Build", "Status", "Phase", "Source", "Started", "Took", "By"],
            empty: "There is no build in this region yet.",
            rows: builds.map { build in
                let id = build.text("id")
                let start = build.moment("startTime")
                let took = start.map { Moments.span(max(.zero, (build.moment("endTime") ?? desk.now) - $0)) }
                let source = build["resolvedSourceVersion"]?.string ?? build.text("sourceVersion")
                return [
                    Parts.link(name(id), .page("builds", id)), Parts.badge(build.text("buildStatus")),
                    .text(Parts.words(build.text("currentPhase"))), tag("code", text: String(source.prefix(12))),
                    Moments.ago(start, now: desk.now), .text(took ?? "-"), .text(build.text("initiator")),
                ]
            })
    }

    /// A build's project with its number or the beginning of its id: `orders #12`.
    static func name(_ id: String) -> String {
        let parts = id.split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? "\(parts[0]) \(parts[1].prefix(8))" : id
    }
}
