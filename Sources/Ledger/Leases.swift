internal import GRDB
internal import Notation

extension Transaction {
    /// Takes or prolongs the lease of that name for the holder, unless somebody else holds it still.
    ///
    /// - Returns: Whether the holder has it now.
    package func takeLease(_ name: String, holder: String, for duration: Duration) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO lease (name, holder, until) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                WHERE lease.holder = excluded.holder OR lease.until <= ?
                """)
        try statement.execute(arguments: [name, holder, (now + duration).microseconds, now.microseconds])
        return db.changesCount > 0
    }

    /// Who holds the lease of that name now; nil when nobody does.
    package func leaseHolder(_ name: String) throws -> String? {
        try String.fetchOne(
            db, sql: "SELECT holder FROM lease WHERE name = ? AND until > ?", arguments: [name, now.microseconds])
    }

    /// Gives the lease back. Does nothing when the holder has it not.
    package func releaseLease(_ name: String, holder: String) throws {
        try db.execute(sql: "DELETE FROM lease WHERE name = ? AND holder = ?", arguments: [name, holder])
    }
}
