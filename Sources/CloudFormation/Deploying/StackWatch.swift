internal import Ledger
internal import Notation
internal import Synchronization

/// Wakes whoever waits for a stack when an operation on it has come to its end.
///
/// Nothing is stored: who waits looks first, and looks again after a restart.
package final class StackWatch: Sendable {
    private struct State {
        var turn = 0
        var next = 0
        var waiters: [String: [Int: CheckedContinuation<Void, any Error>]] = [:]
    }

    private let ledger: Ledger
    private let state = Mutex(State())

    init(ledger: Ledger) { self.ledger = ledger }

    /// Tells that something is over in the stack. Called after the write that says so.
    func tell(_ stackID: String) {
        let waiters = state.withLock { state in
            state.turn += 1
            return state.waiters.removeValue(forKey: stackID) ?? [:]
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// The stack, as soon as nothing is under way in it; nil when there is none.
    ///
    /// - Throws: `CancellationError` when the waiting is broken off.
    func settled(_ stackID: String) async throws -> Stack? {
        while true {
            let turn = state.withLock { $0.turn }
            guard let stack = try await ledger.get(StackStore.stacks, stackID)?.value else { return nil }
            guard stack.status.isInProgress else { return stack }
            try await wait(for: stackID, after: turn)
        }
    }

    /// Returns when the stack was told of, or anything was since that turn: then it is time to look again.
    private func wait(for stackID: String, after turn: Int) async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let goesOn = state.withLock { state in
                    guard state.turn == turn, !Task.isCancelled else { return true }
                    state.waiters[stackID, default: [:]][id] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
            try Task.checkCancellation()
        } onCancel: {
            let waiter = state.withLock { state in
                defer { if state.waiters[stackID]?.isEmpty == true { state.waiters[stackID] = nil } }
                return state.waiters[stackID]?.removeValue(forKey: id)
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
