@testable import CodeDeploy
import Ledger
import LedgerTesting
import Notation
import Testing

@Suite("A deployment")
struct DeploymentMachineTests {
    private typealias Simulation = MachineSimulation<DeploymentMachine>
    private let start = Timestamp(seconds: 1_750_000_000)

    private func began(_ order: DeploymentOrder) throws -> Simulation {
        var course = Simulation(DeploymentMachine(order))
        try course.send(.start)
        return course
    }

    private struct Timing: CustomTestStringConvertible, Sendable {
        let routing: TrafficRouting
        /// Minutes after the start, and the new version's share from then on.
        let expected: [(Double, Int)]
        var testDescription: String { "\(routing.kind) \(routing.percentage) %" }
    }

    private static let timings: [Timing] = [
        Timing(routing: TrafficRouting(.allAtOnce), expected: [(0, 100)]),
        Timing(routing: TrafficRouting(.canary, percentage: 10, intervalSeconds: 300), expected: [(0, 10), (5, 100)]),
        Timing(routing: TrafficRouting(.canary, percentage: 25, intervalSeconds: 6), expected: [(0, 25), (0.1, 100)]),
        Timing(
            routing: TrafficRouting(.linear, percentage: 10, intervalSeconds: 60),
            expected: (1...10).map { (Double($0 - 1), $0 * 10) }),
        Timing(
            routing: TrafficRouting(.linear, percentage: 30, intervalSeconds: 120),
            expected: [(0, 30), (2, 60), (4, 90), (6, 100)]),
    ]

    @Test("moves traffic exactly on schedule", arguments: timings.indices, [false, true])
    func timing(index: Int, hasAlarm: Bool) throws {
        let timing = Self.timings[index]
        let world = PlayWorld()
        var course = try began(Orders.make(timing.routing, alarms: hasAlarm ? ["errors"] : []))
        try course.run(world: world.play)
        let expected = timing.expected.map { start + .milliseconds(Int64($0.0 * 60_000)) }
        #expect(world.moves.map(\.time) == expected)
        #expect(world.moves.map(\.state) == timing.expected.map { AliasState(Orders.target, percent: $0.1) })
        #expect(course.engine.status == .succeeded)
        #expect(course.engine.lifecycle.map(\.status) == [.succeeded, .succeeded, .succeeded])
        #expect(course.isFinished)
    }

    @Test("fails before any traffic when the alias is not as the AppSpec says")
    func precondition() throws {
        let world = PlayWorld()
        world.alias = AliasState(version: "1", weights: ["2": 0.1])
        var course = try began(Orders.make())
        try course.run(world: world.play)
        #expect(course.engine.status == .failed)
        #expect(course.engine.ending?.error.code == "INVALID_LAMBDA_CONFIGURATION")
        #expect(course.engine.lifecycle.map(\.status) == [.skipped, .skipped, .skipped])
        #expect(world.moves.isEmpty)
        #expect(course.engine.rollback?.id == nil)
    }

    @Test("to the version that is there already succeeds and does nothing")
    func noOperation() throws {
        let world = PlayWorld()
        let target = LambdaTarget(function: "orders", alias: "live", current: "1", target: "1")
        var course = try began(Orders.make(target: target))
        try course.run(world: world.play)
        #expect(course.engine.status == .succeeded)
        #expect(world.moves.isEmpty)
    }

    // MARK: Hooks

    @Test("fails untouched when the hook before traffic says no")
    func hookBefore() throws {
        let world = PlayWorld()
        world.hooks["BeforeAllowTraffic"] = { .hookReported(executionID: $0, succeeded: false) }
        var course = try began(Orders.make(hooks: ["BeforeAllowTraffic": "check"]))
        try course.run(world: world.play)
        #expect(course.engine.status == .failed)
        #expect(course.engine.ending?.error.code == "HOOK_EXECUTION_FAILURE")
        #expect(course.engine.lifecycle.map(\.status) == [.failed, .skipped, .skipped])
        #expect(world.moves.isEmpty)
        #expect(course.engine.rollback?.message.contains("nothing to roll back") == true)
    }

    @Test("fails after an hour when the hook never reports, even if its function returned")
    func hookSilent() throws {
        let world = PlayWorld()
        world.hooks["BeforeAllowTraffic"] = { .hookReturned(executionID: $0) }
        var course = try began(Orders.make(hooks: ["BeforeAllowTraffic": "check"]))
        try course.run(world: world.play)
        #expect(course.engine.lifecycleEvent("BeforeAllowTraffic")?.diagnostics?.errorCode == "ScriptTimedOut")
        #expect(course.engine.completeTime == start + .seconds(3600))
        #expect(course.engine.status == .failed)
    }

    @Test("fails at once when the hook's function dies, with its last lines")
    func hookDies() throws {
        let world = PlayWorld()
        world.hooks["BeforeAllowTraffic"] = {
            .hookFailed(executionID: $0, code: "ScriptFailed", message: "KeyError: 'total'", logTail: "line 1\nline 2")
        }
        var course = try began(Orders.make(hooks: ["BeforeAllowTraffic": "check"]))
        try course.run(world: world.play)
        #expect(course.engine.completeTime == start)
        #expect(course.engine.lifecycleEvent("BeforeAllowTraffic")?.diagnostics?.logTail == "line 1\nline 2")
        #expect(course.engine.ending?.error.message.contains("KeyError") == true)
    }

    @Test("goes back when the hook after traffic says no")
    func hookAfter() throws {
        let world = PlayWorld()
        world.hooks["BeforeAllowTraffic"] = { .hookReported(executionID: $0, succeeded: true) }
        world.hooks["AfterAllowTraffic"] = { .hookReported(executionID: $0, succeeded: false) }
        var course = try began(
            Orders.make(TrafficRouting(.allAtOnce), hooks: ["BeforeAllowTraffic": "b", "AfterAllowTraffic": "a"]))
        try course.run(world: world.play)
        #expect(course.engine.lifecycle.map(\.status) == [.succeeded, .succeeded, .failed])
        #expect(world.alias == AliasState(version: "1"))
        #expect(course.engine.rollback?.id == "d-ROLLBACK1")
        #expect(course.engine.status == .failed)
    }

    // MARK: Alarms

    @Test("is stopped by an alarm during the canary, and restores traffic before it is over")
    func alarm() throws {
        let world = PlayWorld()
        var course = try began(Orders.make(alarms: ["errors"]))
        try course.run(until: start + .seconds(60), world: world.play)
        #expect(world.alias == AliasState(Orders.target, percent: 10))
        try course.send(.alarms([Orders.reading("ALARM", since: 1_750_000_060)]))
        #expect(course.engine.status == .inProgress)
        try course.run(world: world.play)
        #expect(course.engine.status == .stopped)
        #expect(course.engine.ending?.error.code == "ALARM_ACTIVE")
        #expect(course.engine.ending?.error.message.contains("'errors'") == true)
        #expect(world.alias == AliasState(version: "1"))
        let restored = try #require(course.engine.rollback?.restoredAt)
        let over = try #require(course.engine.completeTime)
        #expect(restored <= over)
        #expect(course.engine.evidence != nil)
        let states = course.log.filter { $0.source == "aws.codedeploy" }.map(\.detail)
        #expect(states.map { $0["state"]?.string } == ["START", "START", "STOP", "SUCCESS"])
        #expect(
            states.map { $0["deploymentId"]?.string } == ["d-ABCDEFGHI", "d-ROLLBACK1", "d-ABCDEFGHI", "d-ROLLBACK1"])
    }

    private struct Firing: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var isStrict = false
        /// The alarm before the start, and later.
        let readings: [(String, Double)]
        let status: DeploymentStatus
    }

    private static let firings: [Firing] = [
        Firing(
            testDescription: "firing before and all along", readings: [("ALARM", 1), ("ALARM", 1)], status: .succeeded),
        Firing(testDescription: "firing before, strict", isStrict: true, readings: [("ALARM", 1)], status: .stopped),
        Firing(
            testDescription: "quiet and firing again", readings: [("ALARM", 1), ("OK", 2), ("ALARM", 3)],
            status: .stopped),
        Firing(testDescription: "firing anew, quiet unseen", readings: [("ALARM", 1), ("ALARM", 3)], status: .stopped),
        Firing(testDescription: "becoming quiet", readings: [("ALARM", 1), ("OK", 2)], status: .succeeded),
        Firing(testDescription: "lacking data", readings: [("INSUFFICIENT_DATA", 1)], status: .succeeded),
        Firing(testDescription: "missing", readings: [(AlarmReading.missing, 1)], status: .stopped),
        Firing(testDescription: "deleted later", readings: [("OK", 1), (AlarmReading.missing, 2)], status: .stopped),
    ]

    @Test("minds what an alarm says about it, not what it said before", arguments: firings.indices)
    func earlierAlarm(index: Int) throws {
        let firing = Self.firings[index]
        let world = PlayWorld()
        world.alarms["errors"] = Orders.reading(firing.readings[0].0, since: firing.readings[0].1)
        var course = try began(Orders.make(alarms: ["errors"], isStrict: firing.isStrict))
        for (place, reading) in firing.readings.dropFirst().enumerated() {
            try course.run(until: start + .seconds(20 * (place + 1)), world: world.play)
            world.alarms["errors"] = Orders.reading(reading.0, since: reading.1)
            try course.send(.alarms([Orders.reading(reading.0, since: reading.1)]))
        }
        try course.run(world: world.play)
        #expect(course.engine.status == firing.status)
        #expect(world.alias == AliasState(Orders.target, percent: firing.status == .succeeded ? 100 : 0))
    }

    @Test("is not bothered by alarms that cannot be read, if told so", arguments: [true, false])
    func unreadableAlarms(isIgnored: Bool) throws {
        let world = PlayWorld()
        world.alarms = [:]
        var course = try began(Orders.make(alarms: ["errors"], ignorePollAlarmFailure: isIgnored))
        try course.run(until: start + .seconds(10), world: world.play)
        try course.send(.alarmsUnreadable("down"))
        try course.run(world: world.play)
        #expect(course.engine.status == (isIgnored ? .succeeded : .stopped))
    }

    @Test("looks at the alarms before every step, so that a late step is not faster than the news")
    func lateStep() throws {
        let world = PlayWorld()
        var course = try began(Orders.make(alarms: ["errors"]))
        try course.run(until: start + .seconds(299), world: world.play)
        world.alarms["errors"] = Orders.reading("ALARM", since: 1_750_000_100)
        try course.run(world: world.play)
        #expect(course.engine.status == .stopped)
        #expect(!world.moves.contains { $0.state == AliasState(Orders.target, percent: 100) })
    }

    // MARK: Stop, pause, promote

    @Test("stopped without rollback leaves the alias split and says what to do")
    func stopOnly() throws {
        let world = PlayWorld()
        var course = try began(Orders.make())
        try course.run(until: start + .seconds(60), world: world.play)
        try course.send(.stopRequested(rollback: false))
        try course.run(world: world.play)
        #expect(course.engine.status == .stopped)
        #expect(course.engine.ending?.error.code == "MANUAL_STOP")
        #expect(course.engine.ending?.error.message.contains("update-alias") == true)
        #expect(world.alias == AliasState(Orders.target, percent: 10))
        #expect(course.engine.rollback == nil)
    }

    @Test("stopped while the alias is being written goes back only after that write has settled")
    func stopInFlight() throws {
        let world = PlayWorld()
        var machine = DeploymentMachine(Orders.make(TrafficRouting(.allAtOnce)))
        _ = machine.advance(.start, now: start)
        let shift = machine.advance(.inspected, now: start).commands
        #expect(shift == [.shift(Orders.target, percent: 100, from: 0)])
        #expect(machine.advance(.stopRequested(rollback: true), now: start).commands.isEmpty)
        let answer = try #require(world.play(shift[0], "k", start))
        let after = machine.advance(answer, now: start).commands
        #expect(after.contains(.restore(Orders.target)))
    }

    @Test("promoted goes to 100 % at once")
    func promote() throws {
        let world = PlayWorld()
        var course = try began(Orders.make(TrafficRouting(.linear, percentage: 10, intervalSeconds: 600)))
        try course.run(until: start + .seconds(60), world: world.play)
        try course.send(.promoteRequested)
        try course.run(world: world.play)
        #expect(course.engine.status == .succeeded)
        #expect(course.engine.completeTime == start + .seconds(60))
    }

    @Test("paused waits, and after resuming waits what was left")
    func pause() throws {
        let world = PlayWorld()
        var course = try began(Orders.make())
        try course.run(until: start + .seconds(100), world: world.play)
        try course.send(.pauseRequested)
        try course.run(until: start + .seconds(10_000), world: world.play)
        #expect(world.alias == AliasState(Orders.target, percent: 10))
        try course.send(.resumeRequested)
        try course.run(world: world.play)
        #expect(world.moves.last?.time == start + .seconds(10_200))
        #expect(course.engine.status == .succeeded)
    }

    @Test("paused for ever ends after 50 hours, and goes back")
    func pausedForEver() throws {
        let world = PlayWorld()
        var course = try began(Orders.make())
        try course.run(until: start + .seconds(100), world: world.play)
        try course.send(.pauseRequested)
        try course.run(world: world.play)
        #expect(course.engine.ending?.error.code == "TIMEOUT")
        #expect(course.engine.completeTime == start + .seconds(50 * 3600))
        #expect(world.alias == AliasState(version: "1"))
    }

    @Test("whose group is deleted fails")
    func groupDeleted() throws {
        let world = PlayWorld()
        var course = try began(Orders.make())
        try course.run(until: start + .seconds(100), world: world.play)
        try course.send(.groupDeleted)
        try course.run(world: world.play)
        #expect(course.engine.ending?.error.code == "DEPLOYMENT_GROUP_MISSING")
        #expect(world.alias == AliasState(version: "1"))
    }

    @Test("leaves an alias alone that somebody else has taken elsewhere")
    func interference() throws {
        let world = PlayWorld()
        var course = try began(Orders.make())
        try course.run(until: start + .seconds(100), world: world.play)
        world.alias = AliasState(version: "9")
        try course.run(world: world.play)
        #expect(course.engine.status == .failed)
        #expect(world.alias == AliasState(version: "9"))
        #expect(course.engine.rollback?.failure != nil)
    }

    @Test("that cannot begin within 5 minutes fails")
    func cannotBegin() throws {
        var course = try began(Orders.make())
        try course.run(world: { _, _, _ in nil })
        #expect(course.engine.ending?.error.code == "TIMEOUT")
        #expect(course.engine.completeTime == start + .seconds(300))
    }
}
