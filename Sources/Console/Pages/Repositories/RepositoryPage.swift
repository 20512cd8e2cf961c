internal import Cloud
internal import Notation

/// One repository: how to clone it, its branches, and the newest commits of one of them.
struct RepositoryPage: Sendable {
    /// How many branches and commits are shown.
    static let limit = 30

    let name: String
    let repository: JSON
    let desk: Desk

    static func page(_ name: String, _ desk: Desk, _ query: FormFields) async throws(AWSError) -> Page {
        let answer = try await desk.call("codecommit", "GetRepository", ["repositoryName": .string(name)])
        let page = RepositoryPage(name: name, repository: answer["repositoryMetadata"] ?? [:], desk: desk)
        let names = try await desk.all(
            "codecommit", "ListBranches", ["repositoryName": .string(name)], list: "branches",
            token: ("nextToken", "nextToken"))
        let branches = names.compactMap(\.string).sorted()
        let wanted = query["branch"] ?? page.repository["defaultBranch"]?.string ?? branches.first
        let commits = await Parts.attempt { () throws(AWSError) in try await page.commits(wanted) }
        let pulls = await Parts.attempt { () throws(AWSError) in try await page.pullRequests() }
        return page.page(branches, wanted, commits, pulls)
    }

    private func page(_ branches: [String], _ shown: String?, _ commits: HTML, _ pulls: HTML) -> Page {
        Page(name, place: "repositories", desk: desk) {
            tag("h1", text: name)
            if let text = repository["repositoryDescription"]?.string { tag("p", .class("dim"), text: text) }
            Parts.command("git clone \(repository.text("cloneUrlHttp"))")
            tag("p", .class("dim"), text: "Git signs in with the keys of the shell: eval \"$(slipway env)\"")
            Parts.section("Branches") {
                if branches.isEmpty { tag("p", .class("dim"), text: "Nothing was pushed yet.") }
                tag("p", .class("choices")) {
                    for branch in branches.prefix(Self.limit) { choice(branch, shown) }
                    if branches.count > Self.limit { " and \(branches.count - Self.limit) more" }
                }
            }
            if let shown { Parts.section("Commits on \(shown)") { commits } }
            Parts.section("Open pull requests") { pulls }
            Parts.section("Details") {
                Parts.facts([
                    ("Default branch", repository["defaultBranch"]?.string.map(HTML.text)),
                    ("Changed", repository.moment("lastModifiedDate").map { Moments.ago($0, now: desk.now) }),
                    ("Created", repository.moment("creationDate").map { Moments.ago($0, now: desk.now) }),
                    ("ARN", .text(repository.text("Arn"))),
                ])
            }
        }
    }

    private func choice(_ branch: String, _ shown: String?) -> HTML {
        var attributes = [Attribute.to(Address.page("repositories", name).asking(("branch", branch)))]
        if branch == shown { attributes.append(Attribute("aria-current", "true")) }
        return .element("a", attributes, [.text(branch)])
    }

    private func commits(_ branch: String?) async throws(AWSError) -> HTML {
        guard let branch else { return .none }
        let answer = try await desk.call(
            "slipway-codecommit", "ListCommits",
            ["repositoryName": .string(name), "specifier": .string(branch), "maxResults": .int(Self.limit)])
        return Parts.table(
            ["Commit", "Message", "Author", "When"], empty: "The branch has no commits.",
            rows: answer.list("commits").prefix(Self.limit).map { commit in
                let title = commit.text("message").split(separator: "\n").first.map(String.init) ?? ""
                return [
                    tag("code", text: String(commit.text("commitId").prefix(10))),
                    tag("span", .class("long"), text: title),
                    .text(commit.text("author")),
                    Moments.ago(commit.moment("committerDate") ?? commit.moment("authorDate"), now: desk.now),
                ]
            })
    }

    private func pullRequests() async throws(AWSError) -> HTML {
        let input: JSON = ["repositoryName": .string(name), "pullRequestStatus": "OPEN"]
        let ids = try await desk.call("codecommit", "ListPullRequests", input).list("pullRequestIds")
        var rows: [[HTML]] = []
        for id in ids.prefix(Self.limit) {
            let one = try await desk.call("codecommit", "GetPullRequest", ["pullRequestId": id])["pullRequest"] ?? [:]
            let target = one.list("pullRequestTargets").first ?? [:]
            let branches =
                "\(Self.branch(target.text("sourceReference"))) \u{2192} \(Self.branch(target.text("destinationReference")))"
            rows.append([
                .text(id.string ?? ""), tag("span", .class("long"), text: one.text("title")), .text(branches),
                .text(StageGraph.lastPart(one.text("authorArn"))),
                Moments.ago(one.moment("lastActivityDate"), now: desk.now),
            ])
        }
        return Parts.table(["Number", "Title", "Branches", "By", "Activity"], empty: "There is none.", rows: rows)
    }

    private static func branch(_ reference: String) -> String {
        reference.hasPrefix("refs/heads/") ? String(reference.dropFirst(11)) : reference
    }
}
