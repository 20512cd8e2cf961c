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

    /// A template with policies of all kinds, and with module marks that come and go.
    private func mixedTemplate(_ chance: SeededChance) -> String {
        var lines = template(chance).split(separator: "\n").map(String.init)
        for index in lines.indices.dropFirst() {
            var more = ""
            if chance.fraction() < 0.3 {
                let policies = ["Delete", "Retain", "RetainExceptOnCreate"]
                more += ", DeletionPolicy: \(policies[Int(chance.next() % 3)])"
            }
            if chance.fraction() < 0.2 { more += ", UpdateReplacePolicy: Retain" }
            if chance.fraction() < 0.3 {
                more += ", Metadata: {'AWS::Cloudformation::Module': {LogicalIdHierarchy: m\(chance.next() % 2)}}"
            }
            lines[index] = lines[index].dropLast() + more + "}"
        }
        return lines.joined(separator: "\n")
    }

    /// What the stack let stand on purpose.
    private func kept(_ stack: TestStack) -> Set<String> {
        Set(
            stack.events.filter { $0.detail["status-details"]?["status"] == "DELETE_SKIPPED" }
                .compactMap { $0.detail["physical-resource-id"]?.string })
    }

    private func choices(_ chance: SeededChance, _ subject: inout OperationSubject, _ intent: StackOperation.Intent) {
        let all: [StackOperation.OnFailure] =
            intent == .create ? [.rollback, .nothing, .delete] : [.rollback, .nothing]
        subject.onFailure = all[Int(chance.next() % UInt64(all.count))]
        subject.retainsOnRollback = chance.fraction() < 0.5
        if chance.fraction() < 0.4 { subject.judged = intent == .create ? "CREATE" : "UPDATE" }
    }

    @Test(
        "hooks that object, choices of what happens on failure, policies, imports and passing over: never stuck",
        arguments: 0..<500 as Range<UInt64>)
    func choices(seed: UInt64) throws {
        let chance = SeededChance(seed: seed &+ 4242)
        let world = OutsideWorld(seed: seed)
        var stack = TestStack()
        func roll(_ limit: Double) {
            world.failures = [.create: limit, .update: limit, .delete: limit / 2, .adopt: limit]
            world.objection = limit
        }
        func known(_ place: String) {
            let known = Set(stack.standing.keys).union(stack.leftOver).union(kept(stack)).union(["by-hand"])
            #expect(Set(world.things.keys).isSubset(of: known), "seed \(seed), \(place): nobody knows what stands")
            #expect(!stack.status.isInProgress, "seed \(seed), \(place)")
            #expect(world.things["by-hand"] != nil, "seed \(seed), \(place): what was there before is gone")
        }
        world.things["by-hand"] = ["Size": 0]
        roll(0.2)
        var creation = try stack.operation(.create, mixedTemplate(chance)) { choices(chance, &$0, .create) }
        if chance.fraction() < 0.5, let first = creation.order.first {
            creation.adopted = [first: "by-hand"]
            creation.targets[first]?.deletionPolicy = .retainExceptOnCreate
        }
        try stack.run(creation, in: world, seed: seed, roughness: .rough)
        known("creation")
        for round in 0..<5 where stack.status != .deleteComplete {
            roll(chance.fraction() < 0.4 ? 0 : 0.25)
            if stack.status == .updateRollbackFailed || stack.status == .rollbackFailed || chance.fraction() < 0.1,
                stack.status.isHalfway
            {
                let failed = stack.resources.filter { $0.status == .updateFailed }.map(\.logicalID)
                try stack.run(
                    stack.operation(.rollback) { $0.skipped = chance.fraction() < 0.4 ? Set(failed) : [] }, in: world,
                    seed: seed, roughness: .rough)
            } else if stack.status.isUpdatable {
                var update = try stack.operation(.update, mixedTemplate(chance)) { choices(chance, &$0, .update) }
                for name in update.order where stack.current(name)?.physicalID == "by-hand" {
                    update.targets[name]?.deletionPolicy = .retain
                    update.targets[name]?.updateReplacePolicy = .retain
                }
                try stack.run(update, in: world, seed: seed, roughness: .rough)
            }
            known("round \(round)")
        }
        guard stack.status != .deleteComplete else { return }
        roll(0)
        try stack.run(stack.operation(.delete) { $0.judged = "DELETE" }, in: world, seed: seed, roughness: .rough)
        #expect(stack.status == .deleteComplete, "seed \(seed)")
        let left = Set(world.things.keys).subtracting(kept(stack)).subtracting(["by-hand"])
        #expect(left.isEmpty, "seed \(seed): \(left)")
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
