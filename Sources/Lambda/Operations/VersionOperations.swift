import Cloud
import Ledger
import Notation

/// Publishing and listing versions.
struct Versions: Sendable {
    let parts: LambdaParts

    var operations: [Operation] {
        [
            Operation("PublishVersion", enforces: "FunctionName CodeSha256 Description RevisionId", raw: publish),
            Operation("ListVersionsByFunction", enforces: "FunctionName Marker MaxItems", raw: list),
        ]
    }

    /// Publishes what the function's unpublished version is now, unless nothing has changed since the last one.
    ///
    /// The caller puts the function back.
    static func publish(
        _ function: inout Function, description: String?, in transaction: Transaction
    ) throws -> FunctionVersion {
        let key = function.id.key
        if function.nextVersion > 1,
            let last = try transaction.list(LambdaStore.versions, prefix: key + "/").last?.value,
            last.configuration.isSame(as: function.latest)
        {
            return last
        }
        var configuration = function.latest
        configuration.lastModified = transaction.now
        configuration.revisionID = transaction.surroundings.chance.uuid()
        if let description, !description.isEmpty { configuration.description = description }
        let version = FunctionVersion(number: function.nextVersion, configuration: configuration)
        function.nextVersion += 1
        try transaction.put(LambdaStore.versions, LambdaStore.versionKey(key, version.number), version)
        return version
    }

    private func publish(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        let sha256 = call.input["CodeSha256"]?.string ?? ""
        let revision = call.input["RevisionId"]?.string
        let description = call.input["Description"]?.string
        let answer = try await parts.ledger.write { transaction in
            var function = try transaction.function(name)
            if let revision, revision != function.latest.revisionID { throw LambdaError.revision() }
            if !sha256.isEmpty, sha256 != function.latest.codeSha256 {
                throw LambdaError.invalid(
                    "CodeSHA256 (\(sha256)) is different from current CodeSHA256 in $LATEST "
                        + "(\(function.latest.codeSha256)). Please try again with the CodeSHA256 in $LATEST.")
            }
            let before = function.nextVersion
            let version = try Self.publish(&function, description: description, in: transaction)
            if function.nextVersion != before {
                try transaction.put(function)
                try transaction.note("PublishVersion", name, ["version": .string("\(version.number)")])
            }
            return version.answer(name)
        }
        return Reply(answer)
    }

    private func list(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        let function = try await parts.store.function(name)
        let latest = function.latest.answer(name: name.name, arn: name.with("$LATEST").arn, version: "$LATEST")
        let published = try await parts.ledger.list(LambdaStore.versions, prefix: name.key + "/")
        var all: [(key: String, answer: JSON)] = [(name.key + "/", latest)]
        all += published.map { ($0.key, $0.value.answer(name)) }
        let page = try Page(all, call, key: \.key)
        return Reply(page.answer("Versions", \.answer))
    }

    /// Deletes a version that no alias leads to.
    func delete(_ name: FunctionName, _ qualifier: String) async throws {
        guard let number = Int(qualifier) else { throw LambdaError.functionNotFound(name.arn) }
        let identity = try await parts.ledger.write { transaction in
            let function = try transaction.function(name)
            for alias in try transaction.list(LambdaStore.aliases, prefix: name.key + "/").map(\.value)
            where alias.functionVersion == qualifier || alias.weights[qualifier] != nil {
                throw LambdaError.conflict(
                    "Version \(qualifier) is referenced by alias(es) \(alias.name) so it cannot be deleted.")
            }
            // AWS answers success for a version that is not there.
            try transaction.delete(LambdaStore.versions, LambdaStore.versionKey(name.key, number))
            try transaction.note("DeleteFunction", name)
            return function.identity
        }
        parts.pool.retire(prefix: "\(name.key)|\(identity)|\(qualifier)|")
    }
}

extension FunctionVersion {
    func answer(_ name: FunctionName) -> JSON {
        configuration.answer(name: name.name, arn: name.with("\(number)").arn, version: "\(number)")
    }
}

extension FunctionConfiguration {
    /// Whether two configurations run the same code the same way: what keeps a version from being published twice.
    func isSame(as other: FunctionConfiguration) -> Bool {
        var left = self
        left.lastModified = other.lastModified
        left.revisionID = other.revisionID
        left.description = other.description
        return left == other
    }
}
