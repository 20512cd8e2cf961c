internal import Synchronization

/// Lets so many in at a time, in the order they came.
final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state: Mutex<State>

    init(_ places: Int) { state = Mutex(State(free: places)) }

    /// Runs the body in one of the places. Waits for one, even when cancelled: whoever is in it ends by itself.
    func pass<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        await enter()
        defer { leave() }
        return try await body()
    }

    /// Takes a place. Every call is followed by one of ``leave()``.
    func enter() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Gives the place to whoever has waited longest.
    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

/// A lock a repository: changes of its references follow one another.
final class RepositoryLocks: Sendable {
    private let locks = Mutex<[String: (turnstile: Turnstile, users: Int)]>([:])

    /// Runs the body while nobody else holds the lock of that name, in the order they came.
    func hold<Result: Sendable>(_ name: String, _ body: () async throws -> Result) async rethrows -> Result {
        let turnstile = locks.withLock { locks in
            var entry = locks[name] ?? (Turnstile(1), 0)
            entry.users += 1
            locks[name] = entry
            return entry.turnstile
        }
        defer {
            locks.withLock { locks in
                guard var entry = locks[name] else { return }
                entry.users -= 1
                locks[name] = entry.users == 0 ? nil : entry
            }
        }
        return try await turnstile.pass(body)
    }
}
