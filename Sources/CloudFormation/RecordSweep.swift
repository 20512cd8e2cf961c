package import Ledger
package import Notation
internal import ServiceLifecycle

/// Forgets what nobody asks for any more, at start and once an hour. Each room says what that is of its own records.
///
/// Stops at any moment without harm: each portion is a write of its own, and the next round finds what is left.
package struct RecordSweep: Service {
    /// How long deleted stacks are kept, and whatever AWS names no other time for.
    package static let longest = Duration.seconds(90 * 86_400)
    private static let interval = Duration.seconds(3600)

    private let ledger: Ledger
    private let round: @Sendable (Broom, Timestamp) async throws -> Void

    /// One that does that on each round.
    ///
    /// - Parameter round: Forgets what is old at that moment. Called again after a crash.
    package init(ledger: Ledger, round: @escaping @Sendable (Broom, Timestamp) async throws -> Void) {
        self.ledger = ledger
        self.round = round
    }

    /// Sweeps until it is told to stop.
    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    try await round(Broom(ledger: ledger), ledger.surroundings.now)
                    let time = ledger.surroundings.time
                    try await time.sleep(until: time.now + Self.interval)
                }
            }
        } catch is CancellationError {}
    }
}

/// Takes documents away by the portion, so that no write is long.
package struct Broom: Sendable {
    private static let portion = 500

    /// Where the documents are.
    package let ledger: Ledger

    /// Every key of a collection whose value is chosen, a page at a time.
    package func keys<Value>(
        _ collection: Collection<Value>, prefix: String = "", _ isChosen: (Value) -> Bool = { _ in true }
    ) async throws -> [String] {
        var (keys, place) = ([String](), "")
        while true {
            let page = try await ledger.list(collection, prefix: prefix, after: place, limit: Self.portion)
            guard let end = page.last else { return keys }
            place = end.key
            keys += page.filter { isChosen($0.value) }.map(\.key)
        }
    }

    /// Forgets every document of a collection whose value is chosen.
    package func forget<Value>(
        _ collection: Collection<Value>, prefix: String = "", _ isChosen: (Value) -> Bool = { _ in true }
    ) async throws {
        try await inPortions(try await keys(collection, prefix: prefix, isChosen)) { transaction, key in
            try transaction.delete(collection, key)
        }
    }

    /// Does something for each key, so many to a write.
    package func inPortions(
        _ keys: [String], _ body: @escaping @Sendable (Transaction, String) throws -> Void
    ) async throws {
        var rest = keys[...]
        while !rest.isEmpty {
            let portion = rest.prefix(Self.portion)
            rest = rest.dropFirst(Self.portion)
            try await ledger.write { transaction in
                for key in portion { try body(transaction, key) }
            }
        }
    }
}
