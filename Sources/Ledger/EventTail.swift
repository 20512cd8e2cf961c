internal import Synchronization

/// The newest events of the log, kept in memory: who follows the log reads them here and leaves the disk alone.
///
/// Holds every event that was committed since the ledger was opened, until they are too many; then the oldest go, and who
/// is that far behind reads from the disk.
final class EventTail: Sendable {
    /// An event and about how much memory it takes.
    struct Entry: Sendable {
        let logged: LoggedEvent
        let bytes: Int
    }

    private struct State {
        /// Every event after this place is in `entries`.
        var floor: Int64
        var entries: [Entry] = []
        var bytes = 0
    }

    private static let countLimit = 4096
    private static let byteLimit = 8 << 20

    private let state: Mutex<State>

    /// A tail that begins after that place of the log.
    init(after last: Int64) { state = Mutex(State(floor: last)) }

    /// The place of the newest event that readers may see.
    var last: Int64 { state.withLock { $0.entries.last?.logged.sequence ?? $0.floor } }

    /// Takes in the events of a commit, in the order of the log.
    func add(_ events: [Entry]) {
        guard !events.isEmpty else { return }
        state.withLock { state in
            state.entries += events
            state.bytes += events.reduce(0) { $0 + $1.bytes }
            guard state.entries.count > Self.countLimit || state.bytes > Self.byteLimit else { return }
            // Half of them at once: so that not every commit moves all that stay.
            var gone = 0
            while state.entries.count - gone > Self.countLimit / 2 || state.bytes > Self.byteLimit / 2 {
                state.bytes -= state.entries[gone].bytes
                gone += 1
            }
            guard gone > 0 else { return }
            state.floor = state.entries[gone - 1].logged.sequence
            state.entries.removeFirst(gone)
        }
    }

    /// The events after that place, at most `limit`; nil when the tail does not reach back so far.
    func events(after sequence: Int64, limit: Int) -> [LoggedEvent]? {
        state.withLock { state in
            guard sequence >= state.floor else { return nil }
            var low = 0
            var high = state.entries.count
            while low < high {
                let middle = (low + high) / 2
                if state.entries[middle].logged.sequence > sequence { high = middle } else { low = middle + 1 }
            }
            return state.entries[low...].prefix(max(limit, 0)).map(\.logged)
        }
    }
}
