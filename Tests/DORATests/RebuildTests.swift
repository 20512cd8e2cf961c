@testable import DORA
import Ledger
import LedgerTesting
import Notation
import Testing

/// Draws histories: anything may happen at any time, also what makes no sense.
struct RandomStory {
    let chance: SeededChance
    var story = Story()
    private var version = 1

    init(seed: UInt64, events count: Int = 120) {
        chance = SeededChance(seed: seed)
        story.create("a")
        for number in 0..<count { happen(number) }
    }

    private func draw(_ bound: Int) -> Int { Int(chance.next() % UInt64(bound)) }

    private mutating func happen(_ number: Int) {
        story.wait(Double(draw(5000)))
        let name = ["a", "b", "b-staging"][draw(3)]
        let id = "d-\(number)"
        switch draw(10) {
        case 0: story.update(name)
        case 1, 2:
            version += 1
            story.release(id, name, from: max(1, version - 1), to: version, fails: draw(3) == 0 ? "no" : nil)
        case 3: story.alias("orders", version: 1 + draw(version))
        case 4: story.canary(id, stack: nil, from: version, to: 1 + draw(version), creator: "user")
        case 5:
            story.push([("c\(number)", ["one", "two\n\nIncident: I", "This reverts commit c\(draw(9))00000"][draw(3)])])
        case 6: story.push([("c\(number)", "late")], branch: ["main", "side"][draw(2)], looksUp: draw(2) == 0)
        case 7:
            let trigger = draw(4) == 0 ? "AutomatedRollback" : "Webhook"
            story.run(
                "e\(number)", commit: "c\(draw(number + 1))", stages: [("Rehearse", "b"), ("Real", name)],
                trigger: trigger)
        case 8: story.stack(name, ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_FAILED", "UPDATE_IN_PROGRESS"][draw(3)])
        default:
            story.step(
                "d-\(draw(number + 1))", ["Ended", "TrafficShifted"][draw(2)], weight: draw(101), stack: name, from: 1,
                to: 2)
        }
    }
}

@Suite("The book and the log")
struct RebuildTests {
    @Test("a book kept at any moment and read on is the book made anew", arguments: 0..<30)
    func rebuild(seed: Int) async throws {
        let events = RandomStory(seed: UInt64(seed)).story.events
        let whole = events.reduce(into: Book()) { $0.read($1) }
        let cut = events.count * (seed + 1) / 31
        try await withTemporaryLedger { ledger in
            var book = events.prefix(cut).reduce(into: Book()) { $0.read($1) }
            let entries = book.takeTouched()
            try await ledger.write { [book] in try book.keep(entries, $0) }
            for event in events.dropFirst(cut) { book.read(event) }
            let rest = book.takeTouched()
            var again = try await Book.load(ledger)
            for event in events.dropFirst(cut) { again.read(event) }
            #expect(again == whole)
            #expect(again.takeTouched() == rest)
            try await ledger.write { [again] in try again.keep(rest, $0) }
            #expect(try await Book.load(ledger) == whole)
        }
    }

    @Test("the time looked at never changes which failure belongs to which deployment", arguments: 0..<30)
    func windows(seed: Int) throws {
        let story = RandomStory(seed: UInt64(seed)).story
        let histories = Histories(story.book).sorted
        var known: [String: Verdict] = [:]
        for start in stride(from: 0.0, through: story.minute, by: story.minute / 13) {
            for length in [1440.0, 10_000, 50_000, 600_000] {
                let since = Story.begin + .seconds(start * 60)
                let figures = Figures(histories, since: since, until: since + .seconds(length * 60))
                for entry in figures.entries {
                    let before = known.updateValue(entry.verdict, forKey: entry.delivery.id)
                    #expect(before == nil || before == entry.verdict)
                }
            }
        }
    }

    @Test("every number opens to its deployments, and windows side by side add up", arguments: 0..<30)
    func additive(seed: Int) throws {
        let story = RandomStory(seed: UInt64(seed)).story
        for history in Histories(story.book).sorted {
            let end = story.now + .seconds(1)
            let middle = Story.begin + .seconds(story.minute * 30)
            let whole = Figures([history], since: Story.begin, until: end)
            let halves = [
                Figures([history], since: Story.begin, until: middle), Figures([history], since: middle, until: end),
            ]
            #expect(whole.deployments.count == halves.map(\.deployments.count).reduce(0, +))
            #expect(whole.failed.count == halves.map(\.failed.count).reduce(0, +))
            #expect(whole.leadTimes.count == halves.map(\.leadTimes.count).reduce(0, +))
            #expect(whole.entries.count == whole.deployments.count + whole.caught.count + whole.rollbacks.count)
            #expect(whole.exposure(now: end) >= 0 && whole.recoveryTimes.allSatisfy { $0 >= 0 })
        }
    }

    @Test("entries older than 400 days are dropped, by the log's own time")
    func sweep() {
        var story = Story()
        story.push([("c1", "one")])
        story.run("e1", commit: "c1", stages: [("Production", "orders")])
        story.wait(401 * 1440)
        story.update("orders")
        let book = story.book
        #expect(book.deliveries.count == 1 && book.pushes.isEmpty && book.executions.isEmpty)
    }
}
