import CloudFormationTemplate
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Hooks for stacks, in the machine")
struct JudgingTests {
    private static let one = "Resources:\n  A: {Type: T, Properties: {Size: 1}}"
    private static let two = "Resources:\n  A: {Type: T, Properties: {Size: 2}}"

    private func objecting() -> OutsideWorld {
        let world = OutsideWorld()
        world.objection = 1
        return world
    }

    @Test(
        "an objection ends a creation as a failed resource would",
        arguments: [
            (StackOperation.OnFailure.rollback, StackStatus.rollbackComplete),
            (.nothing, .createFailed), (.delete, .deleteComplete),
        ])
    func creation(_ onFailure: StackOperation.OnFailure, _ end: StackStatus) throws {
        let world = objecting()
        var stack = TestStack()
        try stack.run(
            stack.operation(.create, Self.one) {
                $0.judged = "CREATE"
                $0.onFailure = onFailure
            }, in: world, roughness: .rough)
        #expect(stack.status == end)
        #expect(world.log.isEmpty && world.things.isEmpty)
        let reasons = stack.events.compactMap { $0.detail["status-details"]?["status-reason"]?.string }
        #expect(reasons.contains { $0.hasPrefix("The following hook(s) failed: [A::B::C]") })
    }

    @Test("an objection to an update leaves everything as it was; without one it goes ahead")
    func update() throws {
        let world = objecting()
        var stack = TestStack()
        try stack.run(stack.operation(.create, Self.one), in: world)
        try stack.run(stack.operation(.update, Self.two) { $0.judged = "UPDATE" }, in: world)
        #expect(stack.status == .updateRollbackComplete)
        #expect(world.log == ["create A"])
        world.objection = 0
        try stack.run(
            stack.operation(.update, Self.two) { $0.judged = "UPDATE" }, in: world, seed: 3, roughness: .rough)
        #expect(stack.status == .updateComplete)
        #expect(stack.current("A")?.properties["Size"] == 2)
    }

    @Test("an objection to a deletion leaves everything standing, and the next deletion may succeed")
    func deletion() throws {
        let world = objecting()
        var stack = TestStack()
        try stack.run(stack.operation(.create, Self.one), in: world)
        try stack.run(stack.operation(.delete) { $0.judged = "DELETE" }, in: world)
        #expect(stack.status == .deleteFailed)
        #expect(stack.current("A") != nil && world.things.count == 1)
        world.objection = 0
        try stack.run(stack.operation(.delete) { $0.judged = "DELETE" }, in: world)
        #expect(stack.status == .deleteComplete && world.things.isEmpty)
    }

    @Test("while hooks think, an update can be cancelled, a creation deleted, and time runs out")
    func meanwhile() throws {
        let now = Timestamp(microseconds: 1_000_000)
        var stack = TestStack()
        try stack.run(stack.operation(.create, Self.one), in: OutsideWorld())
        var update = try stack.operation(.update, Self.two) { $0.judged = "UPDATE" }
        #expect(update.advance(.start, now: now).commands.count == 1)
        #expect(update.advance(.cancel, now: now).isFinished)
        #expect(update.status == .updateRollbackComplete)
        #expect(update.advance(.judged(problem: nil), now: now).commands.isEmpty, "too late to count")

        var fresh = TestStack()
        var creation = try fresh.operation(.create, Self.one) {
            $0.judged = "CREATE"
            $0.timeoutMinutes = 1
        }
        var late = creation
        _ = creation.advance(.start, now: now)
        #expect(creation.advance(.abandon, now: now).isFinished)
        #expect(creation.status == .deleteComplete)
        _ = late.advance(.start, now: now)
        #expect(late.advance(.woken, now: now + .seconds(61)).isFinished)
        #expect(late.status == .rollbackComplete)
    }

    @Test("what is taken out of a stack, or replaced, is deleted without hooks being asked")
    func cleanup() throws {
        let now = Timestamp(microseconds: 1)
        var stack = TestStack()
        try stack.run(stack.operation(.create, Self.one + "\n  B: {Type: T}"), in: OutsideWorld())
        var update = try stack.operation(.update, Self.one)
        let actions = update.advance(.start, now: now).commands.compactMap { command -> StackOperation.Action? in
            if case .act(let action) = command { action } else { nil }
        }
        #expect(actions.map(\.kind) == [.delete] && actions.first?.isCleanup == true)
    }
}

@Suite("Imports in creations and updates")
struct ExistingResourceTests {
    private static let template = """
        Resources:
          Old: {Type: T, DeletionPolicy: RetainExceptOnCreate, Properties: {Size: 1}}
          New: {Type: T, Properties: {Of: !Ref Old}}
        """

    private func operation(
        _ stack: inout TestStack, _ intent: StackOperation.Intent, _ change: (inout OperationSubject) -> Void = { _ in }
    ) throws -> StackOperation {
        var operation = try stack.operation(intent, Self.template, change)
        operation.adopted = ["Old": "by-hand"]
        return operation
    }

    @Test("what stands is taken over and the rest is made", arguments: 0..<20 as Range<UInt64>)
    func takenOver(seed: UInt64) throws {
        let world = OutsideWorld(seed: seed)
        world.things["by-hand"] = ["Size": 1]
        var stack = TestStack()
        try stack.run(operation(&stack, .create), in: world, seed: seed, roughness: .rough)
        #expect(stack.status == .createComplete)
        #expect(stack.current("Old")?.physicalID == "by-hand")
        #expect(stack.current("New")?.properties["Of"] == "by-hand")
        #expect(stack.story.contains("Old IMPORT_COMPLETE"))
    }

    @Test(
        "whatever fails, what stood before the stack is given back as it was",
        arguments: [StackOperation.OnFailure.rollback, .delete], [StackOperation.Intent.create, .update])
    func givenBack(_ onFailure: StackOperation.OnFailure, _ intent: StackOperation.Intent) throws {
        let world = OutsideWorld()
        world.things["by-hand"] = ["Size": 1]
        var stack = TestStack()
        if intent == .update {
            try stack.run(stack.operation(.create, "Resources:\n  Other: {Type: T}"), in: world)
        }
        world.broken = ["New"]
        try stack.run(
            operation(&stack, intent) {
                $0.onFailure = onFailure
                $0.retainsOnRollback = false
            }, in: world, roughness: .rough)
        #expect(!stack.status.isInProgress)
        #expect(world.things["by-hand"] == ["Size": 1])
        #expect(stack.current("Old") == nil)
        #expect(!world.log.contains("delete Old"))
    }
}
