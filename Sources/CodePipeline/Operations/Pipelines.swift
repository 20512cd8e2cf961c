internal import Cloud
internal import Ledger
internal import Notation

/// Making, changing, reading and removing pipelines.
extension CodePipelineService {
    var pipelineOperations: [Operation] {
        [
            Operation(
                "CreatePipeline", enforces: Declaration.enforced + " tags", stores: Declaration.stored, raw: create),
            Operation("UpdatePipeline", enforces: Declaration.enforced, stores: Declaration.stored, raw: update),
            Operation("GetPipeline", enforces: "name version", raw: get),
            Operation("ListPipelines", enforces: "nextToken maxResults", raw: list),
            Operation("DeletePipeline", enforces: "name", raw: delete),
        ]
    }

    // MARK: Create and update

    private func create(_ call: Call) async throws -> Reply {
        let tree = call.input["pipeline"] ?? [:]
        let declaration = try Declaration(tree)
        let tags = try Tagging.checked(call.input["tags"], call.caller)
        let types = try await customTypes(call.caller)
        try await check(declaration, types, call)
        let name = declaration.definition.name
        let watches = SourceKey.all(declaration.definition, account: call.caller.account, region: call.caller.region)
        sources.add(watches)
        do {
            let stored = try await ledger.write { transaction in
                try insert(declaration, name, tags, watches, call, transaction)
            }
            var output: JSON = ["pipeline": Declaration.masked(stored, Secrets(types).names)]
            if !tags.isEmpty { output["tags"] = Tagging.view(tags) }
            return Reply(output)
        } catch {
            sources.remove(watches)
            throw error
        }
    }

    private func insert(
        _ declaration: Declaration, _ name: String, _ tags: [String: String], _ watches: [String], _ call: Call,
        _ transaction: Transaction
    ) throws -> JSON {
        let caller = call.caller
        guard try transaction.get(Pipeline.collection, caller.key(name)) == nil else {
            throw AWSError(
                "PipelineNameInUseException",
                "A pipeline with the name '\(name)' already exists in account '\(caller.account)'")
        }
        guard try transaction.find(Pipeline.collection, "scope", caller.scope).count < Pipeline.limit else {
            throw AWSError(
                "LimitExceededException", "There can be a maximum of \(Pipeline.limit) pipelines in a region.")
        }
        let machine = "\(caller.key(name))#\(transaction.surroundings.chance.hexadecimal(8))"
        let stored = declaration.stored(version: 1)
        let pipeline = Pipeline(
            name: name, account: caller.account, region: caller.region, version: 1, declaration: stored,
            machine: machine,
            created: transaction.now, updated: transaction.now, tags: tags, watches: watches)
        try transaction.insert(Pipeline.collection, pipeline.key, pipeline)
        try transaction.put(Pipeline.versions, Pipeline.versionKey(machine, 1), stored)
        try transaction.append(Self.told("Created", pipeline, caller, transaction))
        let identity = PipelineMachine.Identity(
            name: name, account: caller.account, region: caller.region, machine: machine)
        let engine = try runner.begin(
            machine, PipelineMachine(identity), with: .defined(declaration.definition, version: 1), in: transaction)
        let order = PipelineMachine.Order(
            execution: transaction.surroundings.chance.uuid(), seed: transaction.surroundings.chance.hexadecimal(32),
            trigger: .init(type: "CreatePipeline", detail: caller.principal))
        try Starting.begin(order, variables: [:], pipeline, engine, runner, transaction)
        return stored
    }

    private func update(_ call: Call) async throws -> Reply {
        let tree = call.input["pipeline"] ?? [:]
        let name = tree["name"]?.string ?? ""
        let known = try await pipeline(name, call.caller)
        let types = try await customTypes(call.caller)
        let secrets = Secrets(types)
        let declaration = try Declaration(Declaration.unmasked(tree, from: known.declaration, secrets.names))
        try await check(declaration, types, call)
        let watches = SourceKey.all(declaration.definition, account: call.caller.account, region: call.caller.region)
        sources.add(watches)
        do {
            let (stored, old) = try await ledger.write { transaction in
                try replace(declaration, name, watches, call, transaction)
            }
            sources.remove(old)
            return Reply(["pipeline": Declaration.masked(stored, secrets.names)])
        } catch {
            sources.remove(watches)
            throw error
        }
    }

    private func replace(
        _ declaration: Declaration, _ name: String, _ watches: [String], _ call: Call, _ transaction: Transaction
    ) throws -> (JSON, [String]) {
        var pipeline = try Pipeline.get(name, call.caller, in: transaction)
        let old = pipeline.watches
        pipeline.version += 1
        pipeline.updated = transaction.now
        pipeline.watches = watches
        pipeline.declaration = declaration.stored(version: pipeline.version)
        try transaction.put(Pipeline.collection, pipeline.key, pipeline)
        try transaction.put(
            Pipeline.versions, Pipeline.versionKey(pipeline.machine, pipeline.version), pipeline.declaration)
        try transaction.append(Self.told("Updated", pipeline, call.caller, transaction))
        try runner.send(
            .defined(declaration.definition, version: pipeline.version), to: pipeline.machine, in: transaction)
        return (pipeline.declaration, old)
    }

    /// Whether the declaration can be run: its structure, and whether the role lets CodePipeline act as it.
    private func check(_ declaration: Declaration, _ types: [CustomActionType], _ call: Call) async throws {
        let definition = declaration.definition
        try DefinitionCheck(definition: definition, region: call.caller.region, custom: types.map(\.facts)).run()
        try await cloud.judge(
            definition.roleArn, for: Self.principal, as: call.caller,
            else: DefinitionCheck.structure(
                "CodePipeline is not authorized to perform AssumeRole on role \(definition.roleArn)"))
        // Roles of actions are assumed when they run; who may not pass them must not get at them by a pipeline.
        for role in definition.stages.flatMap(\.roles) {
            try await cloud.judgePassing(role, to: Self.principal, as: call.caller)
        }
    }

    /// Slipway's own note that a pipeline was made, changed or removed: AWS has it in CloudTrail alone.
    private static func told(
        _ what: String, _ pipeline: Pipeline, _ caller: Caller, _ transaction: Transaction
    ) -> LedgerEvent {
        let deploying = (pipeline.declaration["stages"]?.array ?? []).filter { stage in
            (stage["actions"]?.array ?? []).contains { $0["actionTypeId"]?["category"] == "Deploy" }
        }
        return LedgerEvent(
            time: transaction.now, source: "slipway.codepipeline", detailType: "Pipeline \(what)",
            account: pipeline.account, region: pipeline.region, resources: [pipeline.arn],
            detail: [
                "pipeline": .string(pipeline.name), "version": .int(pipeline.version), "by": .string(caller.principal),
                "deploy-stages": .array(deploying.compactMap { $0["name"] }),
            ])
    }

    // MARK: Read

    private func get(_ call: Call) async throws -> Reply {
        let name = call.input["name"]?.string ?? ""
        let pipeline = try await pipeline(name, call.caller)
        var tree = pipeline.declaration
        if let version = call.input["version"]?.int, version != pipeline.version {
            let key = Pipeline.versionKey(pipeline.machine, version)
            guard let old = try await ledger.get(Pipeline.versions, key)?.value else {
                throw AWSError(
                    "PipelineVersionNotFoundException", "The pipeline '\(name)' does not have a version \(version)")
            }
            tree = old
        }
        let secrets = Secrets(try await customTypes(call.caller))
        return Reply([
            "pipeline": Declaration.masked(tree, secrets.names),
            "metadata": [
                "pipelineArn": .string(pipeline.arn), "created": .double(pipeline.created.seconds),
                "updated": .double(pipeline.updated.seconds),
            ],
        ])
    }

    private func list(_ call: Call) async throws -> Reply {
        let limit = call.input["maxResults"]?.int ?? 1000
        let all = try await ledger.list(
            Pipeline.collection, prefix: call.caller.scope, after: try Page.after(call), limit: limit + 1)
        let page = all.prefix(limit).map(\.value).map { pipeline in
            [
                "name": .string(pipeline.name), "version": .int(pipeline.version),
                "pipelineType": pipeline.declaration["pipelineType"] ?? "V1",
                "executionMode": pipeline.declaration["executionMode"] ?? "SUPERSEDED",
                "created": .double(pipeline.created.seconds), "updated": .double(pipeline.updated.seconds),
            ] as JSON
        }
        var output: JSON = ["pipelines": .array(page)]
        if all.count > limit, limit > 0 { output["nextToken"] = Page.token(all[limit - 1].key) }
        return Reply(output)
    }

    // MARK: Delete

    /// What still runs goes on where it was started; the pipeline and its history are gone. A second call succeeds too.
    private func delete(_ call: Call) async throws -> Reply {
        let name = call.input["name"]?.string ?? ""
        let gone = try await ledger.write { transaction -> [String] in
            let document = try transaction.get(Pipeline.collection, call.caller.key(name))
            guard let pipeline = document?.value else { return [] }
            try transaction.delete(Pipeline.collection, pipeline.key)
            // Its jobs go with it: no worker is handed one any more, or told that its result counts.
            for execution in try runner.machine(pipeline.machine, in: transaction)?.executions ?? [] {
                try Job.remove(of: execution, in: transaction)
            }
            try runner.remove(pipeline.machine, in: transaction)
            let prefix = pipeline.machine + "/"
            for old in try transaction.list(Pipeline.versions, prefix: prefix) {
                try transaction.delete(Pipeline.versions, old.key)
            }
            for old in try transaction.list(FinishedExecution.collection, prefix: prefix) {
                try Job.remove(of: old.value.execution, in: transaction)
                try transaction.delete(FinishedExecution.collection, old.key)
            }
            for token in try transaction.list(StartToken.collection, prefix: pipeline.key + "/") {
                try transaction.delete(StartToken.collection, token.key)
            }
            try transaction.append(Self.told("Deleted", pipeline, call.caller, transaction))
            return pipeline.watches
        }
        sources.remove(gone)
        return Reply()
    }
}

/// Tokens that say where a list goes on: the key of the last item, unreadable by accident only.
enum Page {
    private static let mark = "after:"

    static func token(_ key: String) -> JSON { .string(mark + key) }

    /// The key the list goes on after; empty at its beginning.
    ///
    /// - Throws: `InvalidNextTokenException`.
    static func after(_ call: Call, member: String = "nextToken") throws -> String {
        guard let token = call.input[member]?.string else { return "" }
        guard token.hasPrefix(mark) else {
            throw AWSError("InvalidNextTokenException", "The next token was specified in an invalid format.")
        }
        return String(token.dropFirst(mark.count))
    }

    /// The items of a list in memory behind that token, each known by its id.
    static func cut<Item>(
        _ items: [Item], _ call: Call, limit: Int, id: (Item) -> String
    ) throws -> (items: [Item], next: JSON?) {
        let after = try after(call)
        var rest = items[...]
        if !after.isEmpty {
            guard let place = items.firstIndex(where: { id($0) == after }) else {
                throw AWSError("InvalidNextTokenException", "The next token points at nothing that is there any more.")
            }
            rest = items[(place + 1)...]
        }
        let page = Array(rest.prefix(limit))
        return (page, rest.count > limit ? page.last.map { token(id($0)) } : nil)
    }
}
