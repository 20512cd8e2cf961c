internal import Buildspec
internal import Cloud
internal import Ledger
internal import Notation

/// All that is known of a batch when it is asked for.
struct BatchOrder: Codable, Sendable {
    var uuid: String
    var project: String
    var number: Int
    var owner: Caller
    var initiator: String
    var submitted: Timestamp
    var settings: ProjectSettings
    var sourceVersion: String?
    var pipeline: BuildOrder.PipelineOrder?
    var debugSession: Bool?

    var id: String { "\(project):\(uuid)" }
    var arn: String { owner.arn("codebuild", "build-batch/\(id)") }
    var key: String { owner.key(id) }
}

/// A batch of builds as a rule: reads what builds there are, begins each when those it waits for are done, and is over
/// when they all are.
///
/// Source: AWS CodeBuild User Guide, "Run builds in batches". Which build may begin is `BatchPlan`'s decision.
struct BatchMachine: Machine {
    static var kind: String { "codebuild.batch" }
    static var woken: Event { .timeUp }

    let order: BatchOrder
    private(set) var status = BuildStatus.inProgress
    private(set) var phases: [Phase] = []
    private(set) var plan: BatchPlan?
    private(set) var groups: [String: Group] = [:]
    private(set) var resolvedSourceVersion: String?
    private(set) var endTime: Timestamp?
    private(set) var ending: BuildStatus?
    private(set) var artifact: ArtifactResult?
    private(set) var deadline: Timestamp?

    init(_ order: BatchOrder) { self.order = order }

    struct Phase: Codable, Sendable, Equatable {
        var name: String
        var status: BuildStatus?
        var start: Timestamp
        var end: Timestamp?
        var contexts: [PhaseContext] = []
    }

    /// A build of the batch and its attempts.
    struct Group: Codable, Sendable, Equatable {
        var state = BatchPlan.State.waiting
        var current: Summary?
        var prior: [Summary] = []
        /// Counts the attempts: a start that is repeated is told by it.
        var attempt = 0
    }

    struct Summary: Codable, Sendable, Equatable {
        var arn: String
        var requested: Timestamp
        var status: BuildStatus
        var artifacts: [ArtifactResult] = []
    }

    enum Event: Codable, Sendable {
        case submitted
        case specRead(plan: BatchPlan?, version: String?, failure: PhaseContext?)
        case started(String, attempt: Int, arn: String)
        case startFailed(String, attempt: Int, PhaseContext)
        case buildEnded(String, arn: String, BuildStatus, [ArtifactResult])
        case combined(ArtifactResult?, failure: PhaseContext?)
        case stopRequested
        case timeUp
    }

    enum Command: Codable, Sendable, Equatable {
        case readSpec
        case start(String, attempt: Int)
        case stop(arn: String)
        case combine
    }

    var phase: String { phases.last?.name ?? "SUBMITTED" }
    var isComplete: Bool { endTime != nil }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        var reaction = Reaction<Command>()
        switch event {
        case .submitted where phases.isEmpty:
            enter("SUBMITTED", now)
            enter("DOWNLOAD_BATCHSPEC", now)
            let minutes = order.settings.buildBatchConfig?.timeoutInMins ?? 480
            deadline = now + .seconds(minutes * 60)
            reaction.wake = deadline.map { .at($0) } ?? .never
            reaction.commands = [.readSpec]
            reaction.events.append(BuildEvents.batchChange(self, now))
        case .specRead(let plan, let version, let failure) where phase == "DOWNLOAD_BATCHSPEC":
            specRead(plan, version, failure, now, &reaction)
        case .started(let name, let attempt, let arn):
            guard groups[name]?.attempt == attempt, groups[name]?.current == nil else { break }
            groups[name]?.current = Summary(arn: arn, requested: now, status: .inProgress)
            if ending != nil { reaction.commands = [.stop(arn: arn)] }
        case .startFailed(let name, let attempt, let context):
            guard groups[name]?.attempt == attempt, groups[name]?.state == .running else { break }
            groups[name]?.state = .failed
            phases[phases.count - 1].contexts.append(context)
            decide(now, &reaction)
        case .buildEnded(let name, let arn, let status, let artifacts):
            buildEnded(name, arn, status, artifacts, now, &reaction)
        case .combined(let result, let failure) where phase == "COMBINE_ARTIFACTS":
            artifact = result
            end(failure == nil ? .succeeded : .failed, failure, now, &reaction)
        case .stopRequested: stop(.stopped, now, &reaction)
        case .timeUp:
            guard let deadline, !isComplete else { break }
            if now >= deadline { stop(.timedOut, now, &reaction) } else { reaction.wake = .at(deadline) }
        default: break
        }
        return reaction
    }

    private mutating func specRead(
        _ plan: BatchPlan?, _ version: String?, _ failure: PhaseContext?, _ now: Timestamp,
        _ reaction: inout Reaction<Command>
    ) {
        guard let plan, failure == nil else { return end(.failed, failure, now, &reaction) }
        self.plan = plan
        resolvedSourceVersion = version
        for build in plan.builds { groups[build.entry.identifier] = Group() }
        enter("IN_PROGRESS", now)
        decide(now, &reaction)
    }

    private mutating func buildEnded(
        _ name: String, _ arn: String, _ status: BuildStatus, _ artifacts: [ArtifactResult], _ now: Timestamp,
        _ reaction: inout Reaction<Command>
    ) {
        guard var group = groups[name], group.state == .running, !isComplete else { return }
        // The end may be told before the beginning is.
        guard group.current == nil || group.current?.arn == arn else { return }
        let requested = group.current?.requested ?? now
        group.current = Summary(arn: arn, requested: requested, status: status, artifacts: artifacts)
        group.state = status == .succeeded ? .succeeded : status == .stopped ? .stopped : .failed
        groups[name] = group
        decide(now, &reaction)
    }

    /// Begins what may begin, stops what is to be stopped, and ends when all is over.
    private mutating func decide(_ now: Timestamp, _ reaction: inout Reaction<Command>) {
        guard let plan, phase == "IN_PROGRESS" else { return }
        let decision = plan.decide(groups.mapValues(\.state))
        if ending == nil {
            for name in decision.start {
                groups[name]?.state = .running
                groups[name]?.attempt += 1
                reaction.commands.append(.start(name, attempt: groups[name]?.attempt ?? 1))
            }
            for name in decision.stop {
                if let arn = groups[name]?.current?.arn { reaction.commands.append(.stop(arn: arn)) }
            }
        }
        let isIdle = !groups.values.contains { $0.state == .running }
        guard isIdle, ending != nil || decision.verdict != nil else { return }
        let failed = decision.verdict == false || ending != nil
        if !failed, combines {
            enter("COMBINE_ARTIFACTS", now)
            reaction.commands.append(.combine)
            return
        }
        end(ending ?? (failed ? .failed : .succeeded), nil, now, &reaction)
    }

    /// Whether what the builds made becomes one artifact: on request, and always for a pipeline's output.
    var combines: Bool {
        let isWanted = order.settings.buildBatchConfig?.combineArtifacts == true
        let goesToBucket = order.settings.artifacts.type == "S3" && order.settings.artifacts.packaging == "ZIP"
        return order.pipeline.map { !($0.outputs ?? []).isEmpty } ?? (isWanted && goesToBucket)
    }

    private mutating func stop(_ status: BuildStatus, _ now: Timestamp, _ reaction: inout Reaction<Command>) {
        guard !isComplete, ending == nil, !phases.isEmpty else { return }
        ending = status
        reaction.commands = groups.values.compactMap { group in
            group.state == .running ? group.current.map { .stop(arn: $0.arn) } : nil
        }.sorted { "\($0)" < "\($1)" }
        if !groups.values.contains(where: { $0.state == .running }) { end(status, nil, now, &reaction) }
    }

    // MARK: Phases

    private mutating func enter(_ name: String, _ now: Timestamp) {
        finishPhase(.succeeded, nil, now)
        phases.append(Phase(name: name, start: now))
    }

    private mutating func finishPhase(_ status: BuildStatus, _ context: PhaseContext?, _ now: Timestamp) {
        guard let last = phases.indices.last, phases[last].end == nil else { return }
        phases[last].status = status
        phases[last].end = now
        if let context { phases[last].contexts.append(context) }
    }

    private mutating func end(
        _ status: BuildStatus, _ context: PhaseContext?, _ now: Timestamp, _ reaction: inout Reaction<Command>
    ) {
        finishPhase(status, context, now)
        self.status = status
        endTime = now
        deadline = nil
        let name = status == .succeeded ? "SUCCEEDED" : status == .stopped ? "STOPPED" : "FAILED"
        phases.append(Phase(name: name, status: status, start: now, end: now))
        reaction.events.append(BuildEvents.batchChange(self, now))
        reaction.wake = .never
        reaction.isFinished = true
    }
}
