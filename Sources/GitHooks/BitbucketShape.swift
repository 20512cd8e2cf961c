import Notation

/// The payloads of Bitbucket Cloud.
///
/// Source: Atlassian, "Event payloads".
struct BitbucketShape {
    private let json: JSON

    init(_ json: JSON) { self.json = json }

    func events(_ key: String) throws -> [GitEvent] {
        switch key {
        case "repo:push": try pushes()
        case "pullrequest:created": [try pullRequest(.opened)]
        case "pullrequest:updated": [try pullRequest(.updated)]
        case "pullrequest:fulfilled": [try pullRequest(.merged)]
        case "pullrequest:rejected": [try pullRequest(.closed)]
        default: []
        }
    }

    private func repository() throws -> GitEvent.Repository {
        let name = try json["repository"].text("full_name", of: "repository")
        return .init(
            fullName: name, cloneURL: "https://bitbucket.org/\(name).git",
            page: json["repository"]?["links"]?["html"]?["href"]?.string ?? "")
    }

    private var actor: GitEvent.Actor {
        let actor = json["actor"]
        return .init(
            id: actor?["account_id"]?.string ?? actor?["uuid"]?.string ?? "",
            name: actor?["nickname"]?.string ?? actor?["display_name"]?.string ?? "")
    }

    /// A push may move several refs: an event each. The host does not say which files changed.
    private func pushes() throws -> [GitEvent] {
        let repository = try repository()
        return try (json["push"]?["changes"]?.array ?? []).map { change in
            // A literal nil would be JSON's own null here, which is something.
            let new = change["new"].flatMap { $0.isNull ? JSON?.none : $0 }
            let old = change["old"].flatMap { $0.isNull ? JSON?.none : $0 }
            let place = new ?? old
            let name = try place.text("name", of: "changes")
            let isTag = place?["type"]?.string == "tag"
            var event = GitEvent(
                host: .bitbucket, kind: .push, repository: repository, actor: actor,
                ref: (isTag ? "refs/tags/" : "refs/heads/") + name, commitID: new?["target"]?["hash"].commitID ?? "")
            event.previousCommitID = old?["target"]?["hash"].commitID ?? ""
            event.commitMessage = new?["target"]?["message"]?.string ?? ""
            event.author = new?["target"]?["author"]?["raw"]?.string ?? ""
            event.isForced = change["forced"]?.bool ?? false
            return event
        }
    }

    private func pullRequest(_ change: GitEvent.PullRequest.Change) throws -> GitEvent {
        guard let pull = json["pullrequest"], pull.object != nil else {
            throw Webhook.Unreadable(description: "The body has no 'pullrequest'.")
        }
        let source = pull["source"]
        let destination = pull["destination"]
        let request = GitEvent.PullRequest(
            number: pull["id"]?.int ?? 0, title: pull["title"]?.string ?? "",
            page: pull["links"]?["html"]?["href"]?.string ?? "",
            headBranch: try source?["branch"].text("name", of: "source.branch") ?? "",
            headCommitID: source?["commit"]?["hash"].commitID ?? "",
            headRepository: source?["repository"]?["full_name"]?.string ?? "",
            baseBranch: try destination?["branch"].text("name", of: "destination.branch") ?? "",
            baseCommitID: destination?["commit"]?["hash"].commitID ?? "",
            mergeCommitID: change == .merged ? pull["merge_commit"]?["hash"].commitID ?? "" : "",
            isDraft: pull["draft"]?.bool ?? false, labels: [])
        var event = GitEvent(
            host: .bitbucket, kind: .pullRequest(change), repository: try repository(), actor: actor,
            ref: "refs/heads/" + request.headBranch, commitID: request.headCommitID)
        event.pullRequest = request
        return event
    }
}
