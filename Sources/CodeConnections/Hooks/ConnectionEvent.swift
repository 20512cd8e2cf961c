import Cloud
import GitHooks
import Ledger
import Notation

/// What a connection's host told, as it stands in the one log: CodePipeline's triggers read it there.
enum ConnectionEvent {
    /// The log's form of an event.
    ///
    /// - Parameter id: The same for every repeat of a delivery, so that it is in the log once.
    static func make(_ event: GitEvent, of connection: Connection, id: String, now: Timestamp) -> LedgerEvent {
        var detail: JSON = [
            "connectionArn": .string(connection.arn), "fullRepositoryId": .string(event.repository.fullName),
            "providerType": .string(connection.provider), "ref": .string(event.ref),
            "refType": .string(event.tag == nil ? "branch" : "tag"), "commitId": .string(event.commitID),
            "previousCommitId": .string(event.previousCommitID),
            "changedFiles": .array(event.changedFiles.map(JSON.string)),
            "changedFilesComplete": .bool(event.knowsAllFiles), "commitMessage": .string(event.commitMessage),
            "author": .string(event.author), "event": .string(event.codeBuildName),
            "actor": ["id": .string(event.actor.id), "name": .string(event.actor.name)],
            "isDeleted": .bool(event.isDeletion), "isForced": .bool(event.isForced),
        ]
        if let branch = event.branch { detail["branch"] = .string(branch) }
        if let tag = event.tag { detail["tag"] = .string(tag) }
        if let request = event.pullRequest { detail["pullRequest"] = pullRequest(request, event) }
        if let release = event.release {
            detail["release"] = [
                "tag": .string(release.tag), "name": .string(release.name), "isPrerelease": .bool(release.isPrerelease),
            ]
        }
        return LedgerEvent(
            id: id, time: now, source: "slipway.codeconnections", detailType: type(event.kind),
            account: connection.account, region: connection.region, resources: [connection.arn], detail: detail)
    }

    private static func type(_ kind: GitEvent.Kind) -> String {
        switch kind {
        case .push: "Repository Push"
        case .pullRequest: "Repository Pull Request"
        case .release: "Repository Release"
        }
    }

    private static func pullRequest(_ request: GitEvent.PullRequest, _ event: GitEvent) -> JSON {
        var change = ""
        if case .pullRequest(let kind) = event.kind { change = kind.rawValue }
        return [
            "number": .int(request.number), "event": .string(change), "title": .string(request.title),
            "url": .string(request.page), "sourceBranch": .string(request.headBranch),
            "sourceCommit": .string(request.headCommitID), "sourceRepository": .string(request.headRepository),
            "destinationBranch": .string(request.baseBranch), "destinationCommit": .string(request.baseCommitID),
            "mergeCommit": .string(request.mergeCommitID), "isDraft": .bool(request.isDraft),
            "labels": .array(request.labels.map(JSON.string)),
        ]
    }
}
