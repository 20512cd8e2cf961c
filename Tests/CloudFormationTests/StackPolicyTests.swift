import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Stack policies")
struct StackPolicyTests {
    private static let policy = """
        {"Statement": [
          {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
          {"Effect": "Deny", "Action": "Update:Replace", "Principal": "*", "Resource": "LogicalResourceId/Prod*"},
          {"Effect": "Deny", "Action": ["Update:Modify", "Update:Delete"], "Principal": "*", "Resource": "*",
           "Condition": {"StringEquals": {"ResourceType": ["AWS::RDS::DBInstance"]}}}
        ]}
        """

    @Test(
        "a denial wins, and names its statement",
        arguments: [
            (StackPolicy.Action.modify, "ProdDB", "T", nil), (.replace, "ProdDB", "T", "#2"),
            (.replace, "Dev", "T", nil),
            (.modify, "Any", "AWS::RDS::DBInstance", "#3"), (.replace, "Any", "AWS::RDS::DBInstance", nil),
        ] as [(StackPolicy.Action, String, String, String?)])
    func verdicts(_ action: StackPolicy.Action, _ name: String, _ type: String, _ statement: String?) throws {
        let denial = try #require(StackPolicy(Self.policy)).denial(of: action, name, type: type)
        #expect((denial == nil) == (statement == nil))
        if let statement {
            #expect(denial?.contains("Statement [\(statement)] does not allow [\(action.rawValue)]") == true)
        }
    }

    @Test("what nothing allows is denied, and a text without statements is no policy")
    func byDefault() throws {
        let narrow = try #require(
            StackPolicy("{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"Update:Modify\", \"Resource\": \"*\"}}"))
        #expect(narrow.denial(of: .modify, "A", type: "T") == nil)
        #expect(narrow.denial(of: .delete, "A", type: "T") != nil)
        #expect(StackPolicy("{}") == nil)
        #expect(StackPolicy("{\"Statement\": [{\"Effect\": \"Perhaps\"}]}") == nil)
    }

    @Test("an update that the policy denies is taken back with the policy's words")
    func enforced() throws {
        let world = OutsideWorld()
        let base = "Resources:\n  ProdDB: {Type: T, Properties: {Name: a}}\n  B: {Type: T}"
        var stack = TestStack()
        try stack.run(stack.operation(.create, base), in: world)
        let before = stack
        for new in [base.replacing("Name: a", with: "Name: b"), "Resources:\n  C: {Type: T}"] {
            let policy = Self.policy.replacing("\"Update:Replace\"", with: "[\"Update:Replace\", \"Update:Delete\"]")
            try stack.run(stack.operation(.update, new) { $0.policy = policy }, in: world)
            #expect(stack.status == .updateRollbackComplete)
            #expect(stack.standing == before.standing)
            #expect(world.things == stack.standing)
        }
        try stack.run(
            stack.operation(.update, base.replacing("B: {Type: T}", with: "B: {Type: T, Properties: {Size: 1}}")) {
                $0.policy = Self.policy
            }, in: world)
        #expect(stack.status == .updateComplete)
    }
}

@Suite("Rollback triggers")
struct RollbackTriggerTests {
    private static let base = "Resources:\n  A: {Type: T, Properties: {Size: 1}}"

    private func run(_ stack: inout TestStack, _ world: OutsideWorld, firingAfter seconds: Int, minutes: Int) throws {
        let operation = try stack.operation(.update, Self.base.replacing("Size: 1", with: "Size: 2")) {
            $0.monitor = .init(alarms: ["arn:aws:cloudwatch:r:1:alarm:Errors"], minutes: minutes)
        }
        var simulation = MachineSimulation(operation)
        try simulation.send(.start)
        let start = simulation.now
        try simulation.run { command, key, now in
            guard case .lookAtAlarms = command else { return try world.perform(command, key, now) }
            return .alarms(firing: now - start >= .seconds(seconds) ? ["Errors"] : [], missing: [])
        }
        #expect(simulation.isFinished)
        if minutes > 0, seconds > minutes * 60 { #expect(simulation.now - start >= .seconds(minutes * 60)) }
        stack.take(simulation)
    }

    @Test(
        "an alarm that fires while the stack is watched takes it back; one that fires later does not",
        arguments: [
            (0, 1, StackStatus.updateRollbackComplete), (30, 1, .updateRollbackComplete), (90, 1, .updateComplete),
            (5, 0, .updateComplete),
        ])
    func watched(_ seconds: Int, _ minutes: Int, _ status: StackStatus) throws {
        let world = OutsideWorld()
        var stack = TestStack()
        try stack.run(stack.operation(.create, Self.base), in: world)
        try run(&stack, world, firingAfter: seconds, minutes: minutes)
        #expect(stack.status == status)
        #expect(world.things == stack.standing)
    }

    @Test("without alarms an update waits all the same before it cleans up, a creation does not")
    func unwatched() throws {
        let world = OutsideWorld()
        var stack = TestStack()
        let monitor = StackOperation.Monitor(alarms: [], minutes: 2)
        for (intent, template, seconds) in [
            (StackOperation.Intent.create, Self.base, 0), (.update, "Resources:\n  B: {Type: T}", 120),
        ] {
            var simulation = MachineSimulation(try stack.operation(intent, template) { $0.monitor = monitor })
            let start = simulation.now
            try simulation.send(.start)
            try simulation.run(world: world.perform)
            #expect(simulation.isFinished && (simulation.now - start >= .seconds(seconds)))
            #expect(seconds > 0 || simulation.now - start < .seconds(120))
            stack.take(simulation)
        }
        #expect(stack.status == .updateComplete && stack.standing.count == 1)
    }

    @Test("an alarm that does not exist takes the operation back at once")
    func missing() throws {
        let world = OutsideWorld()
        var stack = TestStack()
        var simulation = MachineSimulation(
            try stack.operation(.create, Self.base) { $0.monitor = .init(alarms: ["gone"], minutes: 5) })
        try simulation.send(.start)
        try simulation.run { command, key, now in
            guard case .lookAtAlarms(_, let alarms) = command else { return try world.perform(command, key, now) }
            return .alarms(firing: [], missing: alarms)
        }
        stack.take(simulation)
        #expect(stack.status == .rollbackComplete)
        #expect(world.things.isEmpty)
    }
}
