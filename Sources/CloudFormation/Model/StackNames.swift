internal import Ledger
internal import Synchronization

/// The ids of stacks by name, kept in memory: most calls name a stack, and a look-up costs more than the document.
///
/// What is remembered is only a guess: it counts if the stack of that id still lives, for names of living stacks are
/// unique. So nothing has to be told to forget.
final class StackNames: Sendable {
    /// Beyond this many names all are forgotten.
    private static let limit = 10_000

    private let ledger: Ledger
    private let ids = Mutex<[String: String]>([:])

    init(ledger: Ledger) { self.ledger = ledger }

    /// The living stack of that account, region and name; nil when there is none.
    func stack(_ name: String) async throws -> Stack? {
        if let id = ids.withLock({ $0[name] }), let known = try await ledger.get(StackStore.stacks, id)?.value,
            known.status != .deleteComplete
        {
            return known
        }
        guard let found = try await ledger.find(StackStore.stacks, "name", name, limit: 1).first?.value else {
            return nil
        }
        ids.withLock { ids in
            if ids.count >= Self.limit { ids = [:] }
            ids[name] = found.id
        }
        return found
    }
}
