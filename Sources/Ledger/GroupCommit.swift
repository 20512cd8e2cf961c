internal import Dispatch
internal import GRDB
internal import Synchronization

/// Gathers writes that arrive while another is being synced, and commits them together.
///
/// A batch whose writes are all ordered (``Durability``) is committed without a sync. Whatever is synced later takes it
/// along: the write-ahead log is one file, of which a restart takes what is whole from its beginning.
final class GroupCommit: Sendable {
    private struct Job: Sendable {
        /// Makes the changes; gives back what tells the caller of success, for after the commit.
        typealias Change = @Sendable (Transaction) throws -> @Sendable () -> Void

        /// What it changes; nil when it only waits for what others wrote.
        var change: Change?
        var durability = Durability.synced
        var tell: @Sendable () -> Void = {}
        var fail: @Sendable (any Error) -> Void = { _ in }
    }
    private struct Queue {
        var jobs: [Job] = []
        var isDraining = false
        /// A sync will be asked for when ``syncDelay`` is over.
        var isSyncDue = false
    }

    /// So many writes share a sync at most: more would let the first of them wait too long.
    private static let batchLimit = 512

    private let pool: DatabasePool
    private let cache: DocumentCache
    private let tail: EventTail
    private let appended: Signal
    private let surroundings: Surroundings
    private let debt: SyncDebt
    /// So long ordered writes are on their way to the disk when nobody waits for them.
    private let syncDelay: DispatchTimeInterval
    private let queue = Mutex(Queue())
    /// True from before a commit until readers of documents and of the log see what it brought.
    private let isCommitting = Atomic(false)
    /// Raised at the end of every commit, whether it succeeded or not.
    private let ended = Signal()

    init(
        pool: DatabasePool, cache: DocumentCache, tail: EventTail, appended: Signal, surroundings: Surroundings,
        debt: SyncDebt, syncDelay: DispatchTimeInterval
    ) {
        self.pool = pool
        self.cache = cache
        self.tail = tail
        self.appended = appended
        self.surroundings = surroundings
        self.debt = debt
        self.syncDelay = syncDelay
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Job(
                    change: { transaction in
                        let value = try body(transaction)
                        return { continuation.resume(returning: value) }
                    }, durability: Ledger.durability, fail: { continuation.resume(throwing: $0) }))
        }
    }

    /// Returns once all that readers may have seen by now is on disk.
    func synced() async throws {
        guard debt.isOwed else { return }
        try await withCheckedThrowingContinuation { continuation in
            enqueue(Job(tell: { continuation.resume() }, fail: { continuation.resume(throwing: $0) }))
        }
    }

    private func enqueue(_ job: Job) {
        let mustDrain = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        guard mustDrain else { return }
        if job.durability == .ordered {
            // Nothing is waited for: quicker done here than handed to another thread and back.
            pool.writeWithoutTransaction { db in drain(db, batches: 1) }
        } else {
            drainLater()
        }
    }

    private func drainLater() { pool.asyncWriteWithoutTransaction { db in self.drain(db, batches: .max) } }

    private func drain(_ db: Database, batches: Int) {
        for _ in 0..<batches {
            let jobs = queue.withLock { queue in
                let batch = Array(queue.jobs.prefix(Self.batchLimit))
                queue.jobs.removeFirst(batch.count)
                queue.isDraining = !batch.isEmpty
                return batch
            }
            guard !jobs.isEmpty else { return }
            commit(jobs, db)
        }
        let isEmpty = queue.withLock { queue in
            queue.isDraining = !queue.jobs.isEmpty
            return queue.jobs.isEmpty
        }
        if !isEmpty { drainLater() }
    }

    // MARK: One batch

    private func commit(_ jobs: [Job], _ db: Database) {
        let batch = Batch(cache: cache)
        let syncs = jobs.contains { $0.durability == .synced }
        isCommitting.store(true, ordering: .sequentiallyConsistent)
        defer {
            debt.conclude()
            isCommitting.store(false, ordering: .sequentiallyConsistent)
            ended.raise()
        }
        var course = Course(waiting: jobs.filter { $0.change != nil }[...])
        do {
            if !course.waiting.isEmpty {
                try debt.prepare(syncing: syncs, db)
                try carryOut(&course, batch, db)
            }
            // A commit that changes nothing writes nothing, and so does not sync what went before it either.
            if syncs, !course.hasWritten { try debt.sync() }
        } catch {
            for job in course.succeeded.map(\.job) + course.waiting + jobs.filter({ $0.change == nil }) {
                job.fail(explained(error))
            }
            return
        }
        debt.add(batch, isOwed: !syncs && course.hasWritten)
        tell(course.succeeded.map(\.tell) + jobs.filter { $0.change == nil }.map(\.tell), batch, isSynced: syncs)
    }

    /// The writes of a batch, on their way.
    private struct Course {
        var waiting: ArraySlice<Job>
        var succeeded: [(job: Job, tell: @Sendable () -> Void)] = []
        /// One of those that succeeded has changed something.
        var hasWritten = false
    }

    /// Carries out the writes in one transaction. Those that fail are told at once.
    private func carryOut(_ course: inout Course, _ batch: Batch, _ db: Database) throws {
        let isAlone = course.waiting.count == 1
        try db.inTransaction(.immediate) {
            while let job = course.waiting.popFirst(), let change = job.change {
                let before = db.totalChangesCount
                switch perform(change, batch, db, isAlone: isAlone) {
                case .success(let tell):
                    course.succeeded.append((job, tell))
                    if db.totalChangesCount != before { course.hasWritten = true }
                case .failure(let error):
                    job.fail(explained(error))
                    // A full disk may take back the whole transaction (SQLite, "Response Of Each Conflict Mode").
                    guard db.isInsideTransaction else { throw error }
                }
            }
            return course.succeeded.isEmpty ? .rollback : .commit
        }
    }

    private func tell(_ tells: [@Sendable () -> Void], _ batch: Batch, isSynced: Bool) {
        cache.put(batch.changed)
        for action in batch.onceVisible { action() }
        guard isSynced else {
            for tell in tells { tell() }
            return askForSync()
        }
        tellSynced(tells)
    }

    /// All that was committed is on disk: tells those who waited for that.
    private func tellSynced(_ tells: [@Sendable () -> Void] = []) {
        let release = debt.release()
        tail.add(release.events)
        if !release.events.isEmpty { appended.raise() }
        for tell in tells { tell() }
        for action in release.actions { action() }
    }

    /// Folds the log into the main file, which takes to disk whatever is not there yet.
    func checkpoint(_ db: Database) throws {
        _ = try db.checkpoint(.truncate)
        tellSynced()
        debt.conclude()
    }

    /// Sees to it that ordered writes come to disk: at once when something waits for that, else soon.
    private func askForSync() {
        if debt.isUrgent { return enqueue(Job()) }
        let isNew = queue.withLock { queue in
            defer { queue.isSyncDue = true }
            return !queue.isSyncDue
        }
        guard isNew else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + syncDelay) { [weak self] in
            guard let self else { return }
            queue.withLock { $0.isSyncDue = false }
            if debt.isOwed { enqueue(Job()) }
        }
    }

    /// What the disk's failures mean for who has to mend them.
    private func explained(_ error: any Error) -> any Error {
        guard let failure = error as? DatabaseError else { return error }
        if failure.extendedResultCode == .SQLITE_IOERR_FSYNC { return debt.fail(failure) }
        guard failure.resultCode == .SQLITE_FULL else { return error }
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
        _ change: Job.Change, _ batch: Batch, _ db: Database, isAlone: Bool
    ) -> Result<@Sendable () -> Void, any Error> {
        let transaction = Transaction(db: db, batch: batch, surroundings: surroundings)
        return Result {
            var tell: @Sendable () -> Void = {}
            if isAlone {
                tell = try change(transaction)
            } else {
                try db.inSavepoint {
                    tell = try change(transaction)
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
    private(set) var onceVisible: [@Sendable () -> Void] = []

    init(cache: DocumentCache) { self.cache = cache }

    func entry(_ key: DocumentCache.Key) -> DocumentCache.Entry? {
        changed[key] ?? cache.entry(key.collection, key.key)
    }

    func accept(_ transaction: Transaction) {
        changed.merge(transaction.changed) { $1 }
        appended += transaction.appended
        afterCommit += transaction.afterCommit
        onceVisible += transaction.onceVisible
    }
}
