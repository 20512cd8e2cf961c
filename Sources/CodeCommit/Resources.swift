internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Source: AWS CloudFormation Template Reference, AWS::CodeCommit::Repository.
    var repositoryType: ResourceType {
        ResourceType(
            "AWS::CodeCommit::Repository",
            enforces: "RepositoryName RepositoryDescription Triggers Tags Code.BranchName Code.S3.Bucket Code.S3.Key "
                + "Code.S3.ObjectVersion",
            stores: "KmsKeyId", requires: "RepositoryName", attributes: "Arn CloneUrlHttp CloneUrlSsh Name",
            nameProperty: "RepositoryName",
            .init(
                create: { try await create($0) }, update: { try await update($0) }, delete: { try await delete($0) },
                read: { try await read($0) },
                list: { request in
                    try await request.pages("codecommit", "ListRepositories", of: "repositories", token: "nextToken")
                        .map { ResourceState($0["repositoryId"]?.string ?? "") }
                }))
    }

    /// A repeat after a crash finds what it made by its tags and goes on from there.
    private func create(_ request: ResourceRequest) async throws -> ResourceState {
        let name = request.properties["RepositoryName"]?.string ?? request.generatedName(limit: 100)
        var input: JSON = ["repositoryName": .string(name), "tags": request.tagMap]
        input["repositoryDescription"] = request.properties["RepositoryDescription"]
        input["kmsKeyId"] = request.properties["KmsKeyId"]
        do { try await request.call("codecommit", "CreateRepository", input) } catch let error as AWSError
            where error.code == "RepositoryNameExistsException"
        {
            // There already is well when an earlier attempt of ours made it.
            guard try await request.owns(name) else { throw error }
        }
        try await seed(request, name)
        try await putTriggers(request, name)
        return try await state(request, name)
    }

    /// The first commit, from a zip archive. Only when the repository is new: later changes of `Code` have no effect,
    /// as on AWS.
    private func seed(_ request: ResourceRequest, _ name: String) async throws {
        guard let code = request.properties["Code"], code["S3"] != nil else { return }
        let repository = try await repository(named: name, request.caller)
        guard try await book.records(in: repository).isEmpty else { return }
        await request.report("Reading the first commit's files")
        var input: JSON = [:]
        input["Bucket"] = code["S3"]?["Bucket"]
        input["Key"] = code["S3"]?["Key"]
        input["VersionId"] = code["S3"]?["ObjectVersion"]
        let reply = try await cloud.call(
            "s3", "GetObject", input, payload: nil, as: request.caller.through("cloudformation.amazonaws.com"))
        let bytes = try await reply.payload?.collected(limit: SeedArchive.limit) ?? []
        let branch = code["BranchName"]?.string ?? "main"
        guard let branch = RefName(branch: branch) else {
            throw Refusal.invalid("BranchName", "'\(branch)' is no branch name.")
        }
        try await SeedArchive(bytes: bytes).commit(to: branch, of: repository, by: request.caller, self)
    }

    /// Makes the triggers the ones wanted now.
    private func putTriggers(_ request: ResourceRequest, _ name: String) async throws {
        let triggers = (request.properties["Triggers"]?.array ?? []).map { trigger in
            var lowered: JSON = [:]
            for (key, value) in trigger.object ?? [:] { lowered[key.prefix(1).lowercased() + key.dropFirst()] = value }
            return lowered
        }
        let stored = try await repository(named: name, request.caller).triggers
        guard !triggers.isEmpty || !stored.isEmpty else { return }
        try await request.call(
            "codecommit", "PutRepositoryTriggers", ["repositoryName": .string(name), "triggers": .array(triggers)])
    }

    private func state(_ request: ResourceRequest, _ name: String) async throws -> ResourceState {
        let found = try await request.call("codecommit", "GetRepository", ["repositoryName": .string(name)])[
            "repositoryMetadata"]
        return ResourceState(
            found?["repositoryId"]?.string ?? "",
            attributes: [
                "Arn": found?["Arn"] ?? "", "Name": .string(name), "CloneUrlHttp": found?["cloneUrlHttp"] ?? "",
                "CloneUrlSsh": found?["cloneUrlSsh"] ?? "",
            ])
    }

    /// Nothing replaces a repository: a new name renames it.
    private func update(_ request: ResourceRequest) async throws -> ResourceState {
        let id = request.physicalID ?? ""
        guard let repository = try await ledger.find(Shelf.repositories, "id", id).first?.value else {
            throw Refusal.noRepository(id)
        }
        let name = request.properties["RepositoryName"]?.string ?? repository.name
        if name != repository.name {
            try await request.call(
                "codecommit", "UpdateRepositoryName", ["oldName": .string(repository.name), "newName": .string(name)])
        }
        try await request.call(
            "codecommit", "UpdateRepositoryDescription",
            [
                "repositoryName": .string(name),
                "repositoryDescription": request.properties["RepositoryDescription"] ?? "",
            ])
        if let key = request.properties["KmsKeyId"], key.string != repository.kmsKeyID {
            try await request.call(
                "codecommit", "UpdateRepositoryEncryptionKey", ["repositoryName": .string(name), "kmsKeyId": key])
        }
        try await putTriggers(request, name)
        let arn = JSON.string(request.caller.arn("codecommit", name))
        let gone = repository.tags.keys.filter { request.allTags[$0] == nil }.sorted()
        if !gone.isEmpty {
            try await request.call(
                "codecommit", "UntagResource", ["resourceArn": arn, "tagKeys": .array(gone.map(JSON.string))])
        }
        try await request.call("codecommit", "TagResource", ["resourceArn": arn, "tags": request.tagMap])
        return try await state(request, name)
    }

    /// Does nothing when it is gone.
    private func delete(_ request: ResourceRequest) async throws {
        guard let id = request.physicalID, let found = try await ledger.find(Shelf.repositories, "id", id).first else {
            return
        }
        try await request.call("codecommit", "DeleteRepository", ["repositoryName": .string(found.value.name)])
    }

    /// What drift is looked for in.
    private func read(_ request: ResourceRequest) async throws -> JSON? {
        guard let id = request.physicalID, let found = try await ledger.find(Shelf.repositories, "id", id).first?.value
        else { return nil }
        var properties: JSON = ["RepositoryName": .string(found.name)]
        let tags = found.tags.sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("aws:") }
        properties["Tags"] = .array(tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
        properties["KmsKeyId"] = .string(found.kmsKeyID)
        if let description = found.description { properties["RepositoryDescription"] = .string(description) }
        properties["Triggers"] = .array(
            found.triggers.map { trigger in
                var raised: JSON = [:]
                for (key, value) in trigger.shown.object ?? [:] {
                    raised[key.prefix(1).uppercased() + key.dropFirst()] = value
                }
                return raised
            })
        return properties
    }
}

extension ResourceRequest {
    /// The tags as CodeCommit takes them.
    fileprivate var tagMap: JSON {
        .object(JSONObject(allTags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }

    /// Whether the repository carries the tags of this stack's resource.
    fileprivate func owns(_ name: String) async throws -> Bool {
        let arn = JSON.string(caller.arn("codecommit", name))
        let tags = try await call("codecommit", "ListTagsForResource", ["resourceArn": arn])["tags"]
        return tags?["aws:cloudformation:stack-id"]?.string == stackID
            && tags?["aws:cloudformation:logical-id"]?.string == logicalID
    }
}
