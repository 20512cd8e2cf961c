import Buildspec
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CodeBuild

@Suite("The course of a batch")
struct BatchMachineTests {
    private typealias Course = MachineSimulation<BatchMachine>
    /// Crashes, repeats and doubles; but no timer before its time, since a batch's timer ends it.
    private static let bumpy = Course.Roughness(repeats: 0.2, doubles: 0.2, crashes: 0.1)

    private func plan(_ text: String) throws -> BatchPlan {
        let reading = try BuildspecReader.read("version: 0.2\nphases: {build: {commands: [make]}}\nbatch:\n" + text)
        return BatchPlan(try #require(reading.spec.batch))
    }

    private let graph = """
          build-graph:
            - {identifier: lint, ignore-failure: true}
            - {identifier: unit, depend-on: [lint]}
            - {identifier: last, depend-on: [unit]}

        """

    /// Runs a batch in a world where the named builds fail, each ending right after it began.
    private func run(_ plan: BatchPlan, failing: Set<String>, seed: UInt64) throws -> Course {
        var course = Course(Orders.batch(), seed: seed, roughness: Self.bumpy)
        try course.send(.submitted)
        var ended: [(String, String)] = []
        for _ in 0..<200 where !course.isFinished {
            try course.run(until: course.now) { command, _, _ in
                switch command {
                case .readSpec: return .specRead(plan: plan, version: nil, failure: nil)
                case .start(let name, let attempt):
                    ended.append((name, "arn:\(name)"))
                    return .started(name, attempt: attempt, arn: "arn:\(name)")
                case .stop(let arn):
                    ended.append((String(arn.dropFirst(4)), arn))
                    return nil
                case .combine: return .combined(nil, failure: nil)
                }
            }
            for (name, arn) in ended {
                try course.send(.buildEnded(name, arn: arn, failing.contains(name) ? .failed : .succeeded, []))
            }
            ended = []
        }
        return course
    }

    @Test("A failure that may be ignored stops nobody; another one blocks those that depend on it", arguments: 0..<50)
    func dependencies(seed: Int) throws {
        let plan = try plan(graph)
        let ignored = try run(plan, failing: ["lint"], seed: UInt64(seed))
        #expect(ignored.engine.status == .succeeded)
        #expect(ignored.engine.groups.values.count { $0.current != nil } == 3)
        let blocked = try run(plan, failing: ["unit"], seed: UInt64(seed))
        #expect(blocked.engine.status == .failed)
        #expect(blocked.engine.groups["last"]?.current == nil)
    }

    @Test("A matrix of two and three values is six builds")
    func matrix() throws {
        let plan = try plan("  build-matrix: {dynamic: {env: {variables: {A: [\"1\", \"2\"], B: [x, y, z]}}}}\n")
        let course = try run(plan, failing: [], seed: 1)
        #expect(course.engine.groups.count == 6 && course.engine.status == .succeeded)
    }

    @Test("A specification that cannot be read fails the batch, with the reason")
    func unreadable() throws {
        var course = Course(Orders.batch())
        try course.send(.submitted)
        try course.run { _, _, _ in .specRead(plan: nil, version: nil, failure: Orders.failure) }
        #expect(course.engine.status == .failed)
        #expect(course.engine.phases.contains { $0.contexts.contains(Orders.failure) })
    }
}
