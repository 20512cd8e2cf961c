internal import Ledger
internal import Notation

/// A pipeline at work: every execution that is alive in it.
///
/// One machine per pipeline, because what executions do to each other (locks, queues, superseding) is the heart of the
/// matter, and is decided here in one place, without a moment between looking and acting. Which stage is locked and who
/// waits in front of it is not stored but follows from where the executions stand. An execution that has ended leaves
/// the machine; the projection makes a document of it in the same write.
///
/// Source of the rules: CodePipeline User Guide, "How pipeline executions work", "Set or change the pipeline execution
/// mode".
struct PipelineMachine: Machine {
    static let kind = "codepipeline.pipeline"
    static var woken: Event { .woken }
    /// Steps are kept to replay what happened lately, not the pipeline's whole life.
    static var keptSteps: Int { 2000 }

    /// How many executions may wait in QUEUED mode, or run in PARALLEL mode (User Guide, "Quotas").
    static let concurrencyLimit = 50
    /// Executions held longer do not go on (User Guide, "Disable or enable transitions between stages").
    static let longestHold = Duration.seconds(30 * 86_400)

    /// What the pipeline is called, and where it is.
    struct Identity: Codable, Sendable, Hashable {
        var name: String
        var account: String
        var region: String
        /// The machine's own id: differs from that of an earlier pipeline of the same name.
        var machine: String

        var arn: String { "arn:aws:codepipeline:\(region):\(account):\(name)" }
    }

    /// The gates in front of a stage and behind it.
    struct Transition: Codable, Sendable, Hashable {
        var isEnabled = true
        var reason: String?
        var by: String?
        var at: Timestamp?
    }

    /// A start that another start for the same cause may still meet.
    struct RecentStart: Codable, Sendable, Hashable {
        var execution: String
        var isByRule: Bool
        var time: Timestamp
    }

    var pipeline: Identity
    /// The newest version.
    var version = 0
    /// The definitions in use, by version.
    var definitions: [String: PipelineDefinition] = [:]
    /// Those alive, oldest first.
    var executions: [Execution] = []
    /// By stage: the latest execution that entered it.
    var latest: [String: String] = [:]
    /// By stage: what is shown of its actions until a later execution has come as far.
    var shown: [String: StageRun] = [:]
    var inbound: [String: Transition] = [:]
    var outbound: [String: Transition] = [:]
    /// By source action: the revision found last.
    var revisions: [String: SourceRevision] = [:]
    /// How many executions there were, and how often one came to a stage.
    var count = 0
    var arrivals = 0
    var recentStarts: [RecentStart] = []
    /// The failed executions that were lately answered with a rollback.
    var rolledBack: [String] = []
    /// What the last start event led to: the execution begun, or the one that was under way for the same cause.
    var lastStarted: String?
    /// The moment the alarm clock is set to.
    var alarm: Timestamp?
    /// The executions that ended in this step, for the projection.
    var ended: [Execution] = []

    init(_ pipeline: Identity) { self.pipeline = pipeline }

    var current: PipelineDefinition? { definitions["\(version)"] }

    func definition(_ version: Int) -> PipelineDefinition? { definitions["\(version)"] }

    func execution(_ id: String) -> Execution? { executions.first { $0.id == id } }

    /// The execution and the run of that id.
    func find(run id: String) -> (execution: Execution, stage: StageRun, run: Run)? {
        for execution in executions {
            for stage in execution.stages {
                if let run = stage.runs.first(where: { $0.id == id }) { return (execution, stage, run) }
            }
        }
        return nil
    }

    /// The executions that wait in front of a stage, the next one first.
    func waiting(for stage: String) -> [Execution] {
        executions.filter { $0.waitingFor == stage }
            .sorted { ($0.isRollback ? 0 : 1, $0.arrival) < ($1.isRollback ? 0 : 1, $1.arrival) }
    }

    /// The execution that holds the stage's lock.
    func holder(of stage: String) -> Execution? { executions.first { $0.mode.hasLocks && $0.inside == stage } }
}

extension PipelineMachine {
    /// What begins an execution.
    struct Order: Codable, Sendable, Hashable {
        var execution: String
        /// Random: ids and tokens are drawn from it.
        var seed: String
        var trigger: Execution.Trigger
        var variables: [String: String] = [:]
        var overrides: [Execution.Override] = []
        /// Whether an EventBridge rule asks for it. A rule and Slipway's own detection that answer to the same change
        /// begin one execution together.
        var isByRule = false
        /// Whether Slipway found a change of a source itself.
        var isDetected = false
    }

    enum Event: Codable, Sendable {
        case woken
        /// There is a new version of the definition; the first one too.
        case defined(PipelineDefinition, version: Int)
        case start(Order)
        case transition(stage: String, isInbound: Bool, Transition)
        case stop(execution: String, Execution.Stop)
        /// The execution as it ended, and the definition it goes on by.
        case retry(Execution, stage: String, mode: PipelineDefinition.RetryMode, definition: PipelineDefinition)
        case rollBack(stage: String, target: Execution, order: Order)
        /// What was found for an automatic rollback; nil when no execution had succeeded.
        case rollbackTarget(stage: String, failed: String, target: Execution?)
        case override(execution: String, stage: String, gate: Run.Gate)
        case approved(token: String, isApproved: Bool, summary: String, by: String)
        case progress(run: String, Progress)
        case ended(run: String, Outcome)
        /// A job ended and wants to be called again with that token.
        case continued(run: String, token: String, Progress)
    }

    enum Command: Codable, Sendable, Hashable {
        /// Do the work of an action or a rule, and tell how it ended.
        case run(String, round: Int)
        /// Find the execution to go back to.
        case findRollbackTarget(stage: String, failed: String)
    }

    /// How a run is getting on.
    struct Progress: Codable, Sendable, Hashable {
        var external: External?
        var summary: String?
        var percent: Int?
    }

    /// How a run came out.
    struct Outcome: Codable, Sendable, Hashable {
        var error: RunError?
        var external: External?
        var summary: String?
        var variables: [String: String]?
        var revision: SourceRevision?
        /// The revision the output artifacts stand for.
        var artifactRevision: String?

        static func failed(_ error: RunError, external: External? = nil) -> Outcome {
            Outcome(error: error, external: external)
        }
    }
}
