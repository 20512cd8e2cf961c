import Foundation
import GRDB
import LedgerTesting
import Testing

@testable import Ledger

@Suite("What is acknowledged")
struct DurabilityTests {
    @Test("is synced with each commit: SQLite is told FULL, and nothing has told it otherwise since")
    func synchronous() async throws {
        try await withTemporaryLedger { ledger in
            let level = try await ledger.pool.writeWithoutTransaction { db in
                try Int.fetchOne(db, sql: "PRAGMA synchronous")
            }
            #expect(level == 2)
            let journal = try await ledger.pool.read { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") }
            #expect(journal == "wal")
        }
    }

    @Test("is kept when the disk is full, everybody hears of it, and all goes on when there is room again")
    func fullDisk() async throws {
        let bulk = Collection<String>("bulk")
        try await withTemporaryLedger { ledger in
            let pages = try await ledger.pool.writeWithoutTransaction { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages + 40)")
                return pages
            }
            for number in 0..<3 { try await ledger.write { try $0.put(bulk, "early \(number)", "x") } }
            // Many at once, so that those that fail share commits with those that do not.
            let outcomes = try await withThrowingTaskGroup(of: (String, Bool).self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            let text = String(repeating: "x", count: number % 10 == 0 ? 60_000 : 10)
                            try await ledger.write { try $0.put(bulk, "\(number)", text) }
                            return ("\(number)", true)
                        } catch let error as LedgerError {
                            #expect(error.code == .full)
                            #expect(error.message.contains("no room"))
                            return ("\(number)", false)
                        }
                    }
                }
                let early = Dictionary(uniqueKeysWithValues: (0..<3).map { ("early \($0)", true) })
                return try await group.reduce(into: early) { $0[$1.0] = $1.1 }
            }
            #expect(outcomes.values.contains(false))
            for (key, isKept) in outcomes {
                #expect(try await (ledger.get(bulk, key) != nil) == isKept, "\(key)")
            }
            #expect(try await Set(ledger.list(bulk).map(\.key)) == Set(outcomes.filter(\.value).keys))
            try await ledger.pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA max_page_count = \(pages + 100_000)")
            }
            try await ledger.write { try $0.put(bulk, "after", "y") }
        }
    }
}

@Suite("Files beside the ledger")
struct DurableFilesTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("durable-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test("are written whole, replaced whole, and leave nothing else behind")
    func writing() throws {
        try withFolder { folder in
            try DurableFiles.makeFolder(folder + "/a/b", below: folder)
            try DurableFiles.makeFolder(folder + "/a/b", below: folder)  // a repeat after a crash
            for text in ["first", "second"] { try DurableFiles.write(text.utf8, to: folder + "/a/b/file") }
            #expect(FileManager.default.contents(atPath: folder + "/a/b/file") == Data("second".utf8))
            #expect(try names(folder + "/a/b") == ["file"])
            let facts = try FileManager.default.attributesOfItem(atPath: folder + "/a/b/file")
            #expect(facts[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("that cannot be written are what they were, and nothing half-written stays")
    func failing() throws {
        try withFolder { folder in
            try DurableFiles.makeFolder(folder + "/taken/inner", below: folder)
            #expect(throws: DiskError.self) { try DurableFiles.write("x".utf8, to: folder + "/taken") }
            #expect(try names(folder) == ["taken"])
            let missing = #expect(throws: DiskError.self) { try DurableFiles.write("x".utf8, to: folder + "/no/file") }
            #expect(missing?.number == ENOENT)
            #expect(missing?.description.contains("/no/file") == true)
            let gone = #expect(throws: DiskError.self) { try DurableFiles.sync(folder + "/gone") }
            #expect(gone?.isFull == false)
            try DurableFiles.write("x".utf8, to: folder + "/file")
            #expect(throws: DiskError.self) { try DurableFiles.makeFolder(folder + "/file/inner", below: folder) }
        }
    }

    @Test("of a tree are synced without following links; folders above what is gone are passed over")
    func trees() throws {
        try withFolder { folder in
            try DurableFiles.makeFolder(folder + "/tree/deep", below: folder)
            try DurableFiles.write("x".utf8, to: folder + "/tree/deep/file")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/tree/nowhere", withDestinationPath: "/does/not/exist")
            try FileManager.default.createSymbolicLink(atPath: folder + "/tree/circle", withDestinationPath: "..")
            try DurableFiles.sync(tree: folder + "/tree")
            try DurableFiles.syncFolders(above: folder + "/tree/gone/too/file", upTo: folder)
            #expect(throws: DiskError.self) { try DurableFiles.sync(tree: folder + "/none") }
        }
    }
}
