internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation
internal import Synchronization

/// Tells a page that something happened (Server-Sent Events; HTML Standard, section 9.2). Only that: what it was, the
/// page fetches
/// like any visitor.
struct LiveStream: Sendable {
    /// How often something is sent when nothing happens, so that a reader who has gone away is noticed.
    static let beat = Duration.seconds(15)
    /// The shortest time between two messages. A stack update has hundreds of events a second.
    static let pause = Duration.milliseconds(250)
    /// After this long the browser opens a new one: a session that has ended is noticed.
    static let lifetime = Duration.seconds(600)

    let ledger: Ledger
    let caller: Caller
    let closing: Closing

    private struct State {
        /// The last event that is known; nil before the first message.
        var place: Int64?
        var lastSent: Timestamp?
        let end: Timestamp
    }

    /// The stream. It ends by itself, or when nobody reads it any more.
    var body: HTTPBody {
        let state = Mutex(State(end: ledger.surroundings.now + Self.lifetime))
        let box = Box(state: state)
        return .stream(HTTPBodyStream(length: nil) { try await self.next(box) })
    }

    /// Holds the state between pieces. A body is read by one reader, one piece after the other.
    private final class Box: Sendable {
        let state: Mutex<State>
        init(state: consuming Mutex<State>) { self.state = state }
    }

    private func next(_ box: Box) async throws -> [UInt8]? {
        let time = ledger.surroundings.time
        let (place, lastSent, end) = box.state.withLock { ($0.place, $0.lastSent, $0.end) }
        guard time.now < end, !closing.isClosed else { return nil }
        guard let place else {
            let last = ledger.lastSequence
            box.state.withLock { $0.place = last }
            return Array("retry: 1000\n: open\n\n".utf8)
        }
        if let lastSent { try await time.sleep(until: lastSent + Self.pause) }
        let found = try await news(after: place, within: Self.beat)
        box.state.withLock {
            $0.place = found ?? place
            $0.lastSent = time.now
        }
        return Array((found.map { "event: change\nid: \($0)\ndata: \($0)\n\n" } ?? ": nothing new\n\n").utf8)
    }

    /// The place of the newest event that concerns the caller; nil when there was none in that time.
    private func news(after place: Int64, within limit: Duration) async throws -> Int64? {
        let time = ledger.surroundings.time
        return try await withThrowingTaskGroup(of: Int64?.self) { group in
            group.addTask {
                for try await logged in ledger.follow(after: place) where concerns(logged.event) {
                    return logged.sequence
                }
                return nil
            }
            group.addTask {
                try await time.sleep(until: time.now + limit)
                return nil
            }
            group.addTask {
                await closing.wait()
                return nil
            }
            defer { group.cancelAll() }
            guard let found = try await group.next() ?? nil else { return nil }
            // The rest of a burst is told with the same message.
            return max(found, ledger.lastSequence)
        }
    }

    private func concerns(_ event: LedgerEvent) -> Bool {
        event.account == caller.account && event.region == caller.region
    }
}
