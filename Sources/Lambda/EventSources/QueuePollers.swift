import Ledger
import Logging
import ServiceLifecycle
import Synchronization

/// The pollers of all mappings: one for each that is enabled, begun and stopped as mappings change.
final class QueuePollers: Service {
    private let ledger: Ledger
    private let log: Logger
    private let parts = Mutex<LambdaParts?>(nil)
    private let pollers = Mutex<[String: QueuePoller]>([:])
    private let changes: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    init(ledger: Ledger, log: Logger) {
        self.ledger = ledger
        self.log = log
        (changes, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        bell.yield()
    }

    /// Says what pollers are made with. Called once, before ``run()``: the parts know the pollers.
    func use(_ parts: LambdaParts) { self.parts.withLock { $0 = parts } }

    /// Says that a mapping was made, changed or deleted.
    func look() { bell.yield() }

    /// What became of a mapping's last batch; nil before there was one.
    func result(_ id: String) -> String? { pollers.withLock { $0[id] }?.result }

    /// Polls until cancelled or asked to stop gracefully.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await _ in self.changes {
                    for poller in await self.begun() { group.addTask { await poller.run() } }
                }
                group.cancelAll()
            }
        }
    }

    /// Stops the pollers of mappings that are other ones by now, and makes those that are missing.
    private func begun() async -> [QueuePoller] {
        guard let parts = parts.withLock({ $0 }) else { return [] }
        let wanted: [EventSourceMapping]
        do {
            wanted = try await ledger.list(EventSourceMapping.all).map(\.value).filter(\.isEnabled)
        } catch {
            log.error("event source mappings cannot be read", metadata: ["error": "\(error)"])
            return []
        }
        return pollers.withLock { pollers in
            let known = Dictionary(wanted.map { ($0.id, $0.revision) }) { $1 }
            for (id, poller) in pollers where known[id] != poller.mapping.revision {
                poller.stop()
                pollers[id] = nil
            }
            return wanted.filter { pollers[$0.id] == nil }.map { mapping in
                let poller = QueuePoller(mapping: mapping, parts: parts)
                pollers[mapping.id] = poller
                return poller
            }
        }
    }
}
