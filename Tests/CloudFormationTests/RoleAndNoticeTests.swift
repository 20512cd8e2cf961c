import Cloud
import CloudFormationTesting
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Roles that stacks act as, topics that they tell, exports that they claim")
struct RoleAndNoticeTests {
    private static let role = "arn:aws:iam::123456789012:role/maker"
    private static let topic = "arn:aws:sns:eu-west-1:123456789012:news"
    private static let one = "Resources: {A: {Type: Test::Thing, Properties: {Size: 1}}}"
    private static let two = "Resources: {A: {Type: Test::Thing, Properties: {Size: 1}}, B: {Type: Test::Thing}}"

    @Test("a stack acts as its role, in this operation and in those after it")
    func remembered() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.roles = [Self.role] }
            let made = try await shop.create("s", Self.one, ["RoleARN": .string(Self.role)])
            #expect(made["RoleARN"]?.string == Self.role)
            try await shop.update("s", Self.two)
            let actors = Set(shop.toys.change { $0.actors.values })
            #expect(actors == ["arn:aws:sts::123456789012:assumed-role/maker/AWSCloudFormation"])
        }
    }

    @Test("a role that cannot be assumed is refused before anything is touched; one that is lost fails the resource")
    func refused() async throws {
        try await withWorkshop { shop in
            let input = shop.input("s", Self.one, ["RoleARN": .string(Self.role)])
            let refusal = "ValidationError: Role \(Self.role) is invalid or cannot be assumed"
            #expect(try await shop.refusal("CreateStack", input) == refusal)
            #expect(try await shop.refusal("DescribeStacks", ["StackName": "s"]) != nil)
            shop.toys.change { $0.roles = [Self.role] }
            try await shop.create("s", Self.one)
            shop.toys.change { $0.roles = [] }
            #expect(
                try await shop.refusal("DeleteStack", ["StackName": "s", "RoleARN": .string(Self.role)]) == refusal)
        }
    }

    @Test("a nested stack acts as its parent does")
    func inherited() async throws {
        try await withWorkshop { shop in
            shop.toys.change {
                $0.roles = [Self.role]
                $0.objects["b/t"] = Self.one
            }
            let parent =
                "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://b.s3.amazonaws.com/t'}}}"
            let made = try await shop.create("s", parent, ["RoleARN": .string(Self.role)])
            #expect(made["StackStatus"] == "CREATE_COMPLETE", "\(made)")
            let stacks = try await shop.call("DescribeStacks")["Stacks"]?.array ?? []
            #expect(stacks.compactMap { $0["RoleARN"]?.string } == [Self.role, Self.role])
        }
    }

    @Test("topics are told every event in its order, in CloudFormation's form")
    func told() async throws {
        try await withWorkshop { shop in
            let topics: JSON = ["NotificationARNs": [.string(Self.topic), "arn:aws:sns:us-east-1:123456789012:gone"]]
            try await shop.create("s", Self.one, topics)
            let story = try await shop.story("s")
            let messages = try await eventually("all to be told") {
                let told = shop.toys.change { $0.published }.compactMap { $0["Message"]?.string }
                return told.count == story.count ? told : nil
            }
            let told = messages.map { text in
                let lines = Dictionary(
                    text.split(separator: "\n").map { line in
                        let parts = line.split(separator: "=", maxSplits: 1)
                        return (String(parts[0]), String(parts[1].dropFirst().dropLast()))
                    }
                ) { first, _ in first }
                return "\(lines["LogicalResourceId"] ?? "") \(lines["ResourceStatus"] ?? "")"
            }
            #expect(told == story)
            #expect(messages[0].hasPrefix("StackId='arn:aws:cloudformation:eu-west-1:123456789012:stack/s/"))
            #expect(messages[0].contains("\nNamespace='123456789012'\n"))
            let wrong = shop.input("t", Self.one, ["NotificationARNs": ["nonsense"]])
            #expect(try await shop.refusal("CreateStack", wrong)?.contains("must be the ARN of a topic") == true)
        }
    }

    @Test(
        "whatever comes twice or after a crash, each topic is told all, in order", arguments: 0..<200 as Range<UInt64>)
    func simulated(seed: UInt64) throws {
        var subject = OperationSubject(
            operationID: "o", stackID: "arn:s", stackName: "s", account: "1", region: "r", principal: "p")
        subject.notificationARNs = ["t1", "t2"]
        let events = (0..<6).map { number in
            StackEvent(
                id: "e\(number)", time: Timestamp(seconds: 1), logicalID: "L\(number)", physicalID: "", type: "T",
                status: "S", operationID: "o")
        }
        var told: [String: [Int]] = [:]
        var course = MachineSimulation(StackNotices(subject), seed: seed, roughness: .rough)
        try course.send(.told(Array(events.prefix(3)), isOver: false))
        try course.send(.told(Array(events.suffix(3)), isOver: true))
        try course.run { command, _, _ in
            guard case .publish(let number, let topic, let message, _, _) = command else { return nil }
            #expect(message.contains("LogicalResourceId='L\(number)'"))
            if told[topic]?.last != number { told[topic, default: []].append(number) }
            return .sent(number: number, topic: topic)
        }
        #expect(course.isFinished)
        #expect(told == ["t1": Array(0..<6), "t2": Array(0..<6)], "seed \(seed)")
    }

    @Test("a custom resource may be asked for by a topic; nobody listening is known at once")
    func byTopic() async throws {
        try await withWorkshop { shop in
            let template = "Resources: {C: {Type: Custom::Thing, Properties: {ServiceToken: '\(Self.topic)', Size: 3}}}"
            shop.toys.change { $0.subscriptions = [] }
            let alone = try await shop.create("alone", template, ["OnFailure": "DO_NOTHING"])
            #expect(alone["StackStatus"] == "CREATE_FAILED")
            let reason = try await shop.events("alone").first { $0["ResourceStatus"] == "CREATE_FAILED" }
            #expect(reason?["ResourceStatusReason"]?.string?.contains("Nobody listens to \(Self.topic)") == true)

            shop.toys.change { $0.subscriptions = [["Endpoint": "x"]] }
            _ = try await shop.call("CreateStack", shop.input("s", template))
            let asked = try await eventually("the question") {
                shop.toys.change { $0.published.first?["Message"]?.string }
            }
            let event = try JSON(parsing: asked)
            #expect(event["RequestType"] == "Create")
            #expect(event["ResourceProperties"]?["Size"] == "3")
            let token = event["ResponseURL"]?.string?.split(separator: "/").last.map(String.init) ?? ""
            try await shop.service.inbox.put(["Status": "SUCCESS", "PhysicalResourceId": "made"], token)
            #expect(try await shop.settled("s")["StackStatus"] == "CREATE_COMPLETE")
        }
    }

    // MARK: Exports

    private static let exporting = """
        Resources: {A: {Type: T, Properties: {Size: 1}}}
        Outputs: {O: {Value: x, Export: {Name: n}}}
        """

    @Test("names of exports are claimed at the end, and what is taken turns the stack back")
    func claims() throws {
        let world = OutsideWorld()
        var stack = TestStack()
        try stack.run(stack.operation(.create, Self.exporting), in: world)
        #expect(stack.status == .createComplete)
        #expect(stack.outputs?.first?.exportName == "n")
        world.exported = ["n": "other"]
        var second = TestStack()
        try second.run(second.operation(.create, Self.exporting), in: world)
        #expect(second.status == .rollbackComplete)
        // What the stack has already is not asked for again.
        try stack.run(
            stack.operation(.update, Self.exporting + "\nDescription: d") { $0.exportsHeld = ["n"] }, in: world)
        #expect(stack.status == .updateComplete)
    }

    @Test("of stacks that end at once one has the name, and a failed one gives it back")
    func oneOnly() async throws {
        try await withWorkshop { shop in
            let template = """
                Resources: {A: {Type: Test::Thing}}
                Outputs: {O: {Value: x, Export: {Name: n}}}
                """
            let names = (1...6).map { "s\($0)" }
            for name in names { _ = try await shop.call("CreateStack", shop.input(name, template)) }
            var ends: [String] = []
            for name in names { ends.append(try await shop.settled(name)["StackStatus"]?.string ?? "") }
            #expect(ends.count { $0 == "CREATE_COMPLETE" } == 1)
            #expect(ends.count { $0 == "ROLLBACK_COMPLETE" } == 5)
            #expect(try await shop.call("ListExports")["Exports"]?.array?.count == 1)
            let winner = names[ends.firstIndex(of: "CREATE_COMPLETE") ?? 0]
            let id = try await shop.settled(winner)["StackId"] ?? ""
            _ = try await shop.call("DeleteStack", ["StackName": .string(winner)])
            try await shop.settled(id.string ?? "")
            #expect(try await shop.create("after", template)["StackStatus"] == "CREATE_COMPLETE")
        }
    }
}
