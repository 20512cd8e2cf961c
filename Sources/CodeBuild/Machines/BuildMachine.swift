internal import Buildspec
internal import Ledger
internal import Notation

/// A build as a rule: which phase follows which, what ends it, what it is in the end.
///
/// Source: AWS CodeBuild User Guide, "Build phase transitions". What a crash of the server does to a build: one that
/// waits goes on waiting; one that ran is started anew, once, if it had not yet begun to upload artifacts; otherwise it
/// ends as FAULT and says so.
struct BuildMachine: Machine {
    static var kind: String { "codebuild.build" }
    static var woken: Event { .timeUp }

    /// What was asked for.
    let order: BuildOrder
    private(set) var status = BuildStatus.inProgress
    private(set) var phase = BuildPhase.submitted
    private(set) var phases: [PhaseRecord] = []
    private(set) var endTime: Timestamp?
    /// Counts the commands: an answer to an earlier one is told by it.
    private(set) var turn = 0
    /// How often the server had to start the build anew.
    private(set) var restarts = 0
    /// How often the present phase was tried, for `on-failure: RETRY`.
    private(set) var tries = 1
    /// When the present wait or the build as a whole is too long.
    private(set) var deadline: Timestamp?
    /// What the buildspec says of the phases.
    private(set) var plan: [PhasePlan] = []
    private(set) var logs: LogPlace?
    private(set) var resolvedSourceVersion: String?
    private(set) var exported: [ExportedVariable]?
    private(set) var artifacts: [ArtifactResult] = []
    private(set) var reports: [String] = []
    /// Why it ends before its time.
    private(set) var ending: BuildStatus?
    /// The build that was started because this one failed.
    private(set) var nextRetry: String?
    /// Whether a shell can be opened in what is left of it.
    private(set) var isKept: Bool?

    init(_ order: BuildOrder) { self.order = order }

    /// What a phase of the buildspec has to say for the course of the build.
    struct PhasePlan: Codable, Sendable, Equatable {
        var name: BuildPhase
        var hasCommands: Bool
        var onFailure: OnFailure?
    }

    enum Event: Codable, Sendable {
        case submitted
        case admitted
        case answered(turn: Int, Answer)
        case stopRequested
        case timeUp
    }

    /// What a command brought back.
    enum Answer: Codable, Sendable, Equatable {
        case provisioned(LogPlace?)
        case downloaded(version: String?, plan: [PhasePlan])
        /// The commands of a phase have ended; no context means that all is well.
        case ran(failure: PhaseContext?, runsAgain: Bool)
        case uploaded([ArtifactResult], reports: [String], exported: [ExportedVariable]?, failure: PhaseContext?)
        case retried(String)
        case finalized(reports: [String], isKept: Bool)
        /// The step cannot be done, and it is the build's own fault or the platform's.
        case failed(PhaseContext, isFault: Bool)
        /// The process that ran the build is no more.
        case lost
    }

    enum Command: Codable, Sendable, Equatable {
        case provision(turn: Int)
        case download(turn: Int)
        case run(BuildPhase, turn: Int, tries: Int)
        case upload(turn: Int)
        case finalize(turn: Int)
        case startRetry(turn: Int)
    }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        var reaction = Reaction<Command>()
        switch event {
        case .submitted where phase == .submitted && phases.isEmpty:
            reaction.events.append(BuildEvents.stateChange(self, now))
            enqueue(now, &reaction)
        case .admitted where phase == .queued:
            finishPhase(.succeeded, now, &reaction)
            deadline = now + order.settings.timeout
            reaction.wake = deadline.map { .at($0) } ?? .never
            enter(.provisioning, now)
            reaction.commands = [.provision(turn: turn)]
        case .answered(turn, let answer) where phase != .completed:
            take(answer, now, &reaction)
        case .stopRequested:
            end(early: .stopped, nil, now, &reaction)
        case .timeUp:
            timeUp(now, &reaction)
        default: break
        }
        return reaction
    }

    // MARK: Steps

    private mutating func take(_ answer: Answer, _ now: Timestamp, _ reaction: inout Reaction<Command>) {
        switch (phase, answer) {
        case (.provisioning, .provisioned(let place)):
            logs = place
            finishPhase(.succeeded, now, &reaction)
            enter(.downloadSource, now)
            reaction.commands = [.download(turn: turn)]
        case (.downloadSource, .downloaded(let version, let plan)):
            resolvedSourceVersion = version
            self.plan = plan
            finishPhase(.succeeded, now, &reaction)
            run(from: .install, now, &reaction)
        case (.install, .ran), (.preBuild, .ran), (.build, .ran), (.postBuild, .ran):
            guard case .ran(let failure, let runsAgain) = answer else { return }
            ran(failure, runsAgain, now, &reaction)
        case (.uploadArtifacts, .uploaded(let artifacts, let reports, let exported, let failure)):
            self.artifacts = artifacts
            self.exported = exported
            self.reports = reports
            finishPhase(failure == nil ? .succeeded : .failed, [failure ?? .fine], now, &reaction)
            finalize(now, &reaction)
        case (.finalizing, .finalized(let more, let isKept)):
            reports += more.filter { !reports.contains($0) }
            self.isKept = isKept
            finalized(now, &reaction)
        case (.finalizing, .retried(let id)):
            nextRetry = id
            complete(now, &reaction)
        case (_, .failed(let context, let isFault)):
            if isFault { ending = .fault }
            finishPhase(isFault ? .fault : .failed, [context], now, &reaction)
            if phase == .finalizing { complete(now, &reaction) } else { finalize(now, &reaction) }
        case (_, .lost):
            lost(now, &reaction)
        default: break
        }
    }

    private mutating func enqueue(_ now: Timestamp, _ reaction: inout Reaction<Command>) {
        enter(.submitted, now)
        finishPhase(.succeeded, now, &reaction)
        enter(.queued, now)
        deadline = now + order.settings.queuedTimeout
        reaction.wake = deadline.map { .at($0) } ?? .never
    }

    /// Goes to that phase, or past those that have nothing to do: they are over at once, and well.
    private mutating func run(from first: BuildPhase, _ now: Timestamp, _ reaction: inout Reaction<Command>) {
        tries = 1
        for name in BuildPhase.commanded where name >= first {
            enter(name, now)
            if plan.contains(where: { $0.name == name && $0.hasCommands }) {
                reaction.commands = [.run(name, turn: turn, tries: tries)]
                return
            }
            finishPhase(.succeeded, now, &reaction)
        }
        enter(.uploadArtifacts, now)
        reaction.commands = [.upload(turn: turn)]
    }

    private mutating func ran(
        _ failure: PhaseContext?, _ runsAgain: Bool, _ now: Timestamp, _ reaction: inout Reaction<Command>
    ) {
        if failure != nil, runsAgain {
            tries += 1
            turn += 1
            reaction.commands = [.run(phase, turn: turn, tries: tries)]
            return
        }
        let rule = plan.first { $0.name == phase }?.onFailure
        // What may be repeated was: no further run is left.
        let outcome: PhaseTransition.Outcome = failure == nil ? .succeeded : .failed(runs: .max, output: "")
        finishPhase(failure == nil ? .succeeded : .failed, [failure ?? .fine], now, &reaction)
        switch PhaseTransition.next(after: phase, outcome, onFailure: rule) {
        case .enter(let next) where next < .finalizing: run(from: next, now, &reaction)
        default: finalize(now, &reaction)
        }
    }

    private mutating func finalize(_ now: Timestamp, _ reaction: inout Reaction<Command>) {
        reaction.wake = .never
        deadline = nil
        enter(.finalizing, now)
        reaction.commands = [.finalize(turn: turn)]
    }

    private mutating func finalized(_ now: Timestamp, _ reaction: inout Reaction<Command>) {
        guard let retry = order.autoRetry, retry.number < retry.limit, ending != .stopped, verdict != .succeeded else {
            return complete(now, &reaction)
        }
        turn += 1
        reaction.commands = [.startRetry(turn: turn)]
    }

    private mutating func complete(_ now: Timestamp, _ reaction: inout Reaction<Command>) {
        finishPhase(.succeeded, now, &reaction)
        status = verdict
        endTime = now
        deadline = nil
        enter(.completed, now)
        reaction.events.append(BuildEvents.stateChange(self, now))
        reaction.commands = []
        reaction.wake = .never
        reaction.isFinished = true
    }

    /// What the build is, as things stand.
    private var verdict: BuildStatus {
        if let ending { return ending }
        return phases.contains { $0.status == .failed || $0.status == .fault } ? .failed : .succeeded
    }

    // MARK: Ends before its time

    private mutating func timeUp(_ now: Timestamp, _ reaction: inout Reaction<Command>) {
        guard let deadline else { return }
        guard now >= deadline else {
            reaction.wake = .at(deadline)
            return
        }
        let what = phase == .queued ? "Build has timed out while it was queued." : "Build has timed out."
        end(early: .timedOut, PhaseContext(statusCode: "BUILD_TIMED_OUT", message: what), now, &reaction)
    }

    /// Ends the present phase and with it the build. What the phase was doing is killed in FINALIZING.
    private mutating func end(
        early status: BuildStatus, _ context: PhaseContext?, _ now: Timestamp, _ reaction: inout Reaction<Command>
    ) {
        guard phase < .finalizing, ending == nil, !phases.isEmpty else { return }
        ending = status
        let wasQueued = phase == .queued
        finishPhase(status, [context ?? .fine], now, &reaction)
        if wasQueued { complete(now, &reaction) } else { finalize(now, &reaction) }
    }

    private mutating func lost(_ now: Timestamp, _ reaction: inout Reaction<Command>) {
        if phase < .uploadArtifacts, restarts == 0 {
            restarts = 1
            turn += 1
            phases = []
            plan = []
            exported = nil
            return enqueue(now, &reaction)
        }
        ending = .fault
        let context = PhaseContext(
            statusCode: "INTERNAL_ERROR", message: "The server ended while the build ran, in \(phase.rawValue).")
        finishPhase(.fault, [context], now, &reaction)
        finalize(now, &reaction)
    }

    // MARK: Phases

    private mutating func enter(_ name: BuildPhase, _ now: Timestamp) {
        phase = name
        turn += 1
        phases.append(PhaseRecord(name: name, start: now))
    }

    private mutating func finishPhase(_ status: BuildStatus, _ now: Timestamp, _ reaction: inout Reaction<Command>) {
        finishPhase(status, [.fine], now, &reaction)
    }

    private mutating func finishPhase(
        _ status: BuildStatus, _ contexts: [PhaseContext], _ now: Timestamp, _ reaction: inout Reaction<Command>
    ) {
        guard let last = phases.indices.last, phases[last].end == nil else { return }
        phases[last].status = status
        phases[last].end = now
        phases[last].contexts = contexts
        reaction.events.append(BuildEvents.phaseChange(self, phases[last], now))
    }
}
