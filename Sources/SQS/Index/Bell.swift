import Ledger
import Notation
import Synchronization

/// Wakes those who wait for something to be rung in.
final class Bell: Sendable {
    private struct State {
        var turn = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter = 0
    }
    private let state = Mutex(State())

    /// How often it was rung. Read before looking at what the bell is for, and waited for afterwards, nothing is
    /// missed.
    var turn: Int { state.withLock { $0.turn } }

    /// Wakes everybody who waits.
    func ring() {
        let waiters = state.withLock { state in
            state.turn += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once it was rung more often than `turn` times, or the moment has come.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    func wait(after turn: Int, until moment: Timestamp, _ time: any TimeSource) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.wait(after: turn) }
            group.addTask { try await time.sleep(until: moment) }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Returns once it was rung more often than `turn` times.
    func wait(after turn: Int) async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let mayGoOn = state.withLock { state in
                    guard state.turn == turn, !Task.isCancelled else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if mayGoOn { continuation.resume() }
            }
            try Task.checkCancellation()
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
