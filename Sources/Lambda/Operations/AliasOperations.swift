import Cloud
import Ledger
import Notation

/// Aliases and the traffic they split.
struct AliasOperations: Sendable {
    let parts: LambdaParts

    private static let members = "FunctionName Name FunctionVersion Description RoutingConfig"
    var operations: [Operation] {
        [
            Operation("CreateAlias", enforces: Self.members, raw: create),
            Operation("GetAlias", enforces: "FunctionName Name", raw: get),
            Operation("UpdateAlias", enforces: Self.members + " RevisionId", raw: update),
            Operation("DeleteAlias", enforces: "FunctionName Name", raw: delete),
            Operation("ListAliases", enforces: "FunctionName FunctionVersion Marker MaxItems", raw: list),
        ]
    }

    private func create(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        var alias = Alias(name: call.text("Name"), functionVersion: call.text("FunctionVersion"))
        guard !FunctionName.isVersion(alias.name) else {
            throw LambdaError.validation(
                "1 validation error detected: Value '\(alias.name)' at 'name' failed to satisfy constraint: Member "
                    + "must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")
        }
        alias.description = call.text("Description")
        alias.weights = try Self.weights(call.input["RoutingConfig"]) ?? [:]
        alias.revisionID = parts.surroundings.chance.uuid()
        let made = alias
        try await parts.ledger.write { transaction in
            _ = try transaction.function(name)
            let key = LambdaStore.aliasKey(name.key, made.name)
            guard try transaction.get(LambdaStore.aliases, key) == nil else {
                throw LambdaError.conflict("Alias already exists: \(name.with(made.name).arn)")
            }
            try Self.check(made, name, transaction)
            try transaction.put(LambdaStore.aliases, key, made)
            try transaction.note("CreateAlias", name.with(made.name), ["version": .string(made.functionVersion)])
        }
        return Reply(made.answer(name))
    }

    private func get(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        _ = try await parts.store.function(name)
        guard let alias = try await parts.store.alias(name, call.text("Name")) else {
            throw LambdaError.aliasNotFound(name.with(call.text("Name")).arn)
        }
        return Reply(alias.answer(name))
    }

    private func update(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        let weights = try Self.weights(call.input["RoutingConfig"])
        let surroundings = parts.surroundings
        let input = call.input
        let alias = try await parts.ledger.write { transaction in
            _ = try transaction.function(name)
            let key = LambdaStore.aliasKey(name.key, input["Name"]?.string ?? "")
            guard var alias = try transaction.get(LambdaStore.aliases, key)?.value else {
                throw LambdaError.aliasNotFound(name.with(input["Name"]?.string).arn)
            }
            if let revision = input["RevisionId"]?.string, revision != alias.revisionID { throw LambdaError.revision() }
            if let version = input["FunctionVersion"]?.string { alias.functionVersion = version }
            if let text = input["Description"]?.string { alias.description = text }
            if let weights { alias.weights = weights }
            try Self.check(alias, name, transaction)
            alias.revisionID = surroundings.chance.uuid()
            try transaction.put(LambdaStore.aliases, key, alias)
            try transaction.note(
                "UpdateAlias", name.with(alias.name),
                [
                    "version": .string(alias.functionVersion),
                    "weights": .object(JSONObject(alias.weights.map { ($0.key, JSON.double($0.value)) })),
                ])
            return alias
        }
        return Reply(alias.answer(name))
    }

    /// The weights a request gives; nil when it gives none, empty when it takes them away.
    private static func weights(_ routing: JSON?) throws -> [String: Double]? {
        guard let routing else { return nil }
        var weights: [String: Double] = [:]
        for (version, weight) in routing["AdditionalVersionWeights"]?.object ?? [:] {
            let value = weight.double ?? -1
            guard (0...1).contains(value) else {
                throw LambdaError.validation(
                    "1 validation error detected: Value '{\(version)=\(value)}' at "
                        + "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must "
                        + "satisfy constraint: [Member must have value less than or equal to 1.0, Member must have "
                        + "value greater than or equal to 0.0, Member must not be null]")
            }
            guard FunctionName.isVersion(version) else {
                throw LambdaError.validation(
                    "1 validation error detected: Value '{\(version)=\(value)}' at "
                        + "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must "
                        + "satisfy constraint: [Member must have length less than or equal to 1024, Member must have "
                        + "length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]")
            }
            weights[version] = value
        }
        guard weights.count <= 1 else {
            throw LambdaError.invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
        }
        return weights
    }

    /// What must hold of an alias: its versions are there, and two of them can stand in for each other.
    private static func check(_ alias: Alias, _ name: FunctionName, _ transaction: Transaction) throws {
        for version in [alias.functionVersion] + alias.weights.keys
        where try !transaction.hasVersion(name, version) {
            throw LambdaError.functionNotFound(name.with(version).arn)
        }
        guard let other = alias.weights.keys.first else { return }
        guard other != alias.functionVersion else {
            throw LambdaError.invalid(
                "Invalid function version \(other). Function version \(other) is already included in routing "
                    + "configuration.")
        }
        guard alias.functionVersion != "$LATEST" else {
            throw LambdaError.invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        }
        let both = try [alias.functionVersion, other].compactMap { version in
            try transaction.get(LambdaStore.versions, LambdaStore.versionKey(name.key, Int(version) ?? 0))?.value
        }.map(\.configuration)
        guard both.count == 2 else { return }
        guard both[0].role == both[1].role else {
            throw LambdaError.invalid("The versions of an alias must have the same execution role.")
        }
        guard both[0].deadLetterTarget == both[1].deadLetterTarget else {
            throw LambdaError.invalid("The versions of an alias must have the same dead-letter queue configuration.")
        }
    }

    private func delete(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        let alias = call.text("Name")
        try await parts.ledger.write { transaction in
            // AWS answers success for an alias that is not there.
            guard try transaction.delete(LambdaStore.aliases, LambdaStore.aliasKey(name.key, alias)) else { return }
            for url in try transaction.find(LambdaStore.urls, "function", name.key) where url.value.qualifier == alias {
                try transaction.delete(LambdaStore.urls, url.key)
            }
            try transaction.note("DeleteAlias", name.with(alias))
        }
        return Reply([:])
    }

    private func list(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        _ = try await parts.store.function(name)
        let wanted = call.input["FunctionVersion"]?.string
        let aliases = try await parts.ledger.list(LambdaStore.aliases, prefix: name.key + "/").filter { one in
            wanted.map { one.value.functionVersion == $0 || one.value.weights[$0] != nil } ?? true
        }
        let page = try Page(aliases, call, key: \.key)
        return Reply(page.answer("Aliases") { $0.value.answer(name) })
    }
}
