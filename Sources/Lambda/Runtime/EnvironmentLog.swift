import Ledger
import Notation
import Synchronization

/// The lines of one execution environment: what the function prints, and what Lambda says around it.
///
/// Filled from any thread; emptied by the ``LogShipper``. Keeps the end of the current invocation's lines for callers
/// who ask for it.
final class EnvironmentLog: Sendable {
    /// Where the lines go.
    struct Place: Sendable, Hashable {
        let group: String
        let stream: String
        let account: String
        let region: String
    }

    /// How many bytes wait for the shipper; more are dropped, and a line says so.
    private static let capacity = 1 << 20
    /// How much of an invocation's log `LogType: Tail` returns (Lambda API Reference, Invoke).
    private static let tailLimit = 4096
    /// A longer line is cut: CloudWatch Logs takes 256 KB for an event, overhead included.
    private static let lineLimit = 262_000

    private struct State {
        var pending: [LogLine] = []
        var pendingBytes = 0
        var dropped = 0
        var unfinished: [UInt8] = []
        var tail: [UInt8] = []
        /// How many invocations are over whose last lines are still to come.
        var finishing = 0
        /// The first lines of invocations that wait for those; nil where the function's log level leaves it out.
        var openings: [String?] = []
    }

    let place: Place
    private let time: any TimeSource
    private let shipper: LogShipper
    private let filter: ApplicationLogFilter?
    private let state = Mutex(State())

    /// - Parameter filter: Which of the function's own lines are kept; nil for all.
    init(_ place: Place, time: any TimeSource, shipper: LogShipper, filter: ApplicationLogFilter? = nil) {
        self.place = place
        self.filter = filter
        self.time = time
        self.shipper = shipper
    }

    /// Takes what the function printed. Lines of both streams share one log, as in AWS.
    func append(_ bytes: [UInt8]) {
        let now = time.now
        state.withLock { state in
            var start = bytes.startIndex
            while let end = bytes[start...].firstIndex(of: 0x0A) {
                state.unfinished += bytes[start..<end]
                finishLine(now, &state)
                start = end + 1
            }
            state.unfinished += bytes[start...]
            if state.unfinished.count > Self.lineLimit { finishLine(now, &state) }
        }
        shipper.hasNews(self)
    }

    /// Writes a line of Lambda's own.
    func write(_ message: String) {
        let now = time.now
        state.withLock { state in add(message, now, &state) }
        shipper.hasNews(self)
    }

    /// Writes an invocation's first line, behind the last one of the invocation before.
    func begin(_ line: String?) {
        let now = time.now
        state.withLock { state in
            guard state.finishing == 0 else {
                state.openings.append(line)
                return
            }
            state.tail = []
            if let line { add(line, now, &state) }
        }
    }

    /// Says that the last lines of the invocation are on their way: ``finish(_:)`` follows, from another thread.
    func willFinish() { state.withLock { $0.finishing += 1 } }

    /// Writes an invocation's last lines and returns the end of all its lines.
    @discardableResult
    func finish(_ lines: [String]) -> [UInt8] {
        let now = time.now
        defer { shipper.hasNews(self) }
        return state.withLock { state in
            if !state.unfinished.isEmpty { finishLine(now, &state) }
            for line in lines { add(line, now, &state) }
            let tail = state.tail
            state.tail = []
            state.finishing = max(0, state.finishing - 1)
            if !state.openings.isEmpty, let line = state.openings.removeFirst() { add(line, now, &state) }
            return Array(tail.suffix(Self.tailLimit))
        }
    }

    /// Hands out the lines that wait.
    func take() -> [LogLine] {
        let now = time.now
        return state.withLock { state in
            var lines = state.pending
            if state.dropped > 0 {
                lines.append(LogLine(time: now, message: "[\(state.dropped) log lines dropped: they came too fast]"))
            }
            state.pending = []
            state.pendingBytes = 0
            state.dropped = 0
            return lines
        }
    }

    private func finishLine(_ now: Timestamp, _ state: inout State) {
        // A carriage return stands for a line's end inside one event: how Lambda's runtimes keep a traceback together.
        let text = String(decoding: state.unfinished.map { $0 == 0x0D ? 0x0A : $0 }, as: UTF8.self)
        state.unfinished.removeAll(keepingCapacity: true)
        let line = text.last == "\n" ? String(text.dropLast()) : text
        if filter?.keeps(line) ?? true { add(line, now, &state) }
    }

    private func add(_ text: String, _ now: Timestamp, _ state: inout State) {
        state.tail += text.utf8
        state.tail.append(0x0A)
        if state.tail.count > 4 * Self.tailLimit { state.tail.removeFirst(state.tail.count - Self.tailLimit) }
        guard state.pendingBytes < Self.capacity else {
            state.dropped += 1
            return
        }
        state.pending.append(LogLine(time: now, message: text))
        state.pendingBytes += text.utf8.count + 26
    }
}
