internal import Foundation
internal import Ledger
package import Notation
internal import Synchronization

/// Where the lines of builds go. Met by the composition root, with CloudWatch Logs behind it.
package protocol BuildLogSink: Sendable {
    /// Keeps the lines in that stream, making group and stream when they are missing. Returns at once.
    func write(_ lines: [BuildLogLine], group: String, stream: String, account: String, region: String)
    /// Returns when what was written before is on disk: so a build that prints faster than a disk writes is slowed.
    func flush() async
}

/// A line of a build's log.
package struct BuildLogLine: Sendable, Hashable {
    /// When it was printed.
    package let time: Timestamp
    /// The line, without its end.
    package let message: String
}

/// The log of one build: what its commands print and what we say around it, without secrets.
///
/// Lines go to the sink as they come. Safe to use from any thread.
final class BuildLog: Sendable {
    private struct State {
        var masker = SecretMasker([])
        var unfinished: [UInt8] = []
        /// How much of the commands' output was taken so far.
        var taken = 0
        var dropped = 0
        var sinceFlush = 0
        var recent: [UInt8] = []
    }

    /// The longest line; a longer one comes in pieces (CloudWatch Logs takes 256 KB, what it adds included).
    private static let lineLimit = 262_000
    /// How much of the present phase's output is kept for those who look for something in it.
    private static let recentLimit = 65_536
    /// After so many bytes the sink is asked to catch up.
    private static let flushBytes = 4 << 20

    /// Where it goes; nil when CloudWatch Logs are off.
    let place: LogPlace?
    private let sink: any BuildLogSink
    private let owner: (account: String, region: String)
    private let time: any TimeSource
    private let limit: Int
    /// The same lines in a file, for a log in S3.
    private let file: FileHandle?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - file: A file that takes the same lines; made, or cut to nothing.
    ///   - limit: How many bytes of output are logged. The rest is counted.
    init(
        place: LogPlace?, sink: any BuildLogSink, owner: (account: String, region: String), time: any TimeSource,
        file: String?, limit: Int
    ) {
        self.place = place
        self.sink = sink
        self.owner = owner
        self.time = time
        self.limit = limit
        self.file = file.flatMap { path in
            guard FileManager.default.createFile(atPath: path, contents: nil) else { return nil }
            return FileHandle(forWritingAtPath: path)
        }
    }

    /// Masks these values from now on, instead of those named before.
    func mask(_ secrets: [String]) { state.withLock { $0.masker = SecretMasker(secrets) } }

    /// A text without secrets.
    func masked(_ text: String) -> String { state.withLock { $0.masker.mask(text) } }

    /// Says something of our own, in the form tools look for: `[Container] 2024/03/04 13:05:09.123456 text`.
    func say(_ text: String) {
        let now = time.now
        let date = CivilDate(now)
        func padded(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let stamp =
            "\(date.year)/\(padded(date.month))/\(padded(date.day)) \(padded(date.hour)):\(padded(date.minute)):"
            + "\(padded(date.second)).\(padded(date.microsecond, 6))"
        state.withLock { state in
            var lines = takeUnfinished(&state, now)
            let text = state.masker.mask(text)
            lines.append(BuildLogLine(time: now, message: "[Container] \(stamp) \(text)"))
            ship(lines)
        }
    }

    /// Takes what the commands printed.
    func output(_ bytes: [UInt8]) {
        let now = time.now
        state.withLock { state in
            let room = max(0, limit - state.taken)
            state.taken += bytes.count
            state.dropped += max(0, bytes.count - room)
            guard room > 0 else { return }
            let taken = room >= bytes.count ? bytes : Array(bytes.prefix(room))
            state.sinceFlush += taken.count
            let clean = state.masker.feed(taken)
            remember(clean, &state)
            ship(cut(clean, &state, now))
        }
    }

    /// Lets the sink catch up when much was printed since it last did.
    func settle() async {
        let isDue = state.withLock { state in
            guard state.sinceFlush >= Self.flushBytes else { return false }
            state.sinceFlush = 0
            return true
        }
        if isDue { await sink.flush() }
    }

    /// Ends a command's output: what was held back and an unfinished line are written.
    func endOutput() {
        let now = time.now
        state.withLock { state in ship(takeUnfinished(&state, now)) }
    }

    /// Says how much was not logged, if anything, and closes the file. Lines that come later go to the sink alone.
    func close() {
        let dropped = state.withLock { $0.dropped }
        if dropped > 0 { say("\(dropped) bytes of output were not logged: a build logs at most \(limit) bytes of it.") }
        endOutput()
        try? file?.close()
    }

    /// The end of what the commands printed since the last call of ``forgetRecent()``, masked.
    var recentOutput: String { state.withLock { String(decoding: $0.recent, as: UTF8.self) } }

    /// A phase begins.
    func forgetRecent() { state.withLock { $0.recent = [] } }

    private func remember(_ bytes: [UInt8], _ state: inout State) {
        state.recent += bytes.suffix(Self.recentLimit)
        if state.recent.count > 2 * Self.recentLimit {
            state.recent.removeFirst(state.recent.count - Self.recentLimit)
        }
    }

    private func takeUnfinished(_ state: inout State, _ now: Timestamp) -> [BuildLogLine] {
        let rest = state.masker.finish()
        var lines = cut(rest, &state, now)
        guard !state.unfinished.isEmpty else { return lines }
        lines.append(BuildLogLine(time: now, message: String(decoding: state.unfinished, as: UTF8.self)))
        state.unfinished = []
        return lines
    }

    /// Cuts bytes into lines; the beginning of one that is not over waits.
    private func cut(_ bytes: [UInt8], _ state: inout State, _ now: Timestamp) -> [BuildLogLine] {
        var lines: [BuildLogLine] = []
        func finish() {
            var line = state.unfinished
            if line.last == 0x0D { line.removeLast() }
            // CloudWatch Logs takes no empty message; an empty line is still a line.
            let text = line.isEmpty ? " " : String(decoding: line, as: UTF8.self)
            lines.append(BuildLogLine(time: now, message: text))
            state.unfinished = []
        }
        var start = 0
        while start < bytes.count {
            guard let end = bytes[start...].firstIndex(of: 0x0A) else { break }
            state.unfinished += bytes[start..<end]
            finish()
            start = end + 1
        }
        state.unfinished += bytes[start...]
        while state.unfinished.count > Self.lineLimit {
            let rest = Array(state.unfinished[Self.lineLimit...])
            state.unfinished.removeLast(rest.count)
            finish()
            state.unfinished = rest
        }
        return lines
    }

    private func ship(_ lines: [BuildLogLine]) {
        guard !lines.isEmpty else { return }
        if let place {
            sink.write(lines, group: place.group, stream: place.stream, account: owner.account, region: owner.region)
        }
        guard let file else { return }
        let text = lines.map { $0.message + "\n" }.joined()
        try? file.write(contentsOf: Data(text.utf8))
    }
}
