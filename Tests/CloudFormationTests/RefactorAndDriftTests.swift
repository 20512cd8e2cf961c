import CloudFormationTemplate
import CloudFormationTesting
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Refactoring, drift-aware and nested change sets")
struct RefactorAndDriftTests {
    private func resource(_ type: String, _ id: String, _ properties: JSON = [:]) -> DeployedResource {
        DeployedResource(
            type: type, physicalID: id, properties: properties, attributes: [:], deletionPolicy: .delete, needs: [],
            suffix: "")
    }

    private func side(
        _ stack: String, _ standing: [String: DeployedResource], _ wanted: [String: String]
    ) -> RefactorPlan.Side {
        .init(stack: stack, standing: standing, wanted: wanted.map { ($0.key, $0.value) })
    }

    @Test("resources are paired by name, by kind, or as told")
    func pairs() throws {
        let (a, b) = (resource("T", "a"), resource("T", "b"))
        let byName = try RefactorPlan(
            [side("s", ["A": a, "B": b], [:]), side("d", [:], ["A": "T", "B": "T"])], given: [])
        #expect(byName.moves.map(\.physicalID) == ["a", "b"])
        let renamed = try RefactorPlan([side("s", ["A": a], ["New": "T"])], given: [])
        #expect(renamed.moves.first?.to == .init(stack: "s", logicalID: "New"))
        #expect(renamed.moves.first?.isFound == true)
        let told = try RefactorPlan(
            [side("s", ["A": a, "B": b], [:]), side("d", [:], ["X": "T", "Y": "T"])],
            given: [
                (from: .init(stack: "s", logicalID: "A"), to: .init(stack: "d", logicalID: "Y")),
                (from: .init(stack: "s", logicalID: "B"), to: .init(stack: "d", logicalID: "X")),
            ])
        #expect(told.moves.map(\.physicalID) == ["b", "a"])
        #expect(told.moves.allSatisfy { !$0.isFound })
    }

    @Test("whatever is more than moving is refused")
    func more() {
        let (a, b) = (resource("T", "a"), resource("T", "b"))
        let cases: [([RefactorPlan.Side], String)] = [
            ([side("s", [:], ["A": "T"])], "would be created"), ([side("s", ["A": a], [:])], "would be deleted"),
            ([side("s", ["A": a], ["A": "T"])], "No resource changes"),
            ([side("s", ["A": a, "B": b], ["X": "T", "Y": "T"])], "any of several"),
            ([side("s", ["A": a], ["X": "U"])], "would be created"),
        ]
        for (sides, word) in cases {
            #expect { try RefactorPlan(sides, given: []) } throws: {
                ($0 as? RefactorPlan.Failure)?.message.contains(word) == true
            }
        }
    }

    private static let two = """
        Resources:
          A: {Type: Test::Thing, Properties: {Size: 1}}
          B: {Type: Test::Thing, Properties: {Parent: !Ref A}}
        """

    @Test("a resource moves to another stack while it stands, and what leaned on it imports it")
    func moves() async throws {
        try await withWorkshop { shop in
            try await shop.create("one", Self.two)
            let before = shop.toys.things
            let definitions: JSON = [
                [
                    "StackName": "one",
                    "TemplateBody": "Resources: {B: {Type: Test::Thing, Properties: {Parent: !ImportValue shared}}}",
                ],
                [
                    "StackName": "two",
                    "TemplateBody": """
                    Resources: {A: {Type: Test::Thing, Properties: {Size: 1}}}
                    Outputs: {O: {Value: !Ref A, Export: {Name: shared}}}
                    """,
                ],
            ]
            let made = try await shop.call(
                "CreateStackRefactor", ["StackDefinitions": definitions, "EnableStackCreation": true])
            let id: JSON = ["StackRefactorId": made["StackRefactorId"] ?? ""]
            let described = try await shop.call("DescribeStackRefactor", id)
            #expect(described["Status"] == "CREATE_COMPLETE", "\(described)")
            let actions = try await shop.call("ListStackRefactorActions", id)["StackRefactorActions"]?.array ?? []
            #expect(actions.compactMap { $0["Action"]?.string } == ["CREATE", "MOVE"])
            _ = try await shop.call("ExecuteStackRefactor", id)
            #expect(try await shop.call("DescribeStackRefactor", id)["ExecutionStatus"] == "EXECUTE_COMPLETE")
            #expect(shop.toys.things == before)
            #expect(shop.toys.calls == ["create A", "create B"])
            let resources = try await shop.call("ListStackResources", ["StackName": "two"])["StackResourceSummaries"]
            #expect(resources?.array?.map { $0["LogicalResourceId"]?.string } == ["A"])
            #expect(try await shop.refusal("DeleteStack", ["StackName": "two"])?.contains("in use by one") == true)
            #expect(try await shop.refusal("ExecuteStackRefactor", id)?.contains("EXECUTE_COMPLETE") == true)
            // Both go on as ever.
            let updated = try await shop.update(
                "two",
                "Resources: {A: {Type: Test::Thing, Properties: {Size: 2}}}\nOutputs: {O: {Value: !Ref A, Export: {Name: shared}}}"
            )
            #expect(updated["StackStatus"] == "UPDATE_COMPLETE")
            _ = try await shop.call("DeleteStack", ["StackName": "one"])
        }
    }

    @Test("a refactoring that would change something is not made, one whose stacks changed is not carried out")
    func refused() async throws {
        try await withWorkshop { shop in
            try await shop.create("one", Self.two)
            let changing = Self.two.replacing("Size: 1", with: "Size: 2").replacing("A:", with: "C:").replacing(
                "Ref A", with: "Ref C")
            let definitions: JSON = [["StackName": "one", "TemplateBody": .string(changing)]]
            let made = try await shop.call("CreateStackRefactor", ["StackDefinitions": definitions])
            let id: JSON = ["StackRefactorId": made["StackRefactorId"] ?? ""]
            let described = try await shop.call("DescribeStackRefactor", id)
            #expect(described["Status"] == "CREATE_FAILED")
            #expect(described["StatusReason"]?.string?.contains("/Properties/Size") == true)

            let renaming = Self.two.replacing("A:", with: "C:").replacing("Ref A", with: "Ref C")
            let second = try await shop.call(
                "CreateStackRefactor", ["StackDefinitions": [["StackName": "one", "TemplateBody": .string(renaming)]]])
            try await shop.update("one", Self.two + "\n  D: {Type: Test::Thing}")
            let other: JSON = ["StackRefactorId": second["StackRefactorId"] ?? ""]
            #expect(try await shop.refusal("ExecuteStackRefactor", other)?.contains("was changed since") == true)
            #expect(try await shop.call("DescribeStackRefactor", other)["ExecutionStatus"] == "OBSOLETE")
        }
    }

    // MARK: Drift

    private func changeSet(_ shop: Workshop, _ template: String, _ more: JSON, _ name: String = "c") async throws
        -> JSON
    {
        var input = shop.input("s", template, more)
        input["ChangeSetName"] = .string(name)
        _ = try await shop.call("CreateChangeSet", input)
        return try await shop.call(
            "DescribeChangeSet", ["StackName": "s", "ChangeSetName": .string(name), "IncludePropertyValues": true])
    }

    @Test("a drift-aware change set shows and brings back what was changed, and makes anew what is gone")
    func reverts() async throws {
        try await withWorkshop { shop in
            let template = """
                Resources:
                  A: {Type: Test::Thing, Properties: {Size: 1}}
                  B: {Type: Test::Thing, Properties: {Size: 1}}
                  C: {Type: Test::Thing, Properties: {Size: 1}}
                """
            try await shop.create("s", template)
            let ids =
                try await shop.call("ListStackResources", ["StackName": "s"])["StackResourceSummaries"]?.array ?? []
            let id = Dictionary(
                ids.map { ($0["LogicalResourceId"]?.string ?? "", $0["PhysicalResourceId"]?.string ?? "") }
            ) { $1 }
            shop.toys.change { state in
                state.things[id["A"] ?? ""]?["Size"] = "9"
                state.things[id["B"] ?? ""] = nil
                state.things[id["C"] ?? ""]?["Size"] = "5"
            }
            let plain = try await changeSet(shop, template, [:])
            #expect(plain["Status"] == "FAILED")
            _ = try await shop.call("DeleteChangeSet", ["StackName": "s", "ChangeSetName": "c"])
            // C was changed to what the new template says: only the stack's memory changes.
            let wanted = template.replacing(
                "C: {Type: Test::Thing, Properties: {Size: 1}}", with: "C: {Type: Test::Thing, Properties: {Size: 5}}")
            let set = try await changeSet(shop, wanted, ["DeploymentMode": "REVERT_DRIFT"])
            #expect(set["DeploymentMode"] == "REVERT_DRIFT")
            let changes = (set["Changes"]?.array ?? []).compactMap { $0["ResourceChange"] }
            let actions = changes.map {
                "\($0["LogicalResourceId"]?.string ?? "") \($0["Action"]?.string ?? "") \($0["ResourceDriftStatus"]?.string ?? "")"
            }
            #expect(Set(actions) == ["A Modify MODIFIED", "B Add DELETED", "C SyncWithActual MODIFIED"])
            let target = changes.first { $0["LogicalResourceId"] == "A" }?["Details"]?[0]?["Target"]
            #expect(target?["BeforeValue"] == "9")
            #expect(target?["AfterValue"] == "1")
            #expect(target?["BeforeValueFrom"] == "ACTUAL_STATE")
            #expect(target?["Drift"]?["PreviousValue"] == "1")
            _ = try await shop.call("ExecuteChangeSet", ["StackName": "s", "ChangeSetName": "c"])
            #expect(try await shop.settled("s")["StackStatus"] == "UPDATE_COMPLETE")
            #expect(shop.toys.things.values.compactMap { $0["Size"]?.loose.string }.sorted() == ["1", "1", "5"])
        }
    }

    // MARK: Nested change sets

    @Test("nested stacks have change sets of their own, and the root carries them all out")
    func nested() async throws {
        try await withWorkshop { shop in
            let child =
                "Parameters: {Size: {Type: Number}}\nResources: {A: {Type: Test::Thing, Properties: {Size: !Ref Size}}}"
            shop.toys.change { $0.objects["b/t"] = child }
            let parent = { (size: Int) in
                "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://b.s3.amazonaws.com/t', Parameters: {Size: \(size)}}}}"
            }
            try await shop.create("s", parent(1))
            let set = try await changeSet(shop, parent(2), ["IncludeNestedStacks": true])
            #expect(set["IncludeNestedStacks"] == true)
            let inner = set["Changes"]?[0]?["ResourceChange"]?["ChangeSetId"] ?? ""
            let below = try await shop.call("DescribeChangeSet", ["ChangeSetName": inner])
            #expect(below["ParentChangeSetId"] == set["ChangeSetId"])
            #expect(below["RootChangeSetId"] == set["ChangeSetId"])
            #expect(below["Changes"]?[0]?["ResourceChange"]?["LogicalResourceId"] == "A")
            #expect(
                try await shop.refusal("ExecuteChangeSet", ["ChangeSetName": inner])?.contains("execute the root")
                    == true)
            _ = try await shop.call("ExecuteChangeSet", ["StackName": "s", "ChangeSetName": "c"])
            #expect(try await shop.settled("s")["StackStatus"] == "UPDATE_COMPLETE")
            #expect(shop.toys.things.values.compactMap { $0["Size"]?.loose.string } == ["2"])
            // Only the inside changes: the parent has a change of its own for that.
            shop.toys.change {
                $0.objects["b/t"] = child.replacing("{Size: !Ref Size}", with: "{Size: !Ref Size, Nested: {Inner: x}}")
            }
            let second = try await changeSet(shop, parent(2), ["IncludeNestedStacks": true], "d")
            #expect(second["Changes"]?.array?.count == 1, "\(second)")
            _ = try await shop.call("ExecuteChangeSet", ["StackName": "s", "ChangeSetName": "d"])
            #expect(try await shop.settled("s")["StackStatus"] == "UPDATE_COMPLETE")
            #expect(shop.toys.things.values.compactMap { $0["Nested"]?["Inner"]?.string } == ["x"])
        }
    }
}
