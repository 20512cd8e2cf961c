import Ledger
import LedgerTesting
import Notation
import Testing

@testable import SQS

@Suite("The moving of dead letters")
struct MessageMoveTests {
    private static let source = "arn:aws:sqs:eu-west-1:123456789012:dead"

    @Test("moves every message once, whatever comes twice or crashes", arguments: UInt64(0)..<30)
    func courses(_ seed: UInt64) throws {
        let rate = seed.isMultiple(of: 3) ? 7 : nil
        let machine = MessageMove(
            source: Self.source, destination: nil, perSecond: rate, started: Timestamp(seconds: 1))
        var course = MachineSimulation(machine, seed: seed, roughness: .rough)
        var left = 450
        try course.send(.begun(count: left))
        try course.run(world: { command, _, _ in
            let count = min(left, command.limit)
            left -= count
            return .moved(count, isLast: count == 0)
        })
        #expect(course.isFinished && left == 0 && course.engine.status == .completed)
    }

    @Test("keeps to the rate that was asked for")
    func rate() throws {
        let machine = MessageMove(source: Self.source, destination: nil, perSecond: 10, started: Timestamp(seconds: 1))
        var course = MachineSimulation(machine)
        let begin = course.now
        var left = 50
        try course.send(.begun(count: left))
        try course.run(world: { command, _, _ in
            #expect(command.limit == 10)
            let count = min(left, command.limit)
            left -= count
            return .moved(count, isLast: count == 0)
        })
        #expect(course.now - begin >= .seconds(4) && course.engine.moved == 50)
    }

    @Test("can be cancelled and can fail")
    func ends() throws {
        var machine = MessageMove(source: Self.source, destination: nil, perSecond: nil, started: Timestamp(seconds: 1))
        let now = Timestamp(seconds: 2)
        _ = machine.advance(.begun(count: 5), now: now)
        _ = machine.advance(.cancelled, now: now)
        #expect(machine.status == .cancelling)
        #expect(
            machine.advance(.moved(3, isLast: false), now: now).isFinished && machine.status == .cancelled
                && machine.moved == 3)
        var other = MessageMove(source: Self.source, destination: nil, perSecond: nil, started: now)
        _ = other.advance(.begun(count: 5), now: now)
        #expect(
            other.advance(.failed("gone"), now: now).isFinished && other.status == .failed && other.failure == "gone")
    }
}
