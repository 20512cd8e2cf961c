internal import Buildspec
internal import Cloud
internal import Ledger
internal import Notation

/// Begins builds. Whoever asks twice under one token gets one build.
struct BuildStarter: Sendable {
    let ledger: Ledger
    let runner: MachineRunner<BuildMachine>
    let queue: BuildQueue

    /// What a build is started for, besides its project's settings.
    struct Occasion: Sendable {
        var initiator: String
        var owner: Caller
        var sourceVersion: String?
        var pipeline: BuildOrder.PipelineOrder?
        var batch: BuildOrder.BatchMembership?
        var autoRetry: BuildOrder.AutoRetry?
        var triggerVariables: [String: String]?
        var debugSession: Bool?
        /// Under which name a repeat of the request is known, and the request.
        var token: (name: String, request: String, isForEver: Bool)?
    }

    /// Begins a build as part of that write, and gives back its machine; the known one for a token that is known.
    ///
    /// - Throws: `InvalidInputException` for a token that was used for another request, `AccountLimitExceededException`
    ///   when too many builds wait.
    func start(
        project: String, _ settings: ProjectSettings, _ occasion: Occasion, in transaction: Transaction
    ) throws -> BuildMachine {
        let owner = occasion.owner
        if let token = occasion.token, let known = try known(token, owner, transaction) { return known }
        let waiting = try transaction.list(BuildSlot.collection).count { !$0.value.isRunning }
        guard waiting < queue.limits.queuedBuilds else {
            throw AWSError(
                "AccountLimitExceededException",
                "Cannot have more than \(queue.limits.queuedBuilds) builds in queue for the account")
        }
        let number = try (transaction.get(Project.counters, owner.key(project))?.value ?? 0) + 1
        try transaction.put(Project.counters, owner.key(project), number)
        let generation = try transaction.get(Project.collection, owner.key(project))?.value.cacheGeneration
        var order = BuildOrder(
            uuid: transaction.surroundings.chance.uuid(), project: project, number: number, owner: owner,
            initiator: occasion.initiator, submitted: transaction.now, settings: settings,
            sourceVersion: occasion.sourceVersion, pipeline: occasion.pipeline, batch: occasion.batch)
        order.triggerVariables = occasion.triggerVariables
        order.debugSession = occasion.debugSession
        order.cacheGeneration = generation
        order.autoRetry =
            occasion.autoRetry ?? settings.autoRetryLimit.map { BuildOrder.AutoRetry(limit: $0, number: 0) }
        var machine = try runner.begin(order.key, BuildMachine(order), with: .submitted, in: transaction)
        if let token = occasion.token {
            let kept = RequestToken(id: order.id, request: token.request, time: transaction.now)
            try transaction.put(RequestToken.collection, owner.key(token.name), kept)
        }
        try queue.admit(in: transaction)
        machine = try runner.machine(order.key, in: transaction) ?? machine
        return machine
    }

    private func known(
        _ token: (name: String, request: String, isForEver: Bool), _ owner: Caller, _ transaction: Transaction
    ) throws -> BuildMachine? {
        guard let kept = try transaction.get(RequestToken.collection, owner.key(token.name))?.value,
            token.isForEver || kept.time + RequestToken.lifetime > transaction.now
        else { return nil }
        guard kept.request == token.request else {
            throw AWSError.invalidInput("The idempotency token was used for a request with other parameters.")
        }
        return try runner.machine(owner.key(kept.id), in: transaction)
    }

    /// Begins the automatic retry of a build that failed.
    func retry(_ machine: BuildMachine, key: String) async throws -> String {
        let order = machine.order
        let number = (order.autoRetry?.number ?? 0) + 1
        return try await ledger.write { transaction in
            let occasion = Occasion(
                initiator: order.initiator, owner: order.owner, sourceVersion: order.sourceVersion,
                pipeline: order.pipeline, batch: order.batch,
                autoRetry: .init(limit: order.autoRetry?.limit ?? 0, number: number, previous: order.arn),
                triggerVariables: order.triggerVariables, debugSession: order.debugSession,
                token: ("retry/" + key, order.id, true))
            return try start(project: order.project, order.settings, occasion, in: transaction).order.id
        }
    }
}

extension Caller {
    /// Who that is, in the words in which CodeBuild shows it.
    var initiator: String {
        guard let name = principal.split(separator: ":").last else { return principal }
        let parts = name.split(separator: "/")
        switch parts.first {
        case "user": return parts.last.map(String.init) ?? principal
        case "assumed-role": return parts.dropFirst().joined(separator: "/")
        default: return String(name)
        }
    }
}
