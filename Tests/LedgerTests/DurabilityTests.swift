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
}
