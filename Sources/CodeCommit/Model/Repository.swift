internal import Cloud
internal import Ledger
internal import Notation

/// A repository's record. Its objects and references lie in a git repository of its own.
struct Repository: Codable, Sendable {
    /// Never used again.
    var id: String
    var name: String
    var account: String
    var region: String
    var description: String?
    var created: Timestamp
    var modified: Timestamp
    /// The branch that clones check out; nil while there is none.
    var defaultBranch: String?
    var tags: [String: String] = [:]
    var kmsKeyID: String
    var triggers: [Trigger] = []
    /// Changes with the triggers.
    var triggersID: String?
    /// The stack engine's request that made it, if one did.
    var request: String?

    var key: String { "\(account)/\(region)/\(name)" }
    var arn: String { "arn:aws:codecommit:\(region):\(account):\(name)" }

    /// RepositoryMetadata, as GetRepository answers it.
    func shown(endpoint: String) -> JSON {
        var tree: JSON = [
            "accountId": .string(account), "repositoryId": .string(id), "repositoryName": .string(name),
            "lastModifiedDate": .double(modified.seconds), "creationDate": .double(created.seconds),
            "cloneUrlHttp": .string("\(endpoint)/v1/repos/\(name)"),
            "cloneUrlSsh": .string("ssh://git-codecommit.\(region).amazonaws.com/v1/repos/\(name)"),
            "Arn": .string(arn), "kmsKeyId": .string(kmsKeyID),
        ]
        if let description { tree["repositoryDescription"] = .string(description) }
        if let defaultBranch { tree["defaultBranch"] = .string(defaultBranch) }
        return tree
    }
}

/// Where a reference stood when it was last told.
struct RefRecord: Codable, Sendable, Hashable {
    /// What it names: a commit, or an annotated tag.
    var object: ObjectID
    /// The commit it leads to; for tags of other things, the thing itself.
    var commit: ObjectID
}

/// A repository that was deleted and whose folder may still be there.
struct Tombstone: Codable, Sendable {
    var folder: String
}

/// What a request with a client's token did, so that its repeat does nothing more.
struct TokenRecord: Codable, Sendable {
    /// The input without the token, as text.
    var input: String
    /// The id of what was made.
    var result: String
}

/// The documents of CodeCommit.
enum Shelf {
    static let repositories = Collection<Repository>(
        "codecommit.repository", lookups: ["id": { [$0.id] }, "name": { [$0.account + "/" + $0.name] }])
    /// By the repository's id and the reference's full name.
    static let references = Collection<RefRecord>("codecommit.reference")
    static let tombstones = Collection<Tombstone>("codecommit.tombstone")
    static let counters = Collection<Int>("codecommit.counter")
    static let tokens = Collection<TokenRecord>("codecommit.token")
    static let pullRequests = Collection<PullRequest>(
        "codecommit.pullRequest",
        lookups: [
            "repository": { [$0.repositoryID] },
            "source": { $0.isOpen ? [$0.repositoryID + "/" + $0.source.full] : [] },
            "merging": { request in request.intent.map { [request.repositoryID + "/" + $0.merge.commit.hex] } ?? [] },
        ])
    static let templates = Collection<RuleTemplate>("codecommit.template", lookups: ["repository": { $0.repositories }])
    static let comments = Collection<Comment>("codecommit.comment", lookups: ["place": { [$0.place] }])

    static func key(_ repository: Repository, _ reference: RefName) -> String { repository.id + "/" + reference.full }
}

extension Transaction {
    /// The repository of that name in the caller's account and region.
    ///
    /// - Throws: `RepositoryDoesNotExistException`.
    func repository(_ name: String, _ caller: Caller) throws -> Repository {
        guard let found = try get(Shelf.repositories, caller.key(name)) else { throw Refusal.noRepository(name) }
        return found.value
    }

    func put(_ repository: Repository) throws { try put(Shelf.repositories, repository.key, repository) }

    /// The next number of that counter, from 1 on.
    func next(_ counter: String) throws -> Int {
        let number = (try get(Shelf.counters, counter)?.value ?? 0) + 1
        try put(Shelf.counters, counter, number)
        return number
    }
}
