import CloudFormationTesting
import CloudTesting
import Ledger
import Notation
import Testing

@testable import CloudFormation

@Suite("Nested stacks that fail")
struct NestedFailureTests {
    private static func nest(_ name: String, _ url: String, _ more: String = "") -> String {
        """
        Resources:
          \(name):
            Type: AWS::CloudFormation::Stack
            Properties: {TemplateURL: '\(url)'\(more)}

        """
    }

    private func reason(_ shop: Workshop, _ stack: String, _ resource: String) async throws -> String {
        let failed = try await shop.events(stack).first {
            $0["LogicalResourceId"] == .string(resource) && $0["ResourceStatus"]?.string?.hasSuffix("FAILED") == true
        }
        return failed?["ResourceStatusReason"]?.string ?? ""
    }

    @Test("the parent's event tells what failed first in the innermost stack, with its evidence")
    func innermost() async throws {
        try await withWorkshop { shop in
            shop.toys.change { state in
                state.objects["b/middle"] = Self.nest("Inner", "s3://b/inner")
                state.objects["b/inner"] =
                    "Resources:\n  Good: {Type: Test::Thing}\n"
                    + "  Bad: {Type: Test::Thing, DependsOn: Good, Properties: {Fail: create}}"
            }
            let stack = try await shop.create("outer", Self.nest("Middle", "s3://b/middle"))
            #expect(stack["StackStatus"] == "ROLLBACK_COMPLETE")
            let reason = try await reason(shop, "outer", "Middle")
            #expect(
                reason.contains("was not successfully created: The following resource(s) failed to create: [Inner]."))
            #expect(
                reason.contains(
                    "First cause: Inner/Bad (Test::Thing): Resource handler returned message: \"This thing "))
            #expect(reason.hasSuffix("last line of the log"))
            #expect(shop.toys.things.isEmpty)
        }
    }

    @Test("an update that fails inside tells so, and both stacks are what they were")
    func update() async throws {
        try await withWorkshop { shop in
            let inner =
                "Parameters: {F: {Type: String}}\nResources:\n  T: {Type: Test::Thing, Properties: {Fail: !Ref F}}"
            shop.toys.change { $0.objects["b/inner"] = inner }
            try await shop.create("outer", Self.nest("Inner", "s3://b/inner", ", Parameters: {F: 'no'}"))
            let failed = try await shop.update(
                "outer", Self.nest("Inner", "s3://b/inner", ", Parameters: {F: update}"))
            #expect(failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            let reason = try await reason(shop, "outer", "Inner")
            #expect(reason.contains("was not successfully updated: The following resource(s) failed to update: [T]."))
            #expect(reason.contains("First cause: T (Test::Thing): "))
            #expect(shop.toys.things.values.allSatisfy { $0["Fail"] == "no" })
        }
    }

    @Test("a template that nests itself is a circle, told of at once; with changing parameters it ends all the same")
    func circle() async throws {
        try await withWorkshop { shop in
            let counting =
                Self.nest("Inner", "s3://b/deeper", ", Parameters: {N: !Sub '${N}x'}")
                + "Parameters: {N: {Type: String}}"
            shop.toys.change { state in
                state.objects["b/self"] = Self.nest("Inner", "s3://b/self")
                state.objects["b/deeper"] = counting
            }
            let stack = try await shop.create("outer", Self.nest("Again", "s3://b/self"))
            #expect(stack["StackStatus"] == "ROLLBACK_COMPLETE")
            #expect(
                try await reason(shop, "outer", "Again").contains(
                    "Nested stacks go in a circle: the template s3://b/self"))
            let deep = try await shop.create(
                "deep", counting, ["Parameters": [["ParameterKey": "N", "ParameterValue": "x"]]])
            #expect(deep["StackStatus"] == "ROLLBACK_COMPLETE")
            #expect(try await reason(shop, "deep", "Inner").contains("Stacks may lie 25 deep in each other"))
            let left = try await shop.test.ledger.list(Nesting.collection)
            #expect(left.isEmpty)
        }
    }

    @Test("a child that cannot even begin fails with what was wrong, and a name is not kept back for it")
    func refused() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.objects["b/bad"] = "Resources: {T: {Type: No::Such::Thing}}" }
            try await shop.create("outer", Self.nest("Inner", "s3://b/bad"))
            #expect(try await reason(shop, "outer", "Inner").contains("No::Such::Thing"))
            try await shop.create("other", Self.nest("Inner", "s3://b/missing"))
            #expect(try await reason(shop, "other", "Inner").contains("S3 error: The specified key does not exist."))
            let left = try await shop.test.ledger.list(Nesting.collection)
            #expect(left.isEmpty)
        }
    }

    private static let fragile = "Resources:\n  T: {Type: Test::Thing, Properties: {Fail: update, Size: 1}}"
    private static let doomed =
        "Resources:\n  T: {Type: Test::Thing, Properties: {Fail: 'no', Size: 2}}\n"
        + "  Bad: {Type: Test::Thing, DependsOn: T, Properties: {Fail: create}}"

    @Test("a rollback that failed in a nested stack is continued from the outermost, passing over what is named")
    func continued() async throws {
        try await withWorkshop { shop in
            shop.toys.change { state in
                state.objects["b/v1"] = Self.fragile
                state.objects["b/v2"] = Self.doomed
                for version in ["v1", "v2"] { state.objects["b/m\(version)"] = Self.nest("Inner", "s3://b/\(version)") }
            }
            try await shop.create("outer", Self.nest("Middle", "s3://b/mv1"))
            let failed = try await shop.update("outer", Self.nest("Middle", "s3://b/mv2"))
            #expect(failed["StackStatus"] == "UPDATE_ROLLBACK_FAILED")
            let stacks = try await shop.call("DescribeStacks")["Stacks"]?.array ?? []
            let inner = try #require(
                stacks.first { $0["StackName"]?.string?.contains("-Inner-") == true }?["StackName"]?.string)
            for (skipped, words) in [
                ("Middle", "The nested stack Middle stands"),
                ("nonsense.T", "nonsense.T does not belong to stack outer"),
                (inner + ".Bad", ".Bad does not belong"), ("T", "The resource T does not belong"),
            ] {
                let refusal = try await shop.refusal(
                    "ContinueUpdateRollback", ["StackName": "outer", "ResourcesToSkip": [.string(skipped)]])
                #expect(refusal?.contains(words) == true, "\(skipped): \(refusal ?? "")")
            }
            // Without passing over it fails again, and can be tried again.
            _ = try await shop.call("ContinueUpdateRollback", ["StackName": "outer"])
            #expect(try await shop.settled("outer")["StackStatus"] == "UPDATE_ROLLBACK_FAILED")
            _ = try await shop.call(
                "ContinueUpdateRollback", ["StackName": "outer", "ResourcesToSkip": [.string(inner + ".T")]])
            #expect(try await shop.settled("outer")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            for stack in try await shop.call("DescribeStacks")["Stacks"]?.array ?? [] {
                #expect(stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", "\(stack["StackName"] ?? "")")
            }
            let left = try await shop.test.ledger.list(Nesting.wayBack)
            #expect(left.isEmpty)
            _ = try await shop.call("DeleteStack", ["StackName": "outer"])
            let all = try await shop.call("ListStacks")["StackSummaries"]?.array ?? []
            _ = try await shop.settled(all.first { $0["StackName"] == "outer" }?["StackId"]?.string ?? "")
            #expect(shop.toys.things.isEmpty)
        }
    }

    @Test("a parent that turns back gives its child the template of before, whatever is in S3 by then")
    func templateOfBefore() async throws {
        try await withWorkshop { shop in
            let child = { (size: Int) in "Resources:\n  T: {Type: Test::Thing, Properties: {Size: \(size)}}" }
            shop.toys.change { $0.objects["b/child"] = child(1) }
            let parent = { (more: String, tag: String) in
                Self.nest("Child", "s3://b/child", ", Tags: [{Key: k, Value: \(tag)}]") + more
            }
            try await shop.create("outer", parent("", "a"))
            // The object is written over, and the parent fails after its child has been updated.
            let bad = "  Bad: {Type: Test::Thing, DependsOn: Child, Properties: {Fail: create}}\n"
            shop.toys.change { $0.objects["b/child"] = child(2) }
            let failed = try await shop.update("outer", parent(bad, "b"))
            #expect(failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", "\(failed)")
            #expect(shop.toys.things.values.map { $0["Size"] } == [1])
            // The same when it is gone altogether by then: each attempt is taken back to what was good.
            shop.toys.change { $0.objects["b/child"] = child(3) }
            let kept = try await shop.update("outer", parent(bad, "c"), ["DisableRollback": true])
            #expect(kept["StackStatus"] == "UPDATE_FAILED")
            #expect(shop.toys.things.values.map { $0["Size"] } == [3])
            shop.toys.change { $0.objects["b/child"] = child(4) }
            _ = try await shop.update("outer", parent(bad, "d"), ["DisableRollback": true])
            #expect(shop.toys.things.values.map { $0["Size"] } == [4])
            shop.toys.change { $0.objects["b/child"] = nil }
            _ = try await shop.call("RollbackStack", ["StackName": "outer"])
            #expect(try await shop.settled("outer")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(shop.toys.things.values.map { $0["Size"] } == [1])
            let id = try await shop.call("DescribeStacks", ["StackName": "outer"])["Stacks"]?[0]?["StackId"]
            _ = try await shop.call("DeleteStack", ["StackName": "outer"])
            _ = try await shop.settled(id?.string ?? "")
            let left = try await shop.test.ledger.list(NestedTemplates.collection)
            #expect(shop.toys.things.isEmpty && left.isEmpty)
        }
    }

    @Test("a child whose template is another one under the same address is updated, and taken back with its parent")
    func sameAddress() async throws {
        try await withWorkshop { shop in
            let child = { (size: Int) in "Resources:\n  T: {Type: Test::Thing, Properties: {Size: \(size)}}" }
            shop.toys.change { $0.objects["b/child"] = child(1) }
            let parent = Self.nest("Child", "s3://b/child")
            try await shop.create("outer", parent)
            // Nothing to do: the child is asked, and tells of nothing.
            let told = try await shop.events(shop.child("outer", "Child")).count
            #expect(try await shop.update("outer", parent)["StackStatus"] == "UPDATE_COMPLETE")
            #expect(try await shop.events(shop.child("outer", "Child")).count == told)
            shop.toys.change { $0.objects["b/child"] = child(2) }
            try await shop.update("outer", parent)
            #expect(shop.toys.things.values.map { $0["Size"] } == [2])
            // The parent fails after its child: properties are the same, and yet there is something to take back.
            let bad = parent + "  Bad: {Type: Test::Thing, DependsOn: Child, Properties: {Fail: create}}\n"
            shop.toys.change { $0.objects["b/child"] = child(3) }
            #expect(try await shop.update("outer", bad)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(shop.toys.things.values.map { $0["Size"] } == [2])
            for size in [4, 5] {
                shop.toys.change { $0.objects["b/child"] = child(size) }
                try await shop.update("outer", bad, ["DisableRollback": true])
                #expect(shop.toys.things.values.map { $0["Size"] } == [.int(size)])
            }
            _ = try await shop.call("RollbackStack", ["StackName": "outer"])
            #expect(try await shop.settled("outer")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(shop.toys.things.values.map { $0["Size"] } == [2], "what was good, not the last attempt")
        }
    }

    @Test("a change set has every nested stack, as Automatic; a stack policy leaves one alone that is only asked")
    func automatic() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.objects["b/child"] = "Resources:\n  T: {Type: Test::Thing, Properties: {Size: 1}}" }
            let parent = Self.nest("Child", "s3://b/child")
            let deny = #"{"Statement":[{"Effect":"Deny","Action":"Update:*","Principal":"*","Resource":"*"}]}"#
            try await shop.create("outer", parent, ["StackPolicyBody": .string(deny)])
            let set: JSON = ["StackName": "outer", "ChangeSetName": "c"]
            _ = try await shop.call("CreateChangeSet", shop.input("outer", parent, ["ChangeSetName": "c"]))
            let change = try await shop.call("DescribeChangeSet", set)["Changes"]?[0]?["ResourceChange"]
            #expect(change?["Action"] == "Modify" && change?["Replacement"] == "False")
            #expect(change?["Scope"] == ["Properties"] && change?["LogicalResourceId"] == "Child")
            let automatic: JSON = [
                "Target": ["Attribute": "Properties", "RequiresRecreation": "Never"], "Evaluation": "Dynamic",
                "ChangeSource": "Automatic",
            ]
            #expect(change?["Details"]?[0] == automatic)
            shop.toys.change { $0.objects["b/child"] = "Resources:\n  T: {Type: Test::Thing, Properties: {Size: 2}}" }
            _ = try await shop.call("ExecuteChangeSet", set)
            #expect(try await shop.settled("outer")["StackStatus"] == "UPDATE_COMPLETE")
            #expect(shop.toys.things.values.map { $0["Size"] } == [1])
        }
    }

    @Test("a nested change set that failed stays with its reason, and fails the parent's")
    func brokenInside() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.objects["b/child"] = "Resources:\n  T: {Type: Test::Thing}" }
            let parent = Self.nest("Child", "s3://b/child")
            try await shop.create("outer", parent)
            shop.toys.change { $0.objects["b/child"] = "Resources:\n  T: {Type: AWS::CDK::Metadata}" }
            let wanted: JSON = ["ChangeSetName": "c", "IncludeNestedStacks": true]
            _ = try await shop.call("CreateChangeSet", shop.input("outer", parent, wanted))
            let set = try await shop.call("DescribeChangeSet", ["StackName": "outer", "ChangeSetName": "c"])
            #expect(set["Status"] == "FAILED" && set["ExecutionStatus"] == "UNAVAILABLE")
            let reason = set["StatusReason"]?.string ?? ""
            #expect(reason.contains("Currently in FAILED. Update of resource type is not permitted."))
            let words = reason.split(separator: " ")
            let id = words.first { $0.hasPrefix("arn:") }.map(String.init) ?? ""
            let inner = try await shop.call("DescribeChangeSet", ["ChangeSetName": .string(id)])
            #expect(inner["StatusReason"]?.string?.hasPrefix("Update of resource type is not permitted.") == true)
            #expect(inner["ParentChangeSetId"] == set["ChangeSetId"])
        }
    }
}

extension Workshop {
    /// The ARN of the nested stack of that logical id.
    fileprivate func child(_ stack: String, _ name: String) async throws -> String {
        let input: JSON = ["StackName": .string(stack), "LogicalResourceId": .string(name)]
        let answer = try await call("DescribeStackResource", input)
        return answer["StackResourceDetail"]?["PhysicalResourceId"]?.string ?? ""
    }
}
