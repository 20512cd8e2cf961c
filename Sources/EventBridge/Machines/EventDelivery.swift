internal import Ledger
internal import Notation

/// Brings one event to one target of a rule: attempts, pauses between them, and the dead-letter queue when all is in
/// vain.
///
/// The event itself stays in the log, where each attempt reads it again; target and rule are read again as well, so
/// that a target mended while deliveries wait is tried as it is now, and one removed is left in peace.
struct EventDelivery: Machine {
    /// What is to be delivered, and how hard to try.
    struct Order: Codable, Sendable {
        let rule: String
        let target: String
        /// The event's place in the log.
        let sequence: Int64
        /// How often to try again after the first attempt.
        let retries: Int
        /// For how many seconds after the event was taken up.
        let age: Int
        /// Whether there is a queue for what could not be delivered.
        let hasDeadLetterQueue: Bool
    }
    /// How an attempt went.
    struct Attempt: Codable, Sendable {
        enum Result: String, Codable, Sendable {
            case delivered
            /// It may go better later.
            case failed
            /// It will go no better later: no leave, or no such target.
            case refused
            /// The rule or its target is no longer there.
            case gone
        }
        let number: Int
        let result: Result
        var code = ""
        var message = ""
    }
    enum Event: Codable, Sendable {
        case begin
        case attempted(Attempt)
        case buried
        case woken
    }
    enum Command: Codable, Sendable {
        case attempt(Int)
        /// Send it to the dead-letter queue, and why.
        case bury(Attempt, exhausted: String?)
    }
    enum Phase: String, Codable, Sendable { case trying, waiting, burying, done }

    static let kind = "events.delivery"
    static let woken = Event.woken

    /// What AWS does unless told otherwise. Source: Amazon EventBridge User Guide, "How EventBridge retries delivering
    /// events".
    static let standardRetries = 185
    static let standardAge = 86_400
    /// No pause is longer, in seconds: a target that comes back after hours is not kept waiting for long.
    static let longestPause = 600.0

    let order: Order
    private(set) var phase = Phase.trying
    private(set) var attempts = 0
    private(set) var begun = Timestamp(microseconds: 0)
    private(set) var last: Attempt?

    init(_ order: Order) { self.order = order }

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch event {
        case .begin where attempts == 0:
            begun = now
            return attempt()
        case .woken where phase == .waiting: return attempt()
        case .attempted(let attempt) where phase == .trying && attempt.number == attempts:
            return judge(attempt, now)
        case .buried where phase == .burying: return finish()
        default: return Reaction()
        }
    }

    private mutating func attempt() -> Reaction<Command> {
        phase = .trying
        attempts += 1
        return Reaction([.attempt(attempts)])
    }

    private mutating func judge(_ attempt: Attempt, _ now: Timestamp) -> Reaction<Command> {
        last = attempt
        switch attempt.result {
        case .delivered, .gone: return finish()
        case .refused: return bury(attempt, exhausted: nil)
        case .failed:
            if attempts > order.retries { return bury(attempt, exhausted: "MaximumRetryAttempts") }
            let next = now + pause
            guard next - begun <= .seconds(order.age) else {
                return bury(attempt, exhausted: "MaximumEventAgeInSeconds")
            }
            phase = .waiting
            var reaction = Reaction<Command>()
            reaction.wake = .at(next)
            return reaction
        }
    }

    /// One second, then twice as long each time, and up to a quarter more, by the event's place: what failed together
    /// does not come back together.
    private var pause: Duration {
        let base = min(Double(1 << min(attempts - 1, 20)), Self.longestPause)
        let share = Double((order.sequence &* 2_654_435_761) & 0xFF) / 1024
        return .microseconds(Int64(base * (1 + share) * 1_000_000))
    }

    private mutating func bury(_ attempt: Attempt, exhausted: String?) -> Reaction<Command> {
        guard order.hasDeadLetterQueue else { return finish() }
        phase = .burying
        return Reaction([.bury(attempt, exhausted: exhausted)])
    }

    private mutating func finish() -> Reaction<Command> {
        phase = .done
        var reaction = Reaction<Command>()
        reaction.isFinished = true
        return reaction
    }
}
