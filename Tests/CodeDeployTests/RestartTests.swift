import Cloud
import CloudTesting
@testable import CodeDeploy
import HTTP
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

/// Lambda's aliases, of which the first write hangs until whoever waits for it is gone.
private struct StallingTraffic: AliasTraffic {
    final class Gate: Sendable {
        let hasStalled = Mutex(false)
    }
    let lambda: LambdaAliasTraffic
    let gate: Gate

    func read(_ target: LambdaTarget, as caller: Caller) async throws -> (state: AliasState, revision: String) {
        try await lambda.read(target, as: caller)
    }

    func write(_ state: AliasState, to target: LambdaTarget, revision: String, as caller: Caller) async throws {
        let isFirst = gate.hasStalled.withLock { hasStalled in
            defer { hasStalled = true }
            return !hasStalled
        }
        if isFirst { try await ContinuousClock().sleep(for: .seconds(3600)) }
        try await lambda.write(state, to: target, revision: revision, as: caller)
    }

    func checkVersion(_ version: String, of target: LambdaTarget, as caller: Caller) async throws {
        try await lambda.checkVersion(version, of: target, as: caller)
    }
}

@Suite("A server that is stopped during a deployment", .timeLimit(.minutes(2)))
struct RestartTests {
    /// A door that servers come and go behind.
    private func withHouse(
        _ body: @Sendable (_ open: @Sendable () -> Shop, _ gate: StallingTraffic.Gate) async throws -> Void
    )
        async throws
    {
        let time = VirtualTime()
        let neighbours = Neighbours()
        let gate = StallingTraffic.Gate()
        try await withTestCloud(
            Surroundings(time: time, chance: SeededChance(seed: 3)), services: { _, _ in neighbours.services },
            { door in
                let open: @Sendable () -> Shop = {
                    let traffic = StallingTraffic(lambda: LambdaAliasTraffic(cloud: door.cloud), gate: gate)
                    let desk = CodeDeployService(cloud: door.cloud, ledger: door.ledger, traffic: traffic)
                    door.cloud.install([desk, SlipwayDeployments(desk)])
                    return Shop(door: door, codeDeploy: desk, neighbours: neighbours, time: time)
                }
                try await body(open, gate)
            })
    }

    @Test("while the alias was being written writes it after the start, and nothing has failed")
    func duringShift() async throws {
        try await withHouse { open, gate in
            let before = open()
            let id = try await withRunning([before.codeDeploy.runner]) {
                try await before.makeGroup()
                let id = try await before.deploy()
                try await eventually("the write to hang") { gate.hasStalled.withLock { $0 } ? true : nil }
                return id
            }
            #expect(try await before.status(id) == "InProgress")
            #expect(before.neighbours.state.withLock { $0.shares } == [])
            let after = open()
            try await withRunning([after.codeDeploy.runner]) { _ = try await after.reach("Succeeded", id) }
            #expect(after.neighbours.state.withLock { $0.shares } == [0.1, 1])
        }
    }

    @Test("for long takes the late step after the start, once")
    func duringBake() async throws {
        try await withHouse { open, gate in
            gate.hasStalled.withLock { $0 = true }
            let before = open()
            let id = try await withRunning([before.codeDeploy.runner]) {
                try await before.makeGroup()
                let id = try await before.deploy()
                try await before.baking(id)
                return id
            }
            before.time.advance(by: .seconds(3600))
            let after = open()
            try await withRunning([after.codeDeploy.runner]) { _ = try await after.reach("Succeeded", id) }
            #expect(after.neighbours.state.withLock { $0.shares } == [0.1, 1])
        }
    }

    @Test("while an alarm came to fire goes back after the start, although the step was due")
    func alarmMeanwhile() async throws {
        try await withHouse { open, gate in
            gate.hasStalled.withLock { $0 = true }
            let before = open()
            before.neighbours.alarm("errors", "OK", since: 1)
            let id = try await withRunning([before.codeDeploy.runner]) {
                try await before.makeGroup(alarms: ["errors"])
                let id = try await before.deploy()
                try await before.baking(id)
                return id
            }
            before.time.advance(by: .seconds(3600))
            before.neighbours.alarm("errors", "ALARM", since: 2)
            let after = open()
            try await withRunning([after.codeDeploy.runner]) { _ = try await after.reach("Stopped", id) }
            #expect(after.neighbours.state.withLock { $0.shares } == [0.1, 0])
        }
    }

    @Test("after a hook reported does not ask the hook again, though its invocation never ended")
    func afterReport() async throws {
        try await withHouse { open, gate in
            gate.hasStalled.withLock { $0 = true }
            let before = open()
            let door = before.door
            before.neighbours.state.withLock { state in
                state.hook = { _, payload in
                    var report: JSON = ["status": "Succeeded"]
                    report["deploymentId"] = payload["DeploymentId"]
                    report["lifecycleEventHookExecutionId"] = payload["LifecycleEventHookExecutionId"]
                    try await door.call("codedeploy", "PutLifecycleEventHookExecutionStatus", report)
                    try await ContinuousClock().sleep(for: .seconds(3600))
                    return Reply()
                }
            }
            let id = try await withRunning([before.codeDeploy.runner]) {
                try await before.makeGroup()
                let id = try await before.deploy(Shop.revision(hooks: [["BeforeAllowTraffic": "check"]]))
                try await before.baking(id)
                return id
            }
            let after = open()
            try await withRunning([after.codeDeploy.runner]) { _ = try await after.reach("Succeeded", id) }
            #expect(after.neighbours.state.withLock { $0.invocations.count } == 1)
        }
    }
}
