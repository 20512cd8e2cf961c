internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Pull requests, read.
    var pullRequestReads: [Operation] {
        [
            Operation("GetPullRequest", enforces: "pullRequestId") { call in
                Reply(["pullRequest": try await shown(try await pullRequest(call))])
            },
            Operation(
                "ListPullRequests", enforces: "repositoryName authorArn pullRequestStatus nextToken maxResults"
            ) { call in
                let page = try Page(call)
                let repository = try await repository(call)
                let status = call.text("pullRequestStatus")
                let author = call.text("authorArn")
                let requests = try await ledger.find(Shelf.pullRequests, "repository", repository.id).map(\.value)
                    .filter { request in
                        (status == nil || (status == "OPEN") == request.isOpen)
                            && (author == nil || author == request.author)
                    }
                return Reply(page.cut(requests.reversed().map { .string($0.id) }, as: "pullRequestIds"))
            },
            Operation(
                "DescribePullRequestEvents",
                enforces: "pullRequestId pullRequestEventType actorArn nextToken maxResults"
            ) { call in
                let page = try Page(call)
                let request = try await pullRequest(call)
                let type = call.text("pullRequestEventType")
                let actor = call.text("actorArn")
                let events = try await ledger.list(PullRequestEvent.all, prefix: request.key + "/").map(\.value).filter
                { event in
                    (type == nil || type == event.type) && (actor == nil || actor == event.actor)
                }
                return Reply(page.cut(events.map { $0.shown(request.id) }, as: "pullRequestEvents"))
            },
        ]
    }

    /// The pull request that the input names.
    func pullRequest(_ call: Call) async throws -> PullRequest {
        let id = try pullRequestID(call)
        let key = PullRequest.key(id, call.caller.account, call.caller.region)
        guard let found = try await ledger.get(Shelf.pullRequests, key) else { throw Refusal.noPullRequest(id) }
        return found.value
    }
}
