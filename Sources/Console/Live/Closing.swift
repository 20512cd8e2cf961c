internal import Synchronization

/// Tells everybody who waits that the console closes. Once closed it stays closed.
final class Closing: Sendable {
    private struct State {
        var isClosed = false
        var waiters: [Int: AsyncStream<Never>.Continuation] = [:]
        var nextWaiter = 0
    }
    private let state = Mutex(State())

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Returns once it is closed, or when the task is cancelled.
    func wait() async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let id: Int? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = continuation
            return state.nextWaiter
        }
        guard let id else { return }
        for await _ in stream {}
        state.withLock { $0.waiters[id] = nil }
    }
}
