internal import Buildspec
internal import Cloud
internal import Foundation
internal import Ledger
internal import Notation
internal import Sandbox

/// Carries out what batches want done. Everything it does may be done twice.
struct BatchPerformer: Performer {
    typealias Engine = BatchMachine

    let workshop: Workshop
    let runner: MachineRunner<BatchMachine>
    let builds: MachineRunner<BuildMachine>
    let members: BatchMembers
    let performer: BuildPerformer

    func perform(_ command: BatchMachine.Command, of id: String, key: String) async throws -> BatchMachine.Event? {
        guard let machine = try await runner.machine(id) else { return nil }
        switch command {
        case .readSpec: return try await readSpec(machine.order)
        case .start(let name, let attempt):
            do { return try await start(name, attempt, machine) } catch let error as AWSError where error.status < 500 {
                return .startFailed(
                    name, attempt: attempt, PhaseContext(statusCode: "CLIENT_ERROR", message: error.description))
            }
        case .stop(let arn):
            // Whoever stopped the batch has decided: its role is not asked.
            try await builds.send(.stopRequested, to: machine.order.owner.key(CodeBuildService.id(arn)))
            return nil
        case .combine: return await combine(machine)
        }
    }

    // MARK: The specification

    /// Reads the buildspec as a build would: in a sandbox of its own, which ends at once.
    private func readSpec(_ batch: BatchOrder) async throws -> BatchMachine.Event {
        var settings = batch.settings
        settings.logsConfig = LogsSettings(cloudWatchLogs: .init(status: "DISABLED"))
        let order = BuildOrder(
            uuid: batch.uuid, project: batch.project, number: batch.number, owner: batch.owner,
            initiator: batch.initiator, submitted: batch.submitted, settings: settings,
            sourceVersion: batch.sourceVersion, pipeline: batch.pipeline)
        do {
            let (spec, version) = try await spec(of: order)
            await close(order)
            try Task.checkCancellation()
            guard let wanted = spec.batch else {
                throw StepFailure(BuildspecError.code, "The buildspec has no 'batch'.")
            }
            let plan = BatchPlan(wanted)
            try check(plan, batch.settings)
            return .specRead(plan: plan, version: version, failure: nil)
        } catch let error as CancellationError {
            await close(order)
            throw error
        } catch {
            await close(order)
            let context = (error as? StepFailure)?.context
            return .specRead(
                plan: nil, version: nil,
                failure: context ?? PhaseContext(statusCode: "CLIENT_ERROR", message: "\(error)"))
        }
    }

    private func spec(of order: BuildOrder) async throws -> (Buildspec, String?) {
        _ = try await performer.provision(order, restarts: 0)
        guard let site = workshop.site(order.key) else { throw BuildTrouble("The batch was ended.") }
        let version = try await SourceFetcher(site: site, workshop: workshop).fetch(order.sources[0], 0)
        return (try await performer.readSpec(site), version)
    }

    private func close(_ order: BuildOrder) async {
        await workshop.remove(order.key)?.close()
        workshop.desk.dismiss(order.uuid)
        await BuildPerformer.removeFolder(workshop.folder(of: order))
    }

    private func check(_ plan: BatchPlan, _ settings: ProjectSettings) throws {
        let rules = settings.buildBatchConfig?.restrictions
        let most = rules?.maximumBuildsAllowed ?? BatchPlan.buildLimit
        guard plan.builds.count <= most else {
            throw StepFailure(
                "CLIENT_ERROR", "The batch has \(plan.builds.count) builds; maximumBuildsAllowed is \(most).")
        }
        guard let allowed = rules?.computeTypesAllowed, !allowed.isEmpty else { return }
        for build in plan.builds {
            let type = build.entry.environment.computeType ?? settings.environment.computeType
            guard allowed.contains(type) else {
                throw StepFailure(
                    "CLIENT_ERROR",
                    "The build \(build.entry.identifier) wants \(type), which computeTypesAllowed lacks.")
            }
        }
    }

    // MARK: Builds

    /// Starts a build: as the batch's own role, whose policies must allow it `codebuild:StartBuild` of the project; for
    /// batches that name no role, as the account.
    private func start(_ name: String, _ attempt: Int, _ machine: BatchMachine) async throws -> BatchMachine.Event? {
        let batch = machine.order
        guard let build = machine.plan?.builds.first(where: { $0.entry.identifier == name }) else { return nil }
        guard let role = batch.settings.buildBatchConfig?.serviceRole, !role.isEmpty else {
            let started = try await members.begin(build, attempt: attempt, of: machine)
            return .started(name, attempt: attempt, arn: started.order.arn)
        }
        let caller = try await caller(role, batch)
        let member: JSON = ["key": .string(batch.key), "identifier": .string(name), "attempt": .int(attempt)]
        let answer = try await workshop.cloud.call(
            "codebuild", "StartBuild", ["projectName": .string(batch.project), "batch": member], as: caller)
        return .started(name, attempt: attempt, arn: answer["build"]?["arn"]?.string ?? "")
    }

    private func caller(_ role: String, _ batch: BatchOrder) async throws -> Caller {
        do {
            return try await workshop.cloud.assume(
                role, session: "AWSCodeBuild-\(batch.uuid)", for: "codebuild.amazonaws.com", as: batch.owner
            ).caller
        } catch let error as AWSError where error.status < 500 {
            throw AWSError(
                error.code,
                "CodeBuild cannot assume the batch service role \(role): \(error.message) The role must exist and trust "
                    + "codebuild.amazonaws.com.")
        }
    }

    // MARK: One artifact of many

    /// Puts what the builds made into one archive, later builds over earlier ones, in the order of the batch.
    private func combine(_ machine: BatchMachine) async -> BatchMachine.Event {
        let batch = machine.order
        let folder = workshop.folder + "/" + batch.uuid
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let keys = RoleKeys(
                cloud: workshop.cloud, role: batch.settings.serviceRole, session: "AWSCodeBuild-\(batch.uuid)",
                owner: batch.owner)
            let log = BuildLog(
                place: nil, sink: workshop.sink, owner: (batch.owner.account, batch.owner.region),
                time: workshop.surroundings.time, file: nil, limit: 0)
            let order = BuildOrder(
                uuid: batch.uuid, project: batch.project, number: batch.number, owner: batch.owner,
                initiator: batch.initiator, submitted: batch.submitted, settings: batch.settings)
            let folders = BuildFolders(root: folder, isVisible: true, owner: nil)
            try folders.make(sources: 1)
            let site = BuildSite(order: order, folders: folders, log: log, keys: keys)
            let tree = folders.host(BuildFolders.source(0))
            for build in machine.plan?.builds ?? [] {
                let made = machine.groups[build.entry.identifier]?.current?.artifacts ?? []
                for artifact in made.prefix(1) { try await unpack(artifact, into: tree, site) }
            }
            let target = try target(of: batch)
            let upload = ArtifactUpload(
                site: site, workshop: workshop,
                selector: FileSelector(files: try ProgramFiles(root: tree), source: "", variables: [:]))
            var rules = FileRules()
            rules.files = ["**/*"]
            let result = try await upload.upload(
                rules, keepsLinks: true, to: ArtifactUpload.Target(place: target, isZip: true))
            return .combined(result, failure: nil)
        } catch {
            let context = (error as? StepFailure)?.context
            return .combined(
                nil, failure: context ?? PhaseContext(statusCode: "CLIENT_ERROR", message: "\(error)"))
        }
    }

    private func unpack(_ artifact: ArtifactResult, into tree: String, _ site: BuildSite) async throws {
        guard let place = S3Place(arn: artifact.location) else { return }
        let packed = try await SourceFetcher(site: site, workshop: workshop).download(place, version: nil)
        let limits = Archive.Limits(totalBytes: workshop.limits.archiveBytes * 20, entries: 2_000_000, ratio: 1_000)
        _ = try await OwnThread.run(throwing: { try Archive.expand(file: packed, into: tree, limits: limits) })
        try? FileManager.default.removeItem(atPath: packed)
    }

    private func target(of batch: BatchOrder) throws -> S3Place {
        if let output = batch.pipeline?.outputs?.first { return S3Place(bucket: output.bucket, key: output.key) }
        let artifacts = batch.settings.artifacts
        guard let bucket = S3Place(location: artifacts.location ?? "") else {
            throw StepFailure("CLIENT_ERROR", "The project's artifacts name no bucket.")
        }
        let parts = [bucket.key, artifacts.path ?? "", artifacts.namespaceType == "BUILD_ID" ? batch.uuid : ""]
        let all = parts + [artifacts.name ?? batch.project]
        return S3Place(bucket: bucket.bucket, key: all.flatMap { $0.split(separator: "/") }.joined(separator: "/"))
    }
}
