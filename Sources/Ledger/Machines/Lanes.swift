internal import Synchronization

/// Lets so many tasks at a time through for each name; the others wait in line, in order.
///
/// For performers: a slow receiver of commands holds up neither the others nor memory.
package final class Lanes: Sendable {
    private struct Lane {
        var busy = 0
        var line: [(id: Int, go: CheckedContinuation<Void, any Error>)] = []
    }
    private struct State {
        var lanes: [String: Lane] = [:]
        var next = 0
        /// Who was cancelled before it stood in line.
        var cancelled: Set<Int> = []
    }
    private let state = Mutex(State())
    private let width: Int

    /// Lanes in which that many run at once.
    package init(width: Int) { self.width = width }

    /// Runs the closure as soon as there is room in that lane.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits; what the closure throws.
    package func run<Value: Sendable>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        try await enter(name)
        defer { leave(name) }
        return try await body()
    }

    private func enter(_ name: String) async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (go: CheckedContinuation<Void, any Error>) in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    guard state.lanes[name, default: Lane()].busy >= width else {
                        state.lanes[name, default: Lane()].busy += 1
                        return .success(())
                    }
                    state.lanes[name, default: Lane()].line.append((id, go))
                    return nil
                }
                if let outcome { go.resume(with: outcome) }
            }
        } onCancel: {
            cancel(id, in: name)
        }
        _ = state.withLock { $0.cancelled.remove(id) }
    }

    private func cancel(_ id: Int, in name: String) {
        let go = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let place = state.lanes[name]?.line.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.lanes[name]?.line.remove(at: place).go
        }
        go?.resume(throwing: CancellationError())
    }

    private func leave(_ name: String) {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard var lane = state.lanes[name] else { return nil }
            defer { state.lanes[name] = lane.busy == 0 ? nil : lane }
            guard lane.line.isEmpty else { return lane.line.removeFirst().go }  // the place is handed on
            lane.busy -= 1
            return nil
        }
        next?.resume()
    }
}
