internal import GRDB
internal import Synchronization

/// What was committed, and is seen by readers, before it is on disk; and what waits until it is.
///
/// Changed by the writer's thread alone; anyone may ask ``isOwed``.
final class SyncDebt: Sendable {
    private struct State {
        var isOwed = false
        var events: [EventTail.Entry] = []
        var actions: [@Sendable () -> Void] = []
        /// SQLite syncs at every commit (`synchronous=FULL`), not only at checkpoints.
        var syncsCommits = true
        var failure: LedgerError?
    }
    /// What may be told, now that it is on disk.
    struct Release {
        let events: [EventTail.Entry]
        let actions: [@Sendable () -> Void]
    }

    private let state = Mutex(State())
    private let owed = Atomic(false)
    private let syncLog: @Sendable () throws -> Void

    /// - Parameter syncLog: Makes durable what was written to the write-ahead log.
    init(syncLog: @escaping @Sendable () throws -> Void) { self.syncLog = syncLog }

    /// Whether readers may see what is not on disk. True from before the first such commit until the sync.
    var isOwed: Bool { owed.load(ordering: .sequentiallyConsistent) }

    /// Whether somebody waits for the sync, other than the readers of the log.
    var isUrgent: Bool { state.withLock { !$0.actions.isEmpty } }

    /// Prepares a commit: one that syncs itself, or one that is owed.
    ///
    /// - Throws: ``LedgerError`` when a sync has failed before.
    func prepare(syncing: Bool, _ db: Database) throws {
        let mode = try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.syncsCommits == syncing ? nil : syncing ? "FULL" : "NORMAL"
        }
        if let mode {
            try db.execute(sql: "PRAGMA synchronous = \(mode)")
            state.withLock { $0.syncsCommits = syncing }
        }
        if !syncing { owed.store(true, ordering: .sequentiallyConsistent) }
    }

    /// Takes over what a commit has to tell.
    func add(_ batch: Batch, isOwed: Bool) {
        state.withLock { state in
            if isOwed { state.isOwed = true }
            state.events += batch.appended
            state.actions += batch.afterCommit
        }
    }

    /// Syncs what is owed.
    ///
    /// - Throws: ``LedgerError``, and whoever writes later gets it, too.
    func sync() throws {
        let isOwed = try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.isOwed
        }
        guard isOwed else { return }
        do { try syncLog() } catch { throw fail(error) }
    }

    /// Notes that a sync failed. What the disk holds is not known any more, and a second sync would not tell: the system
    /// forgets what it could not write (fsync(2)). So nothing more is written.
    @discardableResult
    func fail(_ error: any Error) -> LedgerError {
        let failure = LedgerError(
            .unusable,
            "The disk failed while it was written (\(error)). Nothing is written any more. Look at the disk, then restart Slipway: "
                + "it goes on from what the disk holds.")
        state.withLock { $0.failure = failure }
        return failure
    }

    /// Gives out what waited: everything that was committed is on disk now.
    func release() -> Release {
        state.withLock { state in
            defer {
                state.isOwed = false
                state.events = []
                state.actions = []
            }
            return Release(events: state.events, actions: state.actions)
        }
    }

    /// Ends what ``prepare(syncing:_:)`` began.
    func conclude() { owed.store(state.withLock(\.isOwed), ordering: .sequentiallyConsistent) }
}
