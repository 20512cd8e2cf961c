internal import Ledger
internal import Notation

/// A deployment as a rule: what it does next, whatever happens.
///
/// Source of the course: CodeDeploy User Guide, "Deployments on an AWS Lambda compute platform"; `deployments.md`
/// sections 5 and 7 to 10. The rollback is part of the same machine, because its order matters: traffic is restored
/// first, then this deployment is over, then its rollback, all of which the rule states in one place. Outside it shows
/// as a deployment of its own.
struct DeploymentMachine: Machine {
    static var kind: String { "codedeploy.deployment" }
    static var woken: Event { .woken }

    /// What happens to a deployment: answers to its commands, the clock, and requests from outside.
    enum Event: Codable, Sendable {
        case start
        case woken
        /// The AppSpec was fetched.
        case revisionRead(AppSpec)
        case revisionUnreadable(ErrorInformation)
        /// Function, alias and versions are as the AppSpec says.
        case inspected
        case inspectionFailed(ErrorInformation)
        case alarms([AlarmReading])
        case alarmsUnreadable(String)
        /// How a hook's invocation ended.
        case hookReturned(executionID: String)
        case hookFailed(executionID: String, code: String, message: String, logTail: String)
        /// What the function itself reported.
        case hookReported(executionID: String, succeeded: Bool)
        case shifted(percent: Int)
        /// It may be that the alias was written all the same, if the answer got lost.
        case shiftFailed(percent: Int, ErrorInformation, mayHaveMoved: Bool)
        case restored
        case restoreFailed(message: String, isFinal: Bool)
        case evidence(Evidence)
        case announced(String)
        /// Asked from outside.
        case stopRequested(rollback: Bool?)
        case promoteRequested
        case pauseRequested
        case resumeRequested
        case groupDeleted
    }

    /// What a deployment wants done.
    enum Command: Codable, Sendable, Hashable {
        case readRevision
        /// Check what the AppSpec says of the alias.
        case inspect(LambdaTarget)
        /// Tell of the alarms now, and again whenever one changes, for as long as the machine watches.
        case watchAlarms([String])
        /// Tell of the alarms once.
        case readAlarms([String])
        case invokeHook(event: String, function: String, executionID: String)
        /// Give the new version that share, coming from the other.
        case shift(LambdaTarget, percent: Int, from: Int)
        /// Give the old version everything.
        case restore(LambdaTarget)
        case collectEvidence(EvidenceRequest)
        /// Tell the group's triggers of that event.
        case announce(String)
    }

    /// Where it stands.
    enum Phase: Codable, Sendable, Hashable {
        /// Made, not yet begun.
        case created
        /// The AppSpec is being fetched.
        case reading
        /// The world is being compared with the AppSpec.
        case preparing
        /// A hook function has the word, at most until then.
        case hook(String, deadline: Timestamp)
        /// The alarms are looked at once more before the next step.
        case checking
        /// The alias is being written.
        case shifting(percent: Int)
        /// Traffic flows; the next step comes when its time has come.
        case baking
        /// It failed or was stopped: traffic goes back, evidence is collected.
        case leaving
        /// It is over; the last triggers are being told.
        case announcing
        case finished
    }

    /// What it was told to do.
    let order: DeploymentOrder
    /// How it stands for the API.
    var status = DeploymentStatus.created
    /// How it stands for itself.
    var phase = Phase.created
    /// What the AppSpec deploys, and its hook functions by event.
    var target: LambdaTarget?
    var hooks: [String: String] = [:]
    /// The events of its one target, from the moment that is known.
    var lifecycle: [LifecycleEvent] = []
    /// When it began, and when it was over.
    var startTime: Timestamp?
    var completeTime: Timestamp?
    /// The new version's share, in percent.
    var weight = 0
    /// How many steps of the routing were taken.
    var stepsTaken = 0
    /// When the next step is due.
    var nextStepAt: Timestamp?
    /// When the step under way was due.
    var stepDueAt: Timestamp?
    /// How much of the wait was left when it was paused, in microseconds.
    var pausedWith: Int64?
    /// Asked to pause as soon as there is a wait.
    var isPauseWanted = false
    /// Asked to go to 100 % with the next step.
    var isPromoted = false
    /// The alias was found as described.
    var isInspected = false
    /// The alarms watched; nil until they were read for the first time.
    var alarms: [WatchedAlarm]?
    /// Set as soon as it is decided that it ends badly.
    var ending: Ending?
    /// The way back, if that was asked for; without an id if there was nothing to roll back.
    var rollback: Rollback?
    /// What was collected when it went wrong.
    var evidence: Evidence?
    /// Until when evidence may take, and when restoring is tried again.
    var evidenceDue: Timestamp?
    var restoreAt: Timestamp?
    /// What happened so far, for people.
    var steps: [DeploymentStep] = []

    /// An alarm, and what is thought of it.
    struct WatchedAlarm: Codable, Sendable, Hashable {
        var reading: AlarmReading
        /// It was firing before the deployment started and has not stopped since: it does not count.
        var wasFiringBefore = false
        /// When that firing began.
        var firingSince: Timestamp?
    }

    /// How it will end.
    struct Ending: Codable, Sendable, Hashable {
        var status: DeploymentStatus
        var error: ErrorInformation
        var wantsRollback: Bool
        /// When that was decided.
        var decided: Timestamp
    }

    /// The way back.
    struct Rollback: Codable, Sendable, Hashable {
        /// The rollback's own deployment id; nil when there was nothing to roll back.
        var id: String?
        var message: String
        var startTime: Timestamp
        var restoredAt: Timestamp?
        /// Why the alias could not be restored.
        var failure: String?
        var attempts = 0
    }

    init(_ order: DeploymentOrder) { self.order = order }

    /// How long it may take to begin, a hook to report, and the whole to end (Lambda deployments: 5 minutes, an hour,
    /// 50 hours).
    static let startLimit = Duration.seconds(300)
    static let hookLimit = Duration.seconds(3600)
    static let wholeLimit = Duration.seconds(50 * 3600)
    /// How long the end of a failed deployment waits for its evidence.
    static let evidenceLimit = Duration.seconds(2)
    /// How often restoring is tried before it is given up, each try later than the one before, at most half a minute.
    static let restoreLimit = 60

    /// Whether alarms are worth looking at.
    var watchesAlarms: Bool {
        switch phase {
        case .created, .reading, .leaving, .announcing, .finished: false
        case .preparing, .hook, .checking, .shifting, .baking: ending == nil
        }
    }

    /// When it must be over.
    var wholeDeadline: Timestamp { (startTime ?? order.createTime) + Self.wholeLimit }

    /// Which hook event an execution id belongs to.
    func event(ofExecution id: String) -> String? { order.hookExecutionIDs.first { $0.value == id }?.key }

    /// The lifecycle event of that name.
    func lifecycleEvent(_ name: String) -> LifecycleEvent? { lifecycle.first { $0.name == name } }
}
