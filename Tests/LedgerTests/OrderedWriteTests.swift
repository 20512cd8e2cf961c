import Foundation
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import Ledger

/// A ledger that comes to its disk only when it is asked to, and counts that.
private final class Disk: Sendable {
    let syncs = Atomic(0)
    let isBroken = Atomic(false)
    struct Broken: Error {}

    func withLedger(_ body: (Ledger) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ordered-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(
            try Ledger(folder: folder, syncDelay: .seconds(3_600)) { _ in
                if self.isBroken.load(ordering: .sequentiallyConsistent) { throw Broken() }
                self.syncs.add(1, ordering: .sequentiallyConsistent)
            })
    }

    var count: Int { syncs.load(ordering: .sequentiallyConsistent) }
}

/// Notes that something happened.
private final class Flag: Sendable {
    private let state = Atomic(false)
    var isRaised: Bool { state.load(ordering: .sequentiallyConsistent) }
    func raise() { state.store(true, ordering: .sequentiallyConsistent) }
}

private let notes = Collection<String>("notes")

extension Ledger {
    fileprivate func note(_ key: String, _ durability: Durability, then flag: Flag? = nil) async throws {
        try await Ledger.withDurability(durability) {
            try await write { transaction in
                try transaction.put(notes, key, key)
                try transaction.append(
                    LedgerEvent(
                        time: transaction.now, source: "test", detailType: key, account: "1", region: "r", detail: [:]))
                if let flag { transaction.onceVisible { flag.raise() } }
            }
        }
    }

    fileprivate var told: [String] {
        get async throws { try await events(after: 0).map(\.event.detailType) }
    }
}

@Suite("Ordered writes")
struct OrderedWriteTests {
    @Test("are seen at once; the log tells of them when they are on disk")
    func visibility() async throws {
        let disk = Disk()
        try await disk.withLedger { ledger in
            let seen = Flag()
            try await ledger.note("a", .ordered, then: seen)
            #expect(try await ledger.get(notes, "a")?.value == "a")
            #expect(try await ledger.list(notes).map(\.key) == ["a"])
            #expect(seen.isRaised)
            #expect(try await ledger.told == [])
            #expect(ledger.lastSequence == 0)
            #expect(disk.count == 0)
            try await ledger.synced()
            #expect(disk.count == 1)
            #expect(try await ledger.told == ["a"])
            try await ledger.synced()
            #expect(disk.count == 1, "nothing is owed any more")
        }
    }

    @Test("go to disk with the next synced one, in their order")
    func order() async throws {
        let disk = Disk()
        try await disk.withLedger { ledger in
            for key in ["a", "b"] { try await ledger.note(key, .ordered) }
            try await ledger.note("c", .synced)
            #expect(try await ledger.told == ["a", "b", "c"])
            #expect(disk.count == 0, "SQLite's own sync takes all along")
            try await ledger.synced()
            #expect(disk.count == 0)
        }
    }

    @Test("are synced by a write that is to be on disk, although that one changes nothing or fails")
    func emptyWrites() async throws {
        let disk = Disk()
        try await disk.withLedger { ledger in
            try await ledger.note("a", .ordered)
            try await ledger.write { _ in }
            #expect(disk.count == 1)
            try await ledger.note("b", .ordered)
            struct Refused: Error {}
            await #expect(throws: Refused.self) {
                try await ledger.write { transaction in
                    try transaction.put(notes, "never", "x")
                    throw Refused()
                }
            }
            try await eventually("the sync") { disk.count == 2 ? true : nil }
            try await eventually("the event") { try await ledger.told == ["a", "b"] ? true : nil }
        }
    }

    @Test("that wait for the commit to be on disk have it synced at once")
    func afterCommit() async throws {
        let disk = Disk()
        try await disk.withLedger { ledger in
            let flag = Flag()
            try await Ledger.withDurability(.ordered) {
                try await ledger.write { transaction in
                    try transaction.put(notes, "a", "a")
                    transaction.afterCommit { flag.raise() }
                }
            }
            try await eventually("the sync that nobody else asks for") { flag.isRaised ? true : nil }
            #expect(disk.count == 1)
        }
    }

    @Test("that fail owe nothing")
    func failing() async throws {
        let disk = Disk()
        try await disk.withLedger { ledger in
            struct Refused: Error {}
            await #expect(throws: Refused.self) {
                try await Ledger.withDurability(.ordered) { try await ledger.write { _ in throw Refused() } }
            }
            try await ledger.synced()
            #expect(disk.count == 0)
        }
    }

    @Test("come to disk soon when nobody asks")
    func soon() async throws {
        try await withTemporaryLedger { ledger in
            try await ledger.note("a", .ordered)
            try await eventually("the event in the log") { try await ledger.told == ["a"] ? true : nil }
        }
    }

    @Test("are kept when the ledger is closed, and are told")
    func closing() async throws {
        let disk = Disk()
        try await disk.withLedger { ledger in
            try await ledger.note("a", .ordered)
            try ledger.close()
            let again = try Ledger(folder: ledger.folder)
            #expect(try await again.get(notes, "a")?.value == "a")
            #expect(try await again.told == ["a"])
        }
    }

    @Test("of a disk that fails are told to nobody, and nothing is written any more")
    func brokenDisk() async throws {
        let disk = Disk()
        try await disk.withLedger { ledger in
            try await ledger.note("a", .ordered)
            disk.isBroken.store(true, ordering: .sequentiallyConsistent)
            let failure = await #expect(throws: LedgerError.self) { try await ledger.synced() }
            #expect(failure?.code == .unusable)
            disk.isBroken.store(false, ordering: .sequentiallyConsistent)  // the system has forgotten what it lost
            for durability in [Durability.ordered, .synced] {
                await #expect(throws: LedgerError.self) { try await ledger.note("b", durability) }
            }
            await #expect(throws: LedgerError.self) { try await ledger.synced() }
            #expect(try await ledger.told == [])
            #expect(try await ledger.get(notes, "b") == nil)
        }
    }
}

/// Counts to a goal, each step a command.
private struct Steps: Machine {
    enum Event: Codable, Sendable { case start, done, woken }
    enum Command: Codable, Sendable { case step(Int) }
    static let kind = "steps"
    static var woken: Event { .woken }
    let goal: Int
    var count = 0

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        if case .done = event { count += 1 }
        var reaction = Reaction<Command>(count < goal ? [.step(count)] : [])
        reaction.isFinished = count == goal
        return reaction
    }
}

private struct Stepper: Performer {
    typealias Engine = Steps
    let ledger: Ledger
    let isWithin: Bool

    func isWithinLedger(_ command: Steps.Command) -> Bool { isWithin }
    func perform(_ command: Steps.Command, of id: String, key: String) async throws -> Steps.Event? {
        try await ledger.write { try $0.put(notes, key, key) }
        return .done
    }
}

@Suite("Commands within the ledger")
struct CommandDurabilityTests {
    @Test("are carried out and settled without waiting for the disk; others wait each time", arguments: [true, false])
    func steps(isWithin: Bool) async throws {
        let disk = Disk()
        try await disk.withLedger { ledger in
            let runner = MachineRunner<Steps>(ledger: ledger)
            runner.use(Stepper(ledger: ledger, isWithin: isWithin))
            try await withRunning([runner]) {
                try await ledger.write { _ = try runner.begin("m", Steps(goal: 20), with: .start, in: $0) }
                try await eventually("the end") { try await runner.machine("m")?.count == 20 ? true : nil }
            }
            #expect(disk.count == 0, "who does not wait is not synced for; who does is synced by SQLite")
            try await ledger.synced()
            #expect(disk.count == (isWithin ? 1 : 0), "all of it at once, when somebody asks")
            #expect(try await ledger.list(notes).count == 20)
        }
    }
}
