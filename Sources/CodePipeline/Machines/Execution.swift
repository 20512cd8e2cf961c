internal import Notation

/// One run of a pipeline, from its start to its end.
struct Execution: Codable, Sendable, Hashable {
    enum Status: String, Codable, Sendable {
        case inProgress = "InProgress"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case stopping = "Stopping"
        case stopped = "Stopped"
        case superseded = "Superseded"
        case cancelled = "Cancelled"

        var isOver: Bool { self != .inProgress && self != .stopping }
    }

    /// Where it stands.
    enum Place: Codable, Sendable, Hashable {
        /// In front of that stage, since then; the number says who came first.
        case waiting(stage: String, arrival: Int, since: Timestamp)
        case inside(stage: String)
        case over
    }

    /// Why it began.
    struct Trigger: Codable, Sendable, Hashable {
        var type: String
        var detail: String
    }

    /// That somebody wants it to end.
    struct Stop: Codable, Sendable, Hashable {
        var reason: String?
        var abandon: Bool
    }

    /// A revision that a source action was told to take.
    struct Override: Codable, Sendable, Hashable {
        var actionName: String
        /// As the API names them: COMMIT_ID, S3_OBJECT_VERSION_ID, S3_OBJECT_KEY; and BRANCH and REF, for
        /// pushes to another branch than the declared one, or of a tag.
        var revisionType: String
        var revisionValue: String
    }

    var id: String
    /// Counts up with each start in the pipeline.
    var number: Int
    /// The pipeline version it goes by: renewed at each stage, except in PARALLEL mode.
    var version: Int
    var mode: PipelineDefinition.Mode
    var status = Status.inProgress
    var statusSummary: String?
    var trigger: Trigger
    var started: Timestamp
    var updated: Timestamp
    /// What its ids and tokens are drawn from.
    var seed: String
    var variables: [String: String] = [:]
    var overrides: [Override] = []
    var outputVariables: [String: [String: String]] = [:]
    var artifacts: [String: Artifact] = [:]
    var revisions: [SourceRevision] = []
    var place: Place
    var stages: [StageRun] = []
    var stop: Stop?
    /// Of a rollback: the execution whose artifacts it brings back.
    var rollbackTarget: String?

    var isRollback: Bool { rollbackTarget != nil }

    /// The stage it is in; nil when it waits or has ended.
    var inside: String? { if case .inside(let stage) = place { stage } else { nil } }
    /// The stage it waits for; nil when it does not wait.
    var waitingFor: String? { if case .waiting(let stage, _, _) = place { stage } else { nil } }
    var arrival: Int { if case .waiting(_, let arrival, _) = place { arrival } else { 0 } }

    func stageRun(_ name: String) -> StageRun? { stages.last { $0.stage == name } }

    func run(_ id: String) -> Run? {
        for stage in stages { if let run = stage.runs.first(where: { $0.id == id }) { return run } }
        return nil
    }

    /// What a reference in a configuration stands for.
    func value(_ reference: VariableReferences.Reference) -> String? {
        switch reference.namespace {
        case "codepipeline": reference.key == "PipelineExecutionId" ? id : nil
        case "variables": variables[reference.key]
        default: outputVariables[reference.namespace]?[reference.key]
        }
    }
}

/// An object in an artifact store.
struct Artifact: Codable, Sendable, Hashable {
    var name: String
    var bucket: String
    var key: String
    /// The revision of the source it was made of, where it is one.
    var revision: String?

    /// As ListActionExecutions shows it.
    var detail: JSON { ["name": .string(name), "s3location": ["bucket": .string(bucket), "key": .string(key)]] }

    /// As jobs are told of it.
    var location: JSON {
        var view: JSON = [
            "name": .string(name),
            "location": ["type": "S3", "s3Location": ["bucketName": .string(bucket), "objectKey": .string(key)]],
        ]
        view["revision"] = revision.map(JSON.string)
        return view
    }
}

/// What a source action found.
struct SourceRevision: Codable, Sendable, Hashable {
    var actionName: String
    var artifact: String?
    var revisionId: String
    var changeId: String?
    var summary: String?
    var url: String?
    var message: String?
    var author: String?
    var created: Timestamp?
}

/// One execution in one stage.
struct StageRun: Codable, Sendable, Hashable {
    enum Status: String, Codable, Sendable {
        case inProgress = "InProgress"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case stopping = "Stopping"
        case stopped = "Stopped"
        case cancelled = "Cancelled"
        case skipped = "Skipped"

        var isOver: Bool { self != .inProgress && self != .stopping }
    }

    enum Phase: String, Codable, Sendable {
        case beforeEntry, actions, onSuccess, onFailure, over
    }

    var stage: String
    /// The pipeline version whose structure it follows.
    var version: Int
    var status = Status.inProgress
    var phase = Phase.beforeEntry
    var entered: Timestamp
    var updated: Timestamp
    /// All runs of actions and rules, first to last, those of earlier attempts too.
    var runs: [Run] = []
    var conditions: [Run.Gate: ConditionRun] = [:]
    var automaticRetries = 0
    var manualRetries = 0
    var latestRetry: String?
    var error: RunError?
    /// Whether a rollback brought it here.
    var isRollback: Bool?

    /// The run of that action in the present attempt.
    func action(_ name: String) -> Run? { runs.last { $0.gate == nil && $0.name == name && !$0.isPast } }
    /// The runs of rules at that gate in the present attempt.
    func rules(_ gate: Run.Gate) -> [Run] { runs.filter { $0.gate == gate && !$0.isPast } }
    var running: [Run] { runs.filter { $0.status == .inProgress } }
}

/// How the conditions at one gate of a stage stand.
struct ConditionRun: Codable, Sendable, Hashable {
    var status: String
    var summary: String?
    var changed: Timestamp
    var isOverridden: Bool { status == "Overridden" }
}

/// One run of one action, or of one rule of a condition.
struct Run: Codable, Sendable, Hashable {
    enum Status: String, Codable, Sendable {
        case inProgress = "InProgress"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case abandoned = "Abandoned"

        var isOver: Bool { self != .inProgress }
    }

    /// Where a rule is asked.
    enum Gate: String, Codable, Sendable, CodingKeyRepresentable {
        case beforeEntry = "BEFORE_ENTRY"
        case onSuccess = "ON_SUCCESS"
        case onFailure = "ON_FAILURE"
    }

    /// The action execution id.
    var id: String
    /// Nil for actions.
    var gate: Gate?
    var name: String
    var status = Status.inProgress
    var started: Timestamp
    var changed: Timestamp
    var deadline: Timestamp
    /// The configuration with every variable resolved.
    var configuration: [String: String]
    var inputs: [Artifact]
    var outputs: [Artifact]
    var variables: [String: String] = [:]
    /// Whether a retry has put another in its place.
    var isPast = false
    var summary: String?
    var updatedBy: String?
    var token: String?
    var external: External?
    var percent: Int?
    var error: RunError?
    var revision: SourceRevision?
    /// The rounds of a job that asked to be called again, and what it wants to be told then.
    var round = 0
    var continuation: String?
    /// When the next round begins.
    var resumes: Timestamp?
}

/// Where the work is really done.
struct External: Codable, Sendable, Hashable {
    /// build, stack, deployment, function, job.
    var kind: String?
    var id: String?
    var url: String?
    var logStream: String?
}

/// Why something failed, with what is known of the first cause.
struct RunError: Codable, Sendable, Hashable, Error {
    var code: String
    var message: String
    /// The last lines of a log, or the like.
    var evidence: [String]?
    var link: String?

    init(_ code: String, _ message: String, evidence: [String]? = nil, link: String? = nil) {
        self.code = code
        self.message = message
        self.evidence = evidence
        self.link = link
    }

    /// As `errorDetails`: the evidence belongs to the message there.
    var details: JSON {
        let text = ([message] + (evidence ?? [])).joined(separator: "\n")
        return ["code": .string(code), "message": .string(String(text.prefix(4900)))]
    }
}
