@testable import CodePipeline
import Ledger
import Notation
import Testing

@Suite("A pipeline's machine")
struct PipelineMachineTests {
    private static func three(_ more: JSON = [:], _ stage: JSON = [:]) throws -> PipelineDefinition {
        try Declarations.definition(
            [
                Declarations.stage("Build", [Declarations.function("Compile")], stage),
                Declarations.stage("Deploy", [Declarations.function("Ship")]),
            ], more)
    }

    @Test("an execution goes through its stages and becomes a document")
    func walk() throws {
        var fixture = MachineFixture(try Self.three())
        let id = fixture.start()
        #expect(fixture.place(id) == "in Source")
        fixture.end("Fetch", of: id, .init(variables: ["VersionId": "v1"], artifactRevision: "v1"))
        #expect(fixture.place(id) == "in Build")
        #expect(fixture.machine.execution(id)?.artifacts["Source"]?.revision == "v1")
        fixture.end("Compile", of: id)
        fixture.end("Ship", of: id)
        #expect(fixture.status(id) == .succeeded)
        #expect(fixture.machine.executions.isEmpty)
        #expect(
            fixture.states.prefix(6) == [
                "Pipeline STARTED", "Stage STARTED", "Action STARTED", "Action SUCCEEDED", "Stage SUCCEEDED",
                "Stage STARTED",
            ])
        #expect(fixture.states.last == "Pipeline SUCCEEDED")
    }

    @Test("SUPERSEDED: of two that wait the newer one stays")
    func superseded() throws {
        var fixture = MachineFixture(try Self.three())
        let first = fixture.start()
        fixture.end("Fetch", of: first)
        let second = fixture.start()
        fixture.end("Fetch", of: second)
        #expect(fixture.place(second) == "before Build")
        let third = fixture.start()
        #expect(fixture.status(second) == .inProgress, "while the third fetches, the second keeps its place")
        fixture.end("Fetch", of: third)
        #expect(fixture.status(second) == .superseded)
        #expect(fixture.place(third) == "before Build")
        #expect(fixture.place(first) == "in Build")
        fixture.end("Compile", of: first)
        #expect(fixture.place(third) == "in Build")
        #expect(fixture.place(first) == "in Deploy")
    }

    @Test("QUEUED: who waits enters in the order of arrival")
    func queued() throws {
        var fixture = MachineFixture(try Self.three(["executionMode": "QUEUED"]))
        let ids = [fixture.start(), fixture.start(), fixture.start()]
        #expect(ids.map { fixture.place($0) } == ["in Source", "before Source", "before Source"])
        for id in ids { fixture.end("Fetch", of: id) }
        #expect(ids.map { fixture.place($0) } == ["in Build", "before Build", "before Build"])
        fixture.end("Compile", of: ids[0])
        #expect(ids.map { fixture.place($0) } == ["in Deploy", "in Build", "before Build"])
    }

    @Test("PARALLEL: nobody waits for anybody")
    func parallel() throws {
        var fixture = MachineFixture(try Self.three(["executionMode": "PARALLEL"]))
        let ids = [fixture.start(), fixture.start()]
        for id in ids { fixture.end("Fetch", of: id) }
        #expect(ids.map { fixture.place($0) } == ["in Build", "in Build"])
    }

    @Test("a closed gate holds, and on opening only the newest enters")
    func transition() throws {
        var fixture = MachineFixture(try Self.three())
        let closed = PipelineMachine.Transition(isEnabled: false, reason: "frozen", by: "me", at: fixture.now)
        fixture.send(.transition(stage: "Build", isInbound: true, closed))
        let first = fixture.start()
        fixture.end("Fetch", of: first)
        let second = fixture.start()
        fixture.end("Fetch", of: second)
        #expect(fixture.status(first) == .superseded)
        #expect(fixture.place(second) == "before Build")
        fixture.send(.transition(stage: "Build", isInbound: true, .init()))
        #expect(fixture.place(second) == "in Build")
    }

    @Test("the gate behind a stage holds as the one before the next does; who is held for a month does not go on")
    func outbound() throws {
        var fixture = MachineFixture(try Self.three())
        fixture.send(.transition(stage: "Source", isInbound: false, .init(isEnabled: false)))
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        #expect(fixture.place(id) == "before Build")
        fixture.wait(.seconds(31 * 86_400))
        fixture.send(.transition(stage: "Source", isInbound: false, .init()))
        #expect(fixture.status(id) == .cancelled)
    }

    @Test("a failure waits for its siblings; what succeeded is kept by a retry of what failed")
    func retryFailed() throws {
        var fixture = MachineFixture(
            try Declarations.definition([
                Declarations.stage(
                    "Test",
                    [
                        Declarations.function("A"), Declarations.function("B"),
                        Declarations.function("C", ["runOrder": 2]),
                    ])
            ]))
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        fixture.fail("A", of: id)
        #expect(fixture.stage("Test", of: id)?.status == .inProgress, "B still runs")
        fixture.end("B", of: id)
        #expect(fixture.status(id) == .failed)
        #expect(fixture.stage("Test", of: id)?.action("C") == nil, "no higher runOrder begins")
        let kept = fixture.stage("Test", of: id)?.action("B")?.id
        let old = fixture.stage("Test", of: id)?.action("A")?.id
        fixture.send(try #require(fixture.retry(id, "Test", .failedActions)))
        #expect(fixture.status(id) == .inProgress)
        #expect(fixture.run("B", of: id) == nil)
        #expect(fixture.stage("Test", of: id)?.action("B")?.id == kept)
        let again = try #require(fixture.run("A", of: id))
        #expect(again.id != old)
        #expect(fixture.stage("Test", of: id)?.manualRetries == 1)
        fixture.end("A", of: id)
        fixture.end("C", of: id)
        #expect(fixture.status(id) == .succeeded)
        #expect(fixture.states.contains("Pipeline RESUMED"))
    }

    @Test("a retry of all actions runs them all again")
    func retryAll() throws {
        var fixture = MachineFixture(
            try Declarations.definition([
                Declarations.stage("Test", [Declarations.function("A"), Declarations.function("B")])
            ]))
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        fixture.end("B", of: id)
        fixture.fail("A", of: id)
        fixture.send(try #require(fixture.retry(id, "Test", .allActions)))
        #expect(fixture.run("A", of: id) != nil && fixture.run("B", of: id) != nil)
    }

    @Test("stop and wait lets running actions end and begins nothing more")
    func stopWaiting() throws {
        var fixture = MachineFixture(try Self.three())
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        fixture.send(.stop(execution: id, .init(reason: "enough", abandon: false)))
        #expect(fixture.status(id) == .stopping)
        fixture.end("Compile", of: id)
        #expect(fixture.status(id) == .stopped)
        #expect(fixture.stage("Build", of: id)?.status == .stopped)
        #expect(fixture.machine.holder(of: "Build") == nil)
    }

    @Test("stop and abandon ends at once; a late answer changes nothing")
    func stopAbandoning() throws {
        var fixture = MachineFixture(try Self.three())
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        let run = try #require(fixture.run("Compile", of: id))
        fixture.send(.stop(execution: id, .init(abandon: true)))
        #expect(fixture.status(id) == .stopped)
        #expect(fixture.stage("Build", of: id)?.action("Compile")?.status == .abandoned)
        fixture.send(.ended(run: run.id, .init()))
        #expect(fixture.status(id) == .stopped)
    }

    @Test("an approval is decided by its token, even when its stage has another name by now")
    func approvalSurvivesRename() throws {
        let stages = { (name: String) in
            [
                Declarations.stage(name, [Declarations.approval()]),
                Declarations.stage("Deploy", [Declarations.function("Ship")]),
            ]
        }
        var fixture = MachineFixture(try Declarations.definition(stages("Gate")))
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        let token = try #require(fixture.run("Approve", of: id)?.token)
        fixture.send(.defined(try Declarations.definition(stages("Portal")), version: 2))
        fixture.send(.approved(token: token, isApproved: true, summary: "fine", by: "me"))
        #expect(fixture.place(id) == "in Deploy")
        #expect(fixture.machine.execution(id)?.version == 2)
        let run = fixture.stage("Gate", of: id)?.action("Approve")
        #expect(run?.summary == "fine" && run?.updatedBy == "me")
    }

    @Test("an execution whose stages are all gone is cancelled")
    func cancelled() throws {
        var fixture = MachineFixture(try Self.three())
        fixture.send(.transition(stage: "Deploy", isInbound: true, .init(isEnabled: false)))
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        fixture.end("Compile", of: id)
        #expect(fixture.place(id) == "before Deploy")
        fixture.send(
            .defined(
                try Declarations.definition([Declarations.stage("Build", [Declarations.function("Compile")])]),
                version: 2))
        #expect(fixture.status(id) == .cancelled)
        #expect(fixture.states.last == "Pipeline CANCELED")
    }

    @Test("nobody decides: the approval fails when its time is up")
    func approvalTimesOut() throws {
        var fixture = MachineFixture(
            try Declarations.definition([
                Declarations.stage("Gate", [Declarations.approval("Approve", ["timeoutInMinutes": 5])])
            ]))
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        fixture.wait(.seconds(299))
        #expect(fixture.status(id) == .inProgress)
        fixture.wait(.seconds(1))
        // The clock was set for the source action; it may have rung too early and been set anew.
        fixture.wait(.zero)
        #expect(fixture.status(id) == .failed)
        #expect(fixture.stage("Gate", of: id)?.error?.code == "TimedOut")
    }

    @Test("variables travel from action to action, and one without a value fails the action")
    func variables() throws {
        let reading = Declarations.function(
            "Ship", ["configuration": ["FunctionName": "f", "UserParameters": "#{N.commit}"]])
        let definition = try Declarations.definition(
            [Declarations.stage("Deploy", [reading])], sources: [Declarations.source("Fetch", ["namespace": "N"])])
        var fixture = MachineFixture(definition)
        let good = fixture.start()
        fixture.end("Fetch", of: good, .init(variables: ["commit": "abc"]))
        #expect(fixture.run("Ship", of: good)?.configuration["UserParameters"] == "abc")
        fixture.end("Ship", of: good)
        let bad = fixture.start()
        fixture.end("Fetch", of: bad, .init(variables: [:]))
        #expect(fixture.status(bad) == .failed)
        #expect(fixture.stage("Deploy", of: bad)?.error?.code == "InvalidActionConfiguration")
    }

    @Test("an automatic start without a value for a variable fails at once")
    func missingVariable() throws {
        var fixture = MachineFixture(try Self.three(["variables": [["name": "A"]]]))
        let id = fixture.start()
        #expect(fixture.status(id) == .failed)
        #expect(fixture.ended.last?.statusSummary?.contains("'A'") == true)
    }

    @Test("a rule and the pipeline's own detection that answer to one change begin one execution")
    func twins() throws {
        var fixture = MachineFixture(try Self.three(["executionMode": "QUEUED"]))
        let override = Execution.Override(
            actionName: "Fetch", revisionType: "S3_OBJECT_VERSION_ID", revisionValue: "v1")
        let first = fixture.start {
            $0.isDetected = true
            $0.overrides = [override]
        }
        fixture.start { $0.isByRule = true }
        #expect(fixture.machine.executions.count == 1)
        #expect(fixture.machine.lastStarted == first)
        fixture.start { $0.isByRule = true }
        #expect(fixture.machine.executions.count == 2, "the first is taken: another rule is another cause")
        fixture.end(
            "Fetch", of: first,
            .init(revision: SourceRevision(actionName: "Fetch", revisionId: "v1"), artifactRevision: "v1"))
        fixture.start {
            $0.isDetected = true
            $0.overrides = [override]
        }
        #expect(fixture.machine.executions.count == 2, "the source stands at that revision already")
    }

    @Test("a job that wants to be called again is, later each time")
    func continuation() throws {
        var fixture = MachineFixture(try Self.three())
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        let run = try #require(fixture.run("Compile", of: id))
        fixture.send(.continued(run: run.id, token: "more", .init(summary: "half", percent: 50)))
        #expect(fixture.run("Compile", of: id)?.continuation == "more")
        fixture.wait(.milliseconds(500))
        #expect(fixture.commands.last == .run(run.id, round: 1))
        fixture.end("Compile", of: id)
        #expect(fixture.place(id) == "in Deploy")
    }

    // MARK: Conditions

    private static func rule(_ name: String = "Check") -> JSON {
        [
            "name": .string(name),
            "ruleTypeId": ["category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"],
            "configuration": ["Variable": "a", "Value": "a", "Operator": "EQ"],
        ]
    }

    private static func guarded(_ member: String, _ result: String) throws -> PipelineDefinition {
        var more: JSON = [:]
        more[member] = ["conditions": [["result": .string(result), "rules": [rule()]]]]
        return try three([:], more)
    }

    @Test("a stage whose condition skips it is passed over")
    func skip() throws {
        var fixture = MachineFixture(try Self.guarded("beforeEntry", "SKIP"))
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        #expect(fixture.run("Compile", of: id) == nil)
        fixture.fail("Check", of: id)
        #expect(fixture.stage("Build", of: id)?.status == .skipped)
        #expect(fixture.place(id) == "in Deploy")
    }

    @Test("a condition before entry lets in, keeps out, or is overridden")
    func beforeEntry() throws {
        var fixture = MachineFixture(try Self.guarded("beforeEntry", "FAIL"))
        let first = fixture.start()
        fixture.end("Fetch", of: first)
        fixture.fail("Check", of: first)
        #expect(fixture.status(first) == .failed)
        let second = fixture.start()
        fixture.end("Fetch", of: second)
        fixture.send(.override(execution: second, stage: "Build", gate: .beforeEntry))
        #expect(fixture.run("Compile", of: second) != nil)
        #expect(fixture.stage("Build", of: second)?.conditions[.beforeEntry]?.status == "Overridden")
        #expect(fixture.stage("Build", of: second)?.rules(.beforeEntry).first?.status == .abandoned)
    }

    @Test("a condition after success that fails rolls back to the last good execution, once")
    func rollsBack() throws {
        var fixture = MachineFixture(try Self.guarded("onSuccess", "ROLLBACK"))
        let good = fixture.start()
        fixture.end("Fetch", of: good, .init(artifactRevision: "v1"))
        fixture.end("Compile", of: good)
        fixture.end("Check", of: good)
        fixture.end("Ship", of: good)
        let bad = fixture.start()
        fixture.end("Fetch", of: bad, .init(artifactRevision: "v2"))
        fixture.end("Compile", of: bad)
        fixture.fail("Check", of: bad)
        #expect(fixture.status(bad) == .failed)
        #expect(fixture.commands.last == .findRollbackTarget(stage: "Build", failed: bad))
        let target = fixture.ended.first { $0.id == good }
        for _ in 1...2 { fixture.send(.rollbackTarget(stage: "Build", failed: bad, target: target)) }
        #expect(fixture.machine.executions.count == 1)
        let back = try #require(fixture.machine.executions.first)
        #expect(back.rollbackTarget == good && back.trigger.type == "AutomatedRollback")
        #expect(back.artifacts["Source"]?.revision == "v1")
        fixture.end("Compile", of: back.id)
        fixture.end("Check", of: back.id)
        #expect(fixture.status(back.id) == .succeeded, "a rollback does not go on to the next stage")
    }

    @Test("onFailure RETRY tries once more by itself, and then gives up")
    func automaticRetry() throws {
        var fixture = MachineFixture(try Self.three([:], ["onFailure": ["result": "RETRY"]]))
        let id = fixture.start()
        fixture.end("Fetch", of: id)
        fixture.fail("Compile", of: id)
        #expect(fixture.status(id) == .inProgress)
        #expect(fixture.stage("Build", of: id)?.automaticRetries == 1)
        fixture.fail("Compile", of: id)
        #expect(fixture.status(id) == .failed)
    }

    @Test("an old definition is forgotten when nobody goes by it")
    func forgets() throws {
        var fixture = MachineFixture(try Self.three())
        let id = fixture.start()
        fixture.send(.defined(try Self.three(["roleArn": "arn:aws:iam::123456789012:role/other"]), version: 2))
        #expect(fixture.machine.definitions.keys.sorted() == ["1", "2"])
        fixture.end("Fetch", of: id)
        #expect(fixture.machine.definitions.keys.sorted() == ["2"])
    }
}
