import Ledger
import Notation

/// How many messages a queue has, by what can be done with them now.
struct QueueCounts: Sendable, Hashable {
    var visible = 0
    var inFlight = 0
    var delayed = 0
}

/// Which messages of a queue can be received, and which are somebody's: everything about them but what they say.
///
/// A pure value. The ledger has the messages and their flights; this is made from them at the first use after a start.
struct QueueIndex: Sendable {
    /// A message's standing.
    enum Standing: Sendable, Hashable { case delayed, ready, taken }

    /// A message.
    struct Entry: Sendable, Hashable {
        let group: String?
        let sent: Timestamp
        /// When it can be received (again).
        var until: Timestamp
        /// How often it was received.
        var count = 0
        var first: Timestamp?
        fileprivate(set) var standing = Standing.ready

        init(group: String?, sent: Timestamp, until: Timestamp, flight: Flight? = nil) {
            self.group = group
            self.sent = sent
            self.until = flight?.until ?? until
            count = flight?.count ?? 0
            first = flight?.first
        }
    }

    /// What receivers get, and what the queue gets rid of on the way.
    struct Picked: Sendable {
        var messages: [(sequence: Int64, flight: Flight)] = []
        /// Received too often: to be moved to the dead letters.
        var dead: [Int64] = []
        /// Kept longer than the queue keeps messages.
        var old: [Int64] = []

        var isEmpty: Bool { messages.isEmpty && dead.isEmpty && old.isEmpty }
        fileprivate var total: Int { messages.count + dead.count + old.count }
    }

    /// How to receive.
    struct Terms: Sendable {
        var most: Int
        var now: Timestamp
        /// How long the receiver has them for itself.
        var visibility: Duration
        /// How often a message may be received; nil for any number of times.
        var maxReceiveCount: Int?
        /// Messages sent before that are too old.
        var oldest: Timestamp
    }

    private struct Turn: Comparable, Sendable {
        let at: Timestamp
        let sequence: Int64
        static func < (left: Turn, right: Turn) -> Bool { (left.at, left.sequence) < (right.at, right.sequence) }
    }
    private struct GroupTurn: Comparable, Sendable {
        let head: Int64
        let group: String
        static func < (left: GroupTurn, right: GroupTurn) -> Bool {
            (left.head, left.group) < (right.head, right.group)
        }
    }

    /// One reception looks at so many messages at most, however many of them are dead or old.
    private static let effort = 200

    let isFIFO: Bool
    private var entries: [Int64: Entry] = [:]
    /// Both are read lazily: what no longer fits the entry it names is passed over.
    private var ready = Heap<Int64>()
    private var waiting = Heap<Turn>()
    private var lines: [String: GroupLine] = [:]
    private var openLines = Heap<GroupTurn>()
    private var taken = 0
    private var delayed = 0

    init(isFIFO: Bool) { self.isFIFO = isFIFO }

    var count: Int { entries.count }
    var counts: QueueCounts { QueueCounts(visible: entries.count - taken - delayed, inFlight: taken, delayed: delayed) }
    func entry(_ sequence: Int64) -> Entry? { entries[sequence] }
    /// When the oldest message was sent.
    var oldest: Timestamp? { entries.values.lazy.map(\.sent).min() }

    /// When the next message becomes visible by itself; nil when none will.
    mutating func nextTurn() -> Timestamp? {
        while let turn = waiting.first {
            if let entry = entries[turn.sequence], entry.until == turn.at, entry.standing != .ready { return turn.at }
            _ = waiting.pop()
        }
        return nil
    }

    // MARK: In and out

    /// Takes a message in: at once visible, or waiting until its moment.
    mutating func insert(_ sequence: Int64, _ entry: Entry, now: Timestamp) {
        var entry = entry
        let isWaiting = entry.until > now
        entry.standing = !isWaiting ? .ready : entry.count > 0 ? .taken : .delayed
        entries[sequence] = entry
        if let group = lineName(entry) { lines[group, default: GroupLine()].insert(sequence) }
        if isWaiting { wait(sequence, entry) } else { offer(sequence, entry) }
    }

    /// Takes a message out, whatever its standing.
    @discardableResult
    mutating func remove(_ sequence: Int64) -> Entry? {
        guard let entry = entries.removeValue(forKey: sequence) else { return nil }
        leave(entry)
        if let group = lineName(entry) {
            lines[group]?.remove(sequence)
            if lines[group]?.isEmpty == true { lines[group] = nil } else { open(group) }
        }
        return entry
    }

    /// Makes visible what has waited until now.
    mutating func settle(_ now: Timestamp) {
        while let turn = waiting.first, turn.at <= now {
            _ = waiting.pop()
            guard let entry = entries[turn.sequence], entry.until == turn.at, entry.standing != .ready else { continue }
            ready(turn.sequence, entry)
        }
    }

    /// Hands out messages; they are in flight now.
    mutating func take(_ terms: Terms) -> Picked {
        settle(terms.now)
        var picked = Picked()
        if isFIFO {
            while picked.messages.count < terms.most, picked.total < Self.effort, let turn = openLines.pop() {
                takeLine(turn.group, terms, &picked)
            }
        } else {
            while picked.messages.count < terms.most, picked.total < Self.effort, let sequence = ready.pop() {
                guard entries[sequence]?.standing == .ready else { continue }
                pick(sequence, terms, &picked)
            }
        }
        return picked
    }

    /// Gives back what was taken as if it had not been: its reception could not be stored.
    mutating func untake(_ picked: Picked, now: Timestamp) {
        for (sequence, flight) in picked.messages {
            guard var entry = entries[sequence], entry.count == flight.count else { continue }
            entry.count -= 1
            if entry.count == 0 { entry.first = nil }
            entry.until = now
            ready(sequence, entry)
        }
    }

    /// Changes how long a message in flight stays so, unless it was received again since.
    mutating func hold(_ sequence: Int64, _ flight: Flight, now: Timestamp) {
        guard var entry = entries[sequence], entry.standing == .taken, entry.count == flight.count else { return }
        entry.until = flight.until
        if flight.until <= now {
            ready(sequence, entry)
        } else {
            entries[sequence] = entry
            waiting.push(Turn(at: flight.until, sequence: sequence))
        }
    }

    /// Messages that were sent before that, at most so many.
    func sent(before moment: Timestamp, limit: Int) -> [Int64] {
        Array(entries.lazy.filter { $0.value.sent < moment }.map(\.key).prefix(limit))
    }

    /// Messages that can be received now, in order, at most so many.
    func visible(limit: Int) -> [Int64] {
        Array(entries.lazy.filter { $0.value.standing == .ready }.map(\.key).sorted().prefix(limit))
    }

    // MARK: Steps

    /// The group whose order the message keeps: FIFO queues have such, others only note it.
    private func lineName(_ entry: Entry) -> String? { isFIFO ? entry.group ?? "" : nil }

    private mutating func wait(_ sequence: Int64, _ entry: Entry) {
        waiting.push(Turn(at: entry.until, sequence: sequence))
        if entry.standing == .taken {
            taken += 1
            if let group = lineName(entry) { lines[group]?.inFlight += 1 }
        } else {
            delayed += 1
        }
    }

    private mutating func leave(_ entry: Entry) {
        switch entry.standing {
        case .ready: break
        case .delayed: delayed -= 1
        case .taken:
            taken -= 1
            if let group = lineName(entry) { lines[group]?.inFlight -= 1 }
        }
    }

    private mutating func ready(_ sequence: Int64, _ entry: Entry) {
        leave(entry)
        var entry = entry
        entry.standing = .ready
        entries[sequence] = entry
        offer(sequence, entry)
    }

    private mutating func offer(_ sequence: Int64, _ entry: Entry) {
        if let group = lineName(entry) { open(group) } else { ready.push(sequence) }
    }

    /// Puts a group up whose first message can be received and of which nothing is in flight.
    private mutating func open(_ group: String) {
        guard let line = lines[group], line.inFlight == 0, let head = line.head, entries[head]?.standing == .ready
        else {
            return
        }
        openLines.push(GroupTurn(head: head, group: group))
    }

    /// As many as there is room for, in order, of one group.
    private mutating func takeLine(_ group: String, _ terms: Terms, _ picked: inout Picked) {
        guard let line = lines[group], line.inFlight == 0 else { return }
        for sequence in line.all {
            guard picked.messages.count < terms.most, picked.total < Self.effort, entries[sequence]?.standing == .ready
            else { break }
            pick(sequence, terms, &picked)
        }
        open(group)
    }

    private mutating func pick(_ sequence: Int64, _ terms: Terms, _ picked: inout Picked) {
        guard var entry = entries[sequence] else { return }
        if entry.sent < terms.oldest {
            remove(sequence)
            picked.old.append(sequence)
        } else if let limit = terms.maxReceiveCount, entry.count >= limit {
            remove(sequence)
            picked.dead.append(sequence)
        } else {
            entry.count += 1
            entry.first = entry.first ?? terms.now
            entry.until = terms.now + terms.visibility
            entry.standing = .taken
            entries[sequence] = entry
            wait(sequence, entry)
            picked.messages.append(
                (sequence, Flight(count: entry.count, first: entry.first ?? terms.now, until: entry.until)))
        }
    }
}
