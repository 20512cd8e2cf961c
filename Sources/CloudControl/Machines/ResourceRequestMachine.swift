internal import CloudFormation
package import Ledger
package import Notation

/// One request at Cloud Control - to create, update or delete a resource - as a machine.
///
/// The one action it wants done is carried out under a key that stays the same, so that a crash makes nothing twice.
package struct ResourceRequestMachine: Machine {
    /// The name under which requests are stored.
    package static let kind = "cloudcontrol request"
    /// What the alarm clock feeds in; it is never set.
    package static var woken: Event { .woken }

    /// What is done to the resource.
    package enum Kind: String, Codable, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
    }

    /// How far it is, in Cloud Control's words.
    package enum Status: String, Codable, Sendable {
        case pending = "PENDING"
        case inProgress = "IN_PROGRESS"
        case success = "SUCCESS"
        case failed = "FAILED"
        case cancelInProgress = "CANCEL_IN_PROGRESS"
        case cancelComplete = "CANCEL_COMPLETE"

        /// Whether it has come to its end.
        var isOver: Bool { self == .success || self == .failed || self == .cancelComplete }
    }

    /// What is asked for.
    package struct Subject: Codable, Sendable, Hashable {
        /// The request's token.
        package var token: String
        /// What is done.
        package var kind: Kind
        /// The resource's type.
        package var type: String
        /// Who it is done for.
        package var account: String
        /// Where the resource stands.
        package var region: String
        /// Who asked.
        package var principal: String
        /// The role that it is done as; nil for the caller's own rights.
        package var roleARN: String?
        /// The properties wanted.
        package var properties: JSON
        /// The properties it has, for updates and deletions.
        package var previous: JSON?
        /// What `Ref` would return; nil before the resource is made.
        package var physicalID: String?
        /// Its identifier; nil before it is made.
        package var identifier: String?
        /// The client's token, and what it was given with.
        package var clientToken: String?
    }

    /// What can happen to it.
    package enum Event: Codable, Sendable {
        /// It begins.
        case start
        /// The action succeeded.
        case succeeded(identifier: String, model: JSON)
        /// The action failed, with the handler's code.
        case failed(code: String, message: String)
        /// The action was broken off.
        case brokenOff
        /// The user takes it back.
        case cancel
        /// Its alarm clock went off.
        case woken
    }

    /// What it wants done outside.
    package enum Command: Codable, Sendable {
        /// Carry the action out.
        case act
        /// Break the action off, if it waits for something.
        case breakOff
    }

    /// What is asked for.
    package private(set) var subject: Subject
    /// How far it is.
    package private(set) var status = Status.pending
    /// When it was asked for.
    package private(set) var asked = Timestamp(microseconds: 0)
    /// The resource as the action left it.
    package private(set) var model: JSON?
    /// Why it failed.
    package private(set) var message: String?
    /// The handler's code for that.
    package private(set) var errorCode: String?

    init(_ subject: Subject) { self.subject = subject }

    /// Takes one step. Repeats, and what comes after the end, change nothing.
    package mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        guard !status.isOver else { return Reaction() }
        var commands: [Command] = []
        switch (event, status) {
        case (.start, .pending):
            status = .inProgress
            asked = now
            commands = [.act]
        case (.succeeded(let identifier, let model), _):
            // Also while it is being cancelled: what is done is done, and the caller has to know.
            status = .success
            subject.identifier = identifier
            self.model = model
        case (.failed(let code, let message), _):
            status = .failed
            errorCode = code
            self.message = message
        case (.brokenOff, _):
            status = .cancelComplete
            message = "The request was cancelled."
        case (.cancel, .inProgress):
            status = .cancelInProgress
            commands = [.breakOff]
        default: return Reaction()
        }
        var reaction = Reaction(commands)
        reaction.isFinished = status.isOver
        reaction.events = [news(now)]
        return reaction
    }

    private func news(_ now: Timestamp) -> LedgerEvent {
        var detail: JSON = [
            "request-token": .string(subject.token), "operation": .string(subject.kind.rawValue),
            "type-name": .string(subject.type), "status": .string(status.rawValue),
        ]
        detail["identifier"] = subject.identifier.map(JSON.string)
        detail["error-code"] = errorCode.map(JSON.string)
        return LedgerEvent(
            id: StableID.uuid(subject.token, status.rawValue), time: now, source: "slipway.cloudcontrol",
            detailType: "Resource Request Status Change", account: subject.account, region: subject.region,
            detail: detail)
    }

    /// The request as Cloud Control answers with it.
    var progress: JSON {
        var view: JSON = [
            "TypeName": .string(subject.type), "RequestToken": .string(subject.token),
            "Operation": .string(subject.kind.rawValue), "OperationStatus": .string(status.rawValue),
            "EventTime": .double(asked.seconds),
        ]
        view["Identifier"] = subject.identifier.map(JSON.string)
        view["ResourceModel"] = model.map { .string($0.text()) }
        view["StatusMessage"] = message.map { .string(String($0.prefix(1024))) }
        view["ErrorCode"] = errorCode.map(JSON.string)
        return view
    }
}
