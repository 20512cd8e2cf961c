import Buildspec
import NotationTesting
import Testing

@Suite("Batches")
struct BatchTests {
    static let graph = """
        version: 0.2
        batch:
          fast-fail: no
          build-graph:
            - identifier: lint
              ignore-failure: true
            - identifier: unit
              env: {compute-type: BUILD_GENERAL1_SMALL, privileged-mode: true, variables: {A: 1}}
            - {identifier: package, buildspec: package.yml, depend-on: [lint, unit], debug-session: yes}
            - {identifier: publish, depend-on: [package]}
        phases: {build: {commands: [make]}}
        """

    private func plan(_ text: String) throws -> BatchPlan {
        BatchPlan(try #require(try BuildspecReader.read(text).spec.batch))
    }

    private func batch(_ body: String) -> String { "version: 0.2\nbatch:\n" + body + "\n" }

    @Test("builds begin when what they wait for is done")
    func order() throws {
        let plan = try plan(Self.graph)
        #expect(plan.builds[1].entry.environment.variables == ["A": "1"])
        #expect(plan.decide([:]).start == ["lint", "unit"])
        #expect(plan.decide(["lint": .failed, "unit": .running]).start.isEmpty)
        #expect(plan.decide(["lint": .failed, "unit": .succeeded]).start == ["package"])
        let done = plan.decide(["lint": .failed, "unit": .succeeded, "package": .succeeded, "publish": .succeeded])
        #expect(done.verdict == true)
    }

    @Test("a failure blocks all that waits for it, near and far, and fails the batch")
    func blocking() throws {
        let decision = try plan(Self.graph).decide(["lint": .succeeded, "unit": .failed])
        #expect(decision.blocked == ["package", "publish"] && decision.start.isEmpty && decision.verdict == false)
    }

    @Test("with fast-fail the first failure stops the others, without it they finish")
    func fastFail() throws {
        let list = "  build-list:\n    - {identifier: a}\n    - {identifier: b}\n    - {identifier: c}"
        let patient = try plan(batch(list)).decide(["a": .failed, "b": .running])
        #expect(patient.stop.isEmpty && patient.start == ["c"] && patient.verdict == nil)
        let strict = try plan(batch("  fast-fail: true\n" + list))
        let decision = strict.decide(["a": .failed, "b": .running])
        #expect(decision.stop == ["b"] && decision.blocked == ["c"] && decision.verdict == nil)
        #expect(strict.decide(["a": .failed, "b": .stopped]).verdict == false)
    }

    @Test("a matrix makes a build of each combination")
    func matrix() throws {
        let plan = try plan(
            batch(
                """
                  build-matrix:
                    static: {ignore-failure: true, env: {type: LINUX_CONTAINER, privileged-mode: yes}}
                    dynamic:
                      buildspec: [a.yml, b.yml]
                      env: {image: [i1, i2, i3], variables: {V: [x]}}
                """))
        #expect(plan.builds.count == 6)
        #expect(plan.builds.map(\.entry.identifier) == (0..<6).map { "build\($0)" })
        #expect(Set(plan.builds.map { "\($0.entry.buildspec ?? "") \($0.entry.environment.image ?? "")" }).count == 6)
        #expect(plan.builds.allSatisfy { $0.entry.environment.variables == ["V": "x"] && $0.entry.ignoresFailure })
    }

    @Test("a fanout makes equal builds with a share each")
    func fanout() throws {
        let plan = try plan(batch("  build-fanout: {parallelism: 3}"))
        #expect(plan.builds.map(\.share) == (0..<3).map { BatchPlan.Share(index: $0, count: 3) })
    }

    @Test(
        "what is wrong with a batch is said",
        arguments: [
            ("  fast-fail: no", "'batch' must have exactly one of build-graph, build-list, build-matrix, build-fanout"),
            ("  build-list: []", "'batch.build-list' must be a list of builds"),
            ("  build-list: [{buildspec: x}]", "Each build needs an 'identifier' of letters, digits and underscores"),
            (
                "  build-list: [{identifier: a-b}]",
                "Each build needs an 'identifier' of letters, digits and underscores"
            ),
            ("  build-list: [{identifier: a}, {identifier: a}]", "The identifier 'a' is given twice"),
            ("  build-graph: [{identifier: a, depend-on: [b]}]", "'a' depends on 'b', which is no build of the batch"),
            ("  build-graph: [{identifier: a, depend-on: [a]}]", "The builds wait for each other in a circle: a -> a"),
            (
                "  build-graph: [{identifier: a, depend-on: [c]}, {identifier: b}, {identifier: c, depend-on: [a]}]",
                "The builds wait for each other in a circle: a -> c -> a"
            ),
            ("  build-fanout: {parallelism: 0}", "'parallelism' must be a whole number from 1 to 100"),
            (
                "  build-matrix: {dynamic: {env: {image: [1,2,3,4,5,6,7,8,9,0], variables: {V: [0,1,2,3,4,5,6,7,8,9,a]}}}}",
                "The matrix makes more than 100 builds"
            ),
        ])
    func problems(_ body: String, _ expected: String) {
        let error = #expect(throws: BuildspecError.self) { try BuildspecReader.read(batch(body)) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test("whatever builds do, every batch ends, and nothing begins before what it waits for", arguments: 0..<60)
    func courses(seed: Int) throws {
        var chance = Chance(UInt64(seed))
        let count = 1 + chance.next(9)
        var lines: [String] = []
        for index in 0..<count {
            let depends = (0..<index).filter { _ in chance.next(3) == 0 }.map { "b\($0)" }
            lines.append(
                "    - {identifier: b\(index), depend-on: [\(depends.joined(separator: ", "))], "
                    + "ignore-failure: \(chance.next(3) == 0)}")
        }
        let text = batch("  fast-fail: \(chance.next(2) == 0)\n  build-graph:\n" + lines.joined(separator: "\n"))
        let plan = try plan(text)
        var states: [String: BatchPlan.State] = [:]
        for _ in 0..<100 {
            let decision = plan.decide(states)
            if let verdict = decision.verdict {
                #expect(!states.values.contains(.running))
                let strict = plan.builds.filter { !$0.entry.ignoresFailure }
                #expect(!verdict || strict.allSatisfy { states[$0.entry.identifier] == .succeeded })
                return
            }
            for name in decision.start { states[name] = .running }
            for name in decision.stop { states[name] = .stopped }
            let running = states.filter { $0.value == .running }.keys.sorted()
            if !running.isEmpty {
                states[running[chance.next(running.count)]] = chance.next(4) == 0 ? .failed : .succeeded
            }
        }
        Issue.record("the batch never ended: \(text)")
    }
}
