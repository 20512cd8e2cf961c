internal import Ledger
internal import Notation

extension Book {
    /// Takes the next event of the log. Those that say nothing of deliveries change nothing.
    mutating func read(_ event: LedgerEvent) {
        switch event.source {
        case "aws.cloudformation": readStack(event)
        case "slipway.codedeploy": readStep(event)
        case "aws.lambda": readAlias(event)
        case "aws.codepipeline", "slipway.codepipeline": readPipeline(event)
        case "aws.codecommit": readPush(event)
        case "slipway.codeconnections": readConnectedPush(event)
        case Self.source: readCommits(event)
        default: return
        }
        sweep(at: event.time)
    }

    /// Where the facts come from that the reader of the log itself writes into it.
    static let source = "slipway.dora"
    static let commitsType = "Commits Arrived"

    // MARK: Commits

    /// Source: CodeCommit User Guide, "Monitoring CodeCommit events": referenceCreated and referenceUpdated.
    private mutating func readPush(_ event: LedgerEvent) {
        let detail = event.detail
        let kind = detail["event"]?.string ?? ""
        guard kind == "referenceCreated" || kind == "referenceUpdated", detail["referenceType"] == "branch",
            let repository = detail["repositoryName"]?.string, let branch = detail["referenceName"]?.string,
            let head = detail["commitId"]?.string
        else { return }
        set(
            Push(
                repository: repository, branch: branch, head: head, old: detail["oldCommitId"]?.string,
                time: event.time, account: event.account, region: event.region), event.id)
    }

    /// A push that a connected host told of. It names its newest commit alone.
    private mutating func readConnectedPush(_ event: LedgerEvent) {
        let detail = event.detail
        guard event.detailType == "Repository Push", let head = detail["commitId"]?.string, !head.isEmpty,
            let repository = detail["fullRepositoryId"]?.string, let branch = detail["branch"]?.string
        else { return }
        let told = (detail["commits"]?.array ?? []).compactMap { one -> Commit? in
            guard let id = one["id"]?.string ?? one["commitId"]?.string else { return nil }
            return Commit(id: id, message: one["message"]?.string ?? "")
        }
        let only = Commit(id: head, message: detail["commitMessage"]?.string ?? "")
        var push = Push(
            repository: repository, branch: branch, head: head, old: detail["previousCommitId"]?.string,
            time: event.time, account: event.account, region: event.region)
        push.commits = told.isEmpty ? [only] : told
        push.isComplete = !told.isEmpty
        set(push, event.id)
    }

    /// The commits of a push, as the reader of the log looked them up and wrote them into it.
    private mutating func readCommits(_ event: LedgerEvent) {
        guard event.detailType == Self.commitsType, let id = event.detail["push"]?.string, var push = pushes[id]
        else { return }
        push.commits = (event.detail["commits"]?.array ?? []).compactMap { one in
            one["commitId"]?.string.map { Commit(id: $0, message: one["message"]?.string ?? "") }
        }
        push.isComplete = event.detail["isComplete"]?.bool ?? true
        set(push, id)
    }
}
