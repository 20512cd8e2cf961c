@testable import CodeDeploy
import Ledger
import LedgerTesting
import Notation
import Testing

/// A world in which everything goes wrong now and then, by a seed.
private final class RoughWorld {
    let calm = PlayWorld()
    let chance: SeededChance
    var wasInterfered = false
    /// How often a hook function's report had an effect is the machine's to say; here is who was asked at all.
    private let failures: Double
    /// Commands that take their time: what they do, they do when they are finished.
    private var slow: [(command: DeploymentMachine.Command, key: String)] = []
    private var slowness: [String: Bool] = [:]

    init(seed: UInt64, failures: Double) {
        chance = SeededChance(seed: seed &* 31 &+ 7)
        self.failures = failures
        for event in AppSpecReader.lambdaHooks { calm.hooks[event] = { [unowned self] in self.judge($0) } }
    }

    private func happens(_ probability: Double) -> Bool { chance.fraction() < probability }

    private func judge(_ executionID: String) -> DeploymentMachine.Event? {
        if happens(failures / 4) { return nil }
        if happens(failures) {
            return .hookFailed(executionID: executionID, code: "ScriptFailed", message: "died", logTail: "")
        }
        if happens(0.1) { return .hookReturned(executionID: executionID) }
        return .hookReported(executionID: executionID, succeeded: !happens(failures))
    }

    /// Every command and every event goes through its stored form, as it would through a ledger.
    func play(
        _ command: DeploymentMachine.Command, _ key: String, _ now: Timestamp
    ) throws -> DeploymentMachine.Event? {
        let stored = try JSON(parsing: try JSON(encoding: command).text()).decode(DeploymentMachine.Command.self)
        guard stored == command else { throw Changed(command: "\(command)") }
        guard let event = answer(stored, key, now) else { return nil }
        return try JSON(parsing: try JSON(encoding: event).text()).decode()
    }

    private struct Changed: Error {
        let command: String
    }

    private func answer(
        _ command: DeploymentMachine.Command, _ key: String, _ now: Timestamp
    ) -> DeploymentMachine.Event? {
        switch command {
        case .inspect, .shift, .restore, .invokeHook, .readAlarms:
            // One command is under way once at a time: a repeat is as slow as the first attempt.
            let isSlow = slowness[key] ?? happens(0.2)
            slowness[key] = isSlow
            guard isSlow else { break }
            if !slow.contains(where: { $0.key == key }) { slow.append((command, key)) }
            return nil
        default: break
        }
        return playAtOnce(command, key, now)
    }

    /// What the slow commands have come to, at last, in whatever order.
    func finishSlow(_ now: Timestamp) -> [DeploymentMachine.Event] {
        var draws = chance
        let finished = slow.shuffled(using: &draws)
        slow = []
        return finished.compactMap { playAtOnce($0.command, $0.key, now) }
    }

    var hasSlow: Bool { !slow.isEmpty }

    private func playAtOnce(
        _ command: DeploymentMachine.Command, _ key: String, _ now: Timestamp
    ) -> DeploymentMachine.Event? {
        let error = ErrorInformation(code: "INTERNAL_ERROR", message: "down")
        switch command {
        case .inspect where happens(failures / 3): return .inspectionFailed(error)
        case .readAlarms where happens(failures / 3), .watchAlarms where happens(failures / 3):
            return .alarmsUnreadable("down")
        case .readAlarms where happens(failures / 3): return .alarms([Orders.reading("ALARM", since: now.seconds)])
        case .shift(_, let percent, _) where happens(failures):
            // The answer is lost; the alias may have been written all the same.
            if happens(0.5) { _ = calm.play(command, key, now) }
            return .shiftFailed(percent: percent, error, mayHaveMoved: true)
        case .restore where happens(max(failures, 0.3)): return .restoreFailed(message: "down", isFinal: false)
        case .collectEvidence where happens(0.3): return nil
        default: return calm.play(command, key, now)
        }
    }

    /// Something from outside.
    func incident(_ now: Timestamp) -> DeploymentMachine.Event {
        switch chance.next() % 9 {
        case 0: return .stopRequested(rollback: true)
        case 1: return .stopRequested(rollback: false)
        case 2: return .stopRequested(rollback: nil)
        case 3: return .promoteRequested
        case 4: return .pauseRequested
        case 5: return .resumeRequested
        case 6: return .groupDeleted
        case 7: return .alarms([Orders.reading("ALARM", since: now.seconds)])
        default: return .alarms([Orders.reading("OK", since: now.seconds)])
        }
    }
}

@Suite("Whatever happens to a deployment")
struct DeploymentCourseTests {
    private static let start = Timestamp(seconds: 1_750_000_000)
    private static let routings = [
        TrafficRouting(.allAtOnce), TrafficRouting(.canary, percentage: 10, intervalSeconds: 300),
        TrafficRouting(.linear, percentage: 30, intervalSeconds: 60),
    ]

    /// One course: an order, some incidents, and everything else by the seed.
    private func course(seed: UInt64, failures: Double) throws -> (MachineSimulation<DeploymentMachine>, RoughWorld) {
        let world = RoughWorld(seed: seed, failures: failures)
        let wantsRollback = world.chance.fraction() < 0.7
        let order = Orders.make(
            Self.routings[Int(seed % 3)],
            hooks: seed % 2 == 0 ? ["BeforeAllowTraffic": "b", "AfterAllowTraffic": "a"] : [:],
            alarms: seed % 5 < 3 ? ["errors"] : [],
            rollback: wantsRollback ? Orders.everyEvent : AutoRollbackConfiguration(),
            isStrict: seed % 7 == 0)
        var course = MachineSimulation(DeploymentMachine(order), seed: seed, roughness: .rough)
        try course.send(.start)
        for _ in 0..<(world.chance.next() % 3) {
            let moment = course.now + .seconds(Int64(world.chance.next() % 200))
            try course.run(until: moment, world: world.play)
            try course.send(world.incident(course.now))
            try finishSlow(&course, world)
        }
        try course.run(until: course.now + .seconds(1), world: world.play)
        try course.send(.resumeRequested)
        try course.run(world: world.play)
        while world.hasSlow {
            try finishSlow(&course, world)
            try course.run(world: world.play)
        }
        return (course, world)
    }

    private func finishSlow(_ course: inout MachineSimulation<DeploymentMachine>, _ world: RoughWorld) throws {
        for event in world.finishSlow(course.now) { try course.send(event) }
    }

    @Test("it ends, and traffic is all on one version unless it was to be left as it is", arguments: [0.0, 0.1, 0.4])
    func terminal(failures: Double) throws {
        var endings: [DeploymentStatus: Int] = [:]
        for seed in UInt64(0)..<1000 {
            let (course, world) = try course(seed: seed, failures: failures)
            let machine = course.engine
            endings[machine.status, default: 0] += 1
            #expect(course.isFinished && machine.status.isTerminal, "seed \(seed)")
            #expect(machine.lifecycle.allSatisfy { $0.status != .pending && $0.status != .inProgress }, "seed \(seed)")
            let alias = world.calm.alias
            switch machine.status {
            case .succeeded: #expect(alias == AliasState(Orders.target, percent: 100), "seed \(seed)")
            case _ where machine.ending?.wantsRollback == true:
                #expect(alias == AliasState(version: "1"), "seed \(seed): \(machine.steps)")
                #expect(machine.rollback?.failure == nil, "seed \(seed)")
            default: #expect(machine.rollback == nil, "seed \(seed)")
            }
        }
        #expect(endings.count == 3, "the courses are to end in every way: \(endings)")
    }

    @Test("a hook's verdict counts once, and hooks are asked once")
    func hooksOnce() throws {
        for seed in UInt64(0)..<1000 {
            let (course, world) = try course(seed: seed, failures: 0.1)
            for event in AppSpecReader.lambdaHooks {
                let started = course.engine.steps.filter { $0.name == "HookStarted" && $0.text.hasPrefix(event) }
                let judged = course.engine.steps.filter { step in
                    ["HookSucceeded", "HookFailed"].contains(step.name) && step.text.hasPrefix(event)
                }
                #expect(started.count <= 1 && judged.count <= started.count, "seed \(seed)")
            }
            // Asked twice under one key is what an invoker makes good; under two keys nobody could.
            #expect(world.calm.asked.count <= 2, "seed \(seed)")
        }
    }

    @Test("its events come in an order that makes sense")
    func events() throws {
        for seed in UInt64(0)..<1000 {
            let (course, _) = try course(seed: seed, failures: 0.2)
            let states = course.log.filter { $0.source == "aws.codedeploy" }.map(\.detail)
            let own = states.filter { $0["deploymentId"]?.string == "d-ABCDEFGHI" }.compactMap { $0["state"]?.string }
            let back = states.filter { $0["deploymentId"]?.string == "d-ROLLBACK1" }.compactMap { $0["state"]?.string }
            #expect(own.count == 2 && own.first == "START", "seed \(seed): \(own)")
            #expect(back.isEmpty || back.count == 2, "seed \(seed): \(back)")
            #expect(states.last?["state"]?.string != "START", "seed \(seed)")
        }
    }
}
