import Cloud
import CloudFormationTesting
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Members of requests")
struct RequestMemberTests {
    private static let template = StackLifeTests.template

    private static let refused: [(JSON, String)] = [
        (
            ["Tags": [["Key": "aws:a", "Value": "1"]]],
            "aws: prefixed tag key names are not allowed for external use."
        ),
        (["Tags": [["Key": "AWS:a", "Value": "1"]]], "aws: prefixed tag key names are not allowed for external use."),
        (
            ["Tags": [["Key": "a", "Value": "1"], ["Key": "a", "Value": "2"]]],
            "Tags contain duplicate keys; tag keys must be unique"
        ),
        (
            ["Parameters": [["ParameterKey": "Size", "ParameterValue": "1", "UsePreviousValue": true]]],
            "Invalid input for parameter key Size. Cannot specify usePreviousValue as true and a parameter value."
        ),
        (
            ["RollbackConfiguration": ["RollbackTriggers": [["Arn": "arn:x", "Type": "AWS::S3::Bucket"]]]],
            "Rollback trigger arn:x must be of type AWS::CloudWatch::Alarm or AWS::CloudWatch::CompositeAlarm."
        ),
        (
            ["OnFailure": "DELETE", "DisableRollback": false],
            "You can specify either DisableRollback or OnFailure, but not both."
        ),
        (
            ["DisableRollback": false, "DeploymentConfig": ["DisableRollback": true]],
            "DisableRollback of DeploymentConfig contradicts what the request says beside it about rollbacks."
        ),
    ]

    @Test("what a submission may not say is refused before anything is touched", arguments: refused)
    func refusals(_ more: JSON, _ message: String) async throws {
        try await withWorkshop { shop in
            let refusal = try await shop.refusal("CreateStack", shop.input("orders", Self.template, more))
            #expect(refusal == "ValidationError: " + message)
            #expect(shop.toys.calls.isEmpty)
        }
    }

    @Test("a token stands for one request: again it begins nothing, for another it is refused")
    func tokens() async throws {
        try await withWorkshop { shop in
            let token: JSON = ["ClientRequestToken": "t-1"]
            let made = try await shop.create("orders", Self.template, token)
            let again = try await shop.call("CreateStack", shop.input("orders", Self.template, token))
            #expect(again["StackId"] == made["StackId"])
            #expect(
                try await shop.refusal("CreateStack", shop.input("others", Self.template, token))
                    == "TokenAlreadyExistsException: A different request was already made under the client token t-1")
            let two: JSON = [
                "ClientRequestToken": "t-2", "Parameters": [["ParameterKey": "Size", "ParameterValue": "2"]],
            ]
            try await shop.update("orders", Self.template, two)
            _ = try await shop.call("UpdateStack", shop.input("orders", Self.template, two))
            let size: JSON = ["Parameters": [["ParameterKey": "Size", "ParameterValue": "3"]]]
            try await shop.update("orders", Self.template, size)
            // What was done then would have to be done again now.
            let late = try await shop.refusal("UpdateStack", shop.input("orders", Self.template, two))
            #expect(
                late?.hasPrefix("TokenAlreadyExistsException: The client token t-2 was used for an operation") == true)
        }
    }

    @Test("change sets are made and carried out once under a token")
    func changeSetTokens() async throws {
        try await withWorkshop { shop in
            var input = shop.input("orders", Self.template, ["ClientToken": "c-1", "ChangeSetType": "CREATE"])
            input["ChangeSetName"] = "c"
            let made = try await shop.call("CreateChangeSet", input)
            #expect(try await shop.call("CreateChangeSet", input)["Id"] == made["Id"])
            let execution: JSON = ["ChangeSetName": made["Id"] ?? "", "ClientRequestToken": "e-1"]
            _ = try await shop.call("ExecuteChangeSet", execution)
            _ = try await shop.call("ExecuteChangeSet", execution)
            try await eventually("the stack stands") {
                try await shop.call("DescribeStacks", ["StackName": "orders"])["Stacks"]?[0]?["StackStatus"]
                    == "CREATE_COMPLETE" ? true : nil
            }
            #expect(shop.toys.calls == ["create First", "create Second"])
        }
    }

    @Test("OnStackFailure and DisableRollback of the execution exclude each other; DELETE is for new stacks")
    func failureChoices() async throws {
        try await withWorkshop { shop in
            var input = shop.input("orders", Self.template, ["OnStackFailure": "ROLLBACK", "ChangeSetType": "CREATE"])
            input["ChangeSetName"] = "c"
            let made = try await shop.call("CreateChangeSet", input)
            #expect(
                try await shop.refusal(
                    "ExecuteChangeSet", ["ChangeSetName": made["Id"] ?? "", "DisableRollback": true])
                    == "ValidationError: DisableRollback cannot be specified for a change set that was made with "
                    + "OnStackFailure.")
            input["ChangeSetType"] = "UPDATE"
            input["OnStackFailure"] = "DELETE"
            #expect(
                try await shop.refusal("CreateChangeSet", input)
                    == "ValidationError: OnStackFailure DELETE is for change sets of type CREATE.")
        }
    }

    @Test("what shall be retained must be in the stack")
    func retained() async throws {
        try await withWorkshop { shop in
            let stack = try await shop.create(
                "orders", "Resources:\n  A: {Type: Test::Thing, Properties: {Fail: delete}}")
            _ = try await shop.call("DeleteStack", ["StackName": "orders"])
            #expect(try await shop.settled("orders")["StackStatus"] == "DELETE_FAILED")
            let id = stack["StackId"]?.string ?? ""
            #expect(
                try await shop.refusal("DeleteStack", ["StackName": "orders", "RetainResources": ["B"]])
                    == "ValidationError: Resource [B] to retain does not exist in stack [\(id)]")
            _ = try await shop.call("DeleteStack", ["StackName": "orders", "RetainResources": ["A"]])
            #expect(try await shop.settled(id)["StackStatus"] == "DELETE_COMPLETE")
        }
    }

    @Test("protection of a root is that of its nested stacks, and hinders only callers")
    func protection() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.objects["b/inner"] = "Resources:\n  T: {Type: Test::Thing}" }
            let outer = """
                Resources:
                  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 's3://b/inner'}}
                  Other: {Type: Test::Thing}
                """
            try await shop.create("outer", outer, ["EnableTerminationProtection": true])
            let resources = try await shop.call("DescribeStackResources", ["StackName": "outer"])["StackResources"]
            let inner = resources?.array?.first { $0["LogicalResourceId"] == "Inner" }?["PhysicalResourceId"] ?? ""
            let described = try await shop.settled(inner.string ?? "")
            #expect(described["EnableTerminationProtection"] == true)
            let name = described["StackName"]?.string ?? ""
            #expect(
                try await shop.refusal("DeleteStack", ["StackName": inner])
                    == "ValidationError: Stack [\(name)] cannot be deleted while TerminationProtection is enabled")
            let change: JSON = ["StackName": inner, "EnableTerminationProtection": false]
            #expect(
                try await shop.refusal("UpdateTerminationProtection", change)?.contains(
                    "can only be changed on its root stack") == true)
            // An update that takes the nested stack out deletes it all the same.
            let updated = try await shop.update("outer", "Resources:\n  Other: {Type: Test::Thing}")
            #expect(updated["StackStatus"] == "UPDATE_COMPLETE")
            #expect(try await shop.settled(inner.string ?? "")["StackStatus"] == "DELETE_COMPLETE")
        }
    }

    @Test("express mode leaves what failed, reaches nested stacks, and rolls back when that is asked for")
    func express() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.objects["b/inner"] = "Resources:\n  T: {Type: Test::Thing}" }
            let bad = "Resources:\n  A: {Type: Test::Thing, Properties: {Fail: create}}"
            let express: JSON = ["DeploymentConfig": ["Mode": "EXPRESS"]]
            #expect(try await shop.create("one", bad, express)["StackStatus"] == "CREATE_FAILED")
            let careful: JSON = ["DeploymentConfig": ["Mode": "EXPRESS", "DisableRollback": false]]
            #expect(try await shop.create("two", bad, careful)["StackStatus"] == "ROLLBACK_COMPLETE")
            let outer = try await shop.create(
                "outer",
                "Resources:\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 's3://b/inner'}}",
                express)
            #expect(outer["DeploymentConfig"] == ["Mode": "EXPRESS"])
            let resources = try await shop.call("DescribeStackResources", ["StackName": "outer"])["StackResources"]
            let inner = try await shop.settled(resources?[0]?["PhysicalResourceId"]?.string ?? "")
            #expect(inner["DeploymentConfig"]?["Mode"] == "EXPRESS")
            let unhurried = shop.toys.change { $0.express }
            #expect(unhurried == ["T"])
        }
    }

    @Test("an update rolls back unless it says otherwise, whatever the creation said")
    func updatesRollBack() async throws {
        try await withWorkshop { shop in
            try await shop.create("orders", Self.template, ["DisableRollback": true])
            let bad = Self.template.replacing("{Size: !Ref Size}", with: "{Size: !Ref Size, Fail: update}")
            #expect(try await shop.update("orders", bad)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(
                try await shop.update("orders", bad, ["DisableRollback": true])["StackStatus"] == "UPDATE_FAILED")
        }
    }

    @Test("two outputs of one template may not export the same name")
    func exports() async throws {
        try await withWorkshop { shop in
            let template = """
                Resources:
                  A: {Type: Test::Thing}
                Outputs:
                  One: {Value: a, Export: {Name: same}}
                  Two: {Value: b, Export: {Name: !Sub 'same'}}
                """
            let refusal = try await shop.refusal("CreateStack", shop.input("orders", template))
            #expect(refusal?.contains("Outputs [One, Two] have the same Export name same") == true)
        }
    }

    @Test("stacks and change sets of other accounts and regions are not there, whatever ARN is asked for")
    func scopes() async throws {
        try await withWorkshop { shop in
            let id = try await shop.create("orders", Self.template)["StackId"] ?? ""
            var input = shop.input("orders", Self.template, ["Tags": [["Key": "k", "Value": "v"]]])
            input["ChangeSetName"] = "c"
            let set = try await shop.call("CreateChangeSet", input)["Id"] ?? ""
            for caller in [
                Caller.root(account: "999999999999", region: "eu-west-1"),
                Caller.root(account: "123456789012", region: "us-east-1"),
            ] {
                for (operation, asked) in [
                    ("DescribeStacks", ["StackName": id]), ("DeleteStack", ["StackName": id]),
                    ("GetTemplate", ["StackName": id]), ("ExecuteChangeSet", ["ChangeSetName": set]),
                ] as [(String, JSON)] {
                    _ = try? await shop.test.cloud.call("cloudformation", operation, asked, as: caller)
                }
                await #expect(throws: AWSError.self) {
                    try await shop.test.cloud.call("cloudformation", "DescribeStacks", ["StackName": id], as: caller)
                }
            }
            let left = try await shop.settled("orders")
            #expect(left["StackStatus"] == "CREATE_COMPLETE" && left["Tags"] == [])
        }
    }
}
