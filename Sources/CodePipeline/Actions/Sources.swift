internal import Cloud
internal import HTTP
internal import Notation

/// What source actions have in common.
extension RunContext {
    /// The revision this source was told to take; nil for the newest.
    func override(_ type: String) -> String? {
        execution.overrides.last { $0.actionName == run.name && $0.revisionType == type }?.revisionValue
    }

    var output: Artifact {
        get throws {
            guard let output = run.outputs.first else {
                throw RunError("ConfigurationError", "The source action '\(run.name)' has no output artifact.")
            }
            return output
        }
    }

    var wantsReference: Bool { value("OutputArtifactFormat") == "CODEBUILD_CLONE_REF" }

    /// A time as source actions write it into their variables.
    static func time(_ value: JSON?) -> String? {
        if let text = value?.string { return Timestamp(parsing: text)?.iso8601() ?? text }
        return value?.double.map { Timestamp(seconds: $0).iso8601() }
    }

    /// The first line of a commit's message, as far as a summary goes.
    static func summary(_ message: String?) -> String? {
        guard let message, !message.isEmpty else { return nil }
        return String(message.prefix(2000))
    }
}

/// A zip in a bucket with versions.
struct ObjectSource {
    let context: RunContext

    func fetch() async throws -> PipelineMachine.Outcome {
        let bucket = context.value("S3Bucket") ?? ""
        let key = context.override("S3_OBJECT_KEY") ?? context.value("S3ObjectKey") ?? ""
        var input: JSON = ["Bucket": .string(bucket), "Key": .string(key)]
        if let version = context.override("S3_OBJECT_VERSION_ID"), !version.isEmpty {
            input["VersionId"] = .string(version)
        }
        let object: JSON
        do { object = try await context.call("s3", "HeadObject", input) } catch let error as AWSError
            where !error.isPassing
        {
            throw RunError(
                "ConfigurationError",
                "The object s3://\(bucket)/\(key) cannot be read as \(context.definition.roleArn): \(error.code) "
                    + "\(error.message)"
            )
        }
        guard let version = object["VersionId"]?.string, version != "null" else {
            throw RunError(
                "ConfigurationError",
                "The bucket '\(bucket)' is not versioned: switch versioning on and upload the object again.")
        }
        let output = try context.output
        let source = "\(bucket)/\(Self.escaped(key))?versionId=\(Self.escaped(version))"
        try await context.call(
            "s3", "CopyObject",
            ["Bucket": .string(output.bucket), "Key": .string(output.key), "CopySource": .string(source)])
        let modified = object["LastModified"]?.double.map { Timestamp(seconds: $0) }
        let words = object["Metadata"]?["codepipeline-artifact-revision-summary"]?.string
        var outcome = PipelineMachine.Outcome()
        outcome.variables = [
            "ETag": (object["ETag"]?.string ?? "").filter { $0 != "\"" }, "VersionId": version, "BucketName": bucket,
            "ObjectKey": key,
        ]
        outcome.artifactRevision = version
        outcome.revision = SourceRevision(
            actionName: context.run.name, artifact: output.name, revisionId: version, changeId: version,
            summary: words ?? "Amazon S3 version id: \(version)", message: words, created: modified)
        outcome.summary = outcome.revision?.summary
        return outcome
    }

    /// A key as it stands in a CopySource.
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            let character = Character(Unicode.Scalar(byte))
            if byte < 128, character.isLetter || character.isNumber || "-_.~/".contains(character) {
                result.append(character)
            } else {
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}

/// A branch of a CodeCommit repository.
struct RepositorySource {
    let context: RunContext

    func fetch() async throws -> PipelineMachine.Outcome {
        let repository = context.value("RepositoryName") ?? ""
        let branch = context.value("BranchName") ?? ""
        let output = try context.output
        // What AWS lets the role do to fetch; the packing itself is Slipway's own.
        var commitID = context.override("COMMIT_ID")
        if commitID == nil {
            let input: JSON = ["repositoryName": .string(repository), "branchName": .string(branch)]
            commitID = try await context.call("codecommit", "GetBranch", input)["branch"]?["commitId"]?.string
        }
        let specifier = commitID ?? branch
        try await context.call(
            "codecommit", "GetCommit", ["repositoryName": .string(repository), "commitId": .string(specifier)])
        let (commit, body) = try await find(repository, specifier)
        let id = commit["commitId"]?.string ?? ""
        if let body {
            try await context.put(body, as: output)
        } else {
            let reference: JSON = [
                "type": "CODECOMMIT", "repositoryName": .string(repository), "commitId": .string(id),
                "branch": .string(branch),
            ]
            try await context.put(.bytes(reference.bytes()), as: output, type: "application/json")
        }
        var outcome = PipelineMachine.Outcome()
        outcome.variables = [
            "AuthorDate": RunContext.time(commit["authorDate"]) ?? "", "BranchName": branch, "CommitId": id,
            "CommitMessage": commit["message"]?.string ?? "",
            "CommitterDate": RunContext.time(commit["committerDate"]) ?? "", "RepositoryName": repository,
        ]
        outcome.artifactRevision = id
        let message = RunContext.summary(commit["message"]?.string)
        outcome.revision = SourceRevision(
            actionName: context.run.name, artifact: output.name, revisionId: id, changeId: id, summary: message,
            message: message, author: commit["author"]?.string,
            created: RunContext.time(commit["committerDate"]).flatMap { Timestamp(parsing: $0) })
        outcome.summary = message
        return outcome
    }
}

extension RepositorySource {
    /// The commit, and its tree as a zip where that is wanted.
    private func find(_ repository: String, _ specifier: String) async throws -> (commit: JSON, body: HTTPBody?) {
        let owner = context.owner
        guard context.wantsReference else {
            let input: JSON = ["repositoryName": .string(repository), "commitSpecifier": .string(specifier)]
            let reply = try await context.cloud.call("slipway-codecommit", "PackTree", input, payload: nil, as: owner)
            return (reply.output, reply.payload ?? .bytes([]))
        }
        let input: JSON = ["repositoryName": .string(repository), "specifier": .string(specifier), "maxResults": 1]
        let found = try await context.cloud.call("slipway-codecommit", "ListCommits", input, as: owner)
        return (found["commits"]?[0] ?? [:], nil)
    }
}

/// A repository at a host, behind a connection.
struct ConnectionSource {
    let context: RunContext

    func fetch() async throws -> PipelineMachine.Outcome {
        let arn = context.value("ConnectionArn") ?? ""
        let repository = context.value("FullRepositoryId") ?? ""
        let branch = context.override("BRANCH") ?? context.value("BranchName") ?? ""
        let output = try context.output
        var input: JSON = [
            "connectionArn": .string(arn), "fullRepositoryId": .string(repository),
            "ref": .string(context.override("REF") ?? branch),
        ]
        if let commit = context.override("COMMIT_ID") { input["commitId"] = .string(commit) }
        // The role needs what it needs on AWS, UseConnection of the connection.
        let reply = try await context.cloud.call(
            "slipway-codeconnections", "PackTree", input, payload: nil, as: try await context.caller())
        let commit = reply.output
        let id = commit["commitId"]?.string ?? ""
        if context.wantsReference {
            let reference: JSON = [
                "type": "CODECONNECTIONS", "connectionArn": .string(arn), "fullRepositoryId": .string(repository),
                "commitId": .string(id), "branch": .string(branch),
            ]
            try await context.put(.bytes(reference.bytes()), as: output, type: "application/json")
        } else {
            try await context.put(reply.payload ?? .bytes([]), as: output)
        }
        let message = commit["message"]?.string ?? commit["commitMessage"]?.string ?? ""
        var outcome = PipelineMachine.Outcome()
        outcome.variables = [
            "AuthorDate": RunContext.time(commit["authorDate"]) ?? "", "BranchName": branch, "CommitId": id,
            "CommitMessage": message, "ConnectionArn": arn, "FullRepositoryName": repository,
        ]
        outcome.artifactRevision = id
        // The summary of a connection's revision is a JSON text.
        let summary: JSON = [
            "ProviderType": commit["providerType"] ?? "GitHub", "CommitMessage": .string(String(message.prefix(1900))),
        ]
        outcome.revision = SourceRevision(
            actionName: context.run.name, artifact: output.name, revisionId: id, changeId: id, summary: summary.text(),
            url: commit["url"]?.string, message: RunContext.summary(message),
            author: commit["author"]?["name"]?.string ?? commit["author"]?.string,
            created: RunContext.time(commit["committerDate"] ?? commit["authorDate"]).flatMap { Timestamp(parsing: $0) }
        )
        outcome.summary = summary.text()
        return outcome
    }
}
