internal import Buildspec
internal import Cloud
internal import Ledger
internal import Notation

/// Begins the builds of batches: each once for every attempt, however often it is asked.
struct BatchMembers: Sendable {
    let ledger: Ledger
    let starter: BuildStarter

    /// Begins a build of the batch, and gives back its machine; the known one for an attempt that has begun.
    ///
    /// - Throws: `AccountLimitExceededException` when too many builds wait.
    func begin(_ build: BatchPlan.Build, attempt: Int, of machine: BatchMachine) async throws -> BuildMachine {
        let batch = machine.order
        let name = build.entry.identifier
        let settings = settings(of: build, machine)
        let token = "batch/\(batch.uuid)/\(name)/\(attempt)"
        return try await ledger.write { transaction in
            var occasion = BuildStarter.Occasion(
                initiator: batch.initiator, owner: batch.owner,
                sourceVersion: machine.resolvedSourceVersion.flatMap { settings.source.isGit ? $0 : nil }
                    ?? batch.sourceVersion,
                pipeline: batch.pipeline, batch: .init(arn: batch.arn, key: batch.key, identifier: name),
                debugSession: batch.debugSession)
            occasion.pipeline?.outputs = batch.pipeline?.outputs?.map {
                .init(artifact: $0.artifact, bucket: $0.bucket, key: "\($0.key).\(name)")
            }
            if let share = build.share {
                occasion.triggerVariables = [
                    "CODEBUILD_BATCH_SHARD": "\(share.index)", "CODEBUILD_BATCH_SHARDS": "\(share.count)",
                ]
            }
            occasion.token = (token, token, true)
            return try starter.start(project: batch.project, settings, occasion, in: transaction)
        }
    }

    /// The project's settings, with what the batch says of this build.
    private func settings(of build: BatchPlan.Build, _ machine: BatchMachine) -> ProjectSettings {
        var settings = machine.order.settings
        let wanted = build.entry.environment
        settings.source.buildspec = build.entry.buildspec ?? settings.source.buildspec
        settings.environment.computeType = wanted.computeType ?? settings.environment.computeType
        settings.environment.image = wanted.image ?? settings.environment.image
        settings.environment.type = wanted.type ?? settings.environment.type
        settings.environment.privilegedMode = wanted.isPrivileged ?? settings.environment.privilegedMode
        let own = wanted.variables.sorted { $0.key < $1.key }.map {
            EnvironmentSettings.Variable(name: $0.key, value: $0.value, type: "PLAINTEXT")
        }
        settings.environment.environmentVariables = BuildWish.merged(
            settings.environment.environmentVariables ?? [], own)
        if machine.combines, machine.order.pipeline == nil {
            let path = [settings.artifacts.path ?? "", machine.order.uuid, build.entry.identifier]
            settings.artifacts.path = path.filter { !$0.isEmpty }.joined(separator: "/")
        }
        return settings
    }
}
