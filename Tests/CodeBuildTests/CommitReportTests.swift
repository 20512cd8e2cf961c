import Cloud
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CodeBuild

@Suite("What a host is told of a build")
struct CommitReportTests {
    private static let start = Timestamp(seconds: 1_750_000_000)

    private func report() -> CommitReport {
        CommitReport(
            .init(
                owner: .root(account: "123456789012", region: "eu-west-1"), role: "r", connection: "c",
                repository: "o/r", commit: String(repeating: "a", count: 40), context: "x", target: nil, arn: "a",
                number: 1))
    }

    @Test("Beginning and end are told in order, and then it is over")
    func order() {
        var report = report()
        #expect(report.advance(.wanted(.pending), now: Self.start).commands == [.init(state: .pending)])
        // The end comes while the beginning is under way: it waits for its turn.
        #expect(report.advance(.wanted(.success), now: Self.start).commands.isEmpty)
        #expect(report.advance(.told(.pending), now: Self.start).commands == [.init(state: .success)])
        #expect(report.advance(.told(.success), now: Self.start).isFinished)
    }

    @Test("A beginning that comes after the end is not told")
    func late() {
        var report = report()
        #expect(report.advance(.wanted(.failure), now: Self.start).commands == [.init(state: .failure)])
        #expect(report.advance(.wanted(.pending), now: Self.start).commands.isEmpty)
        #expect(report.advance(.told(.failure), now: Self.start).isFinished)
    }

    @Test("Trouble that may pass is waited out, longer each time, and given up in the end")
    func trouble() throws {
        var course = MachineSimulation(report(), start: Self.start)
        var moments: [Int] = []
        try course.send(.wanted(.success))
        try course.run(world: { command, _, now in
            moments.append(Int((now - Self.start).inSeconds))
            return .failed(command.state, message: "down", mayPass: true)
        })
        #expect(moments.count == CommitReport.most && moments == moments.sorted() && moments.prefix(3) == [0, 2, 6])
        #expect(course.isFinished && course.log.map(\.detailType) == ["CodeBuild Commit Status Failed"])
    }

    @Test("A refusal of the beginning does not keep the end from being told")
    func refusal() {
        var report = report()
        _ = report.advance(.wanted(.pending), now: Self.start)
        let refused = report.advance(.failed(.pending, message: "no", mayPass: false), now: Self.start)
        #expect(refused.events.first?.detail["reason"] == "no" && !refused.isFinished && refused.commands.isEmpty)
        #expect(report.advance(.wanted(.failure), now: Self.start).commands == [.init(state: .failure)])
    }

    @Test("However rough the course, the end is told last", arguments: UInt64(0)..<100)
    func courses(_ seed: UInt64) throws {
        var course = MachineSimulation(report(), seed: seed, roughness: .rough, start: Self.start)
        let chance = SeededChance(seed: seed)
        var told: [CommitReport.State] = []
        try course.send(.wanted(.pending))
        try course.send(.wanted(.error))
        try course.run(world: { command, _, _ in
            guard chance.next() % 3 > 0 else { return .failed(command.state, message: "down", mayPass: true) }
            told.append(command.state)
            return .told(command.state)
        })
        #expect(course.isFinished && (told.last == .error || course.log.last?.detail["state"] == "error"))
    }

    @Test(
        "What ends as what",
        arguments: [
            (BuildStatus.succeeded, CommitReport.State.success), (.failed, .failure), (.fault, .error),
            (.stopped, .error),
            (.timedOut, .error), (.inProgress, .pending),
        ])
    func words(_ status: BuildStatus, _ state: CommitReport.State) { #expect(CommitReport.State(status) == state) }

    @Test("Only a source behind a connection has somebody to tell")
    func connections() {
        var source = SourceSettings(type: "GITHUB", location: "https://github.com/o/r.git")
        #expect(CommitReports.connection(of: source, imported: nil) == nil)
        #expect(CommitReports.repository(source) == "o/r")
        var imported = SourceCredential(arn: "a", serverType: "GITHUB", authType: "CODECONNECTIONS", token: "arn:c")
        #expect(CommitReports.connection(of: source, imported: imported) == "arn:c")
        imported.authType = "PERSONAL_ACCESS_TOKEN"
        #expect(CommitReports.connection(of: source, imported: imported) == nil)
        source.auth = .init(type: "CODECONNECTIONS", resource: "arn:d")
        #expect(CommitReports.connection(of: source, imported: imported) == "arn:d")
    }
}
