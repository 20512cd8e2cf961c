/// The first events found so far, never many more than are wanted.
struct Candidates {
    private let limit: Int
    private let byteLimit: Int
    private var events: [FoundEvent] = []
    private var bytes = 0
    private var isSorted = true
    /// How many of the events fit, once trimmed; there may be one more, at which the next page begins.
    private var fitting = 0

    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    mutating func add(_ event: FoundEvent) {
        isSorted = isSorted && events.last.map { $0.position < event.position } ?? true
        events.append(event)
        bytes += LogEvent.size(event.event.message)
        if events.count > 2 * limit + 1000 || bytes > 2 * byteLimit + (1 << 20) { trim() }
    }

    /// Sorts, and lets go of what does not fit.
    private mutating func trim() {
        if !isSorted { events.sort { $0.position < $1.position } }
        isSorted = true
        bytes = 0
        fitting = 0
        while fitting < min(events.count, limit) {
            let size = LogEvent.size(events[fitting].event.message)
            // One event always fits, however large.
            if bytes + size > byteLimit, fitting > 0 { break }
            bytes += size
            fitting += 1
        }
        guard events.count > fitting else { return }
        bytes += LogEvent.size(events[fitting].event.message)
        events.removeSubrange((fitting + 1)...)
    }

    /// Whether there are enough, and none that is found later can come before them.
    mutating func isFull(before frontier: Int64) -> Bool {
        guard events.count > limit || bytes > byteLimit else { return false }
        trim()
        return events.count > fitting && (events.last?.event.time ?? .max) < frontier
    }

    /// What was found; up to a time, when the scan pauses there.
    mutating func page(before frontier: Int64?) -> LogPage {
        if let frontier { events.removeAll { $0.event.time >= frontier } }
        trim()
        guard events.count > fitting else {
            return LogPage(events: events, next: frontier.map { LogPosition(time: $0, stream: "", number: 0) })
        }
        return LogPage(events: Array(events.prefix(fitting)), next: events[fitting].position)
    }
}

/// The last so many of a run of events in order.
struct Tail {
    private let limit: Int
    private let byteLimit: Int
    private(set) var events: [FoundEvent] = []
    private var bytes = 0

    init(limit: Int, byteLimit: Int) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    mutating func add(_ event: FoundEvent) {
        events.append(event)
        bytes += LogEvent.size(event.event.message)
        if events.count >= 2 * limit + 1000 || bytes > 2 * byteLimit + (1 << 20) { _ = trim() }
    }

    /// Lets go of what does not fit. Says whether there was enough to fill an answer.
    mutating func trim() -> Bool {
        bytes = 0
        var start = events.endIndex
        while start > 0, events.endIndex - start < limit {
            let size = LogEvent.size(events[start - 1].event.message)
            if bytes + size > byteLimit, start < events.endIndex { break }
            bytes += size
            start -= 1
        }
        let isFull = start > 0 || events.count == limit
        events.removeSubrange(..<start)
        return isFull
    }
}
