import Cloud
import FoundationEssentials
import HTTP
import Ledger
import Notation

/// Creating, reading, changing and deleting functions.
struct FunctionOperations: Sendable {
    let parts: LambdaParts

    private static let kept = "VpcConfig KMSKeyArn TracingConfig SnapStart.ApplyOn"
    private static let settings = """
        Role Handler Description Timeout MemorySize Environment Runtime Layers EphemeralStorage.Size \
        LoggingConfig DeadLetterConfig
        """

    var operations: [Operation] {
        [
            Operation(
                "CreateFunction",
                enforces: "FunctionName Code.ZipFile Code.S3Bucket Code.S3Key Code.S3ObjectVersion PackageType Publish "
                    + "Tags Architectures " + Self.settings,
                stores: Self.kept, raw: create),
            Operation("GetFunction", enforces: "FunctionName Qualifier", raw: get),
            Operation("GetFunctionConfiguration", enforces: "FunctionName Qualifier", raw: getConfiguration),
            Operation(
                "UpdateFunctionCode",
                enforces: "FunctionName ZipFile S3Bucket S3Key S3ObjectVersion Publish DryRun RevisionId Architectures",
                raw: updateCode),
            Operation(
                "UpdateFunctionConfiguration", enforces: "FunctionName RevisionId " + Self.settings, stores: Self.kept,
                raw: updateConfiguration),
            Operation("DeleteFunction", enforces: "FunctionName Qualifier", raw: delete),
            Operation("ListFunctions", enforces: "FunctionVersion Marker MaxItems", stores: "MasterRegion", raw: list),
        ]
    }

    // MARK: Create

    private func create(_ call: Call) async throws -> Reply {
        let name = try call.function()
        guard name.qualifier == nil else { throw LambdaError.validation("A new function's name has no qualifier.") }
        if let type = call.input["PackageType"]?.string, type != "Zip" {
            throw AWSError.notImplemented("functions of package type \(type)")
        }
        try LambdaError.checkTags((call.input["Tags"]?.object ?? [:]).map(\.key), call.caller)
        var configuration = FunctionConfiguration()
        try await Settings(parts: parts, name: name, caller: call.caller).apply(
            call.input, to: &configuration, isNew: true)
        guard try await parts.ledger.get(LambdaStore.functions, name.key) == nil else { throw Self.exists(name) }
        let package = try await CodeSource(parts: parts).package(call.input["Code"] ?? [:], call, name)
        configuration.codeSha256 = package.sha256
        configuration.codeSize = package.size
        configuration.touch(parts.surroundings)
        let tags = (call.input["Tags"]?.object ?? [:]).compactMap { key, value in value.string.map { (key, $0) } }
        let function = Function(
            name: name.name, account: name.account, region: name.region, latest: configuration,
            tags: Dictionary(uniqueKeysWithValues: tags), identity: parts.surroundings.chance.hexadecimal(8))
        let publishes = call.input["Publish"]?.bool == true
        let answer = try await parts.ledger.write { transaction in
            guard try transaction.get(LambdaStore.functions, name.key) == nil else { throw Self.exists(name) }
            var function = function
            let published = publishes ? try Versions.publish(&function, description: nil, in: transaction) : nil
            try transaction.put(function)
            try transaction.note("CreateFunction", name)
            guard let published else {
                return function.latest.answer(name: name.name, arn: name.arn, version: "$LATEST")
            }
            return published.answer(name)
        }
        return Reply(try await withRuntimeNotice(answer))
    }

    private static func exists(_ name: FunctionName) -> AWSError {
        LambdaError.conflict("Function already exist: \(name.name)")
    }

    /// Says in the answer when a function runs on another version of its language than it names.
    private func withRuntimeNotice(_ answer: JSON) async throws -> JSON {
        guard let runtime = RuntimeName(answer["Runtime"]?.string ?? ""), runtime.family != .provided,
            let interpreter = await parts.interpreters.interpreter(for: runtime),
            let warning = EnvironmentStarter.warning(runtime, interpreter)
        else { return answer }
        var answer = answer
        answer["RuntimeVersionConfig"] = ["Error": ["ErrorCode": "RuntimeSubstituted", "Message": .string(warning)]]
        return answer
    }

    // MARK: Read

    private func target(_ call: Call) async throws -> LambdaStore.Target {
        // Without a draw an alias leads to its main version: reading shows that one.
        try await parts.store.target(call.function(), draw: 1)
    }

    private func configuration(_ target: LambdaStore.Target) async throws -> JSON {
        // An alias's answer names the alias in the ARN and the version behind it in Version, as AWS's does.
        try await withRuntimeNotice(
            target.configuration.answer(name: target.function.name, arn: target.asked.arn, version: target.version))
    }

    private func getConfiguration(_ call: Call) async throws -> Reply {
        Reply(try await configuration(target(call)))
    }

    private func get(_ call: Call) async throws -> Reply {
        let target = try await target(call)
        let part = CodeStore.addressPart(target.configuration.codeSha256)
        var answer: JSON = [
            "Configuration": try await configuration(target),
            "Code": ["RepositoryType": "S3", "Location": .string("\(call.endpoint)/_slipway/code/\(part).zip")],
        ]
        if !target.function.tags.isEmpty { answer["Tags"] = target.function.tagsAnswer }
        if let reserved = target.function.reserved {
            answer["Concurrency"] = ["ReservedConcurrentExecutions": .int(reserved)]
        }
        return Reply(answer)
    }

    private func list(_ call: Call) async throws -> Reply {
        if let version = call.input["FunctionVersion"]?.string, version != "ALL" {
            throw LambdaError.validation(
                "1 validation error detected: Value '\(version)' at 'functionVersion' failed to satisfy constraint: "
                    + "Member must satisfy enum value set: [ALL]")
        }
        let functions = try await parts.ledger.list(LambdaStore.functions, prefix: call.caller.scope).map(\.value)
        var all: [(key: String, answer: JSON)] = []
        for function in functions {
            let unqualified = function.id
            let isAll = call.input["FunctionVersion"]?.string == "ALL"
            all.append(
                (
                    unqualified.key + "/",
                    function.latest.answer(
                        name: function.name, arn: isAll ? unqualified.with("$LATEST").arn : unqualified.arn,
                        version: "$LATEST")
                ))
            guard isAll else { continue }
            for version in try await parts.ledger.list(LambdaStore.versions, prefix: unqualified.key + "/") {
                all.append((version.key, version.value.answer(unqualified)))
            }
        }
        let page = try Page(all, call, key: \.key)
        return Reply(page.answer("Functions", \.answer))
    }

    // MARK: Change

    private func updateCode(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        let before = try await parts.store.function(name)
        let revision = call.input["RevisionId"]?.string
        if let revision, revision != before.latest.revisionID { throw LambdaError.revision() }
        let package = try await CodeSource(parts: parts).package(call.input, call, name)
        let surroundings = parts.surroundings
        let publishes = call.input["Publish"]?.bool == true
        let isDryRun = call.input["DryRun"]?.bool == true
        let architectures = try Settings.architectures(call.input)
        let answer = try await parts.ledger.write { transaction in
            var function = try transaction.function(name)
            if let revision, revision != function.latest.revisionID { throw LambdaError.revision() }
            function.latest.codeSha256 = package.sha256
            function.latest.codeSize = package.size
            if let architectures { function.latest.architectures = architectures }
            function.latest.touch(surroundings)
            if isDryRun { return function.latest.answer(name: name.name, arn: name.arn, version: "$LATEST") }
            let published = publishes ? try Versions.publish(&function, description: nil, in: transaction) : nil
            try transaction.put(function)
            try transaction.note("UpdateFunctionCode", name)
            return published?.answer(name)
                ?? function.latest.answer(name: name.name, arn: name.arn, version: "$LATEST")
        }
        if !isDryRun { parts.pool.retire(prefix: "\(name.key)|\(before.identity)|$LATEST|") }
        return Reply(try await withRuntimeNotice(answer))
    }

    private func updateConfiguration(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        let before = try await parts.store.function(name)
        let revision = call.input["RevisionId"]?.string
        var changed = before.latest
        try await Settings(parts: parts, name: name, caller: call.caller).apply(call.input, to: &changed, isNew: false)
        let (configuration, surroundings) = (changed, parts.surroundings)
        let answer = try await parts.ledger.write { transaction in
            var function = try transaction.function(name)
            if let revision, revision != function.latest.revisionID { throw LambdaError.revision() }
            // Judged on what was read before: somebody else's change since then must not be undone.
            guard function.latest == before.latest else {
                throw LambdaError.conflict(
                    "The operation cannot be performed at this time. An update is in progress for resource: \(name.arn)"
                )
            }
            function.latest = configuration
            function.latest.touch(surroundings)
            try transaction.put(function)
            try transaction.note("UpdateFunctionConfiguration", name)
            return function.latest.answer(name: name.name, arn: name.arn, version: "$LATEST")
        }
        parts.pool.retire(prefix: "\(name.key)|\(before.identity)|$LATEST|")
        return Reply(try await withRuntimeNotice(answer))
    }

    // MARK: Delete

    private func delete(_ call: Call) async throws -> Reply {
        let name = try call.function()
        if let qualifier = name.qualifier {
            guard qualifier != "$LATEST" else {
                throw LambdaError.invalid("$LATEST version cannot be deleted without deleting the function.")
            }
            guard FunctionName.isVersion(qualifier) else {
                throw LambdaError.invalid("Deletion of aliases is not currently supported.")
            }
            try await Versions(parts: parts).delete(name, qualifier)
            return Reply(["StatusCode": 204])
        }
        try await parts.ledger.write { transaction in
            _ = try transaction.function(name)
            let below = name.key + "/"
            for version in try transaction.list(LambdaStore.versions, prefix: below) {
                try transaction.delete(LambdaStore.versions, version.key)
            }
            for alias in try transaction.list(LambdaStore.aliases, prefix: below) {
                try transaction.delete(LambdaStore.aliases, alias.key)
            }
            for url in try transaction.find(LambdaStore.urls, "function", name.key) {
                try transaction.delete(LambdaStore.urls, url.key)
            }
            try transaction.delete(LambdaStore.functions, name.key)
            try transaction.note("DeleteFunction", name)
        }
        parts.reservations.changed()
        parts.pool.retire(prefix: name.key + "|")
        return Reply(["StatusCode": 204])
    }
}

extension Function {
    /// The tags as the API answers them.
    var tagsAnswer: JSON {
        .object(JSONObject(tags.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }))
    }
}

/// Where a function's or layer's code comes from.
struct CodeSource: Sendable {
    let parts: LambdaParts

    /// Fetches and keeps the zip that `ZipFile`, or `S3Bucket` and `S3Key`, name.
    func package(_ source: JSON, _ call: Call, _ name: FunctionName) async throws -> CodeStore.Package {
        let bytes: [UInt8]
        if let text = source["ZipFile"]?.string {
            guard source["S3Bucket"] == nil, source["S3Key"] == nil, source["S3ObjectVersion"] == nil else {
                throw LambdaError.invalid(
                    "Please do not provide other FunctionCode parameters when providing a ZipFile.")
            }
            guard let data = Data(base64Encoded: text) else {
                throw LambdaError.invalid(
                    "Could not unzip uploaded file. Please check your file, then try to upload again.")
            }
            bytes = Array(data)
        } else if let bucket = source["S3Bucket"]?.string, let key = source["S3Key"]?.string {
            bytes = try await object(bucket, key, source["S3ObjectVersion"]?.string, call)
        } else {
            throw LambdaError.invalid("Please provide a source for function code.")
        }
        guard bytes.count <= CodeStore.zippedLimit else {
            throw AWSError(
                "RequestEntityTooLargeException", "Zipped size must be smaller than \(CodeStore.zippedLimit) bytes",
                status: 413)
        }
        return try await parts.code.store(bytes)
    }

    private func object(_ bucket: String, _ key: String, _ version: String?, _ call: Call) async throws -> [UInt8] {
        var input: JSON = ["Bucket": .string(bucket), "Key": .string(key)]
        if let version { input["VersionId"] = .string(version) }
        do {
            let reply = try await parts.cloud.call(
                "s3", "GetObject", input, payload: nil, as: call.caller.through("lambda.amazonaws.com"))
            return try await reply.payload?.collected(limit: CodeStore.zippedLimit) ?? []
        } catch let error as AWSError {
            throw LambdaError.invalid(
                "Error occurred while GetObject. S3 Error Code: \(error.code). S3 Error Message: \(error.message)")
        } catch HTTPBodyError.tooLarge(let limit) {
            throw LambdaError.invalid("Zipped size must be smaller than \(limit) bytes")
        }
    }
}
