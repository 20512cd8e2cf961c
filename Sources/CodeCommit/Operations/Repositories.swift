internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Making, finding and removing repositories.
    var repositoryOperations: [Operation] {
        [
            Operation(
                "CreateRepository", enforces: "repositoryName repositoryDescription tags", stores: "kmsKeyId",
                raw: createRepository),
            Operation("GetRepository", enforces: "repositoryName") { call in
                Reply(["repositoryMetadata": try await repository(call).shown(endpoint: call.endpoint)])
            },
            Operation("BatchGetRepositories", enforces: "repositoryNames", raw: batchGetRepositories),
            Operation("ListRepositories", enforces: "nextToken sortBy order", raw: listRepositories),
            Operation("DeleteRepository", enforces: "repositoryName", raw: deleteRepository),
        ]
    }

    /// An account may have so many in a region (CodeCommit User Guide, "Quotas"; AWS raises its 5,000 on request).
    private static let limit = 5000

    /// Makes the folder, then the record. A crash in between leaves a folder that the next start removes.
    ///
    /// - Throws: `RepositoryNameExistsException`, `RepositoryLimitExceededException`, `InvalidRepositoryNameException`.
    private func createRepository(_ call: Call) async throws -> Reply {
        let name = try Self.name(call.text("repositoryName") ?? "")
        let tags = try Self.tags(call.input["tags"])
        let surroundings = ledger.surroundings
        let repository = Repository(
            id: surroundings.chance.uuid(), name: name, account: call.caller.account, region: call.caller.region,
            description: call.text("repositoryDescription"), created: surroundings.now, modified: surroundings.now,
            tags: tags, kmsKeyID: call.text("kmsKeyId") ?? "alias/aws/codecommit")
        // The folder first: a record without one would be a repository that does not work.
        try await store.make(repository)
        do {
            try await ledger.write { write in
                guard try write.get(Shelf.repositories, repository.key) == nil else {
                    throw AWSError("RepositoryNameExistsException", "Repository named \(name) already exists")
                }
                let owned = try write.list(Shelf.repositories, prefix: call.caller.scope, limit: Self.limit)
                guard owned.count < Self.limit else {
                    throw AWSError("RepositoryLimitExceededException", "There are \(Self.limit) repositories already.")
                }
                try write.put(repository)
                try write.append(repository.notice("repositoryCreated", by: call.caller.principal, now: write.now))
            }
        } catch {
            await store.remove(store.folder(repository))
            throw error
        }
        return Reply(["repositoryMetadata": repository.shown(endpoint: call.endpoint)])
    }

    /// The name, if a repository may have it.
    ///
    /// - Throws: `InvalidRepositoryNameException`.
    static func name(_ text: String) throws -> String {
        let isWellFormed = text.utf8.allSatisfy { byte in
            (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F
                || byte == 0x2E || byte == 0x2D
        }
        guard (1...100).contains(text.utf8.count), isWellFormed, !text.hasSuffix(".git"), text != ".", text != ".."
        else {
            throw Refusal.invalid(
                "RepositoryName",
                "The repository name '\(text.prefix(100))' is not valid. It has 1 to 100 letters, digits, periods, "
                    + "underscores and dashes, and does not end in .git."
            )
        }
        return text
    }

    /// What is there; names that are not are told twice, as AWS does: in a list, and with a code.
    private func batchGetRepositories(_ call: Call) async throws -> Reply {
        let names = call.texts("repositoryNames")
        guard !names.isEmpty else {
            throw Refusal.required("RepositoryNames", "At least one repository name is required.")
        }
        guard names.count <= 100 else {
            throw AWSError(
                "MaximumRepositoryNamesExceededException", "At most 100 repositories can be asked for at a time.")
        }
        var found: [JSON] = []
        var missing: [JSON] = []
        var errors: [JSON] = []
        for name in names {
            if let repository = try await ledger.get(Shelf.repositories, call.caller.key(name))?.value {
                found.append(repository.shown(endpoint: call.endpoint))
            } else {
                missing.append(.string(name))
                errors.append([
                    "repositoryName": .string(name), "errorCode": "RepositoryDoesNotExistException",
                    "errorMessage": .string("\(name) does not exist"),
                ])
            }
        }
        return Reply(["repositories": .array(found), "repositoriesNotFound": .array(missing), "errors": .array(errors)])
    }

    /// By name, or by when they were changed last.
    private func listRepositories(_ call: Call) async throws -> Reply {
        let page = try Page(call, standard: 1000)
        var repositories = try await ledger.list(Shelf.repositories, prefix: call.caller.scope).map(\.value)
        if call.text("sortBy") == "lastModifiedDate" { repositories.sort { $0.modified < $1.modified } }
        if call.text("order") == "descending" { repositories.reverse() }
        let shown = repositories.map { repository -> JSON in
            ["repositoryName": .string(repository.name), "repositoryId": .string(repository.id)]
        }
        return Reply(page.cut(shown, as: "repositories"))
    }

    /// Forgets the repository with its pull requests and comments, then removes the folder. A crash in between leaves
    /// that to the next start. Deleting what is not there succeeds and tells no id.
    private func deleteRepository(_ call: Call) async throws -> Reply {
        let name = call.text("repositoryName") ?? ""
        guard let repository = try await ledger.get(Shelf.repositories, call.caller.key(name))?.value else {
            return Reply()
        }
        let tombstone = Tombstone(folder: store.folder(repository))
        try await store.locks.hold(repository.id) {
            try await ledger.write { write in
                guard try write.delete(Shelf.repositories, repository.key) else { return }
                try write.put(Shelf.tombstones, repository.id, tombstone)
                for request in try write.find(Shelf.pullRequests, "repository", repository.id) {
                    for event in try write.list(PullRequestEvent.all, prefix: request.key + "/") {
                        try write.delete(PullRequestEvent.all, event.key)
                    }
                    for comment in try write.find(Shelf.comments, "place", Comment.place(request.value)) {
                        try write.delete(Shelf.comments, comment.key)
                    }
                    try write.delete(Shelf.pullRequests, request.key)
                }
                for template in try write.find(Shelf.templates, "repository", repository.id) {
                    try write.update(Shelf.templates, template.key) {
                        $0.repositories.removeAll { $0 == repository.id }
                    }
                }
                try write.append(repository.notice("repositoryDeleted", by: call.caller.principal, now: write.now))
            }
            try await Reconciler(book).bury(repository.id, tombstone)
        }
        return Reply(["repositoryId": .string(repository.id)])
    }
}

extension Repository {
    /// Slipway's own event of a repository's life; AWS tells these through CloudTrail.
    func notice(_ event: String, by principal: String, now: Timestamp, adding more: JSON = [:]) -> LedgerEvent {
        var detail: JSON = [
            "event": .string(event), "repositoryName": .string(name), "repositoryId": .string(id),
            "callerUserArn": .string(principal),
        ]
        for (member, value) in more.object ?? [:] { detail[member] = value }
        return LedgerEvent(
            time: now, source: "slipway.codecommit", detailType: "CodeCommit Repository Change", account: account,
            region: region,
            resources: [arn], detail: detail)
    }
}
