internal import Foundation
internal import GRDB
internal import Notation

/// Machines as they are stored: a snapshot now and then, and every event since.
///
/// A small machine is written whole at each step. Of a large one only the event is, until the events since the last snapshot
/// weigh as much as the snapshot itself; so a step costs in proportion to its event, however large the machine is.
struct MachineStore<Engine: Machine> {
    /// Snapshots below this many bytes are renewed at every step.
    private static var smallSnapshot: Int { 4096 }

    /// A machine as it stands.
    struct Live: Sendable {
        var engine: Engine
        var step: Int
        var snapshotBytes: Int
        var bytesSinceSnapshot: Int
        var wake: Timestamp?
        var isFinished: Bool
    }

    private var space: String { "machine " + Engine.kind }

    func load(_ id: String, _ transaction: Transaction) throws -> Live? {
        if let entry = transaction.cached(space, id) {
            let document: Document<Live>? = entry.document(id)
            return document?.value
        }
        guard let live = try load(id, transaction.db) else { return nil }
        remember(live, id, transaction)
        return live
    }

    func load(_ id: String, _ db: Database) throws -> Live? {
        let statement = try db.cachedStatement(
            sql: "SELECT snapshot, snapshotStep, step, wake, finished FROM machine WHERE kind = ? AND id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [Engine.kind, id]) else { return nil }
        var snapshot: Data = row[0]
        let snapshotStep: Int = row[1]
        if snapshot.isEmpty {
            snapshot =
                try Data.fetchOne(
                    db.cachedStatement(sql: "SELECT body FROM machineSnapshot WHERE kind = ? AND id = ?"),
                    arguments: [Engine.kind, id]) ?? snapshot
        }
        var live = Live(
            engine: try read(snapshot, id), step: row[2], snapshotBytes: snapshot.count, bytesSinceSnapshot: 0,
            wake: (row[3] as Int64?).map { Timestamp(microseconds: $0) }, isFinished: row[4])
        guard live.step > snapshotStep else { return live }
        let steps = try Row.fetchAll(
            db, sql: "SELECT time, event FROM machineStep WHERE kind = ? AND id = ? AND step > ? ORDER BY step",
            arguments: [Engine.kind, id, snapshotStep])
        for step in steps {
            let event: Data = step[1]
            _ = live.engine.advance(try read(event, id), now: Timestamp(microseconds: step[0]))
            live.bytesSinceSnapshot += event.count
        }
        return live
    }

    private func read<Value: Decodable>(_ data: Data, _ id: String) throws -> Value {
        do {
            return try data.withUnsafeBytes { try JSON(parsing: $0) }.decode(Value.self)
        } catch {
            throw LedgerError(.unreadable, "The \(Engine.kind) '\(id)' cannot be read by this version: \(error)")
        }
    }

    private static var insertion: String {
        """
        INSERT INTO machine (snapshot, snapshotStep, step, wake, finished, kind, id, stateVersion)
        VALUES (?, ?, ?, ?, ?, ?, ?, 1)
        """
    }
    private static var renewal: String {
        "UPDATE machine SET snapshot = ?, snapshotStep = ?, step = ?, wake = ?, finished = ? WHERE kind = ? AND id = ?"
    }

    /// Writes the state after a step, and the event that led to it. The first step makes the machine.
    func save(
        _ live: inout Live, after event: Engine.Event, at time: Timestamp, _ id: String, _ transaction: Transaction
    ) throws {
        let body = Data(try JSON.bytes(encoding: event))
        live.bytesSinceSnapshot += body.count
        try transaction.db.cachedStatement(
            sql: "INSERT INTO machineStep (kind, id, step, time, event) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [Engine.kind, id, live.step, time.microseconds, body])
        let isDue =
            live.isFinished || live.snapshotBytes < Self.smallSnapshot || live.bytesSinceSnapshot >= live.snapshotBytes
        if isDue {
            try saveSnapshot(&live, id, transaction)
            try forgetSteps(before: live.step, id, transaction)
        } else {
            // The last step always has a snapshot. Not naming `finished` here leaves its index alone.
            try transaction.db.cachedStatement(sql: "UPDATE machine SET step = ?, wake = ? WHERE kind = ? AND id = ?")
                .execute(arguments: [live.step, live.wake?.microseconds, Engine.kind, id])
        }
        remember(live, id, transaction)
    }

    /// A small one stands in the machine's own row, a large one in a table of its own.
    private func saveSnapshot(_ live: inout Live, _ id: String, _ transaction: Transaction) throws {
        let snapshot = Data(try JSON.bytes(encoding: live.engine))
        let (isLarge, wasLarge) = (snapshot.count >= Self.smallSnapshot, live.snapshotBytes >= Self.smallSnapshot)
        live.snapshotBytes = snapshot.count
        live.bytesSinceSnapshot = 0
        try transaction.db.cachedStatement(sql: live.step == 1 ? Self.insertion : Self.renewal).execute(arguments: [
            isLarge ? Data() : snapshot, live.step, live.step, live.wake?.microseconds, live.isFinished, Engine.kind,
            id,
        ])
        if isLarge {
            let upsert = try transaction.db.cachedStatement(
                sql: """
                    INSERT INTO machineSnapshot (kind, id, body) VALUES (?, ?, ?)
                    ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body
                    """)
            try upsert.execute(arguments: [Engine.kind, id, snapshot])
        } else if wasLarge {
            try transaction.db.cachedStatement(sql: "DELETE FROM machineSnapshot WHERE kind = ? AND id = ?")
                .execute(arguments: [Engine.kind, id])
        }
    }

    /// Of a machine that does not finish only the last steps are kept, and never fewer than a snapshot needs.
    private func forgetSteps(before step: Int, _ id: String, _ transaction: Transaction) throws {
        guard Engine.keptSteps < step else { return }
        try transaction.db.cachedStatement(sql: "DELETE FROM machineStep WHERE kind = ? AND id = ? AND step <= ?")
            .execute(arguments: [Engine.kind, id, step - Engine.keptSteps])
    }

    private func remember(_ live: Live, _ id: String, _ transaction: Transaction) {
        transaction.remember(
            space, id,
            .init(live: live, version: live.step + 1, bytes: live.snapshotBytes * 4 + live.bytesSinceSnapshot))
    }

    // MARK: Commands

    func addCommands(_ commands: [Engine.Command], _ id: String, step: Int, _ transaction: Transaction) throws
        -> [PendingCommand<Engine>]
    {
        try commands.enumerated().map { place, command in
            let body = Data(try JSON.bytes(encoding: command))
            try transaction.db.cachedStatement(
                sql: "INSERT INTO machineCommand (kind, id, step, place, body) VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: [Engine.kind, id, step, place, body])
            return PendingCommand(id: id, step: step, place: place, command: command)
        }
    }

    /// Takes the command off the list. False when it was not on it (any more).
    func removeCommand(_ pending: PendingCommand<Engine>, _ transaction: Transaction) throws -> Bool {
        try transaction.db.cachedStatement(
            sql: "DELETE FROM machineCommand WHERE kind = ? AND id = ? AND step = ? AND place = ?"
        ).execute(arguments: [Engine.kind, pending.id, pending.step, pending.place])
        return transaction.db.changesCount > 0
    }

    func removeCommands(_ id: String, _ transaction: Transaction) throws {
        try transaction.db.cachedStatement(sql: "DELETE FROM machineCommand WHERE kind = ? AND id = ?")
            .execute(arguments: [Engine.kind, id])
    }

    /// Removes all trace of the machine. Does nothing when there is none.
    func remove(_ id: String, _ transaction: Transaction) throws {
        for table in ["machine", "machineSnapshot", "machineStep", "machineCommand"] {
            try transaction.db.execute(
                sql: "DELETE FROM \(table) WHERE kind = ? AND id = ?", arguments: [Engine.kind, id])
        }
        transaction.remember(space, id, .none)
    }

    // MARK: What a start has to take up again

    func pendingCommands(_ db: Database) throws -> [PendingCommand<Engine>] {
        try Row.fetchAll(
            db, sql: "SELECT id, step, place, body FROM machineCommand WHERE kind = ? ORDER BY step, place",
            arguments: [Engine.kind]
        ).map { row in
            PendingCommand(id: row[0], step: row[1], place: row[2], command: try read(row[3], row[0]))
        }
    }

    func wakes(_ db: Database) throws -> [(id: String, at: Timestamp)] {
        try Row.fetchAll(
            db, sql: "SELECT id, wake FROM machine WHERE kind = ? AND finished = 0 AND wake IS NOT NULL",
            arguments: [Engine.kind]
        ).map { ($0[0], Timestamp(microseconds: $0[1])) }
    }

    func history(_ id: String, _ db: Database) throws -> [(time: Timestamp, event: Engine.Event)] {
        try Row.fetchAll(
            db, sql: "SELECT time, event FROM machineStep WHERE kind = ? AND id = ? ORDER BY step",
            arguments: [Engine.kind, id]
        ).map { (Timestamp(microseconds: $0[0]), try read($0[1], id)) }
    }
}

/// A command on its way, and which one it is.
struct PendingCommand<Engine: Machine>: Sendable {
    let id: String
    let step: Int
    let place: Int
    let command: Engine.Command

    /// The same for every attempt at this command, and for no other command.
    var key: String { "\(Engine.kind)/\(id)/\(step)/\(place)" }
}
