internal import Cloud
internal import HTTP
internal import Ledger
internal import Logging
internal import Notation
internal import Synchronization

/// The delivery of one message to one trigger's destination: tried until it is taken, refused for good, or too old.
struct TriggerRun: Machine {
    static let kind = "codecommit.trigger"
    static let woken = Event.due

    enum Event: Codable, Sendable { case due, taken, failed(message: String, mayPass: Bool) }
    struct Command: Codable, Sendable {
        var trigger: Trigger
        var message: JSON
        var account: String
        var region: String
        /// Its name.
        var repository: String
        var arn: String { "arn:aws:codecommit:\(region):\(account):\(repository)" }
    }

    var command: Command
    var attempts = 0
    var failure: String?
    var isDone = false

    /// After so many attempts nobody tries again: the last one is more than two hours after the first.
    static let most = 15

    /// An answer that comes late or twice changes nothing but the next attempt's time.
    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        var reaction = Reaction<Command>()
        guard !isDone else { return reaction }
        switch event {
        case .due:
            attempts += 1
            reaction.commands = [command]
        case .taken:
            isDone = true
            reaction.isFinished = true
        case .failed(let message, let mayPass):
            failure = message
            guard mayPass, attempts < Self.most else {
                isDone = true
                reaction.isFinished = true
                reaction.events = [lost(message, now)]
                return reaction
            }
            reaction.wake = .at(now + .seconds(1 << min(attempts - 1, 11)))
        }
        return reaction
    }

    /// Slipway's own event: AWS is silent about messages it could not deliver.
    private func lost(_ message: String, _ now: Timestamp) -> LedgerEvent {
        LedgerEvent(
            time: now, source: "slipway.codecommit", detailType: "CodeCommit Trigger Failed", account: command.account,
            region: command.region,
            resources: [command.arn],
            detail: [
                "repositoryName": .string(command.repository), "triggerName": .string(command.trigger.name),
                "destinationArn": .string(command.trigger.destinationArn), "attempts": .int(attempts),
                "reason": .string(message),
            ])
    }

    /// What runs the deliveries. One that has ended is forgotten: the log tells of those that were lost.
    static func makeRunner(_ ledger: Ledger) -> MachineRunner<TriggerRun> {
        let box = Box()
        let runner = MachineRunner<TriggerRun>(ledger: ledger, log: Logger(label: "codecommit")) {
            write, id, _, after in
            if after.isDone { try box.runner.withLock { $0 }?.remove(id, in: write) }
        }
        box.runner.withLock { $0 = runner }
        return runner
    }

    /// The runner, for its own projection.
    private final class Box: Sendable {
        let runner = Mutex<MachineRunner<TriggerRun>?>(nil)
    }

    /// Begins a delivery as part of the write that notes the move.
    static func begin(
        _ trigger: Trigger, _ message: JSON, _ repository: Repository, id: String, on runner: MachineRunner<TriggerRun>,
        in write: Transaction
    ) throws {
        let command = Command(
            trigger: trigger, message: message, account: repository.account, region: repository.region,
            repository: repository.name)
        try runner.begin("\(repository.id)/\(id)/\(trigger.name)", TriggerRun(command: command), with: .due, in: write)
    }
}

/// Hands messages to SNS and Lambda through the door. A repeat after a crash delivers the message again, as on AWS.
struct TriggerPerformer: Performer {
    typealias Engine = TriggerRun
    let cloud: Cloud

    func perform(_ command: TriggerRun.Command, of id: String, key: String) async throws -> TriggerRun.Event? {
        do {
            try await Self.deliver(
                command.message, to: command.trigger, for: command.arn, cloud)
            return .taken
        } catch let error as AWSError {
            return .failed(
                message: "\(error)", mayPass: !error.isSender || error.status == 429 || error.code.contains("Throttl"))
        }
    }

    /// Delivers one message, as CodeCommit itself for the repository: the policy of the function or topic decides.
    ///
    /// - Throws: ``AWSError`` when the destination refuses it.
    static func deliver(_ message: JSON, to trigger: Trigger, for repository: String, _ cloud: Cloud) async throws {
        let parts = repository.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6 else { throw AWSError.internalFailure(repository) }
        let caller = Caller.service("codecommit.amazonaws.com", for: repository, account: parts[4], region: parts[3])
        switch trigger.destination {
        case .topic:
            try await cloud.call(
                "sns", "Publish", ["TopicArn": .string(trigger.destinationArn), "Message": .string(message.text())],
                as: caller)
        case .function:
            let input: JSON = ["FunctionName": .string(trigger.destinationArn), "InvocationType": "Event"]
            _ = try await cloud.call("lambda", "Invoke", input, payload: .bytes(message.bytes()), as: caller)
        case nil:
            throw Refusal.invalid(
                "RepositoryTriggerDestinationArn", "\(trigger.destinationArn) is neither a topic nor a function.")
        }
    }
}
