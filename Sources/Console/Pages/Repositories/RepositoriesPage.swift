internal import Cloud
internal import Notation

/// All repositories.
enum RepositoriesPage {
    /// The most that are shown with their details.
    static let limit = 100

    static func page(_ desk: Desk) async throws(AWSError) -> Page {
        let names = try await desk.all(
            "codecommit", "ListRepositories", list: "repositories", token: ("nextToken", "nextToken"))
        let asked = names.prefix(limit).map { $0["repositoryName"] ?? "" }
        let found =
            asked.isEmpty
            ? []
            : try await desk.call("codecommit", "BatchGetRepositories", ["repositoryNames": .array(asked)])
                .list("repositories")
        return Page("Repositories", place: "repositories", desk: desk) {
            tag("h1", text: "Repositories")
            Parts.table(
                ["Repository", "Changed", "Clone", "Description"], empty: "There is no repository in this region yet.",
                rows: found.sorted { $0.text("repositoryName") < $1.text("repositoryName") }.map { one in
                    let name = one.text("repositoryName")
                    return [
                        Parts.link(name, .page("repositories", name)),
                        Moments.ago(one.moment("lastModifiedDate"), now: desk.now),
                        tag("code", .class("long"), text: one.text("cloneUrlHttp")),
                        .text(one.text("repositoryDescription")),
                    ]
                })
            Parts.command("slipway repo create NAME")
        }
    }
}
