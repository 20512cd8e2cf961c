import Notation

/// The payloads of GitLab, told apart by `object_kind`.
///
/// Source: GitLab Docs, "Webhook events".
struct GitLabShape {
    private let json: JSON

    init(_ json: JSON) { self.json = json }

    func events() throws -> [GitEvent] {
        switch json["object_kind"]?.string {
        case "push", "tag_push": return [try push()]
        case "merge_request": return try mergeRequest().map { [$0] } ?? []
        case "release": return try release().map { [$0] } ?? []
        default: return []
        }
    }

    private func repository() throws -> GitEvent.Repository {
        let project = json["project"]
        return .init(
            fullName: try project.text("path_with_namespace", of: "project"),
            cloneURL: project?["git_http_url"]?.string ?? "", page: project?["web_url"]?.string ?? "")
    }

    private func push() throws -> GitEvent {
        let actor = GitEvent.Actor(
            id: json["user_id"]?.wording ?? "", name: json["user_username"]?.string ?? json["user_name"]?.string ?? "")
        var event = GitEvent(
            host: .gitLab, kind: .push, repository: try repository(), actor: actor, ref: try json.text("ref"),
            commitID: json["after"].commitID)
        event.previousCommitID = json["before"].commitID
        let commits = json["commits"]?.array ?? []
        let head = commits.first { $0["id"]?.string == event.commitID } ?? commits.last
        event.commitMessage = head?["message"]?.string ?? ""
        event.author = head?["author"].person ?? ""
        event.changedFiles = commits.changedFiles
        event.knowsAllFiles = (json["total_commits_count"]?.int ?? .max) <= commits.count && !event.isDeletion
        return event
    }

    private func mergeRequest() throws -> GitEvent? {
        let attributes = json["object_attributes"]
        guard let attributes, let change = change(attributes) else { return nil }
        let last = attributes["last_commit"]
        let request = GitEvent.PullRequest(
            number: attributes["iid"]?.int ?? 0, title: attributes["title"]?.string ?? "",
            page: attributes["url"]?.string ?? "",
            headBranch: try attributes.text("source_branch", of: "object_attributes"),
            headCommitID: last?["id"].commitID ?? "",
            headRepository: attributes["source"]?["path_with_namespace"]?.string ?? "",
            baseBranch: try attributes.text("target_branch", of: "object_attributes"), baseCommitID: "",
            mergeCommitID: change == .merged ? attributes["merge_commit_sha"].commitID : "",
            isDraft: attributes["draft"]?.bool ?? attributes["work_in_progress"]?.bool ?? false,
            labels: (json["labels"]?.array ?? []).compactMap { $0["title"]?.string })
        let user = json["user"]
        let actor = GitEvent.Actor(id: user?["id"]?.wording ?? "", name: user?["username"]?.string ?? "")
        var event = GitEvent(
            host: .gitLab, kind: .pullRequest(change), repository: try repository(), actor: actor,
            ref: "refs/heads/" + request.headBranch, commitID: request.headCommitID)
        event.previousCommitID = change == .updated ? attributes["oldrev"].commitID : ""
        event.commitMessage = last?["message"]?.string ?? ""
        event.author = last?["author"].person ?? ""
        event.pullRequest = request
        return event
    }

    /// An update without `oldrev` changed the request's words, not its commits.
    private func change(_ attributes: JSON) -> GitEvent.PullRequest.Change? {
        switch attributes["action"]?.string {
        case "open": .opened
        case "reopen": .reopened
        case "merge": .merged
        case "close": .closed
        case "update" where !attributes["oldrev"].commitID.isEmpty: .updated
        default: nil
        }
    }

    private func release() throws -> GitEvent? {
        guard json["action"]?.string == "create" else { return nil }
        let tag = try json.text("tag")
        let author = json["commit"]?["author"]
        var event = GitEvent(
            host: .gitLab, kind: .release, repository: try repository(),
            actor: .init(id: "", name: author?["name"]?.string ?? ""), ref: "refs/tags/" + tag,
            commitID: json["commit"]?["id"].commitID ?? "")
        event.commitMessage = json["commit"]?["message"]?.string ?? ""
        event.author = author.person
        event.release = .init(tag: tag, name: json["name"]?.string ?? tag, isPrerelease: false)
        return event
    }
}
