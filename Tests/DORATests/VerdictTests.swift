@testable import DORA
import Ledger
import Notation
import Testing

@Suite("What became of a delivery")
struct VerdictTests {
    @Test("a stack's update with its canary is one deployment, over when the stack is")
    func one() throws {
        var story = Story()
        story.create()
        story.wait(10)
        story.release("d-2", from: 1, to: 2)
        let history = try #require(story.history())
        #expect(history.deliveries.count == 2)
        let delivery = try #require(history.deliveries.last)
        #expect(story.verdict("d-2")?.outcome == .good)
        #expect(delivery.reachedUsers == Story.begin + .seconds(600))
        #expect(delivery.reachedAll == Story.begin + .seconds(900))
        #expect(delivery.shifts.map(\.deployment) == ["d-2"])
    }

    @Test("a canary that is stopped failed, recovered with its rollback, and its exposure is share times minutes")
    func stopped() throws {
        var story = Story()
        story.create()
        story.release("d-2", from: 1, to: 2, minutes: 5, fails: "The alarm fired.")
        let verdict = try #require(story.verdict("d-2"))
        #expect(verdict.outcome == .failed)
        #expect(verdict.reason == "The alarm fired.")
        #expect(verdict.recoveredBy == "its rollback")
        let figures = story.figures()
        #expect(figures.failed.map(\.recoveryTime) == [300])
        #expect(abs(figures.exposure(now: story.now) - 0.5) < 1e-9)
        #expect(figures.rollbacks.isEmpty)
    }

    @Test("a change that no user had is caught: neither a deployment nor a failure")
    func caught() throws {
        var story = Story()
        story.create()
        story.stack("orders", "UPDATE_IN_PROGRESS")
        story.step("d-2", "Started", weight: 0, stack: "orders", from: 1, to: 2)
        story.step("d-2", "Ended", weight: 0, stack: "orders", from: 1, to: 2, text: "Failed: the hook said no.")
        story.stack("orders", "UPDATE_ROLLBACK_IN_PROGRESS", reason: "the hook said no")
        story.stack("orders", "UPDATE_ROLLBACK_COMPLETE")
        #expect(story.verdict("d-2")?.outcome == .caught)
        let figures = story.figures()
        #expect(figures.deployments.count == 1 && figures.caught.count == 1 && figures.failed.isEmpty)
    }

    @Test("a stack that could not be made was never seen by anybody, whatever stood in it for a while")
    func neverThere() throws {
        var story = Story()
        story.stack("custom", "CREATE_IN_PROGRESS")
        story.resource("custom", "AWS::Lambda::Function", "CREATE_COMPLETE")
        story.wait(1)
        story.stack("custom", "ROLLBACK_IN_PROGRESS", reason: "The custom resource crashed.")
        story.stack("custom", "ROLLBACK_COMPLETE")
        let figures = story.figures("custom")
        #expect(figures.caught.count == 1 && figures.failed.isEmpty && figures.deployments.isEmpty)
    }

    @Test("without shifts, an update that failed after it changed what answers requests has failed")
    func direct() throws {
        var story = Story()
        for (number, type) in ["AWS::Lambda::Function", "AWS::SQS::Queue"].enumerated() {
            story.stack("plain\(number)", "UPDATE_IN_PROGRESS")
            story.resource("plain\(number)", type, "UPDATE_COMPLETE")
            story.wait(2)
            story.stack("plain\(number)", "UPDATE_ROLLBACK_IN_PROGRESS", reason: "The bucket is taken.")
            story.resource("plain\(number)", type, "UPDATE_COMPLETE")
            story.stack("plain\(number)", "UPDATE_ROLLBACK_COMPLETE")
        }
        let failed = story.figures("plain0")
        #expect(failed.failed.count == 1)
        #expect(abs(failed.exposure(now: story.now) - 2) < 1e-9)
        #expect(story.figures("plain1").caught.count == 1)
    }

    @Test("a function behind an alias is not seen by users when its code changes")
    func hidden() {
        var story = Story()
        story.create()
        story.stack("orders", "UPDATE_IN_PROGRESS")
        story.resource("orders", "AWS::Lambda::Function", "UPDATE_COMPLETE")
        story.stack("orders", "UPDATE_ROLLBACK_COMPLETE", reason: "no")
        #expect(story.figures().caught.count == 1)
    }

    @Test("taken back by a deployment of the version before: a failure, and the way back is none of the deployments")
    func takenBack() throws {
        var story = Story()
        story.create()
        story.release("d-2", from: 1, to: 2)
        story.wait(60)
        story.step("d-3", "Started", weight: 0, stack: nil, from: 2, to: 1, creator: "user")
        story.step("d-3", "TrafficShifted", weight: 100, stack: nil, from: 2, to: 1, creator: "user")
        story.step("d-3", "Succeeded", weight: 100, stack: nil, from: 2, to: 1, creator: "user")
        let verdict = try #require(story.verdict("d-2"))
        #expect(verdict.outcome == .failed)
        #expect(verdict.reason == "Taken back by d-3.")
        #expect(story.verdict("d-3")?.outcome == .rollback)
        let figures = story.figures()
        #expect(figures.deployments.count == 2 && figures.rollbacks.count == 1)
        #expect(figures.recoveryTimes == [65 * 60])
        // 10 % for five minutes, then everybody for an hour.
        #expect(abs(figures.exposure(now: story.now) - 60.5) < 1e-9)
    }

    @Test("taken back by hand, with UpdateAlias")
    func byHand() throws {
        var story = Story()
        story.create()
        story.release("d-2", from: 1, to: 2)
        story.wait(30)
        story.alias("orders", version: 1)
        #expect(story.verdict("d-2")?.outcome == .failed)
        #expect(story.verdict("d-2")?.recoveredBy == "UpdateAlias to version 1")
        // The next deployment is made because of it.
        story.wait(30)
        story.release("d-3", from: 1, to: 3)
        let next = try #require(story.verdict("d-3"))
        #expect(next.outcome == .good)
        #expect(next.reworkOf == story.history()?.deliveries[1].id)
    }

    @Test("what a stack puts back by itself is no rollback of anybody's")
    func stacksOwnWayBack() {
        var story = Story()
        story.create()
        story.stack("orders", "UPDATE_IN_PROGRESS")
        story.canary("d-2", stack: "orders", from: 1, to: 2)
        story.stack("orders", "UPDATE_ROLLBACK_IN_PROGRESS", reason: "Another resource failed.")
        story.wait(1)
        story.canary("d-3", stack: "orders", from: 2, to: 1, creator: "CloudFormationRollback")
        story.stack("orders", "UPDATE_ROLLBACK_COMPLETE")
        let figures = story.figures()
        #expect(figures.failed.count == 1 && figures.rollbacks.isEmpty)
        #expect(figures.failed.first?.verdict.reason == "Another resource failed.")
        #expect(figures.recoveryTimes == [11 * 60])
    }

    @Test("a failed deployment that is not rolled back recovers with the next good one")
    func forward() throws {
        var story = Story()
        story.create()
        story.step("d-2", "Started", weight: 0, stack: nil, from: 1, to: 2, creator: "user")
        story.step("d-2", "TrafficShifted", weight: 10, stack: nil, from: 1, to: 2, creator: "user")
        story.wait(5)
        story.step("d-2", "Ended", weight: 10, stack: nil, from: 1, to: 2, text: "Stopped.", creator: "user")
        #expect(story.verdict("d-2")?.recovered == nil)
        #expect(story.figures().recoveryTimes.isEmpty)
        story.wait(5)
        story.release("d-3", from: 1, to: 3, minutes: 10)
        #expect(story.figures().recoveryTimes == [20 * 60])
        #expect(story.verdict("d-3")?.reworkOf == "d-2")
    }

    @Test("a nested stack is a part of its parent's deployment")
    func nested() {
        var story = Story()
        story.stack("orders", "CREATE_IN_PROGRESS")
        story.stack("orders-inner", "CREATE_IN_PROGRESS")
        story.resource("orders", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", Story.stackID("orders-inner"))
        story.stack("orders-inner", "CREATE_COMPLETE")
        story.stack("orders", "CREATE_COMPLETE")
        story.stack("orders", "UPDATE_IN_PROGRESS")
        story.stack("orders-inner", "UPDATE_IN_PROGRESS")
        story.canary("d-2", stack: "orders-inner", from: 1, to: 2)
        story.stack("orders-inner", "UPDATE_COMPLETE")
        story.stack("orders", "UPDATE_COMPLETE")
        #expect(Histories(story.book).sorted.map(\.service.name) == ["orders"])
        #expect(story.figures().deployments.count == 2)
        #expect(story.figures().deployments.last?.delivery.shifts.count == 1)
    }
}

@Suite("What counts as production")
struct ProductionTests {
    @Test(
        "names that speak of a rehearsal are left out",
        arguments: [
            ("orders", true), ("orders-staging", false), ("staging", false), ("DeployTest", false), ("latest", true),
            ("orders-prod", true), ("contest-app", true), ("dev", false), ("OrdersDev", false), ("devices", true),
            ("pre-prod", true), ("uat_1", false),
        ])
    func names(name: String, counts: Bool) {
        var story = Story()
        story.update(name)
        #expect(Histories(story.book).sorted.isEmpty != counts)
    }

    @Test(
        "the tag has the last word",
        arguments: [("orders-staging", "production", true), ("orders", "Prod", true), ("orders", "canada", false)])
    func tag(name: String, value: String, counts: Bool) {
        var story = Story()
        story.update(name, tags: ["slipway:environment": .string(value)])
        #expect(Histories(story.book).sorted.isEmpty != counts)
    }

    @Test("a stack of pipelines and builds is no service, unless it also answers requests")
    func tools() {
        var story = Story()
        for (name, types) in [
            ("way", ["AWS::CodePipeline::Pipeline", "AWS::S3::Bucket"]),
            ("both", ["AWS::CodeBuild::Project", "AWS::Lambda::Function"]), ("plain", ["AWS::S3::Bucket"]),
            ("aws-sam-cli-managed-default", ["AWS::S3::Bucket"]),
        ] {
            story.stack(name, "CREATE_IN_PROGRESS")
            for type in types { story.resource(name, type, "CREATE_COMPLETE") }
            story.stack(name, "CREATE_COMPLETE")
            story.update(name)
        }
        let histories = Histories(story.book)
        #expect(histories.sorted.map(\.service.name) == ["both", "plain"])
        #expect(histories.leftOut.count == 2)
    }

    @Test("of a pipeline it is the last stage that deploys")
    func lastStage() {
        var story = Story()
        story.push([("c1", "one")])
        story.run("e1", commit: "c1", stages: [("First", "alpha-centauri"), ("Second", "orders")])
        let histories = Histories(story.book)
        #expect(histories.sorted.map(\.service.name) == ["orders"])
        #expect(histories.leftOut.map(\.key.name) == ["alpha-centauri"])
    }

    @Test("a stage that a pipeline says it has counts before anything reached it")
    func declared() {
        var story = Story()
        story.tell(
            "slipway.codepipeline", "Pipeline Created",
            ["pipeline": "orders-pipeline", "version": 1, "deploy-stages": ["One", "Two"]])
        story.run("e1", commit: "c1", stages: [("One", "first")])
        #expect(Histories(story.book).sorted.isEmpty)
    }
}
