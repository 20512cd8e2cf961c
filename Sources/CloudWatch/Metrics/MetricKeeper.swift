internal import Ledger
internal import Logging
internal import Notation
internal import ServiceLifecycle

/// Writes the store's samples down: into the journal every second, into chunks every minute, and to coarser tiers as
/// they age.
struct MetricKeeper: Service {
    let store: MetricStore

    init(store: MetricStore) { self.store = store }

    /// Takes up what an earlier process left, then keeps house until cancelled or asked to stop gracefully; then once
    /// more.
    func run() async throws {
        try await store.recover()
        await cancelWhenGracefulShutdown { await self.loop() }
        // Cancellation must not stop the last flush; the ledger's writes do not heed it.
        try await store.flush()
    }

    private func loop() async {
        let surroundings = store.ledger.surroundings
        var turns = 0
        while (try? await surroundings.time.sleep(until: surroundings.now + .seconds(1))) != nil {
            do {
                try await store.flush()
                turns += 1
                if turns.isMultiple(of: 60) { try await store.compact() }
                if turns % 600 == 60 { try await store.sweep() }
                if turns % 3600 == 120 { try await store.trimHistory() }
            } catch {
                store.log.error(
                    "metric samples could not be written and are tried again", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension MetricStore {
    /// AWS shows an alarm's history for that long.
    private static let historyAge = Duration.seconds(30 * 86_400)

    /// Removes entries of alarm histories that are 30 days old.
    fileprivate func trimHistory() async throws {
        let limit = ledger.surroundings.now - Self.historyAge
        var last = ""
        while true {
            let page = try await ledger.list(Collections.history, after: last, limit: 500)
            guard let end = page.last?.key else { return }
            last = end
            let old = page.filter { $0.value.time < limit }.map(\.key)
            guard !old.isEmpty else { continue }
            try await ledger.write { transaction in
                for key in old { try transaction.delete(Collections.history, key) }
            }
        }
    }
}
