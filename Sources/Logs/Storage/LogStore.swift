internal import Cloud
internal import Ledger
internal import Logging
internal import Notation
internal import Synchronization

/// Keeps the events of all streams: takes lines in without waiting, and finds events again by stream, group and time.
///
/// Lines lie in a bounded buffer for a fraction of a second before they are written; whoever reads has them written
/// first. kill -9 loses what is in the buffer; what ``put(_:_:_:now:)`` has returned for is on disk.
package final class LogStore: Sendable {
    /// A line that is not numbered yet.
    struct Line: Sendable {
        let time: Int64
        let message: String
    }
    struct Target: Sendable, Hashable {
        let scope: String
        let group: String
        let stream: String
    }
    private struct State {
        var lines: [Target: [Line]] = [:]
        var bytes = 0
        /// Lines that found the buffer full, by where they should have gone.
        var dropped: [Target: Int] = [:]
        /// How many flushes are under way.
        var writing = 0
    }

    /// So many bytes of lines may wait to be written. More are dropped, counted, and told of in the stream itself.
    static let bufferLimit = 32 << 20
    /// So many are written in one go: other writers wait meanwhile.
    private static let batchLimit = 2 << 20
    /// The longest message. Source: Amazon CloudWatch Logs User Guide, "CloudWatch Logs quotas".
    static let messageLimit = (1 << 20) - 26

    private let state = Mutex(State())
    let ledger: Ledger
    let dispatcher: FilterDispatcher
    /// One value whenever the buffer is no longer empty.
    let calls: AsyncStream<Void>
    private let call: AsyncStream<Void>.Continuation
    let log = Logger(label: "logs")

    init(ledger: Ledger, dispatcher: FilterDispatcher) {
        self.ledger = ledger
        self.dispatcher = dispatcher
        (calls, call) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes lines in and returns at once; group and stream are made when they are not there. When the buffer is full
    /// the lines are dropped, and how many is written into the stream as soon as there is room.
    ///
    /// - Parameters:
    ///   - lines: Milliseconds since 1970, and the message; longer ones than 1 MB are cut.
    ///   - group, stream: Their names.
    ///   - account, region: Whose they are.
    package func append(
        _ lines: [(time: Int64, message: String)], group: String, stream: String, account: String, region: String
    ) {
        let target = Target(scope: "\(account)/\(region)/", group: group, stream: stream)
        let isFirst = state.withLock { state in
            let wasEmpty = state.bytes == 0 && state.dropped.isEmpty
            for line in lines where !line.message.isEmpty {
                let message = Self.cut(line.message)
                guard state.bytes + message.utf8.count <= Self.bufferLimit else {
                    state.dropped[target, default: 0] += 1
                    continue
                }
                state.bytes += message.utf8.count + 26
                state.lines[target, default: []].append(Line(time: line.time, message: message))
            }
            return wasEmpty
        }
        if isFirst { call.yield() }
    }

    private static func cut(_ message: String) -> String {
        guard message.utf8.count > messageLimit else { return message }
        let mark = " [cut by Slipway]"
        return String(decoding: message.utf8.prefix(messageLimit - mark.utf8.count - 3), as: UTF8.self) + mark
    }

    /// Has the keeper flush again, after a flush that failed.
    func callAgain() { call.yield() }

    /// Writes what is in the buffer now; on disk when it returns.
    package func flush() async throws {
        // More than the buffer holds is never there at the beginning: a steady stream of lines cannot keep the caller.
        for _ in 0...(Self.bufferLimit / Self.batchLimit) {
            // Lines another flush has taken out may still be on their way: then this write comes after theirs, though
            // it be empty.
            guard state.withLock({ $0.bytes > 0 || !$0.dropped.isEmpty || $0.writing > 0 }) else { return }
            let batch = take()
            do {
                try await ledger.write { transaction in
                    for (target, lines) in batch { try self.write(lines, target, transaction) }
                }
            } catch {
                putBack(batch)
                throw error
            }
            state.withLock { $0.writing -= 1 }
            if batch.isEmpty { return }
        }
    }

    /// Takes a batch out of the buffer, with a line about those that found it full.
    private func take() -> [Target: [Line]] {
        let now = ledger.surroundings.now.milliseconds
        return state.withLock { state in
            state.writing += 1
            var batch: [Target: [Line]] = [:]
            var bytes = 0
            for (target, lines) in state.lines where bytes < Self.batchLimit {
                var count = 0
                while count < lines.count, bytes < Self.batchLimit {
                    bytes += LogEvent.size(lines[count].message)
                    count += 1
                }
                batch[target] = Array(lines.prefix(count))
                state.lines[target] = count == lines.count ? nil : Array(lines.dropFirst(count))
            }
            state.bytes -= bytes
            for (target, count) in state.dropped where state.lines[target] == nil {
                let limit = "\(Self.bufferLimit >> 20) MB"
                let message =
                    "[slipway] \(count) log events were dropped here: more than \(limit) waited to be written."
                batch[target, default: []].append(Line(time: now, message: message))
                state.dropped[target] = nil
            }
            return batch
        }
    }

    private func putBack(_ batch: [Target: [Line]]) {
        state.withLock { state in
            state.writing -= 1
            for (target, lines) in batch {
                state.lines[target, default: []].insert(contentsOf: lines, at: 0)
                state.bytes += lines.reduce(0) { $0 + LogEvent.size($1.message) }
            }
        }
    }
}
