internal import Cloud
internal import Ledger
internal import Notation

/// A pull request: the wish to merge one branch into another, and what people made of it.
struct PullRequest: Codable, Sendable {
    /// Decimal, counting up in account and region.
    var id: String
    var account: String
    var region: String
    var title: String
    var description: String?
    var author: String
    var created: Timestamp
    var activity: Timestamp
    /// A closed one stays closed.
    var isOpen = true
    var repositoryID: String
    var repositoryName: String
    var source: RefName
    var destination: RefName
    var sourceCommit: ObjectID
    /// Where the destination stood when the request was made or merged.
    var destinationCommit: ObjectID
    var mergeBase: ObjectID?
    /// Changes with each push to the source and each change of the rules. Approvals are given to one.
    var revision: String
    var rules: [ApprovalRule] = []
    var approvals: [Approval] = []
    var overrides: [RuleOverride] = []
    var merge: Merge?
    /// The merge that is being carried out: noted before the destination moves, so that a crash in between is put
    /// right.
    var intent: Intent?
    var token: String?
    /// How many events it has.
    var eventCount = 0

    /// Who approved what.
    struct Approval: Codable, Sendable, Hashable {
        var revision: String
        var user: String
    }

    /// Who set the rules aside, and for what.
    struct RuleOverride: Codable, Sendable, Hashable {
        var revision: String
        var user: String
    }

    /// How it was merged.
    struct Merge: Codable, Sendable, Hashable {
        var user: String
        var commit: ObjectID
        var option: MergeOption
    }

    /// A merge about to happen.
    struct Intent: Codable, Sendable, Hashable {
        var merge: Merge
        var source: ObjectID
        var destination: ObjectID
        var base: ObjectID?
    }

    var key: String { Self.key(id, account, region) }

    /// Keys sort by number.
    static func key(_ id: String, _ account: String, _ region: String) -> String {
        "\(account)/\(region)/" + String(repeating: "0", count: max(0, 12 - id.utf8.count)) + id
    }

    /// As GetPullRequest answers it.
    ///
    /// - Parameter tip: Where the destination stands now, while the request is open.
    func shown(tip: ObjectID? = nil) -> JSON {
        var target: JSON = [
            "repositoryName": .string(repositoryName), "sourceReference": .string(source.full),
            "destinationReference": .string(destination.full), "sourceCommit": .string(sourceCommit.hex),
            "destinationCommit": .string((isOpen ? tip : nil)?.hex ?? destinationCommit.hex),
            "mergeMetadata": mergeMetadata,
        ]
        if let mergeBase { target["mergeBase"] = .string(mergeBase.hex) }
        var tree: JSON = [
            "pullRequestId": .string(id), "title": .string(title), "lastActivityDate": .double(activity.seconds),
            "creationDate": .double(created.seconds), "pullRequestStatus": isOpen ? "OPEN" : "CLOSED",
            "authorArn": .string(author), "pullRequestTargets": [target], "revisionId": .string(revision),
            "approvalRules": .array(rules.map(\.shown)),
        ]
        if let description { tree["description"] = .string(description) }
        if let token { tree["clientRequestToken"] = .string(token) }
        return tree
    }

    /// MergeMetadata.
    var mergeMetadata: JSON {
        guard let merge else { return ["isMerged": false] }
        return [
            "isMerged": true, "mergedBy": .string(merge.user), "mergeCommitId": .string(merge.commit.hex),
            "mergeOption": .string(merge.option.rawValue),
        ]
    }

    /// Whether the rules are met by the approvals of the revision, or set aside.
    func evaluate(_ revision: String) -> (approved: Bool, overridden: Bool, met: [String], unmet: [String]) {
        let users = approvals.filter { $0.revision == revision }.map(\.user)
        let isOverridden = overrides.contains { $0.revision == revision }
        let met = rules.filter { $0.isMet(by: users) }.map(\.name)
        let unmet = rules.map(\.name).filter { !met.contains($0) }
        return (unmet.isEmpty || isOverridden, isOverridden, met, unmet)
    }
}

/// How two branches are brought together.
enum MergeOption: String, Codable, Sendable, CaseIterable {
    case fastForward = "FAST_FORWARD_MERGE"
    case squash = "SQUASH_MERGE"
    case threeWay = "THREE_WAY_MERGE"
}

/// Something that happened to a pull request, as DescribePullRequestEvents tells it.
struct PullRequestEvent: Codable, Sendable {
    var time: Timestamp
    /// Such as `PULL_REQUEST_CREATED`.
    var type: String
    var actor: String
    /// The member that tells more, and what it holds.
    var member: String
    var metadata: JSON

    static let all = Collection<PullRequestEvent>("codecommit.pullRequestEvent")

    func shown(_ id: String) -> JSON {
        [
            "pullRequestId": .string(id), "eventDate": .double(time.seconds), "pullRequestEventType": .string(type),
            "actorArn": .string(actor), member: metadata,
        ]
    }
}

extension Transaction {
    /// The pull request of that id.
    ///
    /// - Throws: `PullRequestDoesNotExistException`.
    func pullRequest(_ id: String, _ caller: Caller) throws -> PullRequest {
        guard let found = try get(Shelf.pullRequests, PullRequest.key(id, caller.account, caller.region)) else {
            throw Refusal.noPullRequest(id)
        }
        return found.value
    }

    /// The same, if it is open.
    ///
    /// - Throws: `PullRequestAlreadyClosedException` too.
    func openPullRequest(_ id: String, _ caller: Caller) throws -> PullRequest {
        let request = try pullRequest(id, caller)
        guard request.isOpen else { throw Refusal.closed(id) }
        return request
    }

    /// Notes what happened, and stores the request as it is now.
    func note(_ event: PullRequestEvent, of request: inout PullRequest) throws {
        request.eventCount += 1
        request.activity = now
        let number = String(request.eventCount)
        let place = String(repeating: "0", count: max(0, 9 - number.utf8.count)) + number
        try put(PullRequestEvent.all, request.key + "/" + place, event)
        try put(Shelf.pullRequests, request.key, request)
    }
}
