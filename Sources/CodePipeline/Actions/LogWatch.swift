internal import Foundation
internal import Ledger
internal import Notation
internal import ServiceLifecycle
internal import Synchronization

/// The room's one reader of the log: finds changes of sources, and wakes whoever waits for a build, a stack or a
/// deployment.
///
/// However many actions wait, each event is read once. Nothing is polled: who waits looks once, and again when an event
/// speaks of what he waits for.
final class LogWatch: Service {
    private static let reader = "codepipeline"
    /// How many events may be read again after a crash: noting the place with each would cost every event a sync.
    private static let noteEvery: Int64 = 1000

    private struct Waiter {
        let keys: Set<String>
        let continuation: AsyncStream<Void>.Continuation
    }

    private struct State {
        var waiters: [Int: Waiter] = [:]
        var byKey: [String: Set<Int>] = [:]
        var next = 0
    }

    private let ledger: Ledger
    private let sources: SourceWatch
    private let state = Mutex(State())

    init(ledger: Ledger, sources: SourceWatch) {
        self.ledger = ledger
        self.sources = sources
    }

    /// Reads until cancelled or asked to stop gracefully. Changes of sources that came while nobody read are found at
    /// the next start.
    func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await self.read() } } catch is CancellationError {}
    }

    private func read() async throws {
        try await sources.load()
        var noted = try await ledger.cursor(Self.reader)
        for try await logged in ledger.follow(after: noted) {
            wake(logged.event)
            let hasStarted = try await sources.consider(logged, cursor: Self.reader)
            if hasStarted {
                noted = logged.sequence
            } else if logged.sequence - noted >= Self.noteEvery {
                noted = logged.sequence
                let place = noted
                try await ledger.write { try $0.setCursor(Self.reader, place) }
            }
        }
    }

    // MARK: Waiting

    /// Waits until the closure gives a value: asked at once, and after each event about one of these ARNs or names.
    ///
    /// - Parameter deadline: When to give up; nil is returned then.
    /// - Throws: `CancellationError`, and what the closure throws.
    func first<Value: Sendable>(
        about keys: Set<String>, until deadline: Timestamp? = nil, _ look: @Sendable () async throws -> Value?
    ) async throws -> Value? {
        let (news, id) = register(keys)
        defer { unregister(id) }
        let time = ledger.surroundings.time
        return try await withThrowingTaskGroup(of: Void.self) { group in
            if let deadline {
                group.addTask {
                    try await time.sleep(until: deadline)
                    self.state.withLock { $0.waiters[id] }?.continuation.finish()
                }
            }
            defer { group.cancelAll() }
            if let value = try await look() { return value }
            for await _ in news {
                if let value = try await look() { return value }
            }
            try Task.checkCancellation()
            return nil
        }
    }

    private func register(_ keys: Set<String>) -> (AsyncStream<Void>, Int) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.next += 1
            state.waiters[state.next] = Waiter(keys: keys, continuation: continuation)
            for key in keys { state.byKey[key, default: []].insert(state.next) }
            return state.next
        }
        return (stream, id)
    }

    private func unregister(_ id: Int) {
        let waiter = state.withLock { state -> Waiter? in
            guard let waiter = state.waiters.removeValue(forKey: id) else { return nil }
            for key in waiter.keys {
                state.byKey[key]?.remove(id)
                if state.byKey[key]?.isEmpty == true { state.byKey[key] = nil }
            }
            return waiter
        }
        waiter?.continuation.finish()
    }

    private func wake(_ event: LedgerEvent) {
        let waiters = state.withLock { state -> [Waiter] in
            guard !state.byKey.isEmpty else { return [] }
            let ids = Self.subjects(of: event).flatMap { state.byKey[$0] ?? [] }
            return Set(ids).compactMap { state.waiters[$0] }
        }
        for waiter in waiters { waiter.continuation.yield() }
    }

    /// What an event is about: its resources, and the ids that some services have in the detail alone.
    private static func subjects(of event: LedgerEvent) -> [String] {
        let names = ["build-id", "batch-id", "deploymentId", "stack-id", "alarmName"]
        return event.resources + names.compactMap { event.detail[$0]?.string }
    }
}
