package import Ledger
package import Notation

/// Tells topics of the events of one operation on a stack, in their order, one after the other.
///
/// The events come in the write that makes them, so none is lost when the server dies; a topic may be told the same
/// event again then. Source: "Monitor stack progress", `NotificationARNs`, in the User Guide.
package struct StackNotices: Machine {
    /// The name under which they are stored.
    package static let kind = "stack notices"
    /// What the alarm clock feeds in; it is never set.
    package static var woken: Event { .woken }

    /// What can happen to it.
    package enum Event: Codable, Sendable {
        /// The operation told of these; it may be over with them.
        case told([StackEvent], isOver: Bool)
        /// A topic has been told of the event of that number, or cannot be.
        case sent(number: Int, topic: String)
        /// Its alarm clock went off.
        case woken
    }

    /// What it wants done outside.
    package enum Command: Codable, Sendable {
        /// Publish that to the topic, on that principal's behalf.
        case publish(number: Int, topic: String, message: String, account: String, principal: String)
    }

    /// The operation.
    let subject: OperationSubject
    /// What is to be told, in order.
    private var queue: [StackEvent] = []
    /// The number of the first in the queue.
    private var number = 0
    /// The topics that are being told of the first in the queue.
    private var outstanding: [String] = []
    private var isOver = false

    init(_ subject: OperationSubject) { self.subject = subject }

    /// Takes one step. Repeats change nothing.
    package mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch event {
        case .told(let events, let isOver):
            queue += events
            self.isOver = self.isOver || isOver
        case .sent(let sent, let topic):
            guard sent == number, outstanding.contains(topic) else { return Reaction() }
            outstanding.removeAll { $0 == topic }
            guard outstanding.isEmpty else { return Reaction() }
            queue.removeFirst()
            number += 1
        case .woken: return Reaction()
        }
        return next()
    }

    private mutating func next() -> Reaction<Command> {
        guard outstanding.isEmpty else { return Reaction() }
        guard let event = queue.first else {
            var reaction = Reaction<Command>()
            reaction.isFinished = isOver
            return reaction
        }
        outstanding = Set(subject.notificationARNs ?? []).sorted()
        let message = NoticeText(event, subject).text
        return Reaction(
            outstanding.map { topic in
                .publish(
                    number: number, topic: topic, message: message, account: subject.account,
                    principal: subject.principal)
            })
    }
}

extension StackNotices {
    /// Hands on what a step of the operation told, as part of the write that commits it.
    static func tell(
        _ operation: StackOperation, _ id: String, _ runner: MachineRunner<StackNotices>, _ transaction: Transaction
    ) throws {
        guard operation.subject.notificationARNs?.isEmpty == false, !operation.outbox.events.isEmpty else { return }
        let event = Event.told(operation.outbox.events, isOver: operation.phase == .over)
        if try runner.machine(id, in: transaction) == nil {
            try runner.begin(id, StackNotices(operation.subject), with: event, in: transaction)
        } else {
            try runner.send(event, to: id, in: transaction)
        }
    }

    /// Forgets those of an operation that is over, unless there is still somebody to tell.
    static func forget(
        _ id: String, _ runner: MachineRunner<StackNotices>, _ transaction: Transaction
    ) throws {
        guard let notices = try runner.machine(id, in: transaction), notices.queue.isEmpty else { return }
        try runner.remove(id, in: transaction)
    }
}

/// An event as CloudFormation writes it to a topic: a line for each member, values in quotes.
struct NoticeText {
    let text: String

    init(_ event: StackEvent, _ subject: OperationSubject) {
        let lines: [(String, String?)] = [
            ("StackId", subject.stackID), ("Timestamp", event.time.iso8601(fraction: 3)), ("EventId", event.id),
            ("LogicalResourceId", event.logicalID), ("Namespace", subject.account),
            ("PhysicalResourceId", event.physicalID), ("PrincipalId", subject.principal),
            ("ResourceProperties", event.properties), ("ResourceStatus", event.status),
            ("ResourceStatusReason", event.reason ?? ""), ("ResourceType", event.type),
            ("StackName", subject.stackName), ("ClientRequestToken", event.token),
        ]
        text = lines.map { "\($0)='\($1 ?? "null")'\n" }.joined()
    }
}

/// A topic that can be told: what its ARN says of where it is.
struct NoticeTarget {
    let region: String
    let account: String

    /// Reads the ARN; nil when it is none of a topic.
    init?(_ arn: String) {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "sns", parts[4].count == 12, !parts[5].isEmpty else {
            return nil
        }
        region = String(parts[3])
        account = String(parts[4])
    }
}
