import Ledger
import LedgerTesting
import Notation
import Testing

@testable import SecretsManager

private let machine = SecretRotation(
    account: "123456789012", region: "eu-west-1", secret: "s", arn: "arn:s", function: "arn:f", token: "t")

@Suite("A rotation")
struct SecretRotationTests {
    @Test(
        "takes the four steps in order, once each for the secret, however rough the course", arguments: UInt64(0)..<40)
    func courses(_ seed: UInt64) throws {
        var course = MachineSimulation(machine, seed: seed, roughness: .rough)
        var order: [SecretRotation.Step] = []
        var closes = 0
        try course.send(.begun)
        try course.run(world: { command, _, _ in
            switch command {
            case .invoke(let step):
                if order.last != step { order.append(step) }
                return .answered(step, error: nil)
            case .close(let error):
                #expect(error == nil)
                closes += 1
                return nil
            }
        })
        #expect(order == SecretRotation.Step.allCases && closes > 0 && course.engine.isOver)
        #expect(course.log.compactMap { $0.detail["eventName"]?.string } == ["RotationStarted", "RotationSucceeded"])
    }

    @Test("ends at the step that fails", arguments: SecretRotation.Step.allCases)
    func failures(_ failing: SecretRotation.Step) throws {
        var course = MachineSimulation(machine)
        var seen: [SecretRotation.Step] = []
        var closed: String??
        try course.send(.begun)
        try course.run(world: { command, _, _ in
            switch command {
            case .invoke(let step):
                seen.append(step)
                return .answered(step, error: step == failing ? "no" : nil)
            case .close(let error):
                closed = error
                return nil
            }
        })
        #expect(seen.last == failing && closed == .some("no") && course.engine.isOver)
        #expect(course.log.last?.detail["eventName"] == "RotationFailed")
    }

    @Test("a secret's clock wakes for the earlier of its two moments, and only for what is due")
    func clock() {
        var clock = SecretClock(account: "1", region: "r", secret: "s", suffix: "x")
        let (soon, late) = (Timestamp(seconds: 100), Timestamp(seconds: 200))
        #expect(clock.advance(.set(removal: late, rotation: soon), now: Timestamp(seconds: 1)).wake == .at(soon))
        let rotated = clock.advance(.woken, now: soon)
        #expect(rotated.commands == [.rotate] && rotated.wake == .at(late))
        #expect(clock.advance(.woken, now: Timestamp(seconds: 150)).commands.isEmpty)
        let removed = clock.advance(.woken, now: late)
        #expect(removed.commands == [.remove] && removed.wake == .never)
        #expect(clock.advance(.set(removal: nil, rotation: nil), now: late).wake == .never)
    }

    @Test(
        "schedules are read as AWS has them",
        arguments: [
            (RotationRules(AutomaticallyAfterDays: 30), 30.0 * 86400),
            (RotationRules(ScheduleExpression: "rate(4 hours)"), 14400),
            (RotationRules(ScheduleExpression: "rate(10 days)"), 864_000),
            (RotationRules(ScheduleExpression: "cron(0 0 1 1 ? *)"), 0),
        ] as [(RotationRules, Double)])
    func schedules(_ rules: RotationRules, _ seconds: Double) throws {
        let now = Timestamp(seconds: 1_750_000_000)
        try RotationSchedule.check(rules, now: now)
        let next = try #require(RotationSchedule(rules)?.next(after: now))
        #expect(seconds == 0 ? next > now : (next - now).inSeconds == seconds)
    }

    @Test(
        "schedules that AWS refuses are refused",
        arguments: ["rate(1 hour)", "rate(2 hours)", "at(2026-01-01T00:00:00)", "weekly"])
    func refusedSchedules(_ text: String) {
        let rules = RotationRules(ScheduleExpression: text)
        #expect(throws: (any Error).self) { try RotationSchedule.check(rules, now: Timestamp(seconds: 1_750_000_000)) }
    }
}
