import Ledger
import LedgerTesting
import Notation
import Testing

/// Counts and never finishes; small or, with much padding, written whole only now and then.
private struct Endless: Machine {
    enum Event: Codable, Sendable { case tick, woken }
    struct Command: Codable, Sendable {}
    static let kind = "endless"
    static var woken: Event { .woken }
    static var keptSteps: Int { 10 }
    var count = 0
    var padding = ""

    mutating func advance(_ event: Event, now: Timestamp) -> Reaction<Command> {
        count += 1
        return Reaction()
    }
}

@Suite("The steps of a machine that never finishes")
struct KeptStepsTests {
    @Test("only the last ones are kept, and the state is whole after a restart", arguments: [0, 20_000])
    func keepsTheLast(_ padding: Int) async throws {
        try await withTemporaryLedger { ledger in
            let runner = MachineRunner<Endless>(ledger: ledger)
            let machine = Endless(padding: String(repeating: "x", count: padding))
            try await ledger.write { try runner.begin("one", machine, with: .tick, in: $0) }
            for _ in 0..<1500 { try await runner.send(.tick, to: "one") }
            let history = try await runner.history(of: "one")
            // A large machine's snapshot is due when the events since the last one weigh as much as it.
            #expect(padding > 0 || history.count == 10)
            #expect(try await runner.machine("one")?.count == 1501)
        }
    }
}
