import Cloud
import Ledger
import Notation

/// What is set beside a function's configuration: reserved concurrency, treatment of events, tags, account limits.
struct SettingOperations: Sendable {
    let parts: LambdaParts

    private static let event =
        "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig.OnSuccess.Destination "
        + "DestinationConfig.OnFailure.Destination"

    var operations: [Operation] {
        [
            Operation(
                "PutFunctionConcurrency", enforces: "FunctionName ReservedConcurrentExecutions", raw: putConcurrency),
            Operation("GetFunctionConcurrency", enforces: "FunctionName", raw: getConcurrency),
            Operation("DeleteFunctionConcurrency", enforces: "FunctionName", raw: deleteConcurrency),
            Operation("PutFunctionEventInvokeConfig", enforces: Self.event) { try await putEvent($0, isUpdate: false) },
            Operation("UpdateFunctionEventInvokeConfig", enforces: Self.event) {
                try await putEvent($0, isUpdate: true)
            },
            Operation("GetFunctionEventInvokeConfig", enforces: "FunctionName Qualifier", raw: getEvent),
            Operation("DeleteFunctionEventInvokeConfig", enforces: "FunctionName Qualifier", raw: deleteEvent),
            Operation("ListFunctionEventInvokeConfigs", enforces: "FunctionName Marker MaxItems", raw: listEvents),
            Operation("TagResource", enforces: "Resource Tags", raw: tag),
            Operation("UntagResource", enforces: "Resource TagKeys", raw: untag),
            Operation("ListTags", enforces: "Resource", raw: listTags),
            Operation("GetAccountSettings", raw: account),
        ]
    }

    // MARK: Concurrency

    private func putConcurrency(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        let wanted = call.input["ReservedConcurrentExecutions"]?.int ?? 0
        let function = try await parts.store.function(name)
        let rules = parts.pool.rules
        let others = try await parts.reservations.reserved(name.account, name.region) - (function.reserved ?? 0)
        guard rules.accountConcurrency - others - wanted >= rules.unreservedMinimum else {
            throw LambdaError.invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                    + "UnreservedConcurrentExecution below its minimum value of [\(rules.unreservedMinimum)].")
        }
        try await change(name, "PutFunctionConcurrency") { $0.reserved = wanted }
        parts.reservations.changed()
        return Reply(["ReservedConcurrentExecutions": .int(wanted)])
    }

    private func getConcurrency(_ call: Call) async throws -> Reply {
        let function = try await parts.store.function(call.function().with(nil))
        return Reply(function.reserved.map { ["ReservedConcurrentExecutions": .int($0)] } ?? [:])
    }

    private func deleteConcurrency(_ call: Call) async throws -> Reply {
        try await change(call.function().with(nil), "DeleteFunctionConcurrency") { $0.reserved = nil }
        parts.reservations.changed()
        return Reply([:])
    }

    private func change(
        _ name: FunctionName, _ operation: String, _ body: @escaping @Sendable (inout Function) throws -> Void
    ) async throws {
        try await parts.ledger.write { transaction in
            var function = try transaction.function(name)
            try body(&function)
            try transaction.put(function)
            try transaction.note(operation, name)
        }
    }

    // MARK: Asynchronous invocations

    private func putEvent(_ call: Call, isUpdate: Bool) async throws -> Reply {
        let name = try call.function()
        let target = try await parts.store.target(name, draw: 1)
        let qualifier = name.qualifier ?? "$LATEST"
        let known = target.function.eventInvoke[qualifier]
        if isUpdate, known == nil { throw missing(name) }
        let input = call.input
        guard
            input["MaximumRetryAttempts"] != nil || input["MaximumEventAgeInSeconds"] != nil
                || input["DestinationConfig"] != nil
        else { throw LambdaError.invalid("You must specify at least one of error handling or destination setting.") }
        var settings =
            isUpdate
            ? known ?? EventInvokeConfiguration(lastModified: call.time)
            : EventInvokeConfiguration(lastModified: call.time)
        settings.lastModified = call.time
        if let retries = input["MaximumRetryAttempts"]?.int { settings.maximumRetries = retries }
        if let age = input["MaximumEventAgeInSeconds"]?.int { settings.maximumAgeSeconds = age }
        if let destinations = input["DestinationConfig"] {
            for place in [destinations["OnSuccess"]?["Destination"], destinations["OnFailure"]?["Destination"]] {
                try await check(place?.string, name, role: target.configuration.role)
            }
            settings.onSuccess = destinations["OnSuccess"]?["Destination"]?.string
            settings.onFailure = destinations["OnFailure"]?["Destination"]?.string
        }
        let kept = settings
        try await change(name, "PutFunctionEventInvokeConfig") { $0.eventInvoke[qualifier] = kept }
        return Reply(kept.answer(name.with(qualifier).arn))
    }

    private func check(_ destination: String?, _ name: FunctionName, role: String) async throws {
        guard let destination else { return }
        if destination.hasPrefix(name.functionARN),
            [nil, ":"].contains(destination.dropFirst(name.functionARN.count).first)
        {
            throw LambdaError.invalid("You can't specify the function as a destination for itself.")
        }
        try await RoleCheck(parts: parts, name: name).destination(destination, role: role)
    }

    private func missing(_ name: FunctionName) -> AWSError {
        LambdaError.notFound(
            "The function \(name.with(name.qualifier ?? "$LATEST").arn) doesn't have an EventInvokeConfig")
    }

    private func getEvent(_ call: Call) async throws -> Reply {
        let name = try call.function()
        let qualifier = name.qualifier ?? "$LATEST"
        guard let settings = try await parts.store.function(name).eventInvoke[qualifier] else { throw missing(name) }
        return Reply(settings.answer(name.with(qualifier).arn))
    }

    private func deleteEvent(_ call: Call) async throws -> Reply {
        let name = try call.function()
        let refusal = missing(name)
        try await change(name, "DeleteFunctionEventInvokeConfig") { function in
            guard function.eventInvoke.removeValue(forKey: name.qualifier ?? "$LATEST") != nil else { throw refusal }
        }
        return Reply([:])
    }

    private func listEvents(_ call: Call) async throws -> Reply {
        let name = try call.function().with(nil)
        let all = try await parts.store.function(name).eventInvoke.sorted { $0.key < $1.key }
        let page = try Page(all, call, key: \.key)
        return Reply(page.answer("FunctionEventInvokeConfigs") { $0.value.answer(name.with($0.key).arn) })
    }

    // MARK: Tags

    private func tagged(_ call: Call) throws -> FunctionName {
        let name = try FunctionName(parsing: call.text("Resource"), for: call.caller)
        guard name.qualifier == nil else {
            throw LambdaError.invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.")
        }
        return name
    }

    private func tag(_ call: Call) async throws -> Reply {
        let tags = call.input["Tags"]?.object ?? [:]
        try LambdaError.checkTags(tags.map(\.key), call.caller)
        if let mapping = Self.mapping(call) {
            try await change(mapping) { mapping in for (key, value) in tags { mapping.tags[key] = value.string ?? "" } }
            return Reply([:])
        }
        try await change(tagged(call), "TagResource") { function in
            for (key, value) in tags { function.tags[key] = value.string ?? "" }
            try LambdaError.checkCount(function.tags.keys)
        }
        return Reply([:])
    }

    private func untag(_ call: Call) async throws -> Reply {
        let keys = call.input["TagKeys"]?.array?.compactMap(\.string) ?? []
        if let mapping = Self.mapping(call) {
            try await change(mapping) { mapping in for key in keys { mapping.tags[key] = nil } }
            return Reply([:])
        }
        try await change(tagged(call), "UntagResource") { function in
            for key in keys { function.tags[key] = nil }
        }
        return Reply([:])
    }

    private func listTags(_ call: Call) async throws -> Reply {
        if let key = Self.mapping(call) {
            guard let mapping = try await parts.ledger.get(EventSourceMapping.all, key)?.value else {
                throw LambdaError.notFound()
            }
            let tags = mapping.tags.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
            return Reply(["Tags": .object(JSONObject(tags))])
        }
        return Reply(["Tags": try await parts.store.function(tagged(call)).tagsAnswer])
    }

    /// The key of the event source mapping that is meant; nil when something else is.
    private static func mapping(_ call: Call) -> String? {
        let prefix = call.caller.arn("lambda", "event-source-mapping:")
        let arn = call.text("Resource")
        return arn.hasPrefix(prefix) ? call.caller.key(String(arn.dropFirst(prefix.count))) : nil
    }

    private func change(
        _ mapping: String, _ body: @escaping @Sendable (inout EventSourceMapping) -> Void
    ) async throws {
        try await parts.ledger.write { write in
            guard var found = try write.get(EventSourceMapping.all, mapping)?.value else {
                throw LambdaError.notFound()
            }
            body(&found)
            try write.put(EventSourceMapping.all, mapping, found)
        }
    }

    // MARK: The account

    private func account(_ call: Call) async throws -> Reply {
        let functions = try await parts.ledger.list(LambdaStore.functions, prefix: call.caller.scope).map(\.value)
        let versions = try await parts.ledger.list(LambdaStore.versions, prefix: call.caller.scope).map(\.value)
        let layers = try await parts.ledger.list(LambdaStore.layers, prefix: call.caller.scope).map(\.value)
        let size =
            functions.reduce(0) { $0 + $1.latest.codeSize }
            + versions.reduce(0) { $0 + $1.configuration.codeSize } + layers.reduce(0) { $0 + $1.codeSize }
        let rules = parts.pool.rules
        let reserved = try await parts.reservations.reserved(call.caller.account, call.caller.region)
        return Reply([
            "AccountLimit": [
                "TotalCodeSize": 80_530_636_800, "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": .int(CodeStore.zippedLimit), "ConcurrentExecutions": .int(rules.accountConcurrency),
                "UnreservedConcurrentExecutions": .int(rules.accountConcurrency - reserved),
            ],
            "AccountUsage": ["TotalCodeSize": .int(size), "FunctionCount": .int(functions.count)],
        ])
    }
}
