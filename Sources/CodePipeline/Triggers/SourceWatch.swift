internal import Cloud
internal import Ledger
internal import Logging
internal import Notation
internal import Synchronization

/// What a source that pipelines watch is known by, the same made from a declaration and from an event.
enum SourceKey {
    static func object(_ bucket: String, _ key: String) -> String { "s3/\(bucket)/\(key)" }

    static func branch(_ account: String, _ region: String, _ repository: String, _ branch: String) -> String {
        "codecommit/\(account)/\(region)/\(repository)/\(branch)"
    }

    /// A repository behind a connection, under either spelling of the connection's ARN.
    static func connection(_ arn: String, _ repository: String) -> String {
        let id = arn.split(separator: "/").last ?? ""
        return "connection/\(id)/\(repository.lowercased())"
    }

    /// The sources whose changes start the pipeline without anybody else's doing.
    static func all(_ definition: PipelineDefinition, account: String, region: String) -> [String] {
        let triggered = Set((definition.triggers ?? []).map(\.gitConfiguration.sourceActionName))
        return definition.sources.compactMap { action in
            let configuration = action.configuration ?? [:]
            let isPolled = configuration["PollForSourceChanges"]?.lowercased() != "false"
            switch action.actionTypeId.provider {
            case "S3" where isPolled:
                return object(configuration["S3Bucket"] ?? "", configuration["S3ObjectKey"] ?? "")
            case "CodeCommit" where isPolled:
                return branch(
                    account, action.region ?? region, configuration["RepositoryName"] ?? "",
                    configuration["BranchName"] ?? "")
            case "CodeStarSourceConnection":
                let detects = definition.triggers == nil && configuration["DetectChanges"]?.lowercased() != "false"
                guard detects || triggered.contains(action.name) else { return nil }
                return connection(configuration["ConnectionArn"] ?? "", configuration["FullRepositoryId"] ?? "")
            default: return nil
            }
        }
    }
}

/// Starts pipelines when their sources change.
///
/// Which sources are watched is kept in memory, so that the many events that concern no pipeline cost nothing. The
/// execution's id follows from the event's, and the place in the log is noted in the write that starts it: after a
/// crash nothing is started twice.
final class SourceWatch: Sendable {
    private let ledger: Ledger
    private let runner: MachineRunner<PipelineMachine>
    private let log = Logger(label: "codepipeline")
    private let watched = Mutex<[String: Int]>([:])

    init(ledger: Ledger, runner: MachineRunner<PipelineMachine>) {
        self.ledger = ledger
        self.runner = runner
    }

    /// Learns which sources are watched.
    func load() async throws {
        for pipeline in try await ledger.list(Pipeline.collection) { add(pipeline.value.watches) }
    }

    /// Sources to watch from now on. Told before the pipeline is written: to watch one too many does no harm.
    func add(_ keys: [String]) {
        watched.withLock { watched in for key in keys { watched[key, default: 0] += 1 } }
    }

    /// Sources that one pipeline less watches.
    func remove(_ keys: [String]) {
        watched.withLock { watched in
            for key in keys {
                guard let count = watched[key] else { continue }
                watched[key] = count > 1 ? count - 1 : nil
            }
        }
    }

    /// Starts the pipelines that watch what the event is about. Says whether the place in the log was noted.
    func consider(_ logged: LoggedEvent, cursor: String) async throws -> Bool {
        guard let change = SourceChange(logged.event), watched.withLock({ $0[change.key] != nil }) else { return false }
        let pipelines = try await ledger.find(Pipeline.collection, "watch", change.key).map(\.value)
        guard !pipelines.isEmpty else { return false }
        let runner = runner
        let log = log
        try await ledger.write { transaction in
            for pipeline in pipelines where pipeline.created <= logged.event.time {
                do { try Self.start(pipeline, change, logged.event, runner, transaction) } catch let error as AWSError {
                    log.warning(
                        "a change started no execution",
                        metadata: ["pipeline": "\(pipeline.name)", "reason": "\(error)"])
                }
            }
            try transaction.setCursor(cursor, logged.sequence)
        }
        return true
    }

    private static func start(
        _ pipeline: Pipeline, _ change: SourceChange, _ event: LedgerEvent, _ runner: MachineRunner<PipelineMachine>,
        _ transaction: Transaction
    ) throws {
        guard let machine = try runner.machine(pipeline.machine, in: transaction), let definition = machine.current
        else {
            return
        }
        let overrides = change.overrides(for: definition, in: pipeline)
        guard !overrides.isEmpty else { return }
        var order = PipelineMachine.Order(
            execution: StableID.uuid(pipeline.machine, "event", event.id),
            seed: transaction.surroundings.chance.hexadecimal(32),
            trigger: .init(type: change.triggerType, detail: change.triggerDetail))
        order.overrides = overrides
        order.isDetected = true
        try Starting.begin(order, variables: [:], pipeline, machine, runner, transaction)
    }
}
