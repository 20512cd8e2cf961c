internal import HTTP
internal import Synchronization

/// A request's body on its way from the connection to its reader: bounded, so that a slow reader slows the sender.
final class BodyPipe: Sendable {
    private struct State {
        var pieces: [[UInt8]] = []
        var bytes = 0
        var isPaused = false
        var end: Result<Void, any Error>?
        var reader: CheckedContinuation<[UInt8]?, any Error>?
    }
    /// The connection is paused while more bytes than this wait, and goes on when fewer than a quarter do.
    private static let highWater = 256 << 10
    private let state = Mutex(State())
    private let resume: @Sendable () -> Void

    /// A pipe that calls `resume` when a paused sender may go on.
    init(resume: @escaping @Sendable () -> Void) { self.resume = resume }

    /// Whether the reader has been told of the end.
    var isAtEnd: Bool { state.withLock { $0.end != nil } }

    /// Takes a piece in. False when the sender should pause.
    func push(_ piece: [UInt8]) -> Bool {
        let (reader, mayGoOn): (CheckedContinuation<[UInt8]?, any Error>?, Bool) = state.withLock { state in
            if let reader = state.reader {
                state.reader = nil
                return (reader, true)
            }
            state.pieces.append(piece)
            state.bytes += piece.count
            state.isPaused = state.bytes > Self.highWater
            return (nil, !state.isPaused)
        }
        reader?.resume(returning: piece)
        return mayGoOn
    }

    /// No more pieces come, because that was all or because of an error. Only the first call counts.
    func finish(_ end: Result<Void, any Error>) {
        let reader = state.withLock { state in
            if state.end == nil { state.end = end }
            defer { state.reader = nil }
            return state.reader
        }
        switch end {
        case .success: reader?.resume(returning: nil)
        case .failure(let error): reader?.resume(throwing: error)
        }
    }

    /// The next piece; nil at the end. For one reader.
    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, mustResume) = take(continuation)
                if mustResume { resume() }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            finish(.failure(CancellationError()))
        }
    }

    private func take(
        _ continuation: CheckedContinuation<[UInt8]?, any Error>
    ) -> (Result<[UInt8]?, any Error>?, Bool) {
        state.withLock { state in
            guard state.pieces.isEmpty else {
                let piece = state.pieces.removeFirst()
                state.bytes -= piece.count
                let mustResume = state.isPaused && state.bytes < Self.highWater / 4
                if mustResume { state.isPaused = false }
                return (.success(piece), mustResume)
            }
            if let end = state.end { return (end.map { nil }, false) }
            state.reader = continuation
            return (nil, false)
        }
    }
}
