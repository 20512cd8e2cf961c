import Ledger
import LedgerTesting
import Notation
import Testing

@testable import EventBridge

@Suite("A delivery")
struct DeliveryMachineTests {
    private func order(retries: Int = 3, age: Int = 86_400, letters: Bool = true) -> EventDelivery.Order {
        EventDelivery.Order(
            rule: "1/r/default/n", target: "t", sequence: 42, retries: retries, age: age, hasDeadLetterQueue: letters)
    }

    @Test("that succeeds at once is done at once")
    func smooth() throws {
        var course = MachineSimulation(EventDelivery(order()))
        try course.send(.begin)
        try course.run { command, _, _ in
            guard case .attempt(let number) = command else { return nil }
            return .attempted(.init(number: number, result: .delivered))
        }
        #expect(course.isFinished && course.engine.attempts == 1)
    }

    @Test("waits twice as long each time, up to ten minutes")
    func pauses() throws {
        var course = MachineSimulation(EventDelivery(order(retries: 14)))
        var moments: [Timestamp] = []
        try course.send(.begin)
        try course.run { command, _, now in
            guard case .attempt(let number) = command else { return .buried }
            moments.append(now)
            return .attempted(.init(number: number, result: .failed, code: "Busy"))
        }
        let gaps = zip(moments.dropFirst(), moments).map { ($0 - $1).inSeconds }
        #expect(gaps.count == 14)
        for (place, gap) in gaps.enumerated() {
            let base = min(Double(1 << place), 600)
            #expect(gap >= base && gap <= base * 1.26, "pause \(place) was \(gap)")
        }
    }

    @Test(
        "ends in the dead-letter queue when it is refused, tried too often, or too old",
        arguments: [
            (EventDelivery.Attempt.Result.refused, 3, 86_400, Optional<String>.none, 1),
            (.failed, 3, 86_400, "MaximumRetryAttempts", 4), (.failed, 0, 86_400, "MaximumRetryAttempts", 1),
            (.failed, 185, 60, "MaximumEventAgeInSeconds", 6),
        ])
    func buries(result: EventDelivery.Attempt.Result, retries: Int, age: Int, reason: String?, attempts: Int) throws {
        var course = MachineSimulation(EventDelivery(order(retries: retries, age: age)))
        var letters: [String?] = []
        try course.send(.begin)
        try course.run { command, _, _ in
            switch command {
            case .attempt(let number): return .attempted(.init(number: number, result: result))
            case .bury(_, let exhausted):
                letters.append(exhausted)
                return .buried
            }
        }
        #expect(letters == [reason])
        #expect((attempts - 1...attempts + 1).contains(course.engine.attempts))
    }

    @Test("without a dead-letter queue, or of a rule that is gone, just ends")
    func ends() throws {
        for result in [EventDelivery.Attempt.Result.refused, .gone] {
            var course = MachineSimulation(EventDelivery(order(letters: result == .gone)))
            try course.send(.begin)
            try course.run { command, _, _ in
                guard case .attempt(let number) = command else { throw CancellationError() }
                return .attempted(.init(number: number, result: result))
            }
            #expect(course.isFinished)
        }
    }

    /// Whatever crashes, comes twice or comes late: the target has the event, or the queue does, or both were tried as
    /// often as was asked.
    @Test("reaches its end in rough courses", arguments: Array(0..<300) as [UInt64])
    func rough(seed: UInt64) throws {
        let chance = SeededChance(seed: seed &+ 1000)
        var course = MachineSimulation(EventDelivery(order(retries: 5)), seed: seed, roughness: .rough)
        var (isDelivered, isBuried) = (false, false)
        var numbers: Set<Int> = []
        try course.send(.begin)
        try course.run { command, _, _ in
            switch command {
            case .attempt(let number):
                numbers.insert(number)
                let draw = chance.fraction()
                let result: EventDelivery.Attempt.Result = draw < 0.3 ? .delivered : draw < 0.9 ? .failed : .refused
                isDelivered = isDelivered || result == .delivered
                return .attempted(.init(number: number, result: result))
            case .bury:
                isBuried = true
                return .buried
            }
        }
        #expect(course.isFinished)
        #expect(isDelivered || isBuried, "seed \(seed): neither delivered nor buried")
        #expect(numbers.count <= 6, "seed \(seed): tried \(numbers.count) times")
    }
}

@Suite("A replay")
struct ReplayMachineTests {
    private func record() -> ReplayRecord {
        ReplayRecord(
            name: "again", archive: "arn:aws:events:r:1:archive/a", destination: BusID(account: "1", region: "r"),
            rules: [],
            description: nil, from: Timestamp(seconds: 0), to: Timestamp(seconds: 10), started: Timestamp(seconds: 20))
    }

    @Test("goes through all pages once, whatever crashes", arguments: Array(0..<100) as [UInt64])
    func pages(seed: UInt64) throws {
        var course = MachineSimulation(Replay(record(), after: 0, upTo: 50), seed: seed, roughness: .rough)
        var seen: Set<Int64> = []
        try course.send(.begin)
        try course.run { command, _, _ in
            guard case .page(let place) = command else { return nil }
            let end = min(place + 7, 50)
            for sequence in (place + 1)...end { seen.insert(sequence) }
            return .paged(upTo: end, last: nil, isEnd: end == 50)
        }
        #expect(course.engine.record.state == .completed && seen == Set(1...50))
    }

    @Test("stops after the page under way when it is cancelled")
    func cancels() throws {
        var course = MachineSimulation(Replay(record(), after: 0, upTo: 50))
        try course.send(.begin)
        try course.send(.cancel)
        #expect(course.engine.record.state == .cancelling)
        try course.run { _, _, _ in .paged(upTo: 7, last: nil, isEnd: false) }
        #expect(course.engine.record.state == .cancelled)
    }
}
