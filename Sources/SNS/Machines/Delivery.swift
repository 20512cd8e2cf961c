internal import Cloud
internal import Ledger
internal import Notation

/// Brings messages to one subscription: one message, or those of a FIFO topic's message group one after another.
///
/// The first in line is tried until it is delivered, given up, or sent to the dead-letter queue; only then the next
/// one's turn comes.
struct Delivery: Machine {
    /// By which protocol a subscription is told.
    enum Way: String, Codable, Sendable { case http, https, sqs, lambda }

    /// Where the messages go, as the subscription stood when the first of them was published.
    struct Target: Codable, Sendable {
        let subscription: String
        let topic: TopicID
        let way: Way
        let endpoint: String
        let isRaw: Bool
        let retry: RetryPolicy
        let deadLetterQueue: String?
        /// `1` for signatures with SHA-1, as AWS does unless told otherwise, `2` for SHA-256.
        let signatureVersion: String
    }
    /// How an attempt went.
    struct Attempt: Codable, Sendable {
        enum Result: String, Codable, Sendable {
            case delivered
            /// It may go better later.
            case failed
            /// It will go no better later: no leave, or the endpoint is not there or does not want it.
            case refused
            /// The subscription was ended.
            case gone
        }
        let message: String
        let number: Int
        let result: Result
        var reason = ""
    }
    enum Event: Codable, Sendable {
        case publish(Message)
        case attempted(Attempt)
        /// The dead-letter queue has the message, or would not have it.
        case buried(message: String)
        case woken
    }
    enum Command: Codable, Sendable {
        case attempt(message: String, number: Int)
        case bury(message: String, reason: String)
    }
    enum Phase: String, Codable, Sendable { case idle, trying, waiting, burying, done }

    static let kind = "sns.delivery"
    static let woken = Event.woken
    /// So many messages of a group may wait for one subscription; further ones are refused by Publish.
    static let lineLimit = 1000

    let target: Target
    private(set) var line: [Message] = []
    private(set) var phase = Phase.idle
    private(set) var attempts = 0
    /// How many messages were delivered, and how many given up.
    private(set) var delivered = 0
    private(set) var failed = 0

    init(to target: Target) { self.target = target }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch event {
        case .publish(let message):
            guard phase != .done, !line.contains(where: { $0.id == message.id }) else { return Reaction() }
            line.append(message)
            return phase == .idle ? begin() : Reaction()
        case .woken where phase == .waiting: return attempt()
        case .attempted(let attempt)
        where phase == .trying && attempt.number == attempts && attempt.message == line.first?.id:
            return judge(attempt, now)
        case .buried(let message) where phase == .burying && message == line.first?.id: return next()
        default: return Reaction()
        }
    }

    private mutating func begin() -> Reaction<Command> {
        attempts = 0
        return attempt()
    }

    private mutating func attempt() -> Reaction<Command> {
        guard let message = line.first else { return Reaction() }
        phase = .trying
        attempts += 1
        return Reaction([.attempt(message: message.id, number: attempts)])
    }

    private mutating func judge(_ attempt: Attempt, _ now: Timestamp) -> Reaction<Command> {
        switch attempt.result {
        case .delivered:
            delivered += 1
            return next()
        case .gone:
            line = []
            return next()
        case .refused: return bury(attempt)
        case .failed:
            guard let pause = target.retry.pause(before: attempts) else { return bury(attempt) }
            if pause == .zero { return self.attempt() }
            phase = .waiting
            var reaction = Reaction<Command>()
            reaction.wake = .at(now + pause)
            return reaction
        }
    }

    private mutating func bury(_ attempt: Attempt) -> Reaction<Command> {
        failed += 1
        // Nobody is to find a handshake in a dead-letter queue.
        guard target.deadLetterQueue != nil, line.first?.kind == .notification else { return next() }
        phase = .burying
        return Reaction([.bury(message: attempt.message, reason: attempt.reason)])
    }

    private mutating func next() -> Reaction<Command> {
        if !line.isEmpty { line.removeFirst() }
        guard line.isEmpty else { return begin() }
        phase = .done
        var reaction = Reaction<Command>()
        reaction.isFinished = true
        return reaction
    }
}
