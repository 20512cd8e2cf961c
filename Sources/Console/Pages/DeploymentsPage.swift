internal import Cloud
internal import Notation

/// All deployments, the newest first.
enum DeploymentsPage {
    /// The most that are shown; the rest is a matter for `aws deploy list-deployments`.
    static let limit = 50

    static func page(_ desk: Desk) async throws(AWSError) -> Page {
        let infos = try await infos(desk, limit: limit)
        let isBusy = infos.contains { Mood(status: $0.text("status")) == .busy }
        return Page("Deployments", place: "deployments", refresh: isBusy ? 2 : nil, desk: desk) {
            tag("h1", text: "Deployments")
            table(infos, desk)
            Parts.command("aws deploy list-deployments")
        }
    }

    /// The newest deployments as BatchGetDeployments tells them.
    static func infos(_ desk: Desk, limit: Int, status: [String]? = nil) async throws(AWSError) -> [JSON] {
        var input: JSON = [:]
        if let status { input["includeOnlyStatuses"] = .array(status.map(JSON.string)) }
        let ids = try await desk.all(
            "codedeploy", "ListDeployments", input, list: "deployments", token: ("nextToken", "nextToken"), pages: 1)
        var infos: [JSON] = []
        // BatchGetDeployments takes 25 at most (CodeDeploy API Reference).
        var rest = ids.prefix(limit)[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(25))
            rest = rest.dropFirst(25)
            infos += try await desk.call("codedeploy", "BatchGetDeployments", ["deploymentIds": .array(some)])
                .list("deploymentsInfo")
        }
        return infos.sorted { ($0["createTime"]?.double ?? 0) > ($1["createTime"]?.double ?? 0) }
    }

    static func table(_ infos: [JSON], _ desk: Desk) -> HTML {
        Parts.table(
            ["Deployment", "Status", "Of", "Created", "Took", "By"],
            empty: "There is no deployment in this region yet.",
            rows: infos.map { info in
                let id = info.text("deploymentId")
                let created = info.moment("createTime")
                let took = created.flatMap { begin in info.moment("completeTime").map { Moments.span($0 - begin) } }
                return [
                    Parts.link(id, .page("deployments", id)), Parts.badge(info.text("status")),
                    .text(subject(info)), Moments.ago(created, now: desk.now), .text(took ?? "-"),
                    .text(info.text("creator")),
                ]
            })
    }

    /// The function and versions it is about, read from the revision; the group's name where that cannot be read.
    private static func subject(_ info: JSON) -> String {
        let group = "\(info.text("applicationName")) / \(info.text("deploymentGroupName"))"
        guard let text = info["revision"]?["appSpecContent"]?["content"]?.string, let spec = try? JSON(parsing: text),
            let resource = spec["Resources"]?[0]?.object?.values.first, let target = resource["Properties"],
            let name = target["Name"]?.string
        else { return group }
        return
            "\(name):\(target.text("Alias")) \(target.text("CurrentVersion")) \u{2192} \(target.text("TargetVersion"))"
    }
}
