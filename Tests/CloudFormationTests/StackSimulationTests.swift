import CloudFormationTemplate
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Stacks under seeded failures, crashes, repeats and doubled events")
struct StackSimulationTests {
    /// A template of random shape: references only backwards, so there are no circles.
    private func template(_ chance: SeededChance) -> String {
        var lines = ["Resources:"]
        var names: [String] = []
        let count = 2 + Int(chance.next() % 9)
        for index in 0..<count {
            if index > 0, chance.fraction() < 0.2 { continue }
            var properties = ["Size: \(chance.next() % 3)", "Name: n\(chance.next() % 2)"]
            for (place, name) in names.enumerated() where chance.fraction() < 0.4 {
                properties.append("P\(place): !Ref \(name)")
            }
            let type = chance.fraction() < 0.2 ? "Fixed" : "T"
            lines.append("  R\(index): {Type: \(type), Properties: {\(properties.joined(separator: ", "))}}")
            names.append("R\(index)")
        }
        return lines.joined(separator: "\n")
    }

    private func check(_ stack: TestStack, _ world: OutsideWorld, _ seed: UInt64) {
        let known = Set(stack.standing.keys).union(stack.leftOver)
        #expect(Set(world.things.keys).isSubset(of: known), "seed \(seed): something stands that nobody knows")
        guard [.createComplete, .updateComplete, .updateRollbackComplete].contains(stack.status) else { return }
        for (id, properties) in stack.standing { #expect(world.things[id] == properties, "seed \(seed): \(id)") }
    }

    @Test(
        "whatever fails, a stack ends in a state from which it can be changed again",
        arguments: 0..<500 as Range<UInt64>)
    func neverStuck(seed: UInt64) throws {
        let chance = SeededChance(seed: seed &+ 77)
        let world = OutsideWorld(seed: seed)
        var stack = TestStack()
        func roll(_ limit: Double) { world.failures = [.create: limit, .update: limit, .delete: limit / 2] }
        roll(0.15)
        try stack.run(stack.operation(.create, template(chance)), in: world, seed: seed, roughness: .rough)
        check(stack, world, seed)
        #expect([.createComplete, .rollbackComplete, .rollbackFailed].contains(stack.status))
        var good = stack.status == .createComplete ? stack.standing : [:]
        for _ in 0..<4 {
            if stack.status.isUpdatable {
                roll(chance.fraction() < 0.3 ? 0 : 0.2)
                let onFailure: StackOperation.OnFailure = chance.fraction() < 0.2 ? .nothing : .rollback
                try stack.run(
                    stack.operation(.update, template(chance)) { $0.onFailure = onFailure }, in: world, seed: seed,
                    roughness: .rough)
            } else if stack.status.isHalfway {
                roll(chance.fraction() < 0.5 ? 0 : 0.2)
                try stack.run(stack.operation(.rollback), in: world, seed: seed, roughness: .rough)
            }
            check(stack, world, seed)
            #expect(!stack.status.isInProgress, "seed \(seed)")
            if stack.status == .updateRollbackComplete {
                #expect(stack.standing == good, "seed \(seed): not what it was")
            }
            if stack.status == .updateComplete { good = stack.standing }
        }
        roll(0)
        try stack.run(stack.operation(.delete), in: world, seed: seed, roughness: .rough)
        #expect(stack.status == .deleteComplete, "seed \(seed)")
        #expect(world.things.isEmpty, "seed \(seed): \(world.things.keys)")
    }

    @Test("the same seed takes the same course, and the state survives being stored at every step")
    func repeatable() throws {
        var logs: [[String]] = []
        for _ in 0..<2 {
            let world = OutsideWorld(seed: 5)
            world.failures = [.create: 0.2]
            var stack = TestStack()
            try stack.run(
                stack.operation(.create, template(SeededChance(seed: 9))), in: world, seed: 3,
                roughness: .init(repeats: 0.5, doubles: 0.5, crashes: 1, early: 0))
            logs.append(world.log + stack.story)
        }
        #expect(logs[0] == logs[1])
    }
}
