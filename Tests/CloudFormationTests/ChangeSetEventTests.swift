import Cloud
import CloudFormationTesting
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Events of change sets")
struct ChangeSetEventTests {
    private static let template = StackLifeTests.template

    private func make(_ shop: Workshop, _ name: String, _ template: String, _ more: JSON = [:]) async throws -> JSON {
        var input = shop.input("orders", template, more)
        input["ChangeSetName"] = .string(name)
        if input["ChangeSetType"] == nil { input["ChangeSetType"] = "CREATE" }
        return try await shop.call("CreateChangeSet", input)["Id"] ?? ""
    }

    private func events(_ shop: Workshop, _ asked: JSON) async throws -> [JSON] {
        try await shop.call("DescribeEvents", asked)["OperationEvents"]?.array ?? []
    }

    @Test("the making of a change set is an operation, found by the change set, by its id and among the stack's")
    func made() async throws {
        try await withWorkshop { shop in
            let id = try await make(shop, "c", Self.template)
            let told = try await events(shop, ["ChangeSetName": id])
            #expect(told.count == 1)
            #expect(told.first?["EventType"] == "STACK_EVENT" && told.first?["OperationType"] == "CREATE_CHANGESET")
            #expect(told.first?["OperationStatus"] == "SUCCEEDED" && told.first?["EndTime"] != nil)
            #expect(told.first?["ResourceStatus"] == nil && told.first?["LogicalResourceId"] == nil)
            let operation = told.first?["OperationId"] ?? ""
            #expect(try await events(shop, ["OperationId": operation]) == told)
            #expect(try await events(shop, ["ChangeSetName": "c", "StackName": "orders"]) == told)
            _ = try await shop.call("ExecuteChangeSet", ["ChangeSetName": id])
            try await eventually("the stack stands") {
                try await shop.call("DescribeStacks", ["StackName": "orders"])["Stacks"]?[0]?["StackStatus"]
                    == "CREATE_COMPLETE" ? true : nil
            }
            let all = try await events(shop, ["StackName": "orders"])
            #expect(Set(all.compactMap { $0["OperationType"]?.string }) == ["CREATE_CHANGESET", "CREATE_STACK"])
            let stackEvents = try await shop.events("orders")
            #expect(all.count == stackEvents.count + 1)
            #expect(
                try await shop.refusal("DescribeEvents", [:])
                    == "ValidationError: One of ChangeSetName, OperationId or StackName must be specified")
        }
    }

    @Test("properties that no schema allows fail the change set, and each is an event with its place")
    func properties() async throws {
        try await withWorkshop { shop in
            let bad = """
                Resources:
                  A: {Type: Test::Thing, Properties: {Sise: 1}}
                  B: {Type: Test::Thing, Properties: {Nested: {Other: 2}}}
                """
            let id = try await make(shop, "c", bad)
            let set = try await shop.call("DescribeChangeSet", ["ChangeSetName": id])
            #expect(set["Status"] == "FAILED" && set["ExecutionStatus"] == "UNAVAILABLE")
            let reason = set["StatusReason"]?.string ?? ""
            #expect(
                reason.hasPrefix(
                    "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]."))
            #expect(reason.contains("Encountered unsupported property Sise (line 2") && reason.hasSuffix("And 1 more."))
            let failed = try await events(shop, ["ChangeSetName": id, "Filters": ["FailedEvents": true]])
            #expect(failed.map { $0["LogicalResourceId"] } == ["B", "A"])
            let first = failed.last
            #expect(first?["EventType"] == "VALIDATION_ERROR" && first?["ResourceType"] == "Test::Thing")
            #expect(first?["ValidationName"] == "PROPERTY_VALIDATION" && first?["ValidationStatus"] == "FAILED")
            #expect(first?["ValidationFailureMode"] == "FAIL")
            #expect(first?["ValidationPath"] == "/Resources/A/Properties/Sise")
            #expect(
                first?["ValidationStatusReason"]?.string?.hasPrefix("Encountered unsupported property Sise") == true)
            let ended = try await events(shop, ["ChangeSetName": id]).first
            #expect(ended?["OperationStatus"] == "FAILED")
            // What is no matter of properties is refused as ever, and so are operations on stacks.
            let unknown = "Resources:\n  A: {Type: Test::None}"
            var input = shop.input("other", unknown, ["ChangeSetType": "CREATE"])
            input["ChangeSetName"] = "c"
            #expect(try await shop.refusal("CreateChangeSet", input)?.hasPrefix("ValidationError: ") == true)
            #expect(
                try await shop.refusal("CreateStack", shop.input("other", bad))?.hasPrefix(
                    "ValidationError: Encountered unsupported property Sise") == true)
        }
    }

    @Test("a nested change set that cannot be made fails the root's")
    func nested() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.objects["b/inner"] = "Resources:\n  T: {Type: Test::Thing}" }
            let outer =
                "Resources:\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 's3://b/inner'}}"
            try await shop.create("orders", outer)
            shop.toys.change { $0.objects["b/inner"] = "Resources:\n  T: {Type: Test::Thing, Properties: {None: 1}}" }
            let id = try await make(shop, "c", outer, ["IncludeNestedStacks": true, "ChangeSetType": "UPDATE"])
            let set = try await shop.call("DescribeChangeSet", ["ChangeSetName": id])
            #expect(set["Status"] == "FAILED")
            let reason = set["StatusReason"]?.string ?? ""
            #expect(reason.hasPrefix("Nested change set arn:aws:cloudformation:"))
            #expect(reason.contains(" was not successfully created: Currently in FAILED. "))
            #expect(reason.contains("Encountered unsupported property None"))
            #expect(try await shop.refusal("ExecuteChangeSet", ["ChangeSetName": id])?.hasPrefix("Invalid") == true)
        }
    }
}
