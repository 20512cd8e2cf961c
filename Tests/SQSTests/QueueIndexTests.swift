import Ledger
import Notation
import Testing

@testable import SQS

private let start = Timestamp(seconds: 1_750_000_000)

/// Terms of a reception at that second.
private func terms(_ most: Int, at second: Double, visibility: Int = 30, dead: Int? = nil, oldest: Double = -100_000)
    -> QueueIndex.Terms
{
    QueueIndex.Terms(
        most: most, now: start + .seconds(second), visibility: .seconds(visibility), maxReceiveCount: dead,
        oldest: start + .seconds(oldest))
}

extension QueueIndex {
    fileprivate mutating func send(
        _ sequence: Int64, group: String? = nil, at second: Double = 0, visibleAt: Double? = nil
    ) {
        let moment = start + .seconds(second)
        insert(
            sequence, Entry(group: group, sent: moment, until: visibleAt.map { start + .seconds($0) } ?? moment),
            now: moment)
    }

    fileprivate mutating func receive(_ most: Int, at second: Double, visibility: Int = 30, dead: Int? = nil) -> [Int64]
    {
        take(terms(most, at: second, visibility: visibility, dead: dead)).messages.map(\.sequence)
    }
}

@Suite("The index of a standard queue")
struct StandardIndexTests {
    @Test("hands out messages in order, each to one receiver until its time is over")
    func visibility() {
        var index = QueueIndex(isFIFO: false)
        for sequence in 1...4 { index.send(Int64(sequence)) }
        #expect(index.receive(2, at: 1, visibility: 10) == [1, 2])
        #expect(index.counts == QueueCounts(visible: 2, inFlight: 2, delayed: 0))
        #expect(index.receive(10, at: 2, visibility: 60) == [3, 4] && index.receive(10, at: 10.9) == [])
        #expect(index.nextTurn() == start + .seconds(11))
        #expect(index.receive(10, at: 11) == [1, 2] && index.entry(1)?.count == 2)
        index.remove(1)
        #expect(index.receive(10, at: 1000) == [2, 3, 4] && index.count == 3)
    }

    @Test("keeps delayed messages back")
    func delay() {
        var index = QueueIndex(isFIFO: false)
        index.send(1, visibleAt: 5)
        index.send(2)
        #expect(index.counts == QueueCounts(visible: 1, inFlight: 0, delayed: 1))
        #expect(index.receive(10, at: 4) == [2] && index.receive(10, at: 5) == [1])
        #expect(index.counts == QueueCounts(visible: 0, inFlight: 2, delayed: 0))
    }

    @Test("gives up what was received too often and what is too old")
    func deadAndOld() {
        var index = QueueIndex(isFIFO: false)
        index.send(1)
        index.send(2, at: 50)
        #expect(index.receive(1, at: 51, visibility: 0, dead: 1) == [1])
        let picked = index.take(terms(10, at: 52, dead: 1))
        #expect(picked.messages.map(\.sequence) == [2] && picked.dead == [1])
        index.send(3, at: 53)
        let later = index.take(terms(10, at: 200, oldest: 52))
        #expect(later.messages.map(\.sequence) == [3] && later.old == [2] && index.count == 1)
    }

    @Test("takes a reception back as if it had not been, and holds messages anew")
    func undoing() {
        var index = QueueIndex(isFIFO: false)
        index.send(1)
        let picked = index.take(terms(1, at: 1))
        index.untake(picked, now: start + .seconds(2))
        #expect(index.entry(1)?.count == 0 && index.entry(1)?.first == nil && index.counts.visible == 1)
        let flight = index.take(terms(1, at: 3)).messages[0].flight
        var longer = flight
        longer.until = start + .seconds(500)
        index.hold(1, longer, now: start + .seconds(4))
        #expect(index.receive(1, at: 400) == [] && index.nextTurn() == longer.until)
        longer.until = start + .seconds(5)
        index.hold(1, longer, now: start + .seconds(5))
        #expect(index.receive(1, at: 5) == [1])
        index.hold(1, flight, now: start + .seconds(6))  // The first receiver is too late.
        #expect(index.entry(1)?.until == start + .seconds(35))
    }
}

@Suite("The index of a FIFO queue")
struct FIFOIndexTests {
    @Test("hands out a group in order, and nothing of it while something is in flight")
    func groups() {
        var index = QueueIndex(isFIFO: true)
        for sequence in 1...6 { index.send(Int64(sequence), group: sequence.isMultiple(of: 2) ? "even" : "odd") }
        #expect(index.receive(2, at: 1) == [1, 3])
        #expect(index.receive(10, at: 1) == [2, 4, 6] && index.receive(10, at: 1) == [])
        index.remove(1)
        #expect(index.receive(10, at: 2) == [], "3 is in flight still")
        index.remove(3)
        #expect(index.receive(10, at: 2) == [5])
        #expect(index.receive(10, at: 40) == [2, 4, 6, 5], "what comes back keeps its place")
    }

    @Test("lets a group go on behind its dead letters")
    func deadLetters() {
        var index = QueueIndex(isFIFO: true)
        for sequence in 1...3 { index.send(Int64(sequence), group: "g") }
        #expect(index.receive(1, at: 1, visibility: 1, dead: 1) == [1])
        let picked = index.take(terms(1, at: 3, dead: 1))
        #expect(picked.dead == [1] && picked.messages.map(\.sequence) == [2])
    }

    @Test("waits for the delay of a group's first message")
    func delay() {
        var index = QueueIndex(isFIFO: true)
        index.send(1, group: "g", visibleAt: 5)
        index.send(2, group: "g", visibleAt: 6)
        #expect(index.receive(10, at: 4) == [] && index.receive(10, at: 5) == [1])
        index.remove(1)
        #expect(index.receive(10, at: 7) == [2])
    }
}

@Suite("Any course of a queue")
struct QueueCourseTests {
    /// The rules, by a model that is too simple to be wrong: lists, looked through from the front.
    private struct Model {
        var messages: [(sequence: Int64, group: String, until: Double, count: Int)] = []
        let isFIFO: Bool

        mutating func receive(_ most: Int, _ now: Double, _ visibility: Double) -> Set<Int64> {
            var got: Set<Int64> = []
            let busy = Set(messages.filter { $0.until > now }.map(\.group))
            for place in messages.indices where got.count < most && messages[place].until <= now {
                if isFIFO, busy.contains(messages[place].group) { continue }
                messages[place].until = now + visibility
                messages[place].count += 1
                got.insert(messages[place].sequence)
            }
            return got
        }
    }

    @Test(
        "neither loses a message nor hands one to two receivers, and keeps groups in order", arguments: UInt64(0)..<40)
    func courses(_ seed: UInt64) {
        let chance = SeededChance(seed: seed)
        let isFIFO = seed.isMultiple(of: 2)
        var index = QueueIndex(isFIFO: isFIFO)
        var model = Model(isFIFO: isFIFO)
        var now = 0.0
        var next: Int64 = 0
        for _ in 0..<400 {
            now += Double(chance.next() % 3)
            switch chance.next() % 4 {
            case 0:
                next += 1
                let group = isFIFO ? "g\(chance.next() % 3)" : ""
                index.send(next, group: group, at: now)
                model.messages.append((next, group, now, 0))
            case 1, 2:
                let most = Int(chance.next() % 4) + 1
                let got = index.receive(most, at: now, visibility: 5)
                if isFIFO {
                    // Which group comes first is the queue's choice; that they are in order is not.
                    for sequence in got {
                        let place = model.messages.firstIndex { $0.sequence == sequence }
                        guard let place else { return #expect(Bool(false), "seed \(seed): \(sequence) is gone") }
                        let before = model.messages[..<place].filter { $0.group == model.messages[place].group }
                        #expect(before.allSatisfy { got.contains($0.sequence) }, "seed \(seed): out of order")
                        #expect(model.messages[place].until <= now, "seed \(seed): \(sequence) is in flight")
                    }
                    for place in model.messages.indices where got.contains(model.messages[place].sequence) {
                        model.messages[place].until = now + 5
                    }
                } else {
                    #expect(Set(got) == model.receive(most, now, 5), "seed \(seed)")
                }
            default:
                guard !model.messages.isEmpty else { continue }
                let place = Int(chance.next() % UInt64(model.messages.count))
                index.remove(model.messages.remove(at: place).sequence)
            }
            let counts = index.counts
            #expect(counts.visible + counts.inFlight + counts.delayed == model.messages.count, "seed \(seed)")
        }
        var left: Set<Int64> = []
        for round in 0..<500 {
            let got = index.receive(10, at: now + 100 + Double(round) * 10, visibility: 5)
            if got.isEmpty { break }
            for sequence in got { index.remove(sequence) }
            left.formUnion(got)
        }
        #expect(left == Set(model.messages.map(\.sequence)), "seed \(seed)")
    }

    @Test("of a heap brings out everything in order", arguments: UInt64(0)..<5)
    func heap(_ seed: UInt64) {
        let chance = SeededChance(seed: seed)
        let numbers = (0..<300).map { _ in Int(chance.next() % 100) }
        var heap = Heap<Int>()
        for number in numbers { heap.push(number) }
        var sorted: [Int] = []
        while let least = heap.pop() { sorted.append(least) }
        #expect(sorted == numbers.sorted())
    }
}
