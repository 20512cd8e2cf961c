internal import Buildspec
internal import Cloud
internal import Ledger
internal import Notation

extension CodeBuildService {
    /// Starting, stopping, repeating, finding and removing builds.
    var buildOperations: [Operation] {
        [
            Operation(
                "StartBuild",
                enforces: BuildWish.enforced + " timeoutInMinutesOverride autoRetryLimitOverride batch "
                    + "reportBuildStatusOverride buildStatusConfigOverride",
                stores: BuildWish.stored
            ) { (input: BuildWish, call) in
                ["build": try BuildView.view(try await start(input, call))] as JSON
            },
            Operation("StopBuild", enforces: "id") { (input: BuildID, call) in
                ["build": try BuildView.view(try await stop(input.id ?? "", call.caller))] as JSON
            },
            Operation("RetryBuild", enforces: "id idempotencyToken") { (input: BuildID, call) in
                ["build": try BuildView.view(try await retry(input, call))] as JSON
            },
            Operation("BatchGetBuilds", enforces: "ids") { (input: BuildIDs, call) in
                try await batchGet(input, call.caller)
            },
            Operation("BatchDeleteBuilds", enforces: "ids") { (input: BuildIDs, call) in
                try await delete(input.ids, call.caller)
            },
            Operation("ListBuilds", enforces: "sortOrder nextToken") { (input: ListInput, call) in
                try await list(input, try await ledger.find(BuildRecord.collection, "scope", call.caller.scope))
            },
            Operation("ListBuildsForProject", enforces: "projectName sortOrder nextToken") {
                (input: ListInput, call) in
                let name = Project.name(input.projectName ?? "")
                let found = try await ledger.find(BuildRecord.collection, "project", call.caller.scope + name)
                if found.isEmpty, try await ledger.get(Project.collection, call.caller.key(name)) == nil {
                    throw Project.missing(name, call.caller)
                }
                return try await list(input, found)
            },
        ]
    }

    /// The id in an ARN, or the text itself.
    static func id(_ idOrARN: String) -> String {
        guard idOrARN.hasPrefix("arn:") else { return idOrARN }
        return idOrARN.split(separator: "/", maxSplits: 1).last.map(String.init) ?? idOrARN
    }

    /// The build of that id or ARN.
    ///
    /// - Throws: `ResourceNotFoundException`, as StopBuild has it.
    func build(_ idOrARN: String, _ caller: Caller) async throws -> BuildMachine {
        let id = Self.id(idOrARN)
        guard id.contains(":") else { throw AWSError.invalidInput("Invalid build ID: \(idOrARN)") }
        guard let machine = try await runner.machine(caller.key(id)) else { throw Self.missing(id, caller) }
        return machine
    }

    static func missing(_ id: String, _ caller: Caller) -> AWSError {
        AWSError("ResourceNotFoundException", "Build \(caller.arn("codebuild", "build/\(id)")) does not exist")
    }

    private func start(_ wish: BuildWish, _ call: Call) async throws -> BuildMachine {
        if let member = wish.batch { return try await start(member, call) }
        try await judgeRoles(wish.serviceRoleOverride, batch: nil, call)
        let request = try JSON(encoding: wish).text()
        return try await ledger.write { transaction in
            let project = try Project.get(wish.projectName, call.caller, in: transaction)
            let (settings, version) = try wish.effective(project, call)
            let isPipeline = wish.pipeline != nil
            var occasion = BuildStarter.Occasion(
                initiator: wish.pipeline.map { "codepipeline/\($0.name)" } ?? call.caller.initiator,
                owner: .root(account: call.caller.account, region: call.caller.region), sourceVersion: version,
                pipeline: wish.pipeline, debugSession: wish.debugSessionEnabled)
            occasion.token = wish.idempotencyToken.map { ("start/\(settings.name)/\($0)", request, isPipeline) }
            return try starter.start(project: settings.name, settings, occasion, in: transaction)
        }
    }

    /// Begins a build of a batch. The batch's role made the call, so its policies have judged it.
    private func start(_ member: BuildWish.Member, _ call: Call) async throws -> BuildMachine {
        guard call.caller.invokedBy == "codebuild.amazonaws.com", member.key.hasPrefix(call.caller.scope),
            let batch = try await batches.machine(member.key),
            let build = batch.plan?.builds.first(where: { $0.entry.identifier == member.identifier })
        else { throw AWSError.invalidInput("The member 'batch' is CodeBuild's own.") }
        return try await members.begin(build, attempt: member.attempt, of: batch)
    }

    /// A build that is over stays as it is.
    func stop(_ idOrARN: String, _ caller: Caller) async throws -> BuildMachine {
        let known = try await build(idOrARN, caller)
        return try await runner.send(.stopRequested, to: known.order.key) ?? known
    }

    /// A new build with the settings of an old one, which need not have failed.
    private func retry(_ input: BuildID, _ call: Call) async throws -> BuildMachine {
        guard let id = input.id else { throw AWSError.invalidInput("The id of a build is required.") }
        let old = try await build(id, call.caller).order
        return try await ledger.write { transaction in
            var occasion = BuildStarter.Occasion(
                initiator: call.caller.initiator, owner: old.owner, sourceVersion: old.sourceVersion,
                pipeline: old.pipeline, triggerVariables: old.triggerVariables, debugSession: old.debugSession)
            occasion.token = input.idempotencyToken.map { ("retry/\(old.project)/\($0)", old.id, false) }
            return try starter.start(project: old.project, old.settings, occasion, in: transaction)
        }
    }

    private func batchGet(_ input: BuildIDs, _ caller: Caller) async throws -> JSON {
        var found: [JSON] = []
        var missing: [JSON] = []
        for id in input.ids {
            if let machine = try await runner.machine(caller.key(Self.id(id))) {
                found.append(try BuildView.view(machine))
            } else {
                missing.append(.string(id))
            }
        }
        return ["builds": .array(found), "buildsNotFound": .array(missing)]
    }

    /// Builds under way are not deleted, and said so.
    func delete(_ ids: [String], _ caller: Caller) async throws -> JSON {
        try await ledger.write { transaction in
            var deleted: [JSON] = []
            var kept: [JSON] = []
            for id in ids {
                let key = caller.key(Self.id(id))
                let machine = try runner.machine(key, in: transaction)
                if let machine, machine.phase != .completed {
                    kept.append(["id": .string(id), "statusCode": "BUILD_IN_PROGRESS"])
                    continue
                }
                if machine == nil {
                    kept.append(["id": .string(id), "statusCode": "NOT_FOUND"])
                    continue
                }
                try runner.remove(key, in: transaction)
                try transaction.delete(BuildRecord.collection, key)
                try transaction.delete(BuildTimings.collection, key)
                deleted.append(.string(machine?.order.arn ?? id))
            }
            return ["buildsDeleted": .array(deleted), "buildsNotDeleted": .array(kept)]
        }
    }

    private func list(_ input: ListInput, _ found: [Document<BuildRecord>]) async throws -> JSON {
        var all = found.map(\.value).sorted { ($0.submitted, $0.number) < ($1.submitted, $1.number) }
        if input.isDescending { all.reverse() }
        return try Page(all.map(\.id), token: input.nextToken).answer("ids")
    }
}

/// An input that names a build.
struct BuildID: Decodable, Sendable {
    var id: String?
    var idempotencyToken: String?
    var retryType: String?
}

/// An input that names builds.
struct BuildIDs: Decodable, Sendable {
    var ids: [String]
}
