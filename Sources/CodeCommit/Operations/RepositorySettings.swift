internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Names, descriptions, keys and tags of repositories.
    var repositorySettings: [Operation] {
        [
            Operation("UpdateRepositoryName", enforces: "oldName newName", raw: rename),
            Operation("UpdateRepositoryDescription", enforces: "repositoryName repositoryDescription") { call in
                try await change(call, "repositoryDescriptionChanged") { repository in
                    repository.description = call.text("repositoryDescription").flatMap { $0.isEmpty ? nil : $0 }
                }
                return Reply()
            },
            Operation("UpdateRepositoryEncryptionKey", enforces: "repositoryName", stores: "kmsKeyId") { call in
                let old = try await repository(call)
                let key = call.text("kmsKeyId") ?? ""
                try await change(call, "repositoryEncryptionKeyChanged") { $0.kmsKeyID = key }
                return Reply([
                    "repositoryId": .string(old.id), "kmsKeyId": .string(key),
                    "originalKmsKeyId": .string(old.kmsKeyID),
                ])
            },
        ]
    }

    /// Changes a repository's record.
    func change(_ call: Call, _ event: String, _ body: @escaping @Sendable (inout Repository) throws -> Void)
        async throws
    {
        let name = call.text("repositoryName") ?? ""
        try await ledger.write { write in
            var repository = try write.repository(name, call.caller)
            try body(&repository)
            repository.modified = write.now
            try write.put(repository)
            try write.append(repository.notice(event, by: call.caller.principal, now: write.now))
        }
    }

    /// Gives a repository another name. Its folder stays: that is named by its id.
    private func rename(_ call: Call) async throws -> Reply {
        let old = call.text("oldName") ?? ""
        let new = try Self.name(call.text("newName") ?? "")
        try await ledger.write { write in
            var repository = try write.repository(old, call.caller)
            guard old != new else { return }
            guard try write.get(Shelf.repositories, call.caller.key(new)) == nil else {
                throw AWSError("RepositoryNameExistsException", "Repository named \(new) already exists")
            }
            try write.delete(Shelf.repositories, repository.key)
            repository.name = new
            repository.modified = write.now
            try write.put(repository)
            for document in try write.find(Shelf.pullRequests, "repository", repository.id) {
                try write.update(Shelf.pullRequests, document.key) { $0.repositoryName = new }
            }
            try write.append(
                repository.notice(
                    "repositoryNameChanged", by: call.caller.principal, now: write.now,
                    adding: ["oldRepositoryName": .string(old)]))
        }
        return Reply()
    }

    // MARK: Tags

    /// Tags of repositories.
    var tagOperations: [Operation] {
        [
            Operation("TagResource", enforces: "resourceArn tags") { call in
                let tags = try Self.tags(call.input["tags"])
                try await changeTags(call) { repository in
                    repository.tags.merge(tags) { $1 }
                    guard repository.tags.count <= 50 else {
                        throw AWSError("TooManyTagsException", "A repository may have at most 50 tags.")
                    }
                }
                return Reply()
            },
            Operation("UntagResource", enforces: "resourceArn tagKeys") { call in
                let keys = call.texts("tagKeys")
                guard !keys.isEmpty else { throw Refusal.required("TagKeysList", "At least one tag key is required.") }
                try await changeTags(call) { repository in for key in keys { repository.tags[key] = nil } }
                return Reply()
            },
            Operation("ListTagsForResource", enforces: "resourceArn nextToken") { call in
                let name = try Self.repositoryName(of: call.text("resourceArn") ?? "", call.caller)
                let repository = try await repository(named: name, call.caller)
                _ = try Page(call)
                return Reply([
                    "tags": .object(
                        JSONObject(repository.tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
                ])
            },
        ]
    }

    private func changeTags(_ call: Call, _ body: @escaping @Sendable (inout Repository) throws -> Void) async throws {
        let name = try Self.repositoryName(of: call.text("resourceArn") ?? "", call.caller)
        try await ledger.write { write in
            var repository = try write.repository(name, call.caller)
            try body(&repository)
            try write.put(repository)
            try write.append(repository.notice("repositoryTagsChanged", by: call.caller.principal, now: write.now))
        }
    }

    /// The name in a repository's ARN.
    ///
    /// - Throws: `InvalidResourceArnException` for ARNs of other things, accounts or regions.
    private static func repositoryName(of arn: String, _ caller: Caller) throws -> String {
        let prefix = "arn:aws:codecommit:\(caller.region):\(caller.account):"
        guard arn.hasPrefix(prefix), arn.utf8.count > prefix.utf8.count else {
            throw Refusal.invalid(
                "ResourceArn", "'\(arn.prefix(200))' is not the ARN of a repository in this account and region.")
        }
        return String(arn.dropFirst(prefix.count))
    }

    /// The tags of an input.
    ///
    /// - Throws: `InvalidTagsMapException`, `InvalidSystemTagUsageException`, `TooManyTagsException`.
    static func tags(_ tree: JSON?) throws -> [String: String] {
        var tags: [String: String] = [:]
        for (key, value) in tree?.object ?? [:] {
            guard (1...128).contains(key.count), let value = value.string, value.count <= 256 else {
                throw Refusal.invalid("TagsMap", "A tag has a key of 1 to 128 and a value of up to 256 characters.")
            }
            // CloudFormation alone may use its own.
            guard !key.lowercased().hasPrefix("aws:") || key.hasPrefix("aws:cloudformation:") else {
                throw AWSError(
                    "InvalidSystemTagUsageException", "The tag key '\(key)' begins with aws:, which is reserved.")
            }
            tags[key] = value
        }
        guard tags.count <= 50 else { throw AWSError("TooManyTagsException", "A repository may have at most 50 tags.") }
        return tags
    }
}
