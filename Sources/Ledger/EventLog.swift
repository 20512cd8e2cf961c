internal import Foundation
internal import GRDB
internal import Notation
internal import Synchronization

extension Transaction {
    /// Adds the event to the log. An event whose id is in the log already is left out, so that a repeat adds nothing.
    package func append(_ event: LedgerEvent) throws {
        let id = event.id.isEmpty ? surroundings.chance.uuid() : event.id
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO event (id, time, source, detailType, account, region, resources, detail)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let resources = JSON.array(event.resources.map(JSON.string)).text()
        let detail = event.detail.text()
        try statement.execute(arguments: [
            id, event.time.microseconds, event.source, event.detailType, event.account, event.region, resources, detail,
        ])
        guard db.changesCount > 0 else { return }
        var event = event
        event.id = id
        let logged = LoggedEvent(sequence: db.lastInsertedRowID, event: event)
        appended.append(EventTail.Entry(logged: logged, bytes: detail.utf8.count + resources.utf8.count))
    }

    /// The place of the newest event, those of this write included; 0 when there is none.
    package func lastSequence() throws -> Int64 { try EventLog.last(db) }

    /// How far the reader of that name has come; 0 at first.
    package func cursor(_ name: String) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT sequence FROM cursor WHERE name = ?", arguments: [name]) ?? 0
    }

    /// Notes how far the reader of that name has come.
    package func setCursor(_ name: String, _ sequence: Int64) throws {
        try db.cachedStatement(
            sql:
                "INSERT INTO cursor (name, sequence) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence"
        ).execute(arguments: [name, sequence])
    }
}

extension Ledger {
    /// What the log holds after that place, in order, at most `limit`. Whoever sees an event here sees all else that was
    /// written together with it.
    package func events(after sequence: Int64, limit: Int = 500) async throws -> [LoggedEvent] {
        if let newest = tail.events(after: sequence, limit: limit) { return newest }
        let last = tail.last
        return try await pool.read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT sequence, id, time, source, detailType, account, region, resources, detail FROM event
                        WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?
                        """), arguments: [sequence, last, limit]
            ).map(LoggedEvent.init)
        }
    }

    /// The place of the newest event that can be read; 0 when there is none.
    package var lastSequence: Int64 { tail.last }

    /// How far the durable reader of that name has come.
    package func cursor(_ name: String) async throws -> Int64 {
        try await pool.read { db in
            try Int64.fetchOne(db, sql: "SELECT sequence FROM cursor WHERE name = ?", arguments: [name]) ?? 0
        }
    }

    /// The log from that place on, without end: events that are there, then those that come. Ends with the task.
    package func follow(after sequence: Int64) -> EventSequence { EventSequence(ledger: self, start: sequence) }
}

/// The events of the log, those to come included.
package struct EventSequence: AsyncSequence, Sendable {
    package typealias Element = LoggedEvent
    let ledger: Ledger
    let start: Int64

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(ledger: ledger, place: start) }

    /// Fetches a page at a time and waits for the next commit when there is none.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let ledger: Ledger
        var place: Int64
        var page: ArraySlice<LoggedEvent> = []

        package mutating func next() async throws -> LoggedEvent? {
            while page.isEmpty {
                let turn = ledger.appended.turn
                page = try await ledger.events(after: place)[...]
                if page.isEmpty { try await ledger.appended.wait(after: turn) }
            }
            let event = page.removeFirst()
            place = event.sequence
            return event
        }
    }
}

/// Where the log ends.
enum EventLog {
    /// The place of the newest event on disk; 0 when there is none.
    static func last(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM event") ?? 0
    }
}

extension LoggedEvent {
    fileprivate init(_ row: Row) throws {
        let resources = try JSON(parsing: row[7] as String).array?.compactMap(\.string) ?? []
        self.init(
            sequence: row[0],
            event: LedgerEvent(
                id: row[1], time: Timestamp(microseconds: row[2]), source: row[3], detailType: row[4], account: row[5],
                region: row[6], resources: resources, detail: try JSON(parsing: row[8] as String)))
    }
}

/// Wakes whoever waits for something to happen again, such as a commit that appended events.
///
/// Read ``turn`` first, then look at what there is, then wait: what happens in between is not missed.
package final class Signal: Sendable {
    private struct State {
        var turn = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter = 0
    }
    private let state = Mutex(State())

    /// A signal that was not raised yet.
    package init() {}

    /// How often it was raised.
    package var turn: Int { state.withLock { $0.turn } }

    /// Wakes all who wait now.
    package func raise() {
        let waiters = state.withLock { state in
            state.turn += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once it was raised more often than `turn` times.
    ///
    /// - Throws: `CancellationError` when the task is cancelled first.
    package func wait(after turn: Int) async throws {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let mayGoOn = state.withLock { state in
                    guard state.turn == turn, !Task.isCancelled else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if mayGoOn { continuation.resume() }
            }
            try Task.checkCancellation()
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}
