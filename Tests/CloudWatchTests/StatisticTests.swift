import Foundation
import LedgerTesting
import Notation
import Testing

@testable import CloudWatch
import Ledger

@Suite("Statistics")
struct StatisticTests {
    private static let hundred = (1...100).reduce(into: Distribution()) { $0.add(Double($1)) }

    @Test(
        "of 1 to 100 are what the guide's definitions give",
        arguments: [
            ("SampleCount", 100), ("Sum", 5050), ("Average", 50.5), ("Minimum", 1), ("Maximum", 100), ("p50", 50.5),
            ("p0", 1), ("p100", 100),
            ("p99", 99.01), ("tm90", 45.5), ("TM(10%:90%)", 50.5), ("TM(:50)", 25.5), ("TM(99:)", 99.5), ("tc90", 90),
            ("TC(1:10)", 10),
            ("ts50", 1275), ("PR(:50)", 50), ("PR(11:20)", 10), ("IQM", 50.5),
        ] as [(String, Double)])
    func values(name: String, expected: Double) throws {
        let value = try #require(Statistic(name)?.value(of: Self.hundred))
        #expect(abs(value - expected) < 0.011, "\(name) is \(value)")
    }

    @Test(
        "that are none are refused",
        arguments: ["p101", "p-1", "Median", "tm", "TM(10%:20)", "TM(:)", "PR(10%:90%)", "pr5", "p", "tm1x"])
    func refused(name: String) { #expect(Statistic(name) == nil) }

    @Test("of sums without values know no percentiles, unless all values must be the same")
    func statisticSets() {
        var sums = Distribution()
        sums.add(count: 10, sum: 100, minimum: 5, maximum: 15)
        #expect(Statistic("p90")?.value(of: sums) == nil)
        #expect(Statistic("Average")?.value(of: sums) == 10)
        var same = Distribution()
        same.add(count: 10, sum: 50, minimum: 5, maximum: 5)
        #expect(Statistic("p90")?.value(of: same) == 5)
    }

    @Test(
        "of many different values stay within one percent, and their memory bounded", arguments: [1, 2, 3] as [UInt64])
    func bounded(seed: UInt64) throws {
        let chance = SeededChance(seed: seed)
        var samples = Distribution()
        var exact: [Double] = []
        for _ in 0..<5000 {
            let value = exp(chance.fraction() * 9)
            samples.add(value)
            exact.append(value)
        }
        exact.sort()
        #expect((samples.ordered?.count ?? 0) < 600)
        for percent in [1.0, 25, 50, 90, 99] {
            let found = try #require(Statistic("p\(percent)")?.value(of: samples))
            let truth = exact[Int(percent / 100 * 4999)]
            #expect(abs(found / truth - 1) < 0.02, "p\(percent) is \(found), truly \(truth)")
        }
        #expect(samples.minimum == exact.first && samples.maximum == exact.last)
    }

    @Test("survive being stored, and merged in any order come to the same")
    func merging() throws {
        let parts = [Distribution(3), Distribution(5, count: 2), Self.hundred]
        let forward = parts.reduce(into: Distribution()) { $0.merge($1) }
        let backward = parts.reversed().reduce(into: Distribution()) { $0.merge($1) }
        #expect(forward == backward)
        #expect(try JSON(parsing: JSON(encoding: forward).text()).decode(Distribution.self) == forward)
    }

    @Test(
        "are low in samples below 10 / (1 - p)",
        arguments: [("p99", 999, true), ("p99", 1000, false), ("p50", 19, true), ("p50", 20, false), ("Sum", 1, false)])
    func lowSamples(name: String, count: Int, isLow: Bool) throws {
        #expect(try #require(Statistic(name)).isLow(Distribution(1, count: Double(count))) == isLow)
    }
}
