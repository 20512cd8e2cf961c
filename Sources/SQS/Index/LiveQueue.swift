import Ledger
import Notation
import Synchronization

/// A queue in memory: its index, what has been sent and is not on disk yet, and the bell that receivers wait for.
///
/// Everything lasting is written to the ledger first. Sends are staged inside the write that stores them, so that
/// places in the queue and places in the log are in one order, and published once that write is on disk.
final class LiveQueue: Sendable {
    /// What the queue did since it was last asked, for its metrics.
    struct Figures: Sendable, Hashable {
        var sent = 0
        var sentBytes = 0
        var received = 0
        var deleted = 0
        var emptyReceives = 0
        var isEmpty: Bool { self == Figures() }
    }

    /// A send that is being written.
    private struct Staged: Sendable {
        let ticket: Int
        let sequence: Int64
        let entry: QueueIndex.Entry
        let mark: (key: String, DeduplicationMark)?
    }

    /// An earlier reception that may be asked for again under its id (FIFO queues).
    private struct Attempt: Sendable {
        let at: Timestamp
        let messages: [(sequence: Int64, flight: Flight)]
    }

    private struct State: Sendable {
        var index: QueueIndex
        var staged: [Staged] = []
        var marks: [String: DeduplicationMark] = [:]
        var markOrder: [(key: String, at: Timestamp)] = []
        var attempts: [String: Attempt] = [:]
        var lastSequence: Int64 = 0
        var nextTicket = 0
        var figures = Figures()
    }

    let generation: String
    let bell = Bell()
    private let state: Mutex<State>

    init(generation: String, isFIFO: Bool) {
        self.generation = generation
        state = Mutex(State(index: QueueIndex(isFIFO: isFIFO)))
    }

    // MARK: Loading

    /// Takes in a message that an earlier process left.
    func load(_ sequence: Int64, _ message: Message, _ flight: Flight?, now: Timestamp) {
        let entry = QueueIndex.Entry(
            group: message.group, sent: message.sent, until: message.delayedUntil ?? message.sent, flight: flight)
        state.withLock { state in
            state.index.insert(sequence, entry, now: now)
            state.lastSequence = max(state.lastSequence, sequence)
        }
    }

    /// Takes in a deduplication id that an earlier process left.
    func load(_ key: String, _ mark: DeduplicationMark) {
        state.withLock { state in
            state.marks[key] = mark
            state.markOrder.append((key, mark.sent))
            state.lastSequence = max(state.lastSequence, mark.sequence)
        }
    }

    /// Puts the marks in the order they age in. Called once, after the last was loaded.
    func didLoad() { state.withLock { $0.markOrder.sort { $0.at < $1.at } } }

    // MARK: Sending

    /// A number for one send, under which it is staged and then published or given up.
    func ticket() -> Int {
        state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
    }

    /// What became of a message that was to be staged.
    enum Staging: Sendable {
        /// It has this place.
        case new(Int64)
        /// One with the same deduplication id was sent less than five minutes ago.
        case duplicate(DeduplicationMark)
    }

    /// Gives a message its place. Called inside the write that stores it, by nobody else at the same time.
    func stage(_ message: Message, deduplication key: String?, ticket: Int, now: Timestamp) -> Staging {
        state.withLock { state in
            if let key, let known = Self.mark(key, state), known.sent > now - MessageLimits.deduplicationWindow {
                return .duplicate(known)
            }
            let sequence = max(state.lastSequence + 1, now.microseconds)
            state.lastSequence = sequence
            let entry = QueueIndex.Entry(
                group: message.group, sent: message.sent, until: message.delayedUntil ?? message.sent)
            let mark = key.map { ($0, DeduplicationMark(messageID: message.id, sequence: sequence, sent: now)) }
            state.staged.append(Staged(ticket: ticket, sequence: sequence, entry: entry, mark: mark))
            return .new(sequence)
        }
    }

    private static func mark(_ key: String, _ state: State) -> DeduplicationMark? {
        state.staged.last { $0.mark?.key == key }?.mark?.1 ?? state.marks[key]
    }

    /// Deduplication ids whose window is over, at most so many; they are forgotten.
    func expiredMarks(now: Timestamp, limit: Int = 16) -> [String] {
        state.withLock { state in
            let due = state.markOrder.prefix(limit).prefix { $0.at <= now - MessageLimits.deduplicationWindow }
            state.markOrder.removeFirst(due.count)
            let keys = due.filter { state.marks[$0.key]?.sent == $0.at }.map(\.key)
            for key in keys { state.marks[key] = nil }
            return keys
        }
    }

    /// Lets receivers see what was staged under the ticket, and everything staged before it: the ledger wrote those
    /// first.
    func publish(_ ticket: Int, bytes: Int, now: Timestamp) {
        let isNews = state.withLock { state in
            guard let last = state.staged.last(where: { $0.ticket == ticket })?.sequence else { return false }
            state.figures.sentBytes += bytes
            let done = state.staged.filter { $0.sequence <= last }
            state.staged.removeAll { $0.sequence <= last }
            for one in done {
                state.figures.sent += 1
                state.index.insert(one.sequence, one.entry, now: now)
                guard let (key, mark) = one.mark else { continue }
                state.marks[key] = mark
                state.markOrder.append((key, mark.sent))
            }
            return true
        }
        if isNews { bell.ring() }
    }

    /// Gives up what was staged under the ticket: it could not be written.
    func abandon(_ ticket: Int) { state.withLock { $0.staged.removeAll { $0.ticket == ticket } } }

    // MARK: Receiving

    func take(_ terms: QueueIndex.Terms) -> QueueIndex.Picked {
        state.withLock { state in
            guard state.index.counts.inFlight < MessageLimits.inFlight else { return QueueIndex.Picked() }
            return state.index.take(terms)
        }
    }

    /// Takes part in the figures of received messages.
    func note(received: Int) {
        state.withLock { state in
            state.figures.received += received
            if received == 0 { state.figures.emptyReceives += 1 }
        }
    }

    func untake(_ picked: QueueIndex.Picked, now: Timestamp) {
        state.withLock { $0.index.untake(picked, now: now) }
        bell.ring()
    }

    /// Puts messages back that could not be removed on disk.
    func restore(_ entries: [(Int64, QueueIndex.Entry)], now: Timestamp) {
        state.withLock { state in
            for (sequence, entry) in entries { state.index.insert(sequence, entry, now: now) }
        }
        bell.ring()
    }

    /// Remembers a reception under its id.
    func remember(_ attempt: String, _ messages: [(sequence: Int64, flight: Flight)], now: Timestamp) {
        state.withLock { state in
            state.attempts = state.attempts.filter { $0.value.at > now - MessageLimits.deduplicationWindow }
            state.attempts[attempt] = Attempt(at: now, messages: messages)
        }
    }

    /// The reception of that id, if every message of it still is its receiver's; each is held anew.
    ///
    /// Source: SQS API Reference, ReceiveMessage, ReceiveRequestAttemptId.
    func attempt(_ attempt: String, visibility: Duration, now: Timestamp) -> [(sequence: Int64, flight: Flight)]? {
        state.withLock { state in
            guard let known = state.attempts[attempt], known.at > now - MessageLimits.deduplicationWindow else {
                return nil
            }
            state.index.settle(now)
            let isWhole = known.messages.allSatisfy { sequence, flight in
                let entry = state.index.entry(sequence)
                return entry?.standing == .taken && entry?.count == flight.count
            }
            guard isWhole, !known.messages.isEmpty else { return nil }
            return known.messages.map { sequence, flight in
                var flight = flight
                flight.until = now + visibility
                state.index.hold(sequence, flight, now: now)
                return (sequence, flight)
            }
        }
    }

    // MARK: What receivers do

    /// The entry a handle is for, settled until now; nil when the message is gone.
    func entry(_ sequence: Int64, now: Timestamp) -> QueueIndex.Entry? {
        state.withLock { state in
            state.index.settle(now)
            return state.index.entry(sequence)
        }
    }

    /// Takes the message out; returns what it was, for putting it back.
    func remove(_ sequence: Int64, counts: Bool) -> QueueIndex.Entry? {
        let entry = state.withLock { state in
            let entry = state.index.remove(sequence)
            if entry != nil, counts { state.figures.deleted += 1 }
            return entry
        }
        // The next message of its group may be free now.
        if entry?.group != nil { bell.ring() }
        return entry
    }

    func hold(_ sequence: Int64, _ flight: Flight, now: Timestamp) {
        state.withLock { $0.index.hold(sequence, flight, now: now) }
        bell.ring()
    }

    // MARK: Questions

    func counts(now: Timestamp) -> QueueCounts {
        state.withLock { state in
            state.index.settle(now)
            return state.index.counts
        }
    }

    /// When a message becomes visible by itself.
    var nextTurn: Timestamp? { state.withLock { $0.index.nextTurn() } }
    var oldest: Timestamp? { state.withLock { $0.index.oldest } }
    func sent(before moment: Timestamp, limit: Int) -> [Int64] {
        state.withLock { $0.index.sent(before: moment, limit: limit) }
    }
    func visible(limit: Int, now: Timestamp) -> [Int64] {
        state.withLock { state in
            state.index.settle(now)
            return state.index.visible(limit: limit)
        }
    }

    /// The figures since the last time they were taken.
    func takeFigures() -> Figures {
        state.withLock { state in
            defer { state.figures = Figures() }
            return state.figures
        }
    }
}
