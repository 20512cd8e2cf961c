import Cloud
import Ledger
import Notation
import Synchronization

/// The queues in memory, each made from the ledger when it is first asked for.
final class LiveQueues: Sendable {
    private struct State {
        var loads: [String: Task<LiveQueue, any Error>] = [:]
        var isClosing = false
    }
    private let ledger: Ledger
    private let state = Mutex(State())
    /// Documents read at once while a queue is loaded.
    private static let page = 1000

    init(ledger: Ledger) { self.ledger = ledger }

    /// Whether receivers shall no longer wait, because the server stops.
    var isClosing: Bool { state.withLock { $0.isClosing } }

    /// Those in memory now, by their generations.
    func loaded() async -> [String: LiveQueue] {
        var found: [String: LiveQueue] = [:]
        for (generation, load) in state.withLock({ $0.loads }) { found[generation] = try? await load.value }
        return found
    }

    /// The queue in memory. Whoever asks while it is being loaded waits for the same load.
    func live(_ queue: Queue) async throws -> LiveQueue {
        let load = state.withLock { state in
            if let load = state.loads[queue.generation] { return load }
            // Waited for below, by everybody who asks for the queue.
            let load = Task { try await self.load(queue) }
            state.loads[queue.generation] = load
            return load
        }
        do { return try await load.value } catch {
            state.withLock { _ = $0.loads.removeValue(forKey: queue.generation) }
            throw error
        }
    }

    /// Forgets a queue that was purged or deleted; who waits for its messages looks again.
    func forget(_ generation: String) async {
        let load = state.withLock { $0.loads.removeValue(forKey: generation) }
        (try? await load?.value)?.bell.ring()
    }

    /// Ends the waiting of all receivers, and every later one at its beginning, so that they do not hold up a server
    /// that stops.
    func close() {
        let loads = state.withLock { state in
            state.isClosing = true
            return state.loads
        }
        // Nobody waits for it: it ends as soon as the loads have.
        Task { for load in loads.values { (try? await load.value)?.bell.ring() } }
    }

    private func load(_ queue: Queue) async throws -> LiveQueue {
        let live = LiveQueue(generation: queue.generation, isFIFO: queue.isFIFO)
        let prefix = queue.generation + "/"
        let now = ledger.surroundings.now
        var after = ""
        while true {
            let messages = try await ledger.list(Message.all, prefix: prefix, after: after, limit: Self.page)
            let flights = try await ledger.list(Flight.all, prefix: prefix, after: after, limit: Self.page)
            let known = Dictionary(flights.map { ($0.key, $0.value) }) { $1 }
            for document in messages {
                guard let sequence = Int64(document.key.dropFirst(prefix.count)) else { continue }
                live.load(sequence, document.value, known[document.key], now: now)
            }
            guard messages.count == Self.page, let last = messages.last?.key else { break }
            after = last
        }
        after = ""
        while true {
            let marks = try await ledger.list(DeduplicationMark.all, prefix: prefix, after: after, limit: Self.page)
            for mark in marks { live.load(mark.key, mark.value) }
            guard marks.count == Self.page, let last = marks.last?.key else { break }
            after = last
        }
        live.didLoad()
        return live
    }
}
