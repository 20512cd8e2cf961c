@testable import DORA
import Ledger
import Notation
import Testing

@Suite("The five metrics")
struct FiguresTests {
    @Test(
        "medians and percentiles",
        arguments: [
            ([], nil, nil), ([5], 5, 5), ([1, 3], 2, 3), ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 5.5, 9), ([1, 1, 9], 1, 9),
        ] as [([Double], Double?, Double?)])
    func middles(values: [Double], median: Double?, most: Double?) {
        #expect(Figures.median(values) == median)
        #expect(Figures.percentile(0.9, values) == most)
    }

    private static let day = 86_400.0

    @Test(
        "tiers of 2024 and 2019",
        arguments: [
            ("dora-2024", 2.0, 0.99 * day, 3599.0, 0.05, [Tier.elite, .elite, .elite, .elite]),
            ("dora-2024", 1.0, 1 * day, 3600.0, 0.0501, [.high, .high, .high, .high]),
            ("dora-2024", 0.1, 7 * day, 1 * day, 0.2, [.medium, .medium, .medium, .medium]),
            ("dora-2024", 0.01, 40 * day, 8 * day, 0.21, [.low, .low, .low, .low]),
            ("dora-2019", 2.0, 0.5 * day, 60.0, 0.15, [.elite, .elite, .elite, .elite]),
            ("dora-2019", 0.2, 2 * day, 7200.0, 0.16, [.high, .high, .high, .low]),
            ("dora-2019", 0.04, 20 * day, 2 * day, 0.5, [.medium, .medium, .low, .low]),
        ])
    func tiers(name: String, rate: Double, lead: Double, recovery: Double, share: Double, expected: [Tier]) throws {
        let scale = try #require(Scale.named(name))
        let found = [
            scale.frequency(rate), scale.leadTime(lead), scale.recoveryTime(recovery), scale.changeFailRate(share),
        ]
        #expect(found == expected.map { $0 })
    }

    @Test("without a scale there are no tiers")
    func noScale() {
        #expect(Scale.none.frequency(5) == nil && Scale.none.leadTime(5) == nil)
        #expect(Scale.named("dora-2020") == nil)
        #expect(Scale.named(nil)?.name == "dora-2024")
    }

    @Test("below five deployments there is no tier; the lowest metric is the tier", arguments: [4, 5])
    func enough(count: Int) {
        var story = Story()
        for _ in 0..<count {
            story.update("orders")
            story.wait(1440)
        }
        let figures = story.figures()
        #expect(figures.isEnough == (count == 5))
        #expect(figures.tier(.dora2024) == (count == 5 ? .high : nil))
    }

    @Test("frequency counts from the service's first event, and days by the calendar in UTC")
    func frequency() {
        var story = Story()
        story.wait(20 * 1440)
        for _ in 0..<4 {
            story.update("orders")
            story.wait(720)
        }
        let figures = story.figures()
        #expect(figures.deployments.count == 4)
        #expect(abs(figures.days - 2) < 0.01)
        #expect(abs(figures.perDay - 2) < 0.01)
        #expect((2...3).contains(figures.daysWithDeployment))
    }

    @Test("what is over at the very end of the time belongs to the next")
    func edges() {
        var story = Story()
        story.update("orders")
        let histories = Histories(story.book).sorted
        let end = story.now
        #expect(Figures(histories, since: Story.begin, until: end).deployments.isEmpty)
        #expect(Figures(histories, since: end, until: end + .seconds(1)).deployments.count == 1)
    }
}
