import Ledger
import LedgerTesting
import Notation
import Testing

@testable import SNS

@Suite("A delivery")
struct DeliveryMachineTests {
    static let topic = TopicID(account: "123456789012", region: "eu-west-1", name: "t.fifo")

    private func target(letters: Bool = true, _ retry: RetryPolicy = RetryPolicy(minDelay: 1, maxDelay: 4, retries: 5))
        -> Delivery.Target
    {
        Delivery.Target(
            subscription: Self.topic.arn + ":s", topic: Self.topic, way: .sqs, endpoint: "q", isRaw: false,
            retry: retry,
            deadLetterQueue: letters ? "arn:aws:sqs:eu-west-1:123456789012:l" : nil, signatureVersion: "1")
    }

    private func message(_ number: Int) -> Message {
        Message(
            id: "m\(number)", topic: Self.topic, body: "b", time: Timestamp(seconds: 0), group: "g",
            sequence: "\(number)")
    }

    /// However often a process dies, and whatever fails: messages come in order, each until it is delivered or given
    /// up.
    @Test("keeps the order of a group in rough courses", arguments: Array(0..<300) as [UInt64])
    func order(seed: UInt64) throws {
        let chance = SeededChance(seed: seed &+ 77)
        var course = MachineSimulation(Delivery(to: target()), seed: seed, roughness: .rough)
        var settled: [String] = []
        func settle(_ id: String) { if settled.last != id { settled.append(id) } }
        for number in 0..<8 { try course.send(.publish(message(number))) }
        try course.run { command, _, _ in
            switch command {
            case .attempt(let id, let number):
                let draw = chance.fraction()
                if draw < 0.5 {
                    settle(id)
                    return .attempted(.init(message: id, number: number, result: .delivered))
                }
                return .attempted(.init(message: id, number: number, result: draw < 0.95 ? .failed : .refused))
            case .bury(let id, _):
                settle(id)
                return .buried(message: id)
            }
        }
        #expect(course.isFinished && course.engine.line.isEmpty)
        #expect(settled == (0..<8).map { "m\($0)" }, "seed \(seed)")
    }

    @Test("takes a message once, and more while it works")
    func once() throws {
        var course = MachineSimulation(Delivery(to: target()))
        try course.send(.publish(message(0)))
        try course.send(.publish(message(0)))
        try course.send(.publish(message(1)))
        #expect(course.engine.line.count == 2)
        try course.run { command, _, _ in
            guard case .attempt(let id, let number) = command else { return nil }
            return .attempted(.init(message: id, number: number, result: .delivered))
        }
        #expect(course.engine.delivered == 2 && course.engine.failed == 0)
    }

    @Test("of an ended subscription drops what waits")
    func gone() throws {
        var course = MachineSimulation(Delivery(to: target()))
        for number in 0..<3 { try course.send(.publish(message(number))) }
        try course.run { command, _, _ in
            guard case .attempt(let id, let number) = command else { return nil }
            return .attempted(.init(message: id, number: number, result: .gone))
        }
        #expect(course.isFinished && course.engine.delivered == 0)
    }

    @Test("pauses as the policy says")
    func pauses() throws {
        let policy = RetryPolicy(minDelay: 2, maxDelay: 10, retries: 9, immediate: 2, early: 1, late: 1)
        let pauses = (1...10).map { policy.pause(before: $0).map { Int($0.inSeconds) } }
        #expect(pauses == [0, 0, 2, 2, 4, 6, 8, 10, 10, nil])
        let managed = (1...17).map { RetryPolicy.managed.pause(before: $0)?.inSeconds ?? -1 }
        #expect(Array(managed.prefix(6)) == [0, 0, 0, 1, 1, 1] && managed[14] == 20 && managed[16] == 20)
        #expect(zip(managed.dropFirst(5).prefix(9), managed.dropFirst(6).prefix(9)).allSatisfy { $0 < $1 })
        #expect(
            RetryPolicy.managed.pause(before: 100_015) == .seconds(20)
                && RetryPolicy.managed.pause(before: 100_016) == nil)
    }
}
