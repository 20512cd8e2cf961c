internal import Glibc
internal import Synchronization

/// A git process under way. Killed, with all it started, when the last reference to this goes.
final class GitProcess: Sendable {
    private let handle: Handle
    private let output: OutputPump
    private let input: InputPump?

    /// Starts the process.
    ///
    /// - Parameters:
    ///   - seconds: After so long it is killed.
    ///   - capacity: So many bytes of its output may lie unread before it has to wait.
    /// - Throws: ``GitError`` when the system refuses.
    init(_ launch: GitLaunch, seconds: Int, capacity: Int = 256 << 10) throws {
        let started = try launch.start()
        let handle = Handle(started)
        self.handle = handle
        input = started.input.map { InputPump($0) }
        output = OutputPump(capacity: capacity)
        output.start(started.output, seconds: seconds) {
            handle.kill(isLate: true)
        } ended: {
            handle.collect()
        }
    }

    deinit {
        handle.kill(isLate: false)
        output.abandon()
        input?.close()
    }

    /// The next bytes it prints; nil at the end. For one reader.
    func read() async -> [UInt8]? { await output.next() }

    /// Everything it prints from now on.
    ///
    /// - Throws: ``GitError`` with `.tooLarge` beyond `limit`, the process is killed then; with `.system` when the
    ///   output could not be read to its end.
    func readAll(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = await read() {
            guard bytes.count + piece.count <= limit else {
                kill()
                throw GitError(.tooLarge, "git printed more than \(limit) bytes.")
            }
            bytes += piece
        }
        // Half an answer is none.
        if let code = output.failure { throw GitError.system("read what git prints", code) }
        return bytes
    }

    /// Feeds its standard input and returns when the bytes are taken. False when it does not read any more.
    func write(_ bytes: [UInt8]) async -> Bool { await input?.write(bytes) ?? false }

    /// Ends its standard input.
    func closeInput() { input?.close() }

    /// Kills it and all it started. Does nothing once it has ended.
    func kill() { handle.kill(isLate: false) }

    /// How it ended: its exit status, or 128 and the signal. Returns when it has.
    func wait() async -> Int32 { await handle.exit.value() }

    /// Whether it was killed for taking too long.
    var isLate: Bool { handle.isLate }

    /// The last words of its complaints. Complete once it has ended.
    func complaints() -> String { handle.complaints() }
}

/// The process as the system knows it.
private final class Handle: Sendable {
    private struct State {
        var isCollected = false
        var isLate = false
    }
    let exit = Settled<Int32>()
    private let pid: Int32
    private let errors: Int32
    private let state = Mutex(State())

    init(_ started: GitLaunch.Started) {
        pid = started.pid
        errors = started.errors
    }

    deinit { close(errors) }

    var isLate: Bool { state.withLock { $0.isLate } }

    /// Kills the process and its group; not once its number may belong to somebody else.
    func kill(isLate: Bool) {
        state.withLock { state in
            // Its number may be somebody else's once it is collected.
            guard !state.isCollected else { return }
            if isLate { state.isLate = true }
            _ = Glibc.kill(-pid, SIGKILL)
        }
    }

    /// Waits for its end and takes it off the system's list. Blocks; called once, on the pump's thread.
    func collect() {
        var facts = siginfo_t()
        while waitid(P_PID, id_t(pid), &facts, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        var status: Int32 = 0
        let collected = state.withLock { state in
            state.isCollected = true
            // Whatever it left running would keep the repository's lock.
            _ = Glibc.kill(-pid, SIGKILL)
            return waitpid(pid, &status, 0)
        }
        // Nobody else may collect our children. Should it happen, how this one ended is unknown, and that is no success.
        guard collected == pid else { return exit.settle(128 + SIGKILL) }
        let signal = status & 0x7F
        exit.settle(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
    }

    /// The end of what it wrote to its standard error: git says what went wrong in its last lines.
    func complaints() -> String {
        var facts = stat()
        guard fstat(errors, &facts) == 0, facts.st_size > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: min(Int(facts.st_size), 4096))
        let count = pread(errors, &bytes, bytes.count, off_t(Int(facts.st_size) - bytes.count))
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}

/// A value that is settled once and may be waited for by many, before and after.
final class Settled<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [CheckedContinuation<Value, Never>] = []
    }
    private let state = Mutex(State())

    /// Settles the value and wakes all who wait. Later calls change nothing.
    func settle(_ value: Value) {
        let waiting = state.withLock { state in
            guard state.value == nil else { return [CheckedContinuation<Value, Never>]() }
            state.value = value
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume(returning: value) }
    }

    /// Waits for the value.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let settled = state.withLock { state in
                if state.value == nil { state.waiting.append(continuation) }
                return state.value
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }
}
