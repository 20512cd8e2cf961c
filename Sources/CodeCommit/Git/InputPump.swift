internal import CLinux
internal import Foundation
internal import Glibc
internal import Synchronization

/// Bytes on their way into a pipe: a thread of its own writes them, one piece at a time, so that a slow reader slows
/// whoever hands them over.
final class InputPump: Sendable {
    private struct State {
        var piece: [UInt8]?
        var writer: CheckedContinuation<Bool, Never>?
        var isClosed = false
        var isBroken = false
    }
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)

    /// Starts the thread. The descriptor belongs to it from now on.
    init(_ descriptor: Int32) {
        let thread = Thread { [self] in
            // The reader's end must be an error here, not a signal to the whole process.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            run(descriptor)
        }
        thread.stackSize = 256 << 10
        thread.start()
    }

    /// The thread's life: a piece, its write, the next piece; until closed.
    private func run(_ descriptor: Int32) {
        while true {
            work.wait()
            let (piece, isClosed) = state.withLock { ($0.piece, $0.isClosed) }
            if let piece {
                let isWritten = Self.write(piece, to: descriptor)
                let writer = state.withLock { state in
                    state.piece = nil
                    if !isWritten { state.isBroken = true }
                    defer { state.writer = nil }
                    return state.writer
                }
                writer?.resume(returning: isWritten)
            }
            if isClosed { break }
        }
        Glibc.close(descriptor)
    }

    /// Writes all of it. False when nobody reads any more.
    private static func write(_ piece: [UInt8], to descriptor: Int32) -> Bool {
        piece.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// Hands a piece over and returns when it is written. False when nobody reads any more. For one writer.
    func write(_ piece: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            let isTaken = state.withLock { state in
                guard !state.isClosed, !state.isBroken else { return false }
                state.piece = piece
                state.writer = continuation
                return true
            }
            if isTaken { work.signal() } else { continuation.resume(returning: false) }
        }
    }

    /// No more comes: the reader sees the end once what was handed over is written. Later calls do nothing.
    func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if isFirst { work.signal() }
    }
}
