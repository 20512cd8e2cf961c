internal import Buildspec
package import Cloud
package import HTTP
package import Ledger
internal import Logging
internal import NIOPosix
internal import Notation
package import Sandbox
package import ServiceLifecycle
internal import Synchronization
internal import Traffic
internal import Vault

/// AWS CodeBuild: projects, and builds that are really run, each in a sandbox of its own on this machine.
///
/// Builds run while ``services`` do; started before, they wait. See this room's README for what pipelines say.
package struct CodeBuildService: CloudService {
    /// As in AWS's models.
    package let id = "codebuild"

    let cloud: Cloud
    let ledger: Ledger
    let workshop: Workshop
    let runner: MachineRunner<BuildMachine>
    let batches: MachineRunner<BatchMachine>
    let queue: BuildQueue
    let starter: BuildStarter
    let members: BatchMembers
    let reports: CommitReports

    /// The service behind that door.
    ///
    /// - Parameters:
    ///   - folder: Where builds have their folders, and local caches are kept.
    ///   - logs: Where their lines go.
    ///   - limits: What they may take of this machine.
    ///   - environment: The server's own variables, by which the machine's tools are found.
    ///   - tools: Further folders of tools, the `bin` of each first in the builds' PATH.
    /// - Throws: `LedgerError` when the key for secrets can be neither read nor made.
    package init(
        cloud: Cloud, ledger: Ledger, sandbox: Sandbox, folder: String, logs: any BuildLogSink,
        limits: BuildLimits = BuildLimits(), environment: [String: String] = [:], tools: [String] = []
    ) throws {
        self.cloud = cloud
        self.ledger = ledger
        let log = Logger(label: "codebuild")
        let workshop = Workshop(
            cloud: cloud, ledger: ledger, sandbox: sandbox, folder: folder, sink: logs, limits: limits,
            environment: environment, tools: tools, log: log, vault: try Vault(folder: ledger.folder, name: "codebuild")
        )
        let bell = Bell()
        let reports = CommitReports(ledger: ledger, endpoint: cloud.endpoint)
        reports.runner.use(CommitReporter(cloud: cloud, runner: reports.runner))
        let batches = MachineRunner<BatchMachine>(ledger: ledger, log: log) { transaction, _, before, after in
            try BatchRecord.project(transaction, before, after)
            try reports.project(transaction, before, after)
        }
        let runner = MachineRunner<BuildMachine>(ledger: ledger, log: log) { transaction, _, before, after in
            try BuildQueue.project(transaction, before, after, bell)
            try reports.project(transaction, before, after)
            guard after.phase == .completed, before?.phase != .completed, let batch = after.order.batch else { return }
            // An automatic retry takes the place of the build that failed.
            guard after.nextRetry == nil else { return }
            try batches.send(
                .buildEnded(batch.identifier, arn: after.order.arn, after.status, after.artifacts), to: batch.key,
                in: transaction)
        }
        let queue = BuildQueue(ledger: ledger, runner: runner, limits: limits, bell: bell)
        let starter = BuildStarter(ledger: ledger, runner: runner, queue: queue)
        let members = BatchMembers(ledger: ledger, starter: starter)
        let performer = BuildPerformer(workshop: workshop, runner: runner) { try await starter.retry($0, key: $1) }
        runner.use(performer)
        batches.use(
            BatchPerformer(
                workshop: workshop, runner: batches, builds: runner, members: members, performer: performer))
        (self.workshop, self.runner, self.batches, self.queue) = (workshop, runner, batches, queue)
        (self.starter, self.members, self.reports) = (starter, members, reports)
    }

    /// All operations but those of fleets, sandboxes and command executions.
    package var operations: [Operation] {
        projectOperations + buildOperations + batchOperations + reportOperations + reportContentOperations
            + webhookOperations + credentialOperations + sharingOperations
    }

    /// AWS::CodeBuild::Project, ReportGroup and SourceCredential.
    package var resourceTypes: [ResourceType] { CodeBuildResources.all }

    /// What runs for as long as the house is open.
    package var services: [any Service] {
        let desk = workshop.desk
        let listener = HTTPListener(.tcp(host: "127.0.0.1", port: 0), group: .singleton) { await desk.respond($0) }
        return [BuildRunning(service: self, listener: listener)]
    }

    /// Answers badges and webhooks; nil for requests that are neither.
    package func http(_ request: HTTPRequest) async -> HTTPResponse? {
        if let picture = await BadgeDesk(ledger: ledger).respond(request) { return picture }
        return await WebhookDesk(service: self).respond(request)
    }
}

/// Everything of CodeBuild that lasts: the desk for roles' keys, both kinds of machines, the queue, and the sweeps of
/// builds that were kept and of reports.
private struct BuildRunning: Service {
    let service: CodeBuildService
    let listener: HTTPListener

    /// Takes up what an earlier process left; ends all builds when asked to stop. Their machines go on at the next
    /// start.
    func run() async throws {
        service.workshop.desk.use(address: "\(try await listener.bind())")
        await service.workshop.removeLeftovers()
        try await service.indexWebhooks()
        service.queue.bell.ring()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await listener.run() }
            group.addTask { try await service.batches.run() }
            group.addTask { try await service.reports.runner.run() }
            group.addTask { try? await cancelWhenGracefulShutdown { try await service.queue.run() } }
            group.addTask { await cancelWhenGracefulShutdown { await KeptBuilds(workshop: service.workshop).run() } }
            group.addTask { await cancelWhenGracefulShutdown { await ReportSweep(ledger: service.ledger).run() } }
            try await service.runner.run()
            await service.workshop.closeAll()
            group.cancelAll()
        }
    }
}
