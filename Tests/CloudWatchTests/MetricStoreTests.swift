import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudWatch

@Suite("The store of metric samples")
struct MetricStoreTests {
    private static let series = Series(
        scope: "1/eu/", metric: MetricID("App", "Latency", [Dimension("b", "2"), Dimension("a", "1")]))
    private static let start: Int64 = 1_750_000_020  // a whole minute

    private func store(_ ledger: Ledger) -> MetricStore { MetricStore(ledger: ledger, bell: AlarmBell()) }

    private func sum(_ store: MetricStore, from: Int64 = start - 86_400 * 500, to: Int64 = start + 86_400) async throws
        -> Double
    {
        try await store.points(Self.series, from: from, to: to).values.reduce(0) { $0 + $1.sum }
    }

    private static let steps: [@Sendable (MetricStore) async throws -> Void] = [
        { try await $0.flush() }, { try await $0.compact() }, { try await $0.sweep() }, { _ in },
    ]

    @Test(
        "finds every sample exactly once, whatever was flushed, compacted or swept in between",
        arguments: 1...12 as ClosedRange<UInt64>)
    func everySampleOnce(seed: UInt64) async throws {
        let chance = SeededChance(seed: seed)
        let time = VirtualTime(now: Timestamp(seconds: Double(Self.start)))
        try await withTemporaryLedger(Surroundings(time: time, chance: chance)) { ledger in
            let store = store(ledger)
            var total = 0.0
            for turn in 1...60 {
                let second = Self.start + Int64(turn) - Int64(chance.next() % 5000)
                try store.add(
                    Self.series, Distribution(Double(turn)), unit: "None", at: second,
                    resolution: chance.next() % 2 == 0 ? .second : .minute)
                total += Double(turn)
                try await Self.steps[Int(chance.next() % 4)](store)
                if chance.next() % 8 == 0 { time.advance(by: .seconds(1800)) }
                #expect(try await sum(store) == total, "seed \(seed), turn \(turn)")
            }
        }
    }

    @Test("gives back after a crash all that was flushed, once", arguments: [0, 1, 2, 3])
    func recovers(compactions: Int) async throws {
        let time = VirtualTime(now: Timestamp(seconds: Double(Self.start)))
        try await withTemporaryLedger(Surroundings(time: time)) { ledger in
            let first = store(ledger)
            for turn in 0..<4 {
                try first.add(Self.series, Distribution(1), unit: "None", at: Self.start, resolution: .second)
                try await first.flush()
                if turn < compactions { try await first.compact() }
            }
            let second = store(ledger)
            try await second.recover()
            #expect(try await sum(second) == 4)
            try second.add(Self.series, Distribution(1), unit: "None", at: Self.start, resolution: .second)
            try await second.flush()
            try await second.compact()
            let third = store(ledger)
            try await third.recover()
            #expect(try await sum(third) == 5)
        }
    }

    @Test(
        "keeps samples by the second for 3 hours, then by the minute, 5 minutes, hour, and forgets them after 455 days")
    func ages() async throws {
        let time = VirtualTime(now: Timestamp(seconds: Double(Self.start)))
        try await withTemporaryLedger(Surroundings(time: time)) { ledger in
            let store = store(ledger)
            try store.add(Self.series, Distribution(7), unit: "None", at: Self.start + 7, resolution: .second)
            try await store.flush()
            try await store.compact()
            try await store.sweep()
            var tiers: [Tier?] = []
            for hours in [1, 4, 16 * 24, 64 * 24, 480 * 24] {
                time.advance(to: Timestamp(seconds: Double(Self.start + Int64(hours) * 3600)))
                try await store.sweep()
                tiers.append(
                    try await store.points(Self.series, from: Self.start - 3600, to: Self.start + 3600).keys.first?.tier
                )
            }
            #expect(tiers == [.second, .minute, .fiveMinutes, .hour, nil])
        }
    }

    @Test("knows a metric by its dimensions in any order, and lists it before and after it is stored")
    func lists() async throws {
        try await withTemporaryLedger(Surroundings(time: VirtualTime(now: Timestamp(seconds: Double(Self.start))))) {
            ledger in
            let store = store(ledger)
            store.record("App", "Latency", dimensions: [("a", "1"), ("b", "2")], value: 3, account: "1", region: "eu")
            #expect(try await sum(store) == 3)
            for _ in 0..<2 {
                let listed = try await store.metrics(scope: "1/eu/", prefix: "", since: Self.start - 60)
                #expect(listed.map(\.metric) == [Self.series.metric])
                try await store.flush()
                try await store.compact()
            }
            #expect(try await store.metrics(scope: "1/eu/", prefix: "", since: Self.start + 60).isEmpty)
            #expect(try await store.metrics(scope: "2/eu/", prefix: "", since: 0).isEmpty)
        }
    }
}
