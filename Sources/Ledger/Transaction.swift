internal import Foundation
internal import GRDB
package import Notation

/// What a write may read and change. Valid inside the closure it is handed to, and nowhere else.
package final class Transaction {
    let db: Database
    private let batch: Batch
    private(set) var changed: [DocumentCache.Key: DocumentCache.Entry] = [:]
    private(set) var afterCommit: [@Sendable () -> Void] = []
    private(set) var onceVisible: [@Sendable () -> Void] = []
    /// The events that were added to the log, in order.
    var appended: [EventTail.Entry] = []
    /// The clock and the randomness to use inside.
    package let surroundings: Surroundings

    init(db: Database, batch: Batch, surroundings: Surroundings) {
        self.db = db
        self.batch = batch
        self.surroundings = surroundings
    }

    /// The present moment.
    package var now: Timestamp { surroundings.now }

    /// Runs the closure once the changes are on disk, soon and off the caller's task. Not run when the write fails,
    /// nor when the process ends in between: what must happen belongs into a machine's command.
    package func afterCommit(_ action: @escaping @Sendable () -> Void) { afterCommit.append(action) }

    /// Runs the closure once readers see the changes: of an ordered write that is before they are on disk. For what has no
    /// effect outside of the ledger.
    package func onceVisible(_ action: @escaping @Sendable () -> Void) { onceVisible.append(action) }

    /// The document of that key as it stands inside this write; nil when there is none.
    package func get<Value>(_ collection: Collection<Value>, _ key: String) throws -> Document<Value>? {
        if let entry = cached(collection.name, key) { return entry.document(key) }
        guard let row = try DocumentRow.fetch(db, collection.name, key) else { return nil }
        return try row.document(collection.name)
    }

    /// The documents whose keys begin with `prefix` and come after `after`, by key, at most `limit`.
    package func list<Value>(
        _ collection: Collection<Value>, prefix: String = "", after: String = "", limit: Int = .max
    ) throws -> [Document<Value>] {
        try DocumentRow.list(db, collection.name, prefix: prefix, after: after, limit: limit)
            .map { try $0.document(collection.name) }
    }

    /// The documents found under that look-up value, by key.
    package func find<Value>(
        _ collection: Collection<Value>, _ lookup: String, _ value: String, after: String = "", limit: Int = .max
    ) throws -> [Document<Value>] {
        try DocumentRow.find(db, collection.name, lookup, value, after: after, limit: limit)
            .map { try $0.document(collection.name) }
    }

    /// Writes the document, whether it is there or not.
    ///
    /// - Parameter version: The version it was read at, when it may only be replaced if nobody else changed it since.
    /// - Returns: The document as stored.
    /// - Throws: ``LedgerError`` with `.conflict` when it has another version by now.
    @discardableResult
    package func put<Value>(
        _ collection: Collection<Value>, _ key: String, _ value: Value, ifVersion version: Int? = nil
    ) throws -> Document<Value> {
        let stored = try storedVersion(collection.name, key)
        if let version, version != stored {
            throw LedgerError(.conflict, "'\(key)' was changed by somebody else. Read it again and repeat.")
        }
        let body = Data(try JSON.bytes(encoding: value))
        let document = Document(key: key, version: stored + 1, value: value)
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO document (collection, key, version, body) VALUES (?, ?, ?, ?)
                ON CONFLICT (collection, key) DO UPDATE SET version = excluded.version, body = excluded.body
                """)
        try statement.execute(arguments: [collection.name, key, document.version, body])
        try replaceLookups(collection, key, value, isNew: stored == 0)
        remember(collection.name, key, .init(document, bytes: body.count))
        return document
    }

    /// Writes a document that must not be there yet.
    ///
    /// - Throws: ``LedgerError`` with `.exists` when it is.
    @discardableResult
    package func insert<Value>(
        _ collection: Collection<Value>, _ key: String, _ value: Value
    ) throws -> Document<Value> {
        guard try storedVersion(collection.name, key) == 0 else {
            throw LedgerError(.exists, "'\(key)' is there already.")
        }
        return try put(collection, key, value)
    }

    /// Reads the document, lets the closure change it, and writes it back.
    ///
    /// - Throws: ``LedgerError`` with `.missing` when there is none; what the closure throws.
    @discardableResult
    package func update<Value>(
        _ collection: Collection<Value>, _ key: String, _ change: (inout Value) throws -> Void
    ) throws -> Document<Value> {
        guard let document = try get(collection, key) else { throw LedgerError(.missing, "There is no '\(key)'.") }
        var value = document.value
        try change(&value)
        return try put(collection, key, value)
    }

    /// Removes the document. Says whether there was one.
    @discardableResult
    package func delete<Value>(_ collection: Collection<Value>, _ key: String) throws -> Bool {
        guard try storedVersion(collection.name, key) > 0 else { return false }
        try db.cachedStatement(sql: "DELETE FROM document WHERE collection = ? AND key = ?")
            .execute(arguments: [collection.name, key])
        if !collection.lookups.isEmpty { try deleteLookups(collection.name, key) }
        remember(collection.name, key, .none)
        return true
    }

    func cached(_ collection: String, _ key: String) -> DocumentCache.Entry? {
        let key = DocumentCache.Key(collection: collection, key: key)
        return changed[key] ?? batch.entry(key)
    }

    func remember(_ collection: String, _ key: String, _ entry: DocumentCache.Entry) {
        changed[DocumentCache.Key(collection: collection, key: key)] = entry
    }

    private func storedVersion(_ collection: String, _ key: String) throws -> Int {
        if let entry = cached(collection, key) { return entry.version }
        return try DocumentRow.fetch(db, collection, key)?.version ?? 0
    }

    private func replaceLookups<Value>(
        _ collection: Collection<Value>, _ key: String, _ value: Value, isNew: Bool
    ) throws {
        guard !collection.lookups.isEmpty else { return }
        if !isNew { try deleteLookups(collection.name, key) }
        let statement = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO lookup (collection, name, value, key) VALUES (?, ?, ?, ?)")
        for (name, texts) in collection.lookups {
            for text in texts(value) { try statement.execute(arguments: [collection.name, name, text, key]) }
        }
    }

    private func deleteLookups(_ collection: String, _ key: String) throws {
        try db.cachedStatement(sql: "DELETE FROM lookup WHERE collection = ? AND key = ?")
            .execute(arguments: [collection, key])
    }
}
