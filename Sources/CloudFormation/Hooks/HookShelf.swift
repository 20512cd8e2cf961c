internal import Ledger
internal import Synchronization

/// The hooks of each account and region, kept in memory: they are looked for before every action on every resource, and
/// mostly there are none.
package final class HookShelf: Sendable {
    private struct State {
        var turn = 0
        var known: [String: [Hook]] = [:]
    }

    private let ledger: Ledger
    private let state = Mutex(State())

    init(ledger: Ledger) { self.ledger = ledger }

    /// The hooks of that account and region.
    package func hooks(_ scope: String) async throws -> [Hook] {
        let (turn, known) = state.withLock { ($0.turn, $0.known[scope]) }
        if let known { return known }
        let found = try await ledger.list(Hook.collection, prefix: scope).map(\.value)
        // What was changed while it was read is read again next time.
        state.withLock { if $0.turn == turn { $0.known[scope] = found } }
        return found
    }

    /// Tells that a hook of that account and region was changed. Called after the write.
    func changed(_ scope: String) {
        state.withLock { state in
            state.turn += 1
            state.known[scope] = nil
        }
    }
}
