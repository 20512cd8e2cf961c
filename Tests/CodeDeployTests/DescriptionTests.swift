@testable import CodeDeploy
import Ledger
import LedgerTesting
import Notation
import Testing

@Suite("What people are told of a deployment")
struct DescriptionTests {
    private static let start = Timestamp(seconds: 1_750_000_000)

    private func record(_ machine: DeploymentMachine) -> DeploymentRecord {
        DeploymentRecord(
            id: machine.order.id, application: "shop", group: "orders", status: machine.status,
            createTime: machine.order.createTime, machine: "m", scope: "s")
    }

    private func view(_ machine: DeploymentMachine, at seconds: Int) -> JSON {
        DeploymentDescription(record: record(machine), machine: machine, now: Self.start + .seconds(seconds)).view
    }

    /// A course of events up to a moment, in seconds.
    private func course(
        _ order: DeploymentOrder, until seconds: Int, _ world: PlayWorld = PlayWorld()
    ) throws -> MachineSimulation<DeploymentMachine> {
        var course = MachineSimulation(DeploymentMachine(order))
        try course.send(.start)
        try course.run(until: Self.start + .seconds(seconds), world: world.play)
        return course
    }

    private let linear = TrafficRouting(.linear, percentage: 25, intervalSeconds: 60)

    @Test("while it waits: shares, what is done and to come, and the time left")
    func baking() throws {
        let machine = try course(Orders.make(linear, alarms: ["errors"]), until: 70).engine
        let view = view(machine, at: 70)
        #expect(view["weights"] == ["old": 50, "new": 50])
        #expect(view["steps"]?.array?.map { $0["state"]?.string } == ["done", "active", "pending", "pending"])
        #expect(view["secondsToNextStep"]?.double == 50)
        #expect(view["endsAt"]?.double == (Self.start + .seconds(180)).seconds)
        #expect(view["steps"]?[3]?["startTime"]?.double == (Self.start + .seconds(180)).seconds)
        #expect(
            view["verdict"]?.string
                == "50 % of the traffic goes to version 2, the rest to version 1. It gets 75 % in 50 s unless an alarm "
                + "fires."
        )
        #expect(view["canPromote"]?.bool == true && view["canPause"]?.bool == true && view["canAbort"]?.bool == true)
        #expect(view["alarms"]?[0]?["counts"]?.bool == true)
    }

    @Test("while it is paused: what is left of the wait, however long that lasts")
    func paused() throws {
        var course = try course(Orders.make(linear), until: 70)
        try course.send(.pauseRequested)
        let view = view(course.engine, at: 5000)
        #expect(view["phase"]?.string == "paused")
        #expect(view["secondsToNextStep"]?.double == 50)
        #expect(view["verdict"]?.string?.hasPrefix("Paused. 50 %") == true)
        #expect(view["canPause"]?.bool == false && view["canPromote"]?.bool == true)
    }

    @Test("while a hook has the word: who, and how long at most")
    func hook() throws {
        let machine = try course(Orders.make(hooks: ["BeforeAllowTraffic": "check"]), until: 60).engine
        let view = view(machine, at: 60)
        #expect(view["phase"]?.string == "BeforeAllowTraffic")
        #expect(view["verdict"]?.string == "BeforeAllowTraffic: waiting for check to report, 59 min at most.")
        #expect(view["steps"]?[0]?["state"]?.string == "active")
        #expect(view["canPromote"]?.bool == false)
    }

    @Test("promoted early: the steps that were taken, and no others")
    func promoted() throws {
        var course = try course(Orders.make(linear), until: 10)
        try course.send(.promoteRequested)
        try course.run(world: { command, _, _ in
            if case .shift(_, let percent, _) = command { .shifted(percent: percent) } else { nil }
        })
        let view = view(course.engine, at: 10)
        #expect(view["steps"]?.array?.map { $0["name"]?.string } == ["25 %", "100 %"])
        #expect(view["verdict"]?.string == "Succeeded. All traffic goes to version 2.")
    }

    @Test("after it went back: that it did, why, and how quickly")
    func wentBack() throws {
        let world = PlayWorld()
        var course = try course(Orders.make(alarms: ["errors"]), until: 60, world)
        try course.send(.alarms([Orders.reading("ALARM", since: 5)]))
        try course.run(world: world.play)
        let view = view(course.engine, at: 60)
        #expect(
            view["verdict"]?.string?.hasPrefix("Stopped and rolled back: The alarm 'errors' is in state ALARM.") == true
        )
        #expect(view["steps"]?.array?.map { $0["state"]?.string } == ["failed", "skipped", "done"])
        #expect(view["rollback"]?["deploymentId"]?.string == "d-ROLLBACK1")
        #expect(view["error"]?["code"]?.string == "ALARM_ACTIVE")
        let why = DeploymentWhy(record: record(course.engine), machine: course.engine).view
        #expect(why["cause"]?.string == "The alarm 'errors' is in state ALARM. because")
        #expect(why["next"]?.array == ["slipway logs orders"])
    }

    @Test("after a stop that left the alias split: the command that mends it comes first")
    func split() throws {
        let world = PlayWorld()
        var course = try course(Orders.make(), until: 60, world)
        try course.send(.stopRequested(rollback: false))
        try course.run(world: world.play)
        let why = DeploymentWhy(record: record(course.engine), machine: course.engine).view
        #expect(why["next"]?[0]?.string == Orders.target.clearingCommand)
        #expect(why["next"]?[0]?.string?.contains("--function-version 1 ") == true)
    }

    @Test("after a hook died: its last lines, and whose log to read")
    func hookDied() throws {
        let world = PlayWorld()
        world.hooks["BeforeAllowTraffic"] = {
            .hookFailed(executionID: $0, code: "ScriptFailed", message: "check ended: boom", logTail: "boom")
        }
        let course = try course(Orders.make(hooks: ["BeforeAllowTraffic": "check"]), until: 60, world)
        let why = DeploymentWhy(record: record(course.engine), machine: course.engine).view
        #expect(why["cause"]?.string == "BeforeAllowTraffic: check ended: boom")
        #expect(why["hookLog"]?.string == "boom")
        #expect(why["next"]?.array == ["slipway logs check"])
        #expect(
            view(course.engine, at: 60)["steps"]?.array?.map { $0["state"]?.string } == [
                "failed", "skipped", "skipped",
            ])
    }

    private static let words: [(Duration, String)] = [
        (.milliseconds(230), "230 ms"), (.milliseconds(1290), "1.2 s"), (.seconds(9), "9.0 s"),
        (.seconds(119), "119 s"), (.seconds(180), "3 min"),
        (.seconds(200), "3 min 20 s"), (.seconds(7260), "2 h 1 min"), (.seconds(-5), "0 ms"),
    ]

    @Test("durations are told as people tell them", arguments: words.indices)
    func durations(index: Int) {
        #expect(DeploymentDescription.words(Self.words[index].0) == Self.words[index].1)
    }
}
