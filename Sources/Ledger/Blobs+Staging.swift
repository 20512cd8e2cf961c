internal import Foundation
internal import GRDB

extension Blobs {
    /// Takes a body in piece by piece, hands it to the closure, and takes it back unless the closure kept it.
    ///
    /// Memory stays bounded whatever the size: the source is only asked for the next piece when the last is written.
    /// - Parameters:
    ///   - limit: The most bytes accepted.
    ///   - next: The next piece, nil at the end.
    /// - Throws: ``BlobError`` with `.outOfSpace` or `.tooLarge`; what `next` or the closure throws. Nothing is left
    ///   then.
    package func withStaged<Value>(
        limit: Int = .max, _ next: () async throws -> [UInt8]?, _ body: (StagedBlob) async throws -> Value
    ) async throws -> Value {
        let staged = try await stage(limit: limit, next)
        return try await offer(staged, to: body)
    }

    /// A second body of the same bytes, without copying them where the file system can share them; nil when it cannot.
    package func withCopy<Value>(
        of id: BlobID, _ body: (StagedBlob) async throws -> Value
    ) async throws -> Value? {
        pin([id])
        defer { unpin([id]) }
        guard let row = try await rows([id])[id] else { throw BlobError(.missing, "The body \(id.name) is gone.") }
        let copy = StagedBlob(id: makeID(), size: row.size, bytes: row.bytes)
        if row.bytes == nil {
            let (from, to, folder) = (path(id), path(copy.id), folder)
            let isLinked = try await BlobThreads.shared.run {
                guard link(from, to) == 0 else { return false }
                try DurableFiles.sync(folder)
                return true
            }
            guard isLinked else { return nil }
        }
        return try await offer(copy, to: body)
    }

    private func offer<Value>(
        _ staged: StagedBlob, to body: (StagedBlob) async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await body(staged)
            await discardUnlessKept(staged)
            return value
        } catch {
            await discardUnlessKept(staged)
            throw error
        }
    }

    private func discardUnlessKept(_ staged: StagedBlob) async {
        // When the ledger cannot tell, the file stays for the sweep: better a file too many than one too few.
        guard staged.bytes == nil, let isKept = try? await isKept(staged.id), !isKept else { return }
        removeFile(staged.id)
    }

    private func stage(limit: Int, _ next: () async throws -> [UInt8]?) async throws -> StagedBlob {
        var pending: [UInt8] = []
        var size = 0
        while let piece = try await next() {
            guard piece.count <= limit - size else {
                throw BlobError(.tooLarge, "The body is larger than \(limit) bytes.")
            }
            size += piece.count
            pending += piece
            if pending.count > Self.inlineLimit { return try await stageFile(pending, limit: limit, next) }
        }
        return StagedBlob(id: makeID(), size: size, bytes: pending)
    }

    private func stageFile(
        _ start: [UInt8], limit: Int, _ next: () async throws -> [UInt8]?
    ) async throws -> StagedBlob {
        let id = makeID()
        let folder = folder
        let threads = BlobThreads.shared
        let file = try await threads.run { try BlobFile(folder: folder, name: id.name) }
        do {
            var pending = start
            var size = start.count
            while let piece = try await next() {
                guard piece.count <= limit - size else {
                    throw BlobError(.tooLarge, "The body is larger than \(limit) bytes.")
                }
                size += piece.count
                pending += piece
                guard pending.count >= Self.writeSize else { continue }
                let full = pending
                pending = []
                try await threads.run { try file.write(full) }
            }
            let last = pending
            try await threads.run {
                try file.write(last)
                try file.publish()
            }
            return StagedBlob(id: id, size: size, bytes: nil)
        } catch {
            threads.submit { file.abandon() }
            throw error
        }
    }

    /// The rows of these bodies that are there.
    func rows(_ ids: [BlobID]) async throws -> [BlobID: (size: Int, bytes: [UInt8]?)] {
        try await ledger.pool.read { db in
            let statement = try db.cachedStatement(sql: "SELECT size, body FROM blob WHERE id = ?")
            var found: [BlobID: (size: Int, bytes: [UInt8]?)] = [:]
            for id in ids {
                guard let row = try Row.fetchOne(statement, arguments: [id.name]) else { continue }
                found[id] = (row[0], (row[1] as Data?).map { [UInt8]($0) })
            }
            return found
        }
    }
}
