internal import Foundation
internal import Glibc
internal import Synchronization

/// The bytes of a pipe on their way to one reader: a thread of its own reads them and waits while more than
/// ``capacity`` bytes lie unread.
///
/// A thread, because reading a pipe blocks and Swift's pool must not. It ends when the pipe does, at the deadline, or
/// when it is abandoned.
final class OutputPump: Sendable {
    private struct State {
        var pieces: [[UInt8]] = []
        var count = 0
        var hasEnded = false
        var failure: Int32?
        var isAbandoned = false
        var reader: CheckedContinuation<[UInt8]?, Never>?
    }
    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let capacity: Int

    /// A pump that lets so many bytes lie unread.
    init(capacity: Int) { self.capacity = capacity }

    /// Starts the thread. The descriptor belongs to it from now on.
    ///
    /// - Parameters:
    ///   - deadline: Called when the pipe has not ended by then; it is to see to it that it does.
    ///   - ended: Called on the thread at the pipe's end.
    func start(
        _ descriptor: Int32, seconds: Int, deadline: @escaping @Sendable () -> Void,
        ended: @escaping @Sendable () -> Void
    ) {
        let end = ContinuousClock.now + .seconds(seconds)
        let thread = Thread { [self] in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            var mayBeLate = true
            while true {
                let rest = (end - ContinuousClock.now).components.seconds
                if mayBeLate, rest <= 0 {
                    mayBeLate = false
                    deadline()
                }
                var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                let found = poll(&wanted, 1, mayBeLate ? Int32(min(max(rest, 1), 3600)) * 1000 : -1)
                let reason = errno
                if found < 0, reason != EINTR {
                    note(failure: reason)
                    break
                }
                guard found > 0 else { continue }
                let count = read(descriptor, &buffer, buffer.count)
                let trouble = errno
                if count < 0, trouble == EINTR || trouble == EAGAIN { continue }
                if count < 0 { note(failure: trouble) }
                guard count > 0 else { break }
                push(Array(buffer.prefix(count)))
                waitForRoom(until: end, deadline, &mayBeLate)
            }
            close(descriptor)
            finish()
            ended()
        }
        thread.stackSize = 256 << 10
        thread.start()
    }

    /// The system's error that ended the reading before the pipe's own end; nil when there was none.
    var failure: Int32? { state.withLock { $0.failure } }

    private func note(failure code: Int32) { state.withLock { $0.failure = code } }

    /// Hands a piece to whoever waits for it, or keeps it.
    private func push(_ piece: [UInt8]) {
        let reader = state.withLock { state -> CheckedContinuation<[UInt8]?, Never>? in
            guard !state.isAbandoned else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            state.pieces.append(piece)
            state.count += piece.count
            return nil
        }
        reader?.resume(returning: piece)
    }

    /// Holds the thread, and so the process, while its reader is behind. A reader that is behind at the deadline is
    /// given up.
    private func waitForRoom(
        until end: ContinuousClock.Instant, _ deadline: @Sendable () -> Void, _ mayBeLate: inout Bool
    ) {
        while state.withLock({ $0.count > capacity && !$0.isAbandoned }) {
            _ = room.wait(timeout: .now() + 1)
            if mayBeLate, ContinuousClock.now > end {
                mayBeLate = false
                deadline()
                abandon()
            }
        }
    }

    /// Tells the reader that nothing more comes.
    private func finish() {
        let reader = state.withLock { state in
            state.hasEnded = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    /// Throws away what comes from now on, so that the thread can go on to the end.
    func abandon() {
        let reader = state.withLock { state in
            state.isAbandoned = true
            state.pieces = []
            state.count = 0
            defer { state.reader = nil }
            return state.reader
        }
        room.signal()
        reader?.resume(returning: nil)
    }

    /// The next bytes; nil at the end, when abandoned, or when the task is cancelled. For one reader.
    func next() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, wasFull) = take(continuation)
                if wasFull { room.signal() }
                if let ready { continuation.resume(returning: ready.isEmpty ? nil : ready) }
            }
        } onCancel: {
            abandon()
        }
    }

    /// What is there (empty at the end), or nil after noting who waits.
    private func take(_ reader: CheckedContinuation<[UInt8]?, Never>) -> ([UInt8]?, Bool) {
        state.withLock { state in
            if !state.pieces.isEmpty {
                let wasFull = state.count > capacity
                let piece = state.pieces.removeFirst()
                state.count -= piece.count
                return (piece, wasFull)
            }
            if state.hasEnded || state.isAbandoned { return ([], false) }
            state.reader = reader
            return (nil, false)
        }
    }
}
