internal import Foundation
internal import GRDB
internal import ServiceLifecycle
internal import Synchronization

/// The name of a body. Every body has one of its own; a changed body is another body.
package struct BlobID: Codable, Sendable, Hashable {
    let name: String

    init(name: String) { self.name = name }
    package init(from decoder: any Decoder) throws { name = try decoder.singleValueContainer().decode(String.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

/// A body that lies ready but belongs to nobody yet. ``Blobs/keep(_:in:)`` gives it to the document written with it.
package struct StagedBlob: Sendable {
    /// Its name.
    package let id: BlobID
    /// Bytes in all.
    package let size: Int
    /// The body itself when it is small; nil when it lies in a file.
    let bytes: [UInt8]?
}

/// Bodies of any size, owned by documents: small ones in the ledger's file, large ones in files beside it.
///
/// A small body (up to 32 KiB) is a row of the commit that writes its owner, so both cost one sync together. A large
/// one is streamed to a file, synced and renamed before that commit; after a crash in between, the file has no row,
/// and the sweep at the next start removes it. A body is removed in the transaction that removes its owner, the file
/// right after. Bodies being read stay readable to the end.
package final class Blobs: Service {
    /// Bodies up to this many bytes lie in the ledger's own file: a row is cheaper than a file and two syncs.
    package static let inlineLimit = 32 << 10
    /// Bytes gathered before a thread is troubled to write them.
    static let writeSize = 512 << 10

    private struct State {
        var count = 0
        /// How many readers have a body open, and whether its file is to go when they are done.
        var pins: [String: (readers: Int, isRemoved: Bool)] = [:]
    }
    let ledger: Ledger
    let folder: String
    private let run: String
    private let state = Mutex(State())

    /// The bodies of that ledger. Makes the folder if need be. One store per ledger.
    ///
    /// - Throws: ``BlobError`` when the folder cannot be written.
    package init(ledger: Ledger) throws {
        self.ledger = ledger
        folder = ledger.folder + "/blobs"
        do {
            try DurableFiles.makeFolder(folder, below: ledger.folder)
        } catch {
            throw BlobError(.failed, "\(error) Check its rights and disk space.")
        }
        run = try Self.nextRun(folder)
    }

    /// Counts the starts of this data folder: what the names of this run's bodies begin with.
    private static func nextRun(_ folder: String) throws -> String {
        let path = folder + "/.run"
        let last = (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int($0, radix: 36) } ?? 0
        let run = String(last + 1, radix: 36)
        unlink(path + BlobFile.unfinished)
        let file = try BlobFile(folder: folder, name: ".run")
        do {
            try file.write(Array(run.utf8))
            try file.publish()
        } catch {
            file.abandon()
            throw error
        }
        return run + "-"
    }

    func makeID() -> BlobID {
        let count = state.withLock { state in
            state.count += 1
            return state.count
        }
        return BlobID(name: run + String(count, radix: 36) + "-" + ledger.surroundings.chance.hexadecimal(6))
    }

    func path(_ id: BlobID) -> String { folder + "/" + id.name }

    /// Gives the staged body to the documents of this write.
    package func keep(_ staged: StagedBlob, in transaction: Transaction) throws {
        try transaction.db.cachedStatement(sql: "INSERT INTO blob (id, size, body) VALUES (?, ?, ?)")
            .execute(arguments: [staged.id.name, staged.size, staged.bytes.map { Data($0) }])
    }

    /// Removes the body with the documents of this write. Does nothing when there is none of that name.
    package func remove(_ id: BlobID, in transaction: Transaction) throws {
        let isFile = try Bool.fetchOne(
            transaction.db.cachedStatement(sql: "SELECT body IS NULL FROM blob WHERE id = ?"), arguments: [id.name])
        guard let isFile else { return }
        try transaction.db.cachedStatement(sql: "DELETE FROM blob WHERE id = ?").execute(arguments: [id.name])
        guard isFile else { return }
        transaction.afterCommit { [self] in removeFile(id) }
    }

    /// Keeps the files of these bodies until ``unpin(_:)``, whatever becomes of their owners.
    func pin(_ ids: [BlobID]) {
        state.withLock { state in
            for id in ids { state.pins[id.name, default: (0, false)].readers += 1 }
        }
    }

    func unpin(_ ids: [BlobID]) {
        let released = state.withLock { state in
            ids.filter { id in
                guard var pin = state.pins[id.name] else { return false }
                pin.readers -= 1
                state.pins[id.name] = pin.readers > 0 ? pin : nil
                return pin.readers == 0 && pin.isRemoved
            }
        }
        for id in released { removeFile(id) }
    }

    /// Removes the file, or leaves that to its last reader.
    func removeFile(_ id: BlobID) {
        let isPinned = state.withLock { state in
            guard state.pins[id.name] != nil else { return false }
            state.pins[id.name]?.isRemoved = true
            return true
        }
        guard !isPinned else { return }
        let path = path(id)
        BlobThreads.shared.submit { unlink(path) }
    }

    /// Whether a body of that name belongs to somebody.
    func isKept(_ id: BlobID) async throws -> Bool {
        try await ledger.pool.read { db in
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM blob WHERE id = ?)", arguments: [id.name]) ?? false
        }
    }

    /// Sweeps once, then waits for the end: there is nothing to stop.
    package func run() async throws {
        try await sweep()
        try? await gracefulShutdown()
    }

    /// Removes the files that crashes of earlier runs left without an owner. Files of this run are left alone.
    ///
    /// - Returns: How many were removed.
    @discardableResult
    package func sweep() async throws -> Int {
        let folder = folder
        let own = run
        let names = try await BlobThreads.shared.run {
            try FileManager.default.contentsOfDirectory(atPath: folder).filter {
                !$0.hasPrefix(own) && !$0.hasPrefix(".")
            }
        }
        var removed = 0
        for name in names {
            let id = BlobID(name: name)
            // Unfinished files have no row under their temporary name, so they go as well.
            if try await isKept(id) { continue }
            removeFile(id)
            removed += 1
        }
        return removed
    }
}
