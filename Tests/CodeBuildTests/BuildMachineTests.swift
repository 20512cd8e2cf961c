import Buildspec
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CodeBuild

@Suite("The course of a build")
struct BuildMachineTests {
    private typealias Course = MachineSimulation<BuildMachine>
    /// Crashes, repeats and doubles; but no timer before its time, since a build's timers end it.
    private static let bumpy = Course.Roughness(repeats: 0.2, doubles: 0.2, crashes: 0.1)

    /// A world in which the named phases fail, and the commands named by `lost` find no process any more.
    private func world(
        failing: Set<BuildPhase> = [], rule: OnFailure? = nil,
        lost: @escaping (BuildMachine.Command) -> Bool = { _ in false }
    ) -> Course.World {
        { command, _, _ in
            let turn: Int
            let answer: BuildMachine.Answer
            switch command {
            case .provision(let number):
                (turn, answer) = (
                    number,
                    failing.contains(.provisioning) ? .failed(Orders.failure, isFault: false) : .provisioned(nil)
                )
            case .download(let number):
                let plan = BuildMachine.Answer.downloaded(version: "abc", plan: Orders.plan(rule))
                (turn, answer) = (
                    number, failing.contains(.downloadSource) ? .failed(Orders.failure, isFault: false) : plan
                )
            case .run(let phase, let number, let tries):
                let fails = failing.contains(phase)
                let again = fails && rule?.runsAgain(afterRuns: tries, output: "") == true
                (turn, answer) = (number, .ran(failure: fails ? Orders.failure : nil, runsAgain: again))
            case .upload(let number):
                let context = failing.contains(.uploadArtifacts) ? Orders.failure : nil
                (turn, answer) = (number, .uploaded([], reports: [], exported: nil, failure: context))
            case .finalize(let number): (turn, answer) = (number, .finalized(reports: [], isKept: false))
            case .startRetry(let number): (turn, answer) = (number, .retried("orders:next"))
            }
            // Asked once: what is lost may be lost but once.
            if case .finalize = command {} else if lost(command) { return .answered(turn: turn, .lost) }
            return .answered(turn: turn, answer)
        }
    }

    private func run(
        of machine: BuildMachine = Orders.build(), seed: UInt64 = 0, roughness: Course.Roughness = .smooth,
        in world: @escaping Course.World
    ) throws -> Course {
        var course = Course(machine, seed: seed, roughness: roughness)
        try course.send(.submitted)
        try course.send(.admitted)
        try course.run(world: world) { machine, _ in try Self.holds(machine) }
        return course
    }

    /// What is true of every build at every moment.
    private static func holds(_ machine: BuildMachine) throws {
        let open = machine.phases.filter { $0.end == nil }
        try #require(open.count == 1 && open.first?.name == machine.phase)
        try #require(Set(machine.phases.map(\.name)).count == machine.phases.count)
        try #require((machine.status == .inProgress) == (machine.phase != .completed))
    }

    @Test("A build without trouble goes through all phases and succeeds")
    func smooth() throws {
        let course = try run(in: world())
        #expect(course.engine.status == .succeeded)
        #expect(course.engine.phases.map(\.name) == BuildPhase.allCases)
        #expect(course.log.filter { $0.detailType == "CodeBuild Build State Change" }.count == 2)
        #expect(course.log.filter { $0.detailType == "CodeBuild Build Phase Change" }.count == 10)
    }

    @Test(
        "A phase that fails leads where AWS's table says",
        arguments: [
            (BuildPhase.provisioning, nil, [BuildPhase]()), (.downloadSource, nil, []), (.install, nil, [.install]),
            (.preBuild, nil, [.install, .preBuild]),
            (.build, nil, [.install, .preBuild, .build, .postBuild, .uploadArtifacts]),
            (.build, OnFailure.abort, [.install, .preBuild, .build]),
            (.install, .proceed, [.install, .preBuild, .build, .postBuild, .uploadArtifacts]),
            (.postBuild, nil, [.install, .preBuild, .build, .postBuild, .uploadArtifacts]),
            (.postBuild, .abort, [.install, .preBuild, .build, .postBuild]),
            (.uploadArtifacts, nil, [.install, .preBuild, .build, .postBuild, .uploadArtifacts]),
        ] as [(BuildPhase, OnFailure?, [BuildPhase])])
    func table(phase: BuildPhase, rule: OnFailure?, seen: [BuildPhase]) throws {
        for seed in 0..<20 {
            let course = try run(seed: UInt64(seed), roughness: Self.bumpy, in: world(failing: [phase], rule: rule))
            let inner = course.engine.phases.map(\.name).filter { $0 >= .install && $0 < .finalizing }
            #expect(course.engine.status == .failed)
            #expect(inner == seen)
            #expect(course.engine.phases.first { $0.name == phase }?.status == .failed)
        }
    }

    @Test("A phase that may be repeated is, so often and no more")
    func retries() throws {
        let rule = OnFailure.retry(count: 2, pattern: nil)
        let course = try run(in: world(failing: [.build], rule: rule))
        #expect(course.engine.tries == 3)
        #expect(course.engine.status == .failed)
        #expect(!course.engine.phases.contains { $0.name == .postBuild })
    }

    @Test("Crashes, repeats and late answers change nothing of how it ends", arguments: 0..<200)
    func rough(seed: Int) throws {
        let course = try run(
            seed: UInt64(seed), roughness: Self.bumpy, in: world(failing: seed % 2 == 0 ? [] : [.build]))
        #expect(course.engine.status == (seed % 2 == 0 ? .succeeded : .failed))
        #expect(course.isFinished)
    }

    @Test("A build whose server ended starts anew once, and only if nothing was uploaded yet")
    func lost() throws {
        var once = true
        var course = Course(Orders.build())
        try course.send(.submitted)
        try course.send(.admitted)
        let world = world(lost: { command in
            guard once, case .run(.build, _, _) = command else { return false }
            once = false
            return true
        })
        // Up to now alone: the timer of the queue would end the build that waits again.
        try course.run(until: course.now, world: world)
        #expect(course.engine.phase == .queued && course.engine.restarts == 1)
        try course.send(.admitted)
        try course.run(world: world)
        #expect(course.engine.status == .succeeded)
        let late = try run(in: self.world(lost: { if case .upload = $0 { true } else { false } }))
        #expect(late.engine.status == .fault)
        #expect(late.engine.phases.contains { $0.contexts.contains { $0.message.contains("server ended") } })
    }

    @Test("A build that loses its server again and again ends, and does not run for ever")
    func lostTwice() throws {
        var course = Course(Orders.build())
        try course.send(.submitted)
        for _ in 0..<3 {
            try course.send(.admitted)
            try course.run(until: course.now, world: world(lost: { if case .download = $0 { true } else { false } }))
        }
        #expect(course.engine.status == .fault && course.isFinished)
    }

    @Test("Stopping ends the phase under way; a build that waits is over at once; one that is over stays as it is")
    func stop() throws {
        var course = Course(Orders.build())
        try course.send(.submitted)
        try course.send(.stopRequested)
        #expect(course.isFinished && course.engine.status == .stopped)
        var running = Course(Orders.build())
        try running.send(.submitted)
        try running.send(.admitted)
        try running.send(.stopRequested)
        try running.run(world: world())
        #expect(running.engine.status == .stopped)
        #expect(running.engine.phases.first { $0.name == .provisioning }?.status == .stopped)
        try running.send(.stopRequested)
        #expect(running.engine.status == .stopped)
    }

    @Test("Waiting and running too long both end as TIMED_OUT")
    func timeouts() throws {
        var waiting = Course(Orders.build())
        try waiting.send(.submitted)
        try waiting.run(world: world())
        #expect(waiting.engine.status == .timedOut)
        #expect(waiting.now - Timestamp(seconds: 1_750_000_000) == .seconds(480 * 60))
        var running = Course(Orders.build())
        try running.send(.submitted)
        try running.send(.admitted)
        try running.run { command, _, _ in
            guard case .finalize(let turn) = command else { return nil }
            return .answered(turn: turn, .finalized(reports: [], isKept: false))
        }
        #expect(running.engine.status == .timedOut)
        #expect(
            running.engine.phases.first { $0.name == .provisioning }?.contexts.first?.statusCode == "BUILD_TIMED_OUT")
    }

    @Test("A build that failed is retried by itself while its limit lasts")
    func autoRetry() throws {
        let course = try run(of: Orders.build(retries: 1), in: world(failing: [.build]))
        #expect(course.engine.nextRetry == "orders:next")
        #expect(try run(of: Orders.build(retries: 1), in: world()).engine.nextRetry == nil)
    }

    @Test("Times in events are written as AWS writes them")
    func eventTimes() {
        #expect(
            BuildEvents.text(Timestamp(parsing: "2024-03-04T13:05:09Z") ?? Timestamp(seconds: 0))
                == "Mar 4, 2024 1:05:09 PM")
        #expect(
            BuildEvents.text(Timestamp(parsing: "2024-12-31T00:00:00Z") ?? Timestamp(seconds: 0))
                == "Dec 31, 2024 12:00:00 AM")
    }
}
