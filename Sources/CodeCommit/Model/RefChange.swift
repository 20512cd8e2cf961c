internal import Ledger
internal import Notation

/// A reference's move, seen from where it was last told to be.
struct RefChange: Sendable, Hashable {
    enum Kind: String, Sendable {
        case created = "referenceCreated"
        case updated = "referenceUpdated"
        case deleted = "referenceDeleted"
    }
    let name: RefName
    let old: RefRecord?
    let new: RefRecord?

    /// The move; nil when nothing moved.
    init?(_ name: RefName, from old: RefRecord?, to new: RefRecord?) {
        guard old?.object != new?.object else { return nil }
        self.name = name
        self.old = old
        self.new = new
    }

    var kind: Kind { old == nil ? .created : new == nil ? .deleted : .updated }

    /// `CodeCommit Repository State Change`.
    ///
    /// Source: CodeCommit User Guide, "Monitoring CodeCommit events in Amazon EventBridge".
    ///
    /// - Parameter merge: What a merge adds: the option, and how conflicts were resolved.
    func event(_ repository: Repository, by principal: String, merge: JSON? = nil, id: String, now: Timestamp)
        -> LedgerEvent
    {
        var detail: JSON = [
            "event": .string(kind.rawValue), "repositoryName": .string(repository.name),
            "repositoryId": .string(repository.id), "referenceType": .string(name.kind),
            "referenceName": .string(name.short), "referenceFullName": .string(name.full),
            "callerUserArn": .string(principal),
        ]
        if let new { detail["commitId"] = .string(new.commit.hex) }
        if let old { detail["oldCommitId"] = .string(old.commit.hex) }
        for (member, value) in merge?.object ?? [:] { detail[member] = value }
        return LedgerEvent(
            id: id, time: now, source: "aws.codecommit", detailType: "CodeCommit Repository State Change",
            account: repository.account, region: repository.region, resources: [repository.arn], detail: detail)
    }
}
