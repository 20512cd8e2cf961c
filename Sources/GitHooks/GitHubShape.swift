import Notation

/// The payloads of GitHub, and of Gitea, which are made after them.
///
/// Sources: GitHub Docs, "Webhook events and payloads"; Gitea Docs, "Webhooks".
struct GitHubShape {
    private let json: JSON
    private let host: GitEvent.Host

    init(_ json: JSON, _ host: GitEvent.Host) {
        self.json = json
        self.host = host
    }

    func events(_ name: String) throws -> [GitEvent] {
        switch name {
        case "push": return [try push()]
        case "pull_request", "pull_request_sync": return try pullRequest().map { [$0] } ?? []
        case "release": return try release().map { [$0] } ?? []
        default: return []
        }
    }

    private func repository() throws -> GitEvent.Repository {
        let repository = json["repository"]
        return .init(
            fullName: try repository.text("full_name", of: "repository"),
            cloneURL: repository?["clone_url"]?.string ?? "", page: repository?["html_url"]?.string ?? "")
    }

    private var actor: GitEvent.Actor {
        let sender = json["sender"] ?? json["pusher"]
        return .init(
            id: sender?["id"]?.wording ?? "", name: sender?["login"]?.string ?? sender?["name"]?.string ?? "")
    }

    private func push() throws -> GitEvent {
        var event = GitEvent(
            host: host, kind: .push, repository: try repository(), actor: actor, ref: try json.text("ref"),
            commitID: json["after"].commitID)
        event.previousCommitID = json["before"].commitID
        event.isForced = json["forced"]?.bool ?? false
        let commits = json["commits"]?.array ?? []
        let head = json["head_commit"].flatMap { $0.isNull ? JSON?.none : $0 } ?? commits.last
        event.commitMessage = head?["message"]?.string ?? ""
        event.author = head?["author"].person ?? ""
        event.changedFiles = commits.changedFiles
        // GitHub names at most 2048 commits of a push; Gitea says how many there are and names the first.
        let total = json["total_commits"]?.int ?? (commits.count < 2048 ? commits.count : .max)
        event.knowsAllFiles = total <= commits.count && !event.isDeletion && !event.isForced
        return event
    }

    private func pullRequest() throws -> GitEvent? {
        guard let change = change() else { return nil }
        guard let pull = json["pull_request"], pull.object != nil else {
            throw Webhook.Unreadable(description: "The body has no 'pull_request'.")
        }
        let head = pull["head"]
        let base = pull["base"]
        let request = GitEvent.PullRequest(
            number: json["number"]?.int ?? pull["number"]?.int ?? 0, title: pull["title"]?.string ?? "",
            page: pull["html_url"]?.string ?? "", headBranch: try head.text("ref", of: "head"),
            headCommitID: head?["sha"].commitID ?? "", headRepository: head?["repo"]?["full_name"]?.string ?? "",
            baseBranch: try base.text("ref", of: "base"), baseCommitID: base?["sha"].commitID ?? "",
            mergeCommitID: change == .merged ? pull["merge_commit_sha"].commitID : "",
            isDraft: pull["draft"]?.bool ?? false,
            labels: (pull["labels"]?.array ?? []).compactMap { $0["name"]?.string })
        var event = GitEvent(
            host: host, kind: .pullRequest(change), repository: try repository(), actor: actor,
            ref: "refs/heads/" + request.headBranch, commitID: request.headCommitID)
        event.previousCommitID = change == .updated ? json["before"].commitID : ""
        event.pullRequest = request
        return event
    }

    private func change() -> GitEvent.PullRequest.Change? {
        switch json["action"]?.string {
        case "opened": .opened
        case "synchronize", "synchronized": .updated
        case "reopened": .reopened
        case "closed": json["pull_request"]?["merged"]?.bool == true ? .merged : .closed
        default: nil
        }
    }

    private func release() throws -> GitEvent? {
        guard ["released", "prereleased", host == .gitea ? "published" : ""].contains(json["action"]?.string ?? "-"),
            let release = json["release"], release["draft"]?.bool != true
        else { return nil }
        let tag = try release.text("tag_name", of: "release")
        var event = GitEvent(
            host: host, kind: .release, repository: try repository(), actor: actor, ref: "refs/tags/" + tag,
            commitID: release["target_commitish"].commitID)
        event.release = .init(
            tag: tag, name: release["name"]?.string ?? tag, isPrerelease: release["prerelease"]?.bool ?? false)
        return event
    }
}
