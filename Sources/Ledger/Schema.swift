internal import GRDB

/// The tables of the ledger. Migrations are append-only: a published one never changes.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("2026-11 documents") { db in
            try db.execute(
                sql: """
                    CREATE TABLE document (
                        collection TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL,
                        PRIMARY KEY (collection, key)) WITHOUT ROWID;
                    CREATE TABLE lookup (
                        collection TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, key TEXT NOT NULL,
                        PRIMARY KEY (collection, name, value, key)) WITHOUT ROWID;
                    CREATE INDEX lookup_by_key ON lookup (collection, key);
                    """)
        }
        migrator.registerMigration("2026-11 events") { db in
            try db.execute(
                sql: """
                    CREATE TABLE event (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL,
                        source TEXT NOT NULL, detailType TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
                        resources TEXT NOT NULL, detail TEXT NOT NULL);
                    CREATE TABLE cursor (name TEXT PRIMARY KEY NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2026-11 machines") { db in
            try db.execute(
                sql: """
                    CREATE TABLE machine (
                        kind TEXT NOT NULL, id TEXT NOT NULL, stateVersion INTEGER NOT NULL, snapshot BLOB NOT NULL,
                        snapshotStep INTEGER NOT NULL, step INTEGER NOT NULL, wake INTEGER, finished INTEGER NOT NULL,
                        PRIMARY KEY (kind, id)) WITHOUT ROWID;
                    CREATE INDEX machine_unfinished ON machine (kind) WHERE finished = 0;
                    CREATE TABLE machineStep (
                        kind TEXT NOT NULL, id TEXT NOT NULL, step INTEGER NOT NULL, time INTEGER NOT NULL, event BLOB NOT NULL,
                        PRIMARY KEY (kind, id, step)) WITHOUT ROWID;
                    CREATE TABLE machineCommand (
                        kind TEXT NOT NULL, id TEXT NOT NULL, step INTEGER NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL,
                        PRIMARY KEY (kind, id, step, place)) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2026-11 leases") { db in
            try db.execute(
                sql: """
                    CREATE TABLE lease (name TEXT PRIMARY KEY NOT NULL, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2026-11 blobs") { db in
            try db.execute(
                sql: """
                    CREATE TABLE blob (id TEXT PRIMARY KEY NOT NULL, size INTEGER NOT NULL, body BLOB) WITHOUT ROWID;
                    """)
        }
        // A row is read and written whole, however little of it changes: a large snapshot must not lie in one that every
        // step changes. Those of before stay where they are until the machine's next snapshot.
        migrator.registerMigration("2026-11 large snapshots") { db in
            try db.execute(
                sql: """
                    CREATE TABLE machineSnapshot (
                        kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id));
                    """)
        }
        return migrator
    }
}
