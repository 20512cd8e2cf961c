@testable import CodePipeline
import Ledger
import LedgerTesting
import Notation
import Testing

/// A pipeline among people and programs that do whatever the seed says: start, stop, retry, open and close gates, edit,
/// answer late or never.
private final class RoughPipeline {
    struct Broken: Error, CustomStringConvertible { let description: String }

    let chance: SeededChance
    let mode: String
    var slow: [String] = []
    /// What each run did outside, by run: a repeat does nothing more.
    var effects: [String: Int] = [:]
    var started: [String] = []
    var ended: [String: Execution] = [:]
    var version = 1

    init(seed: UInt64, mode: String) {
        chance = SeededChance(seed: seed &* 31 &+ 7)
        self.mode = mode
    }

    func happens(_ probability: Double) -> Bool { chance.fraction() < probability }

    func definition(_ version: Int) throws -> PipelineDefinition {
        let rule: JSON = [
            "name": "Check",
            "ruleTypeId": ["category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"],
            "configuration": ["Variable": "a", "Value": "a", "Operator": "EQ"],
        ]
        let entry: JSON = [
            "beforeEntry": ["conditions": [["result": version.isMultiple(of: 2) ? "SKIP" : "FAIL", "rules": [rule]]]]
        ]
        let after: JSON = [
            "onSuccess": ["conditions": [["result": "FAIL", "rules": [rule]]]], "onFailure": ["result": "RETRY"],
        ]
        let back: JSON = mode == "PARALLEL" ? [:] : ["onFailure": ["result": "ROLLBACK"]]
        return try Declarations.definition(
            [
                Declarations.stage(
                    "Build",
                    [
                        Declarations.function("A"), Declarations.function("B"),
                        Declarations.function("C", ["runOrder": 2, "namespace": "N"]),
                    ], entry),
                Declarations.stage("Gate", [Declarations.approval()], after),
                Declarations.stage(version % 3 == 0 ? "Release" : "Deploy", [Declarations.function("Ship")], back),
            ], ["executionMode": .string(mode)])
    }

    /// Every command and every event goes through its stored form, as it would through a ledger.
    func play(_ command: PipelineMachine.Command) throws -> PipelineMachine.Event? {
        let stored = try JSON(parsing: try JSON(encoding: command).text()).decode(PipelineMachine.Command.self)
        guard stored == command else { throw Broken(description: "changed by storing: \(command)") }
        switch command {
        case .findRollbackTarget(let stage, let failed):
            let target = ended.values.filter { $0.stageRun(stage)?.status == .succeeded && !$0.isRollback }
                .max { $0.number < $1.number }
            return .rollbackTarget(stage: stage, failed: failed, target: target)
        case .run(let id, _):
            if effects[id] == nil { effects[id] = 1 }
            guard happens(0.5) else {
                if !slow.contains(id) { slow.append(id) }
                return nil
            }
            return try answer(id)
        }
    }

    func answer(_ id: String) throws -> PipelineMachine.Event {
        let draw = chance.fraction()
        let event: PipelineMachine.Event =
            draw < 0.2
            ? .ended(run: id, .failed(RunError("JobFailed", "down")))
            : draw < 0.3
                ? .continued(run: id, token: "more", .init(percent: 10))
                : .ended(run: id, .init(variables: ["k": "v"], artifactRevision: "r"))
        return try JSON(parsing: try JSON(encoding: event).text()).decode(PipelineMachine.Event.self)
    }

    /// What must hold whatever happens.
    func check(_ machine: PipelineMachine) throws {
        for execution in machine.ended { ended[execution.id] = execution }
        let inside = machine.executions.filter { $0.mode.hasLocks }.compactMap(\.inside)
        guard Set(inside).count == inside.count else {
            throw Broken(description: "two executions in one stage: \(inside)")
        }
        for id in started where machine.execution(id) == nil && ended[id] == nil {
            throw Broken(description: "the execution \(id) is lost")
        }
        for execution in machine.executions {
            guard !execution.status.isOver else { throw Broken(description: "\(execution.id) is over and still there") }
            for stage in execution.stages {
                let current = stage.runs.filter { $0.gate == nil && !$0.isPast }.map(\.name)
                guard Set(current).count == current.count else {
                    throw Broken(description: "an action runs twice in \(stage.stage): \(current)")
                }
                let isHere = execution.inside == stage.stage
                guard isHere || stage.status.isOver, isHere || stage.running.isEmpty else {
                    throw Broken(description: "\(execution.id) left \(stage.stage) with work going on")
                }
            }
            guard machine.definition(execution.version) != nil else {
                throw Broken(description: "no definition for \(execution.id)")
            }
        }
        if mode == "SUPERSEDED" {
            let waiting = machine.executions.filter { $0.mode == .superseded && !$0.isRollback }.compactMap(
                \.waitingFor)
            guard Set(waiting).count == waiting.count else {
                throw Broken(description: "two wait in one place: \(waiting)")
            }
        }
        for execution in ended.values where execution.status == .superseded {
            guard execution.stages.allSatisfy(\.status.isOver) else {
                throw Broken(description: "\(execution.id) was superseded inside a stage")
            }
        }
    }

    /// Something from outside.
    func incident(_ machine: PipelineMachine, _ now: Timestamp) throws -> PipelineMachine.Event? {
        let alive = machine.executions
        func some<Item>(_ items: [Item]) -> Item? {
            items.isEmpty ? nil : items[Int(chance.next() % UInt64(items.count))]
        }
        switch chance.next() % 12 {
        case 0, 1, 2:
            let id = "e\(started.count + 1)"
            started.append(id)
            return .start(
                .init(execution: id, seed: "s\(id)", trigger: .init(type: "StartPipelineExecution", detail: "x")))
        case 3: return some(alive).map { .stop(execution: $0.id, .init(reason: "why", abandon: happens(0.5))) }
        case 4:
            let stages = machine.current?.stages.map(\.name) ?? []
            return some(stages).map { .transition(stage: $0, isInbound: happens(0.5), .init(isEnabled: happens(0.6))) }
        case 5:
            guard happens(0.4) else { return nil }
            version += 1
            return .defined(try definition(version), version: version)
        case 6:
            let failed = ended.values.filter { execution in
                machine.execution(execution.id) == nil
                    && execution.stages.last.map { $0.status == .failed || $0.status == .stopped } == true
                    && (!execution.mode.hasLocks || machine.latest[execution.stages.last?.stage ?? ""] == execution.id)
                    && machine.current?.stage(execution.stages.last?.stage ?? "") != nil
            }.sorted { $0.number < $1.number }
            guard let old = some(failed), let stage = old.stages.last, let current = machine.current else { return nil }
            let definition = old.mode.hasLocks ? current : try self.definition(old.version)
            return .retry(
                old, stage: stage.stage, mode: happens(0.5) ? .allActions : .failedActions, definition: definition)
        case 7:
            let waiting = alive.first { execution in
                execution.stages.contains { $0.conditions[.beforeEntry]?.status == "InProgress" }
            }
            return waiting.flatMap { one in
                one.inside.map { .override(execution: one.id, stage: $0, gate: .beforeEntry) }
            }
        case 8:
            let token = alive.flatMap(\.stages).flatMap(\.running).compactMap(\.token).first
            return token.map { .approved(token: $0, isApproved: happens(0.8), summary: "", by: "me") }
        default:
            guard let place = slow.indices.randomElement(using: &draws) else { return nil }
            return try answer(slow.remove(at: place))
        }
    }

    private var draws: SeededChance {
        get { chance }
        set {}
    }
}

@Suite("Whatever happens to a pipeline")
struct PipelineCourseTests {
    /// A rough course, and then a calm end in which everything that can come to an end does.
    private func course(_ seed: UInt64, _ mode: String) throws {
        let world = RoughPipeline(seed: seed, mode: mode)
        let identity = PipelineMachine.Identity(name: "p", account: "123456789012", region: "eu-west-1", machine: "m")
        var simulation = MachineSimulation(PipelineMachine(identity), seed: seed, roughness: .rough)
        try simulation.send(.defined(try world.definition(1), version: 1))
        for _ in 0..<120 {
            if let event = try world.incident(simulation.engine, simulation.now) {
                try simulation.send(event)
                try world.check(simulation.engine)
            }
            try simulation.run(until: simulation.now + .seconds(5)) { command, _, _ in
                try world.play(command)
            } check: { machine, _ in
                try world.check(machine)
            }
        }
        for stage in simulation.engine.current?.stages ?? [] {
            for isInbound in [true, false] {
                try simulation.send(.transition(stage: stage.name, isInbound: isInbound, .init()))
                try world.check(simulation.engine)
            }
        }
        // Whatever nobody answers runs into its time limit.
        try simulation.run(stepLimit: 100_000) { command, _, _ in
            try world.play(command)
        } check: { machine, _ in
            try world.check(machine)
        }
        #expect(simulation.engine.executions.isEmpty, "seed \(seed): \(simulation.engine.executions.map(\.place))")
        let once = world.effects.values.allSatisfy { $0 == 1 }
        #expect(once)
        let runs = world.ended.values.flatMap(\.stages).flatMap(\.runs)
        let ids = runs.map(\.id)
        #expect(Set(ids).count == ids.count, "seed \(seed): two runs have one id")
    }

    @Test("no seed breaks a pipeline", arguments: ["SUPERSEDED", "QUEUED", "PARALLEL"])
    func rough(_ mode: String) throws {
        for seed in 1...15 { try course(UInt64(seed), mode) }
    }
}
