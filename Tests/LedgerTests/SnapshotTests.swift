import Foundation
import GRDB
import Notation
import Testing

@testable import Ledger

/// As large as its last event says.
private struct Balloon: Machine {
    enum Event: Codable, Sendable { case blow(Int), woken }
    enum Command: Codable, Sendable { case nothing }
    static let kind = "balloon"
    static var woken: Event { .woken }
    var air = ""

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        if case .blow(let size) = event { air = String(repeating: "a", count: size) }
        return Reaction()
    }
}

@Suite("Snapshots of machines")
struct SnapshotTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("balloon-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func withBalloon(_ folder: String, _ body: (Ledger, MachineRunner<Balloon>) async throws -> Void)
        async throws
    {
        let ledger = try Ledger(folder: folder)
        let runner = MachineRunner<Balloon>(ledger: ledger)
        try await ledger.write { _ = try runner.begin("b", Balloon(), with: .blow(0), in: $0) }
        try await body(ledger, runner)
        try ledger.close()
    }

    private func largeOnes(_ ledger: Ledger) async throws -> Int {
        try await ledger.pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM machineSnapshot") ?? 0 }
    }

    @Test("stand in the machine's row while they are small, in a table of their own when they are large")
    func sizes() async throws {
        try await withFolder { folder in
            for size in [10, 10_000, 30_000, 20, 50_000] {
                try await withBalloon(folder) { ledger, runner in
                    // Of a large machine only the event is written, until the events weigh as much as the snapshot.
                    for _ in 0..<(size < 4_096 ? 3_000 : 1) { try await runner.send(.blow(size), to: "b") }
                    if size < 4_096 { #expect(try await largeOnes(ledger) == 0, "\(size)") }
                }
                try await withBalloon(folder) { _, runner in
                    let found = try await runner.machine("b")
                    #expect(found?.air.count == size)
                }
            }
            try await withBalloon(folder) { ledger, runner in
                #expect(try await largeOnes(ledger) == 1)
                try await ledger.write { try runner.remove("b", in: $0) }
                #expect(try await largeOnes(ledger) == 0)
            }
        }
    }

    @Test("that an older Slipway left in the machine's row are read, and move at the next one")
    func older() async throws {
        try await withFolder { folder in
            try await withBalloon(folder) { ledger, runner in
                try await runner.send(.blow(10_000), to: "b")
                #expect(try await largeOnes(ledger) == 1)
                try await ledger.pool.write { db in
                    try db.execute(
                        sql: """
                            UPDATE machine SET snapshot = (SELECT body FROM machineSnapshot WHERE id = machine.id);
                            DELETE FROM machineSnapshot;
                            """)
                }
            }
            try await withBalloon(folder) { ledger, runner in
                #expect(try await runner.machine("b")?.air.count == 10_000)
                for _ in 0..<1_000 { try await runner.send(.blow(10_001), to: "b") }
                #expect(try await largeOnes(ledger) == 1)
            }
            try await withBalloon(folder) { _, runner in
                let found = try await runner.machine("b")
                #expect(found?.air.count == 10_001)
            }
        }
    }
}
