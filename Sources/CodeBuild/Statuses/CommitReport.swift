internal import Cloud
internal import Ledger
internal import Notation

/// Tells a repository's host how a build of a commit stands: that it runs, and how it ended. One message at a time, the
/// newest last; tried again while the host is in trouble.
struct CommitReport: Machine {
    static let kind = "codebuild.commitReport"
    static let woken = Event.due

    /// What a host is told, in words that all of them have.
    enum State: String, Codable, Sendable {
        case pending, success, failure, error

        /// What the end of a build is.
        init(_ status: BuildStatus) {
            switch status {
            case .inProgress: self = .pending
            case .succeeded: self = .success
            case .failed: self = .failure
            case .fault, .timedOut, .stopped: self = .error
            }
        }
    }

    /// Of what it tells, and as whom.
    struct Subject: Codable, Sendable, Equatable {
        var owner: Caller
        var role: String
        var connection: String
        var repository: String
        var commit: String
        var context: String
        var target: String?
        /// The build's or batch's ARN.
        var arn: String
        var number: Int
    }

    enum Event: Codable, Sendable {
        case wanted(State)
        case told(State)
        case failed(State, message: String, mayPass: Bool)
        case due
    }

    struct Command: Codable, Sendable, Equatable { var state: State }

    let subject: Subject
    private(set) var wanted: State?
    private(set) var told: State?
    private(set) var isUnderWay = false
    private(set) var attempts = 0
    private(set) var isOver = false

    init(_ subject: Subject) { self.subject = subject }

    /// After so many attempts at one message nobody tries again: the last is half an hour after the first.
    static let most = 12

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        var reaction = Reaction<Command>()
        guard !isOver else { return reaction }
        switch event {
        case .wanted(let state):
            // What has ended stays so, however late news of its beginning comes.
            guard wanted == nil || state != .pending else { return reaction }
            wanted = state
            attempts = 0
            if !isUnderWay { tell(&reaction) }
        case .due:
            if !isUnderWay, told != wanted { tell(&reaction) }
        case .told(let state):
            told = state
            isUnderWay = false
            attempts = 0
            goOn(&reaction)
        case .failed(let state, let message, let mayPass):
            isUnderWay = false
            guard state == wanted else {
                goOn(&reaction)
                return reaction
            }
            if mayPass, attempts < Self.most {
                reaction.wake = .at(now + .seconds(1 << min(attempts, 9)))
                return reaction
            }
            reaction.events = [lost(state, message, now)]
            told = state
            goOn(&reaction)
        }
        return reaction
    }

    /// The next message, or the end.
    private mutating func goOn(_ reaction: inout Reaction<Command>) {
        if told != wanted { return tell(&reaction) }
        reaction.wake = .never
        isOver = wanted != .pending
        reaction.isFinished = isOver
    }

    private mutating func tell(_ reaction: inout Reaction<Command>) {
        guard let wanted else { return }
        isUnderWay = true
        attempts += 1
        reaction.wake = .never
        reaction.commands = [Command(state: wanted)]
    }

    /// Slipway's own event: AWS is silent about statuses that it could not send.
    private func lost(_ state: State, _ message: String, _ now: Timestamp) -> LedgerEvent {
        LedgerEvent(
            time: now, source: "slipway.codebuild", detailType: "CodeBuild Commit Status Failed",
            account: subject.owner.account, region: subject.owner.region, resources: [subject.arn],
            detail: [
                "connectionArn": .string(subject.connection), "fullRepositoryId": .string(subject.repository),
                "commitId": .string(subject.commit), "state": .string(state.rawValue), "attempts": .int(attempts),
                "reason": .string(message),
            ])
    }
}
