internal import Buildspec
internal import Cloud
internal import Ledger
internal import Notation

/// What batches are found by. The batch itself is its machine.
struct BatchRecord: Codable, Sendable {
    var id: String
    var project: String
    var number: Int
    var submitted: Timestamp
    var status: BuildStatus
    /// Account and region.
    var scope: String

    static let collection = Collection<BatchRecord>(
        "codebuild.batch",
        lookups: ["scope": { [$0.scope] }, "project": { ["\($0.scope)\($0.project)"] }])
    /// How many batches a project of that name has had.
    static let counters = Collection<Int>("codebuild.batchCounter")

    /// Keeps the record in step with the machine, in the write of each of its steps.
    static func project(_ transaction: Transaction, _ before: BatchMachine?, _ after: BatchMachine) throws {
        guard before == nil || before?.status != after.status else { return }
        let order = after.order
        let record = BatchRecord(
            id: order.id, project: order.project, number: order.number, submitted: order.submitted,
            status: after.status, scope: order.owner.scope)
        try transaction.put(collection, order.key, record)
    }
}

extension CodeBuildService {
    /// Starting, stopping, repeating, finding and removing batches of builds.
    var batchOperations: [Operation] {
        [
            Operation(
                "StartBuildBatch",
                enforces: BuildWish.enforced + " buildTimeoutInMinutesOverride buildBatchConfigOverride.serviceRole "
                    + "buildBatchConfigOverride.restrictions.maximumBuildsAllowed "
                    + "buildBatchConfigOverride.restrictions.computeTypesAllowed "
                    + "buildBatchConfigOverride.timeoutInMins buildBatchConfigOverride.combineArtifacts "
                    + "buildBatchConfigOverride.batchReportMode reportBuildBatchStatusOverride",
                stores: "certificateOverride privilegedModeOverride encryptionKeyOverride "
                    + "registryCredentialOverride imagePullCredentialsTypeOverride"
            ) { (input: BuildWish, call) in
                ["buildBatch": try BatchView.view(try await startBatch(input, call))] as JSON
            },
            Operation("StopBuildBatch", enforces: "id") { (input: BuildID, call) in
                let known = try await batch(input.id ?? "", call.caller)
                let after = try await batches.send(.stopRequested, to: known.order.key) ?? known
                return ["buildBatch": try BatchView.view(after)] as JSON
            },
            Operation("RetryBuildBatch", enforces: "id idempotencyToken retryType") { (input: BuildID, call) in
                ["buildBatch": try BatchView.view(try await retryBatch(input, call))] as JSON
            },
            Operation("BatchGetBuildBatches", enforces: "ids") { (input: BuildIDs, call) in
                try await batchGetBatches(input, call.caller)
            },
            Operation("ListBuildBatches", enforces: "filter sortOrder maxResults nextToken") {
                (input: ListInput, call) in
                try list(input, try await ledger.find(BatchRecord.collection, "scope", call.caller.scope))
            },
            Operation(
                "ListBuildBatchesForProject", enforces: "projectName filter sortOrder maxResults nextToken"
            ) { (input: ListInput, call) in
                let name = Project.name(input.projectName ?? "")
                return try list(
                    input, try await ledger.find(BatchRecord.collection, "project", call.caller.scope + name))
            },
            Operation("DeleteBuildBatch", enforces: "id") { (input: BuildID, call) in
                try await deleteBatch(input, call.caller)
            },
        ]
    }

    private func batch(_ idOrARN: String, _ caller: Caller) async throws -> BatchMachine {
        let id = Self.id(idOrARN)
        guard let machine = try await batches.machine(caller.key(id)) else {
            throw AWSError(
                "ResourceNotFoundException",
                "Build batch \(caller.arn("codebuild", "build-batch/\(id)")) does not exist")
        }
        return machine
    }

    private func startBatch(_ wish: BuildWish, _ call: Call) async throws -> BatchMachine {
        try await judgeRoles(wish.serviceRoleOverride, batch: wish.buildBatchConfigOverride?.serviceRole, call)
        let request = try JSON(encoding: wish).text()
        return try await ledger.write { transaction in
            let project = try Project.get(wish.projectName, call.caller, in: transaction)
            let (settings, version) = try wish.effective(project, call)
            guard settings.buildBatchConfig != nil else {
                throw AWSError.invalidInput("Project \(settings.name) has no buildBatchConfig: it cannot build batches")
            }
            let token = wish.idempotencyToken.map { "batch-start/\(settings.name)/\($0)" }
            if let token, let known = try transaction.get(RequestToken.collection, call.caller.key(token))?.value,
                wish.pipeline != nil || known.time + RequestToken.lifetime > transaction.now,
                let machine = try batches.machine(call.caller.key(known.id), in: transaction)
            {
                guard known.request == request else {
                    throw AWSError.invalidInput("The idempotency token was used for a request with other parameters.")
                }
                return machine
            }
            var order = BatchOrder(
                uuid: transaction.surroundings.chance.uuid(), project: settings.name, number: 0,
                owner: .root(account: call.caller.account, region: call.caller.region),
                initiator: wish.pipeline.map { "codepipeline/\($0.name)" } ?? call.caller.initiator,
                submitted: transaction.now, settings: settings, sourceVersion: version)
            order.pipeline = wish.pipeline
            order.debugSession = wish.debugSessionEnabled
            let machine = try begin(&order, transaction)
            if let token {
                let kept = RequestToken(id: order.id, request: request, time: transaction.now)
                try transaction.put(RequestToken.collection, call.caller.key(token), kept)
            }
            return machine
        }
    }

    private func begin(_ order: inout BatchOrder, _ transaction: Transaction) throws -> BatchMachine {
        let key = order.owner.key(order.project)
        order.number = try (transaction.get(BatchRecord.counters, key)?.value ?? 0) + 1
        try transaction.put(BatchRecord.counters, key, order.number)
        return try batches.begin(order.key, BatchMachine(order), with: .submitted, in: transaction)
    }

    /// Begins a batch on behalf of a webhook; none under a token that is known.
    func startBatch(
        _ project: Project, version: String?, initiator: String, _ owner: Caller, token: String?,
        in transaction: Transaction
    ) throws {
        // Builds of the same delivery have tokens of their own: the project may have been changed in between.
        let name = token.map { owner.key("batch-" + $0) }
        if let name, try transaction.get(RequestToken.collection, name) != nil { return }
        var order = BatchOrder(
            uuid: transaction.surroundings.chance.uuid(), project: project.settings.name, number: 0, owner: owner,
            initiator: initiator, submitted: transaction.now, settings: project.settings, sourceVersion: version)
        _ = try begin(&order, transaction)
        guard let name, let token else { return }
        let kept = RequestToken(id: order.id, request: token, time: transaction.now)
        try transaction.put(RequestToken.collection, name, kept)
    }

    /// A new batch with the settings of an old one. Only those of its builds that did not succeed are built again when
    /// that is asked for: the others' results stand.
    private func retryBatch(_ input: BuildID, _ call: Call) async throws -> BatchMachine {
        let old = try await batch(input.id ?? "", call.caller)
        guard old.isComplete else {
            throw AWSError.invalidInput("The batch \(old.order.id) is not over: it cannot be built again")
        }
        guard input.retryType == "RETRY_FAILED_BUILDS" else {
            return try await ledger.write { transaction in
                var order = old.order
                order.uuid = transaction.surroundings.chance.uuid()
                order.submitted = transaction.now
                order.initiator = call.caller.initiator
                return try begin(&order, transaction)
            }
        }
        throw AWSError.notImplemented("RETRY_FAILED_BUILDS of RetryBuildBatch; RETRY_ALL_BUILDS is")
    }

    private func batchGetBatches(_ input: BuildIDs, _ caller: Caller) async throws -> JSON {
        var found: [JSON] = []
        var missing: [JSON] = []
        for id in input.ids {
            if let machine = try await batches.machine(caller.key(Self.id(id))) {
                found.append(try BatchView.view(machine))
            } else {
                missing.append(.string(id))
            }
        }
        return ["buildBatches": .array(found), "buildBatchesNotFound": .array(missing)]
    }

    private func list(_ input: ListInput, _ found: [Document<BatchRecord>]) throws -> JSON {
        var all = found.map(\.value).sorted { ($0.submitted, $0.number) < ($1.submitted, $1.number) }
        if let status = input.filter?.status { all.removeAll { $0.status.rawValue != status } }
        if input.isDescending { all.reverse() }
        return try Page(all.map(\.id), token: input.nextToken, size: input.size).answer("ids")
    }

    /// Removes a batch that is over, with its builds. One that is not there is as good as deleted.
    private func deleteBatch(_ input: BuildID, _ caller: Caller) async throws -> JSON {
        let id = Self.id(input.id ?? "")
        guard let machine = try await batches.machine(caller.key(id)) else {
            return ["statusCode": "BATCH_NOT_FOUND", "buildsDeleted": [], "buildsNotDeleted": []]
        }
        guard machine.isComplete else {
            throw AWSError.invalidInput("The batch \(id) is not over: stop it first")
        }
        let builds = machine.groups.values.compactMap { $0.current?.arn }.sorted()
        var answer = try await delete(builds, caller)
        try await ledger.write { transaction in
            try batches.remove(caller.key(id), in: transaction)
            try transaction.delete(BatchRecord.collection, caller.key(id))
        }
        answer["statusCode"] = "BATCH_DELETED"
        return answer
    }
}
