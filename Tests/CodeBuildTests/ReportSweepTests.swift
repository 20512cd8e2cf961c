import Cloud
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CodeBuild

@Suite("The sweep of reports")
struct ReportSweepTests {
    private static let arn = "arn:aws:codebuild:eu-west-1:123456789012:report/g:"

    private func put(_ name: String, made: Timestamp, on ledger: Ledger) async throws {
        let report = Report(
            arn: Self.arn + name, name: name, type: "TEST", group: "g", build: "b", status: "SUCCEEDED", created: made,
            exportConfig: [:], scope: "123456789012/eu-west-1/")
        try await ledger.write { transaction in
            try transaction.put(Report.collection, report.arn, report)
            try transaction.put(ReportContents.collection, report.arn, ReportContents())
        }
    }

    private func names(_ ledger: Ledger) async throws -> [String] {
        try await ledger.list(Report.collection).map(\.value.name).sorted()
    }

    @Test("Reports go with their contents 30 days after they were made, not an hour more")
    func course() async throws {
        let time = VirtualTime()
        let start = time.now
        try await withTemporaryLedger(Surroundings(time: time, chance: SeededChance(seed: 1))) { ledger in
            try await put("old", made: start - .seconds(86_400), on: ledger)
            try await put("new", made: start, on: ledger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await ReportSweep(ledger: ledger).run() }
                try await hours(29 * 24 - 1, time)
                #expect(try await names(ledger) == ["new", "old"])
                try await hours(1, time)
                #expect(try await names(ledger) == ["new"])
                try await hours(24, time)
                #expect(try await names(ledger).isEmpty)
                #expect(try await ledger.list(ReportContents.collection).isEmpty)
                group.cancelAll()
            }
        }
    }

    @Test("A sweep goes over more reports than one page")
    func pages() async throws {
        let time = VirtualTime()
        try await withTemporaryLedger(Surroundings(time: time, chance: SeededChance(seed: 1))) { ledger in
            for place in 0..<1_001 {
                try await put("\(place)", made: time.now - .seconds(place % 2 == 0 ? 0 : 31 * 86_400), on: ledger)
            }
            try await ReportSweep(ledger: ledger).sweep()
            #expect(try await names(ledger).count == 501)
        }
    }

    /// Lets hours pass, one after the other, each when the sweep has gone to sleep again.
    private func hours(_ count: Int, _ time: VirtualTime) async throws {
        for _ in 0..<count {
            try await eventually("the sweep sleeps") { time.sleeperCount > 0 ? true : nil }
            time.advance(by: .seconds(3600))
        }
        try await eventually("the sweep sleeps") { time.sleeperCount > 0 ? true : nil }
    }
}
