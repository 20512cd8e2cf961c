internal import Dispatch
internal import Foundation
internal import GRDB
internal import Notation
internal import Synchronization

/// The durable state of a Slipway: documents, the event log, machines, timers, leases and small blobs, in one SQLite file.
///
/// A write returns when what it wrote is synced to disk (WAL, `synchronous=FULL`): it survives kill -9 and power loss.
/// Writes that arrive together share one sync; work within the ledger may go without one of its own (``Durability``).
/// Reads see all writes that have returned. One process at a time may have a data folder open.
package final class Ledger: Sendable {
    /// The clock and the randomness of everything that runs on this ledger.
    package let surroundings: Surroundings
    /// The folder that holds it all.
    package let folder: String

    let pool: DatabasePool
    let cache: DocumentCache
    let tail: EventTail
    let appended = Signal()
    let commits: GroupCommit
    private let lock: FolderLock
    /// What a failed write takes back is kept in memory: in a file it would be most of what is written.
    private static let pragmas = "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY"

    /// Opens the ledger in that folder, making both if need be, and brings its tables up to date.
    ///
    /// - Parameter cacheBytes: About how much memory decoded documents may take.
    /// - Throws: ``LedgerError`` with `.held` when another process has it open, `.unusable` when the folder cannot be
    ///   written or the file is no ledger.
    package convenience init(
        folder: String, surroundings: Surroundings = Surroundings(), cacheBytes: Int = 32 << 20
    ) throws {
        try self.init(folder: folder, surroundings: surroundings, cacheBytes: cacheBytes) {
            try DurableFiles.syncContents($0)
        }
    }

    /// - Parameters:
    ///   - syncDelay: How long ordered writes may be on their way to the disk when nobody waits for them.
    ///   - syncLog: Makes the contents of a file durable.
    init(
        folder: String, surroundings: Surroundings = Surroundings(), cacheBytes: Int = 32 << 20,
        syncDelay: DispatchTimeInterval = .milliseconds(5), syncLog: @escaping @Sendable (String) throws -> Void
    ) throws {
        self.folder = folder
        self.surroundings = surroundings
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try? DurableFiles.sync((folder as NSString).deletingLastPathComponent)  // it may be somebody else's
            lock = try FolderLock(folder: folder)
            var configuration = Configuration()
            configuration.maximumReaderCount = 4
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { db in try db.execute(sql: Self.pragmas) }
            pool = try DatabasePool(path: folder + "/ledger.sqlite", configuration: configuration)
            // Only now: GRDB says NORMAL when it turns the write-ahead log on, and then a commit is not synced.
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(pool)
            tail = EventTail(after: try pool.read(EventLog.last))
        } catch let error as LedgerError {
            throw error
        } catch {
            // Foundation's own description of its errors is a dump of their insides.
            let cause = (error as? CocoaError)?.localizedDescription ?? "\(error)"
            let words = cause.hasSuffix(".") ? String(cause.dropLast()) : cause
            throw LedgerError(
                .unusable, "The data folder \(folder) cannot be used: \(words). Check its rights and disk space.")
        }
        cache = DocumentCache(byteLimit: cacheBytes)
        let log = folder + "/ledger.sqlite-wal"
        commits = GroupCommit(
            pool: pool, cache: cache, tail: tail, appended: appended, surroundings: surroundings,
            debt: SyncDebt { try syncLog(log) }, syncDelay: syncDelay)
    }

    /// Carries out the changes as one: all of them or, if the closure throws, none.
    ///
    /// The closure runs alone, so what it reads cannot change before it writes. It may run while the caller is being
    /// cancelled; it must not wait for anything. Returns when the changes are on disk, or are sure to come there in their
    /// order: see ``withDurability(_:_:)``.
    ///
    /// - Throws: what the closure throws, or the disk's failure (then nothing was changed).
    @discardableResult
    package func write<Value: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Value) async throws -> Value
    {
        try await commits.write(body)
    }

    /// The document of that key; nil when there is none.
    package func get<Value>(_ collection: Collection<Value>, _ key: String) async throws -> Document<Value>? {
        if let known = cache.entry(collection.name, key) { return known.document(key) }
        let mark = cache.mark
        let row = try await pool.read { db in try DocumentRow.fetch(db, collection.name, key) }
        guard let row else { return nil }
        let document: Document<Value> = try row.document(collection.name)
        cache.fill(collection.name, key, .init(document, bytes: row.body.count), ifUnchangedSince: mark)
        return document
    }

    /// The documents whose keys begin with `prefix` and come after `after`, by key, at most `limit`.
    package func list<Value>(
        _ collection: Collection<Value>, prefix: String = "", after: String = "", limit: Int = .max
    ) async throws -> [Document<Value>] {
        let rows = try await pool.read { db in
            try DocumentRow.list(db, collection.name, prefix: prefix, after: after, limit: limit)
        }
        return try await decoded(rows, collection)
    }

    /// The documents found under that look-up value, by key, those after `after`, at most `limit`.
    package func find<Value>(
        _ collection: Collection<Value>, _ lookup: String, _ value: String, after: String = "", limit: Int = .max
    ) async throws -> [Document<Value>] {
        let rows = try await pool.read { db in
            try DocumentRow.find(db, collection.name, lookup, value, after: after, limit: limit)
        }
        return try await decoded(rows, collection)
    }

    private func decoded<Value>(_ rows: [DocumentRow], _ collection: Collection<Value>) async throws -> [Document<
        Value
    >] {
        var documents: [Document<Value>] = []
        documents.reserveCapacity(rows.count)
        for row in rows { documents.append(try await decoded(row, collection)) }
        return documents
    }

    private func decoded<Value>(_ row: DocumentRow, _ collection: Collection<Value>) async throws -> Document<Value> {
        guard let known = cache.entry(collection.name, row.key) else { return try row.document(collection.name) }
        if known.version == row.version, let document: Document<Value> = known.document(row.key) { return document }
        // The disk is ahead of the memory: a commit is about to be seen. Who has seen its change of one document must not
        // look for its change of another in vain. (Of a document that is new to the memory this cannot be told.)
        if known.version < row.version { try await commits.settle() }
        return try row.document(collection.name)
    }

    /// Folds the write-ahead log into the main file, closes, and gives the folder free. Not needed for safety; makes the next start
    /// quicker. Later reads and writes throw.
    package func close() throws {
        defer { lock.release() }
        try pool.writeWithoutTransaction { db in try commits.checkpoint(db) }
        try pool.close()
    }
}

/// The mark of the one process that has a data folder open: a lock the system takes back when the process ends.
private final class FolderLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(folder: String) throws {
        let descriptor = open(folder + "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LedgerError(
                .unusable, "The data folder \(folder) cannot be written. Check its rights and disk space.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw LedgerError(
                .held, "Another Slipway has the data folder \(folder) open. Stop it, or choose another with --data.")
        }
        self.descriptor = Mutex(descriptor)
    }

    /// Gives the folder free. Later calls do nothing.
    func release() {
        let descriptor = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        if let descriptor { close(descriptor) }
    }

    deinit { release() }
}
