import Glibc
import Synchronization

/// The reading end of a program's pipe: filled by the reactor's thread, emptied by one reader, never more than
/// ``capacity`` bytes in between.
final class PipeReader: Sendable {
    /// How much waits in memory for a slow reader: four reads of the thread, some thousand log lines.
    static let capacity = 256 * 1_024

    private struct State {
        var chunks: [[UInt8]] = []
        var count = 0
        var dropped = 0
        var isPaused = false
        var hasEnded = false
        var waiting: CheckedContinuation<[UInt8]?, Never>?
    }

    private let descriptor: Int32
    private let policy: OverflowPolicy
    private let listener: (any ProgramListener)?
    private let stream: ProgramStream
    private let reactor: Reactor
    private let state = Mutex(State())

    private init(
        _ descriptor: Int32, _ policy: OverflowPolicy, _ listener: (any ProgramListener)?, _ stream: ProgramStream,
        _ reactor: Reactor
    ) {
        self.descriptor = descriptor
        self.policy = policy
        self.listener = listener
        self.stream = stream
        self.reactor = reactor
    }

    /// Starts reading that descriptor, which now belongs to the reader. Called on the reactor's thread.
    static func reading(
        _ descriptor: Int32, _ policy: OverflowPolicy, _ listener: (any ProgramListener)?, _ stream: ProgramStream,
        on loop: Reactor.Loop
    ) -> PipeReader {
        let reader = PipeReader(descriptor, policy, listener, stream, loop.reactor)
        reader.watch(loop)
        return reader
    }

    /// All bytes that have come since the last call; waits for some; nil at the end. For one reader at a time.
    func next() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, resumes) = take(or: continuation)
                if resumes { reactor.perform { self.watch($0) } }
                if let ready { continuation.resume(returning: ready.isEmpty ? nil : ready) }
            }
        } onCancel: {
            wake()
        }
    }

    /// What is there now (empty at the end), or nil after noting who waits; and whether reading goes on.
    private func take(or continuation: CheckedContinuation<[UInt8]?, Never>) -> ([UInt8]?, Bool) {
        state.withLock { state in
            let resumes = state.isPaused
            state.isPaused = false
            if state.count > 0 || state.dropped > 0 {
                var bytes = state.chunks.count == 1 ? state.chunks[0] : Array(state.chunks.joined())
                if state.dropped > 0 { bytes += Array("\n[\(state.dropped) bytes of output dropped]\n".utf8) }
                state.chunks = []
                state.count = 0
                state.dropped = 0
                return (bytes, resumes)
            }
            if state.hasEnded || Task.isCancelled || state.waiting != nil { return ([], resumes) }
            state.waiting = continuation
            return (nil, resumes)
        }
    }

    private func wake() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: nil)
    }

    private func watch(_ loop: Reactor.Loop) {
        var token: UInt64?
        token = loop.watch(descriptor) { loop in
            let found = self.drain(loop.scratch)
            guard found != .more, let token else { return }
            loop.unwatch(token)
            if found == .end { self.end() }
        }
        if token == nil { end() }
    }

    private enum Found {
        /// There may be more to read.
        case more
        /// The buffer is full: not to be watched until somebody has read.
        case enough
        case end
    }

    private func drain(_ scratch: UnsafeMutableRawBufferPointer) -> Found {
        let count = read(descriptor, scratch.baseAddress, scratch.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return .more }
        guard count > 0 else { return .end }
        return deliver(Array(scratch.prefix(count))) ? .more : .enough
    }

    /// Takes what lies in the pipe now, so that what was written before this call is told or kept after it.
    ///
    /// Called on the reactor's thread. Stops after some rounds: a program that writes without end must not hold up the
    /// others.
    func flush(_ loop: Reactor.Loop) {
        guard !state.withLock({ $0.hasEnded || $0.isPaused }) else { return }
        for _ in 0..<16 {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 0) > 0, waiting.revents & Int16(POLLIN) != 0 else { return }
            let count = read(descriptor, loop.scratch.baseAddress, loop.scratch.count)
            // A pause that this brings about is noticed by the watch on its next turn.
            guard count > 0, deliver(Array(loop.scratch.prefix(count))) else { return }
        }
    }

    /// Hands the bytes on or keeps them. Returns whether there is room for more.
    private func deliver(_ bytes: [UInt8]) -> Bool {
        if let listener {
            listener.printed(bytes, to: stream)
            return true
        }
        let (waiting, continues): (CheckedContinuation<[UInt8]?, Never>?, Bool) = state.withLock { state in
            if let waiting = state.waiting {
                state.waiting = nil
                return (waiting, true)
            }
            guard state.count < Self.capacity || policy == .slowDown else {
                state.dropped += bytes.count
                return (nil, true)
            }
            state.chunks.append(bytes)
            state.count += bytes.count
            state.isPaused = policy == .slowDown && state.count >= Self.capacity
            return (nil, !state.isPaused)
        }
        waiting?.resume(returning: bytes)
        return continues
    }

    private func end() {
        close(descriptor)
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            state.hasEnded = true
            return state.waiting
        }
        waiting?.resume(returning: nil)
    }
}
