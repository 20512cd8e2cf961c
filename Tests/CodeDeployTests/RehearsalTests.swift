@testable import CodeDeploy
import Cloud
import CloudTesting
import Notation
import Testing

@Suite("A rehearsal")
struct RehearsalTests {
    private func plan(
        _ routing: TrafficRouting = TrafficRouting(.canary, percentage: 10, intervalSeconds: 1800), errorRate: Double,
        alarm: Rehearsal.Alarm? = Rehearsal.Alarm(threshold: 5, period: 60)
    ) -> Rehearsal.Plan {
        Rehearsal.Plan(routing: routing, requestsPerSecond: 10, errorRate: errorRate, alarm: alarm)
    }

    @Test("of a good version of thirty minutes succeeds, in milliseconds")
    func good() throws {
        let clock = ContinuousClock()
        var report: Rehearsal.Report?
        let took = try clock.measure { report = try Rehearsal.run(plan(errorRate: 0)) }
        #expect(took < .seconds(5))
        #expect(report?.status == "Succeeded")
        #expect(report?.seconds == 1800)
        #expect(report?.errors == 0)
        #expect(report?.steps.filter { $0.name == "TrafficShifted" }.map(\.at) == [0, 1800])
    }

    @Test("of a bad version is stopped by its alarm, with errors in no more than the canary's share")
    func bad() throws {
        let report = try Rehearsal.run(plan(errorRate: 1))
        // A tenth of ten calls a second fails: the sixth error comes after six seconds.
        #expect(report.status == "Stopped")
        #expect((5.9...8).contains(report.seconds))
        #expect(report.errors <= report.requests / 10 + 1e-9)
        #expect(report.secondsToRestore == 0)
        #expect((5.9...8).contains(report.secondsToDetect ?? 0))
        #expect(report.steps.last?.weight == 0)
    }

    @Test("judged as seldom as AWS judges takes longer to notice")
    func seldom() throws {
        let alarm = Rehearsal.Alarm(threshold: 5, period: 60, judgedEvery: 60)
        let report = try Rehearsal.run(plan(errorRate: 1, alarm: alarm))
        #expect(report.status == "Stopped")
        #expect(report.seconds >= 60)
    }

    @Test("shows that an alarm with too high a threshold catches nothing in time")
    func tooHigh() throws {
        let report = try Rehearsal.run(plan(errorRate: 0.05, alarm: Rehearsal.Alarm(threshold: 100, period: 60)))
        #expect(report.status == "Succeeded")
        #expect(abs(report.errors - 1800 * 10 * 0.1 * 0.05) < 1)
    }

    @Test("of a version that fails only later, and of a hook that says no")
    func others() throws {
        var late = plan(errorRate: 1)
        late.failsAfter = 600
        let report = try Rehearsal.run(late)
        #expect((600...610).contains(report.seconds))
        var refused = plan(errorRate: 1)
        refused.hookSeconds = 12
        refused.hookFails = true
        let second = try Rehearsal.run(refused)
        #expect(second.status == "Failed" && second.seconds == 12 && second.errors == 0)
    }

    @Test("refuses plans that make no sense")
    func nonsense() {
        #expect(throws: AWSError.self) { try Rehearsal.run(plan(errorRate: 2)) }
        #expect(throws: AWSError.self) { try Rehearsal.run(plan(errorRate: 1, alarm: .init(threshold: 1, period: 0))) }
        let endless = TrafficRouting(.linear, percentage: 1, intervalSeconds: 172_800)
        #expect(throws: AWSError.self) { try Rehearsal.run(plan(endless, errorRate: 1)) }
    }

    @Test("can be asked for at the door, as JSON")
    func atTheDoor() async throws {
        try await Shop.open { shop in
            let input: JSON = [
                "plan": [
                    "routing": ["kind": "TimeBasedLinear", "percentage": 50, "intervalSeconds": 60],
                    "requestsPerSecond": 1,
                    "errorRate": 0,
                ]
            ]
            let report = try await shop.door.call("slipway", "RehearseDeployment", input)
            #expect(report["status"]?.string == "Succeeded")
            #expect(report["seconds"]?.double == 60)
        }
    }

    @Test("takes configuration and alarm from a group, seconds included")
    func ofGroup() async throws {
        try await Shop.open { shop in
            shop.neighbours.alarm("errors", "OK", since: 1)
            try await shop.makeGroup("Canary10Percent20Seconds", alarms: ["errors"])
            let input: JSON = [
                "applicationName": "shop", "deploymentGroupName": "orders",
                "plan": ["requestsPerSecond": 10, "errorRate": 1],
            ]
            let report = try await shop.door.call("slipway", "RehearseDeployment", input)
            // The threshold is 1: at one failure a second the second one is above it.
            #expect(report["status"]?.string == "Stopped")
            #expect((1...3).contains(report["seconds"]?.double ?? 0))
            #expect(report["plan"]?["routing"]?["intervalSeconds"]?.int == 20)
            #expect(report["plan"]?["alarm"]?["threshold"]?.double == 1)
        }
    }

    @Test("says what is missing")
    func incomplete() async throws {
        try await Shop.open { shop in
            for (plan, code) in [
                (["requestsPerSecond": 1, "errorRate": 0], "ValidationException"),
                (["errorRate": 0, "routing": ["kind": "AllAtOnce"]], "ValidationException"),
            ] as [(JSON, String)] {
                let refusal = try await shop.door.refusal("slipway", "RehearseDeployment", ["plan": plan])
                #expect(refusal?.code == code)
            }
            let unknown: JSON = ["deploymentConfigName": "None", "plan": ["requestsPerSecond": 1, "errorRate": 0]]
            let refusal = try await shop.door.refusal("slipway", "RehearseDeployment", unknown)
            #expect(refusal?.code == "DeploymentConfigDoesNotExistException")
        }
    }
}
