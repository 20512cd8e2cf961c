import Cloud
import Ledger
import Notation

/// Function URLs: the addresses under which functions answer HTTP.
struct URLOperations: Sendable {
    let parts: LambdaParts

    private static let members = "FunctionName Qualifier AuthType Cors InvokeMode"
    var operations: [Operation] {
        [
            Operation("CreateFunctionUrlConfig", enforces: Self.members, raw: create),
            Operation("GetFunctionUrlConfig", enforces: "FunctionName Qualifier", raw: get),
            Operation("UpdateFunctionUrlConfig", enforces: Self.members, raw: update),
            Operation("DeleteFunctionUrlConfig", enforces: "FunctionName Qualifier", raw: delete),
            Operation("ListFunctionUrlConfigs", enforces: "FunctionName Marker MaxItems", raw: list),
        ]
    }

    private func name(_ call: Call) throws -> FunctionName {
        let name = try call.function()
        guard let qualifier = name.qualifier else { return name }
        guard !FunctionName.isVersion(qualifier), qualifier != "$LATEST" else {
            throw LambdaError.validation(
                "1 validation error detected: Value '\(qualifier)' at 'qualifier' failed to satisfy constraint: Member "
                    + "must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)")
        }
        return name
    }

    private static func checkMode(_ call: Call) throws {
        if let mode = call.input["InvokeMode"]?.string, mode != "BUFFERED" {
            throw AWSError.notImplemented("function URLs of invoke mode \(mode)")
        }
    }

    private static func find(_ name: FunctionName, _ transaction: Transaction) throws -> FunctionURL? {
        try transaction.find(LambdaStore.urls, "function", name.key).map(\.value)
            .first { $0.qualifier == name.qualifier }
    }

    private func create(_ call: Call) async throws -> Reply {
        let name = try name(call)
        try Self.checkMode(call)
        let url = FunctionURL(
            id: parts.surroundings.chance.text(32, of: "abcdefghijklmnopqrstuvwxyz234567"), account: name.account,
            region: name.region, function: name.name, qualifier: name.qualifier, authType: call.text("AuthType"),
            cors: call.input["Cors"], created: call.time, modified: call.time)
        try await parts.ledger.write { transaction in
            guard try transaction.get(LambdaStore.functions, name.key) != nil else {
                throw LambdaError.notFound("Function does not exist")
            }
            if let alias = name.qualifier,
                try transaction.get(LambdaStore.aliases, LambdaStore.aliasKey(name.key, alias)) == nil
            {
                throw LambdaError.notFound("Function does not exist")
            }
            if let known = try Self.find(name, transaction) {
                throw LambdaError.conflict(
                    "Failed to create function url config for [functionArn = \(known.target.arn)]. "
                        + "Error message:  FunctionUrlConfig exists for this Lambda function")
            }
            try transaction.insert(LambdaStore.urls, url.id, url)
            try transaction.note("CreateFunctionUrlConfig", name)
        }
        return Reply(url.answer(endpoint: call.endpoint, isNew: true))
    }

    private func get(_ call: Call) async throws -> Reply {
        let name = try name(call)
        let found = try await parts.ledger.find(LambdaStore.urls, "function", name.key).map(\.value)
            .first { $0.qualifier == name.qualifier }
        guard let found else { throw LambdaError.notFound() }
        return Reply(found.answer(endpoint: call.endpoint))
    }

    private func update(_ call: Call) async throws -> Reply {
        let name = try name(call)
        try Self.checkMode(call)
        let input = call.input
        let changed = try await parts.ledger.write { transaction in
            guard var url = try Self.find(name, transaction) else { throw LambdaError.notFound() }
            if let type = input["AuthType"]?.string { url.authType = type }
            if let cors = input["Cors"] { url.cors = cors.object?.isEmpty == true ? nil : cors }
            url.modified = transaction.now
            try transaction.put(LambdaStore.urls, url.id, url)
            try transaction.note("UpdateFunctionUrlConfig", name)
            return url
        }
        return Reply(changed.answer(endpoint: call.endpoint))
    }

    private func delete(_ call: Call) async throws -> Reply {
        let name = try name(call)
        try await parts.ledger.write { transaction in
            guard let url = try Self.find(name, transaction) else { throw LambdaError.notFound() }
            try transaction.delete(LambdaStore.urls, url.id)
            try transaction.note("DeleteFunctionUrlConfig", name)
        }
        return Reply([:])
    }

    private func list(_ call: Call) async throws -> Reply {
        let name = try name(call).with(nil)
        _ = try await parts.store.function(name)
        let all = try await parts.ledger.find(LambdaStore.urls, "function", name.key)
        let page = try Page(all, call, key: \.key)
        return Reply(page.answer("FunctionUrlConfigs") { $0.value.answer(endpoint: call.endpoint) })
    }
}
