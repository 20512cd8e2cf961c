import Foundation
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

/// Counts to a goal: each step asks the outside for one more, and rests a minute half-way.
private struct Counter: Machine {
    enum Event: Codable, Sendable { case start, added(Int), woken }
    enum Command: Codable, Sendable, Equatable { case add(Int) }
    static let kind = "counter"
    static var woken: Event { .woken }
    var goal: Int
    var count = 0
    var hasRested = false
    var padding = ""

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        switch event {
        case .start: break
        case .added(let number):
            guard number == count + 1, !isResting else { return Reaction() }
            count = number
        case .woken:
            guard isResting else { return Reaction() }
            hasRested = true
        }
        var reaction = Reaction<Command>()
        if isResting {
            reaction.wake = .at(now + .seconds(60))
        } else if count < goal {
            reaction.commands = [.add(count + 1)]
        } else {
            reaction.isFinished = true
        }
        return reaction
    }

    private var isResting: Bool { count == goal / 2 && !hasRested }
}

private struct Adder: Performer {
    typealias Engine = Counter
    let keys = Keys()
    final class Keys: Sendable {
        let seen = Mutex<[String: Int]>([:])
    }
    func perform(_ command: Counter.Command, of id: String, key: String) async throws -> Counter.Event? {
        let times = keys.seen.withLock { seen in
            seen[key, default: 0] += 1
            return seen[key] ?? 0
        }
        struct Flaky: Error {}
        guard case .add(let number) = command else { return nil }
        if number % 4 == 3, times == 1 { throw Flaky() }
        return .added(number)
    }
}

@Suite("Machines")
struct MachineTests {
    @Test("run to their end, timers and failed attempts included, however large their state", arguments: [0, 20_000])
    func run(padding: Int) async throws {
        let time = VirtualTime()
        try await withTemporaryLedger(Surroundings(time: time, chance: SeededChance(seed: 1))) { ledger in
            let runner = MachineRunner<Counter>(ledger: ledger)
            runner.use(Adder())
            try await withRunning([runner]) {
                try await ledger.write { write in
                    try runner.begin(
                        "c", Counter(goal: 20, padding: String(repeating: "x", count: padding)), with: .start, in: write
                    )
                }
                _ = try await eventually("the end") {
                    if let wake = time.nextWake { time.advance(to: wake) }
                    return try await runner.machine("c")?.count == 20 ? true : nil
                }
            }
            #expect(try await runner.history(of: "c").count == 22)
        }
    }

    @Test("left half-way are taken up by the next process from the last committed step")
    func resume() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let time = VirtualTime()
        for turn in 0..<2 {
            let ledger = try Ledger(folder: folder, surroundings: Surroundings(time: time))
            let runner = MachineRunner<Counter>(ledger: ledger)
            runner.use(Adder())
            if turn == 0 {
                try await ledger.write {
                    try runner.begin(
                        "c", Counter(goal: 6, padding: String(repeating: "y", count: 9000)), with: .start, in: $0)
                }
            }
            try await withRunning([runner]) {
                _ = try await eventually("turn \(turn)") {
                    let count = try await runner.machine("c")?.count
                    // In the first turn only retries are let through, not the minute's rest.
                    if let wake = time.nextWake, turn == 1 || wake < time.now + .seconds(1) { time.advance(to: wake) }
                    return count == (turn == 0 ? 3 : 6) ? true : nil
                }
            }
            try ledger.close()
        }
    }

    @Test("a projection that throws undoes the step")
    func projection() async throws {
        struct No: Error {}
        try await withTemporaryLedger { ledger in
            let runner = MachineRunner<Counter>(ledger: ledger) { _, _, before, _ in if before != nil { throw No() } }
            try await ledger.write { try runner.begin("c", Counter(goal: 9), with: .start, in: $0) }
            await #expect(throws: No.self) { try await runner.send(.added(1), to: "c") }
            #expect(try await runner.machine("c")?.count == 0)
        }
    }

    @Test("bear repeats, doubles, crashes and early timers", arguments: 0..<200)
    func simulation(seed: Int) throws {
        var course = MachineSimulation(Counter(goal: 12), seed: UInt64(seed), roughness: .rough)
        try course.send(.start)
        try course.run { command, _, _ in
            guard case .add(let number) = command else { return nil }
            return .added(number)
        }
        #expect(course.isFinished)
        #expect(course.engine.count == 12)
    }
}
