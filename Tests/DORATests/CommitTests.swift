@testable import DORA
import Ledger
import Notation
import Testing

@Suite("Commits and their lead times")
struct CommitTests {
    @Test("each commit's time runs from its arrival, and each is brought once")
    func leadTimes() throws {
        var story = Story()
        story.push([("c1", "one")])
        story.wait(10)
        story.push([("c3", "three"), ("c2", "two")])
        story.wait(10)
        story.run("e1", commit: "c3", stages: [("Production", "orders")])
        story.wait(10)
        story.push([("c4", "four")])
        story.run("e2", commit: "c4", stages: [("Production", "orders")])
        let figures = story.figures()
        #expect(figures.deployments.map { $0.commits.map(\.commit.id) } == [["c1", "c3", "c2"], ["c4"]])
        #expect(figures.leadTimes == [60, 660, 660, 1260])
        #expect(figures.withoutCommits == 0)
    }

    @Test("what came first on another branch had arrived then")
    func branches() {
        var story = Story()
        story.push([("f1", "feature")], branch: "feature")
        story.wait(60)
        story.push([("m1", "merge"), ("f1", "feature")])
        story.run("e1", commit: "m1", stages: [("Production", "orders")])
        #expect(story.figures().leadTimes == [60, 3660])
    }

    @Test("the commits of a delivery that was stopped come with the next; those that all users had do not come again")
    func stopped() {
        var story = Story()
        story.push([("c1", "one")])
        story.stack("orders", "UPDATE_IN_PROGRESS", tags: ["slipway:commit": "c1"])
        story.canary("d-1", stack: "orders", from: 1, to: 2, fails: "no")
        story.stack("orders", "UPDATE_ROLLBACK_COMPLETE")
        story.push([("c2", "two")])
        story.release("d-2", from: 1, to: 3, tags: ["slipway:commit": "c2"])
        let figures = story.figures()
        #expect(figures.deployments.map { $0.commits.map(\.commit.id) } == [["c1"], ["c1", "c2"]])
        #expect(figures.leadTimes == [300, 600])
    }

    @Test("as long as a push was not looked up its newest commit stands for it")
    func notLookedUp() {
        var story = Story()
        story.push([("c2", "two"), ("c1", "one")], looksUp: false)
        story.run("e1", commit: "c2", stages: [("Production", "orders")])
        #expect(story.figures().deployments.map { $0.commits.map(\.commit.id) } == [["c2"]])
    }

    @Test("a commit that reverts one, or names a deployment or an incident, marks both")
    func remedies() throws {
        let sha = "0123456789abcdef0123456789abcdef01234567"
        var story = Story()
        story.create()
        story.push([(sha, "Faster")])
        story.release("d-2", from: 1, to: 2, tags: ["slipway:commit": .string(sha)])
        story.wait(600)
        #expect(story.verdict("d-2")?.outcome == .good)
        story.push([("c2", "Revert \"Faster\"\n\nThis reverts commit \(sha).")])
        story.release("d-3", from: 2, to: 3, tags: ["slipway:commit": "c2"])
        let failed = try #require(story.verdict("d-2"))
        #expect(failed.outcome == .failed && failed.reason?.hasPrefix("Reverted by") == true)
        #expect(story.figures().rework.count == 1)
        story.push([("c3", "Mend\n\nFixes-Deployment: d-3\nIncident: INC-7")])
        story.release("d-4", from: 3, to: 4, tags: ["slipway:commit": "c3"])
        #expect(story.verdict("d-3")?.reason?.hasPrefix("Mended by") == true)
        story.wait(20 * 1440)
        story.push([("c4", "Late\n\nincident: INC-8")])
        story.release("d-5", from: 4, to: 5, tags: ["slipway:commit": "c4"])
        #expect(story.verdict("d-5")?.reworkOf == "INC-8")
    }

    @Test("what comes later than a week is tied to nothing")
    func tooLate() {
        var story = Story()
        story.create()
        story.release("d-2", from: 1, to: 2)
        story.wait(8 * 1440)
        story.alias("orders", version: 1)
        #expect(story.verdict("d-2")?.outcome == .good)
    }

    @Test("a pipeline's rollback takes back what came last")
    func pipelineRollback() {
        var story = Story()
        story.push([("c1", "one")])
        story.run("e1", commit: "c1", stages: [("Production", "orders")])
        story.wait(10)
        story.push([("c2", "two")])
        story.run("e2", commit: "c2", stages: [("Production", "orders")])
        story.wait(10)
        story.run("e3", commit: "c1", stages: [("Production", "orders")], trigger: "ManualRollback")
        let figures = story.figures()
        #expect(figures.deployments.map(\.verdict.outcome) == [.good, .failed])
        #expect(figures.rollbacks.count == 1)
    }
}
