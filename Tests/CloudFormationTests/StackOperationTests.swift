import CloudFormationTemplate
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Stack operations")
struct StackOperationTests {
    private static let base = """
        Resources:
          A: {Type: T, Properties: {Name: a, Size: 1}}
          B: {Type: T, Properties: {Parent: !Ref A, Arn: !GetAtt A.Arn}}
          C: {Type: Fixed, Properties: {Parent: !Ref B}}
        Outputs:
          Arn: {Value: !GetAtt B.Arn, Export: {Name: b-arn}}
        """

    private func created(_ yaml: String = base, in world: OutsideWorld) throws -> TestStack {
        var stack = TestStack()
        try stack.run(stack.operation(.create, yaml), in: world)
        return stack
    }

    @Test("a stack is created in the order of its dependencies, and answers with its outputs")
    func create() throws {
        let world = OutsideWorld()
        let stack = try created(in: world)
        #expect(stack.status == .createComplete)
        #expect(world.log == ["create A", "create B", "create C"])
        #expect(world.things == stack.standing)
        let id = try #require(stack.current("A")?.physicalID)
        #expect(stack.current("B")?.properties == ["Parent": .string(id), "Arn": .string("arn:\(id)")])
        #expect(stack.outputs?.first?.exportName == "b-arn")
        #expect(stack.story.first == "stack CREATE_IN_PROGRESS")
        #expect(stack.story.last == "stack CREATE_COMPLETE")
    }

    @Test("what does not lean on each other is asked for at once")
    func sideBySide() throws {
        let yaml = "Resources:\n" + (0..<200).map { "  R\($0): {Type: T}" }.joined(separator: "\n")
        var stack = TestStack()
        var operation = try stack.operation(.create, yaml)
        #expect(operation.advance(.start, now: .init(seconds: 0)).commands.count == 200)
    }

    @Test("nothing is touched that did not change, and what leans on a replaced resource follows it")
    func update() throws {
        let world = OutsideWorld()
        var stack = try created(in: world)
        let before = stack
        try stack.run(stack.operation(.update, Self.base.replacing("Size: 1", with: "Size: 2")), in: world)
        #expect(stack.status == .updateComplete)
        #expect(world.log.suffix(1) == ["update A"])
        #expect(stack.current("A")?.physicalID == before.current("A")?.physicalID)
        try stack.run(stack.operation(.update, Self.base.replacing("Name: a", with: "Name: b")), in: world)
        #expect(world.log.suffix(3) == ["create A", "update B", "delete A"])
        #expect(stack.current("A")?.physicalID != before.current("A")?.physicalID)
        #expect(world.things == stack.standing)
        #expect(stack.story.contains("stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    }

    @Test("a type that cannot be changed in place is replaced by every change")
    func fixed() throws {
        let world = OutsideWorld()
        var stack = try created("Resources:\n  F: {Type: Fixed, Properties: {P: 1}}", in: world)
        try stack.run(stack.operation(.update, "Resources:\n  F: {Type: Fixed, Properties: {P: 2}}"), in: world)
        #expect(world.log == ["create F", "create F", "delete F"])
        #expect(world.things == stack.standing)
    }

    @Test("a resource with a name of its own is not replaced under the same name")
    func named() throws {
        let world = OutsideWorld()
        var stack = try created("Resources:\n  N: {Type: Named, Properties: {Name: n, Kind: 1}}", in: world)
        let new = "Resources:\n  N: {Type: Named, Properties: {Name: n, Kind: 2}}"
        try stack.run(stack.operation(.update, new), in: world)
        #expect(stack.status == .updateRollbackComplete)
        #expect(
            stack.events.contains {
                $0.detail["status-details"]?["status-reason"]?.string?.contains(
                    "Rename n and update the stack again.") == true
            })
        try stack.run(stack.operation(.update, new.replacing("Name: n", with: "Name: m")), in: world)
        #expect(stack.status == .updateComplete)
    }

    @Test("a failed creation is taken back; the failure comes first, with its reason")
    func rollback() throws {
        let world = OutsideWorld()
        world.broken = ["B"]
        let stack = try created(in: world)
        #expect(stack.status == .rollbackComplete)
        #expect(world.things.isEmpty)
        #expect(world.log.first == "create A")
        #expect(stack.story.contains("B CREATE_FAILED"))
        #expect(stack.story.suffix(2) == ["A DELETE_COMPLETE", "stack ROLLBACK_COMPLETE"])
    }

    @Test("a failed update is taken back to what was, replacements included")
    func updateRollback() throws {
        let world = OutsideWorld()
        var stack = try created(in: world)
        let before = stack
        let new = Self.base.replacing("Name: a, Size: 1", with: "Name: b, Size: 2") + "\n"
        let grown = new.replacing("Outputs:", with: "  D: {Type: T, Properties: {P: !Ref C}}\nOutputs:")
        world.broken = ["D"]
        try stack.run(stack.operation(.update, grown), in: world)
        #expect(stack.status == .updateRollbackComplete)
        #expect(stack.standing == before.standing)
        #expect(world.things == stack.standing)
        world.broken = []
        try stack.run(stack.operation(.update, grown), in: world)
        #expect(stack.status == .updateComplete)
        #expect(world.things == stack.standing)
    }

    @Test("what happens after a failed creation can be chosen")
    func onFailure() throws {
        for (choice, status, isEmpty) in [
            (StackOperation.OnFailure.nothing, StackStatus.createFailed, false), (.delete, .deleteComplete, true),
            (.rollback, .rollbackComplete, true),
        ] {
            let world = OutsideWorld()
            world.broken = ["C"]
            var stack = TestStack()
            try stack.run(stack.operation(.create, Self.base) { $0.onFailure = choice }, in: world)
            #expect(stack.status == status)
            #expect(world.things.isEmpty == isEmpty)
        }
    }

    @Test("without rollback the failed update stays for the fix, and can still be taken back to the last good state")
    func withoutRollback() throws {
        let world = OutsideWorld()
        var stack = try created(in: world)
        let before = stack
        let new = Self.base.replacing("Size: 1", with: "Size: 2").replacing(
            "{Parent: !Ref B}", with: "{Parent: !Ref B, X: 1}")
        world.broken = ["C"]
        try stack.run(stack.operation(.update, new) { $0.onFailure = .nothing }, in: world)
        #expect(stack.status == .updateFailed)
        var fixed = stack
        world.broken = []
        try stack.run(stack.operation(.rollback), in: world)
        #expect(stack.status == .updateRollbackComplete)
        #expect(stack.standing == before.standing)
        try fixed.run(fixed.operation(.update, new), in: world)
        #expect(fixed.status == .updateComplete)
    }

    @Test("Retain leaves a resource standing and says so")
    func retain() throws {
        let world = OutsideWorld()
        let yaml =
            "Resources:\n  A: {Type: T, DeletionPolicy: Retain, UpdateReplacePolicy: Retain, Properties: {Name: a}}\n  B: {Type: T}"
        var stack = try created(yaml, in: world)
        try stack.run(stack.operation(.update, yaml.replacing("Name: a", with: "Name: b")), in: world)
        #expect(world.things.count == 3)
        try stack.run(stack.operation(.delete), in: world)
        #expect(stack.status == .deleteComplete)
        #expect(world.things.count == 2)
        #expect(stack.story.contains("A DELETE_SKIPPED"))
    }

    @Test("a deletion that fails leaves the rest for another try, or passes over it")
    func failedDeletion() throws {
        let world = OutsideWorld()
        var stack = try created(in: world)
        world.clinging = ["B"]
        try stack.run(stack.operation(.delete), in: world)
        #expect(stack.status == .deleteFailed)
        #expect(Set(stack.standing.keys.map { $0.prefix(1) }) == ["A", "B"])
        var passing = stack
        try passing.run(passing.operation(.delete) { $0.retained = ["B"] }, in: world)
        #expect(passing.status == .deleteComplete)
        world.clinging = []
        try stack.run(stack.operation(.delete), in: world)
        #expect(stack.status == .deleteComplete)
    }

    @Test("a rollback that fails can be continued, and can pass over what stays clinging")
    func continued() throws {
        let world = OutsideWorld()
        var stack = try created(in: world)
        let before = stack
        world.broken = ["B", "A2"]
        let new = Self.base.replacing("Arn: !GetAtt A.Arn", with: "Arn: x").replacing("Size: 1", with: "Size: 2")
        try stack.run(stack.operation(.update, new), in: world)
        #expect(stack.status == .updateRollbackFailed)
        var skipping = stack
        try skipping.run(skipping.operation(.rollback) { $0.skipped = ["B"] }, in: world)
        #expect(skipping.status == .updateRollbackComplete)
        world.broken = []
        try stack.run(stack.operation(.rollback), in: world)
        #expect(stack.status == .updateRollbackComplete)
        #expect(stack.standing == before.standing)
    }

    @Test("a creation that takes too long is taken back")
    func timeout() throws {
        let world = OutsideWorld()
        var stack = TestStack()
        var simulation = MachineSimulation(try stack.operation(.create, Self.base) { $0.timeoutMinutes = 5 })
        try simulation.send(.start)
        try simulation.send(.woken)  // too early: nothing happens
        #expect(simulation.engine.status == .createInProgress)
        try simulation.run(until: simulation.now + .seconds(301)) { command, _, _ in
            guard case .act(let action) = command, action.kind == .create else { return nil }
            return nil
        }
        #expect(simulation.engine.phase == .stopping)
        try simulation.send(.failed(token: "op-1-1", reason: "", physicalID: nil, isCancelled: true))
        try simulation.run(world: world.perform)
        #expect(simulation.engine.status == .rollbackComplete)
    }

    @Test("an update can be taken back by the user, a creation be deleted")
    func cancelled() throws {
        let world = OutsideWorld()
        var stack = try created(in: world)
        let before = stack
        var simulation = MachineSimulation(
            try stack.operation(.update, Self.base.replacing("Size: 1", with: "Size: 2")))
        try simulation.send(.start)
        try simulation.send(.cancel)
        try simulation.run(world: world.perform)
        stack.take(simulation)
        #expect(stack.status == .updateRollbackComplete)
        #expect(stack.standing == before.standing)
        var young = TestStack()
        var creation = MachineSimulation(try young.operation(.create, Self.base))
        let other = OutsideWorld()
        try creation.send(.start)
        try creation.send(.abandon)
        try creation.run(world: other.perform)
        young.take(creation)
        #expect(young.status == .deleteComplete)
        #expect(other.things.isEmpty)
    }

    @Test("metadata alone changes without touching anything outside")
    func metadata() throws {
        let world = OutsideWorld()
        var stack = try created("Resources:\n  A: {Type: T, Metadata: {V: 1}}", in: world)
        try stack.run(stack.operation(.update, "Resources:\n  A: {Type: T, Metadata: {V: 2}}"), in: world)
        #expect(world.log == ["create A"])
        #expect(stack.current("A")?.metadata == ["V": 2])
        #expect(stack.story.contains("A UPDATE_COMPLETE"))
    }

    @Test("secrets are masked in events")
    func secrets() throws {
        var stack = TestStack()
        var operation = try stack.operation(.create, "Resources:\n  A: {Type: T, Properties: {Password: hunter2}}") {
            $0.secrets = ["hunter2"]
        }
        _ = operation.advance(.start, now: .init(seconds: 0))
        #expect(operation.outbox.events.contains { $0.properties?.contains("****") == true })
        #expect(!operation.outbox.events.contains { $0.properties?.contains("hunter2") == true })
    }
}
