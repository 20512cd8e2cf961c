internal import GRDB
internal import Synchronization

/// Gathers writes that arrive while another is being synced, and commits them together.
final class GroupCommit: Sendable {
    private struct Job: Sendable {
        /// Makes the changes; gives back what tells the caller of success, for after the commit.
        let perform: @Sendable (Transaction) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }
    private struct Queue {
        var jobs: [Job] = []
        var isDraining = false
    }

    /// So many writes share a sync at most: more would let the first of them wait too long.
    private static let batchLimit = 512

    private let pool: DatabasePool
    private let cache: DocumentCache
    private let tail: EventTail
    private let appended: Signal
    private let surroundings: Surroundings
    private let queue = Mutex(Queue())
    /// True from before a commit until readers of documents and of the log see what it brought.
    private let isCommitting = Atomic(false)
    /// Raised at the end of every commit, whether it succeeded or not.
    private let ended = Signal()

    init(pool: DatabasePool, cache: DocumentCache, tail: EventTail, appended: Signal, surroundings: Surroundings) {
        self.pool = pool
        self.cache = cache
        self.tail = tail
        self.appended = appended
        self.surroundings = surroundings
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Job(
                    perform: { transaction in
                        let value = try body(transaction)
                        return { continuation.resume(returning: value) }
                    }, fail: { continuation.resume(throwing: $0) }))
        }
    }

    private func enqueue(_ job: Job) {
        let mustDrain = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        if mustDrain { pool.asyncWriteWithoutTransaction { db in self.drain(db) } }
    }

    private func drain(_ db: Database) {
        while true {
            let jobs = queue.withLock { queue in
                let batch = Array(queue.jobs.prefix(Self.batchLimit))
                queue.jobs.removeFirst(batch.count)
                queue.isDraining = !batch.isEmpty
                return batch
            }
            guard !jobs.isEmpty else { return }
            commit(jobs, db)
        }
    }

    private func commit(_ jobs: [Job], _ db: Database) {
        let batch = Batch(cache: cache)
        var succeeded: [(job: Job, tell: @Sendable () -> Void)] = []
        var waiting = jobs[...]
        isCommitting.store(true, ordering: .sequentiallyConsistent)
        defer {
            isCommitting.store(false, ordering: .sequentiallyConsistent)
            ended.raise()
        }
        do {
            try db.inTransaction(.immediate) {
                while let job = waiting.popFirst() {
                    switch perform(job, batch, db, isAlone: jobs.count == 1) {
                    case .success(let tell): succeeded.append((job, tell))
                    case .failure(let error):
                        job.fail(explained(error))
                        // A full disk may take back the whole transaction (SQLite, "Response Of Each Conflict Mode").
                        guard db.isInsideTransaction else { throw error }
                    }
                }
                return succeeded.isEmpty ? .rollback : .commit
            }
        } catch {
            for job in succeeded.map(\.job) + waiting { job.fail(explained(error)) }
            return
        }
        cache.put(batch.changed)
        tail.add(batch.appended)
        if !batch.appended.isEmpty { appended.raise() }
        for (_, tell) in succeeded { tell() }
        for action in batch.afterCommit { action() }
    }

    /// What the disk's failures mean for who has to mend them.
    private func explained(_ error: any Error) -> any Error {
        guard let failure = error as? DatabaseError, failure.resultCode == .SQLITE_FULL else { return error }
        return LedgerError(
            .full, "There is no room left for \(pool.path). Nothing was changed. Free disk space and repeat.")
    }

    /// Returns once the documents of every commit that was seen on disk by now are seen by readers too.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    func settle() async throws {
        let turn = ended.turn
        guard isCommitting.load(ordering: .sequentiallyConsistent) else { return }
        try await ended.wait(after: turn)
    }

    /// Runs one job on a savepoint of its own, so that its failure leaves the others' changes alone. One that is alone in
    /// its transaction needs none.
    private func perform(
        _ job: Job, _ batch: Batch, _ db: Database, isAlone: Bool
    ) -> Result<@Sendable () -> Void, any Error> {
        let transaction = Transaction(db: db, batch: batch, surroundings: surroundings)
        return Result {
            var tell: @Sendable () -> Void = {}
            if isAlone {
                tell = try job.perform(transaction)
            } else {
                try db.inSavepoint {
                    tell = try job.perform(transaction)
                    return .commit
                }
            }
            batch.accept(transaction)
            return tell
        }
    }
}

/// What the writes of one commit have changed so far: seen by later writes of the batch, by readers once it is on disk.
final class Batch {
    private let cache: DocumentCache
    private(set) var changed: [DocumentCache.Key: DocumentCache.Entry] = [:]
    private(set) var appended: [EventTail.Entry] = []
    private(set) var afterCommit: [@Sendable () -> Void] = []

    init(cache: DocumentCache) { self.cache = cache }

    func entry(_ key: DocumentCache.Key) -> DocumentCache.Entry? {
        changed[key] ?? cache.entry(key.collection, key.key)
    }

    func accept(_ transaction: Transaction) {
        changed.merge(transaction.changed) { $1 }
        appended += transaction.appended
        afterCommit += transaction.afterCommit
    }
}
