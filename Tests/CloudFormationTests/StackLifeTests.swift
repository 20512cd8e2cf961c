import Cloud
import CloudFormationTesting
import CloudTesting
import Ledger
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("The life of a stack")
struct StackLifeTests {
    static let template = """
        Description: two things
        Parameters:
          Size: {Type: Number, Default: 1}
        Resources:
          First: {Type: Test::Thing, Properties: {Size: !Ref Size}}
          Second: {Type: Test::Thing, Properties: {Parent: !Ref First}}
        Outputs:
          FirstArn: {Value: !GetAtt First.Arn, Description: an arn}
        """

    @Test("a stack is created, asked about, updated and deleted")
    func life() async throws {
        try await withWorkshop { shop in
            let created = try await shop.create("orders", Self.template, ["Tags": [["Key": "team", "Value": "a"]]])
            #expect(created["StackStatus"] == "CREATE_COMPLETE")
            #expect(created["Description"] == "two things")
            #expect(created["Parameters"] == [["ParameterKey": "Size", "ParameterValue": "1"]])
            #expect(created["Tags"] == [["Key": "team", "Value": "a"]])
            let arn = try #require(created["Outputs"]?[0]?["OutputValue"]?.string)
            #expect(arn.hasPrefix("arn:orders-First-"))
            #expect(shop.toys.calls == ["create First", "create Second"])
            let story = try await shop.story("orders")
            #expect(story.first == "orders CREATE_IN_PROGRESS")
            #expect(story.last == "orders CREATE_COMPLETE")
            let listed = try await shop.call("ListStackResources", ["StackName": "orders"])["StackResourceSummaries"]
            #expect(listed?.array?.map { $0["ResourceStatus"]?.string } == ["CREATE_COMPLETE", "CREATE_COMPLETE"])

            let updated = try await shop.update(
                "orders", Self.template, ["Parameters": [["ParameterKey": "Size", "ParameterValue": "2"]]])
            #expect(updated["StackStatus"] == "UPDATE_COMPLETE")
            #expect(shop.toys.things.values.contains { $0["Size"] == "2" })
            #expect(updated["Tags"] == created["Tags"])

            let id = try #require(created["StackId"]?.string)
            _ = try await shop.call("DeleteStack", ["StackName": "orders"])
            let deleted = try await shop.settled(id)
            #expect(deleted["StackStatus"] == "DELETE_COMPLETE")
            #expect(shop.toys.things.isEmpty)
            #expect(
                try await shop.refusal("DescribeStacks", ["StackName": "orders"])
                    == "ValidationError: Stack with id orders does not exist")
            try await shop.create("orders", Self.template)
        }
    }

    @Test("what clients match on is said in CloudFormation's words")
    func refusals() async throws {
        try await withWorkshop { shop in
            try await shop.create("orders", Self.template)
            let id = try await shop.settled("orders")["StackId"]?.string ?? ""
            let cases: [(String, JSON, String)] = [
                (
                    "CreateStack", shop.input("orders", Self.template),
                    "AlreadyExistsException: Stack [orders] already exists"
                ),
                (
                    "UpdateStack", shop.input("orders", Self.template),
                    "ValidationError: No updates are to be performed."
                ),
                (
                    "UpdateStack", shop.input("nope", Self.template),
                    "ValidationError: Stack [nope] does not exist"
                ),
                ("DescribeStackEvents", ["StackName": "nope"], "ValidationError: Stack [nope] does not exist"),
                (
                    "DescribeStackResource", ["StackName": "orders", "LogicalResourceId": "X"],
                    "ValidationError: Resource X does not exist for stack orders"
                ),
                (
                    "CreateStack", shop.input("new", "Resources:\n  A: {Type: Test::Moon}"),
                    "ValidationError: Template format error: Unrecognized resource types: [Test::Moon] (line 2, column 7, "
                        + "Resources.A.Type). There is no such type; see 'slipway support' for those there are."
                ),
                (
                    "CreateStack", shop.input("new", "Resources:\n  A: {Type: Test::Thing, Properties: {Sise: 1}}"),
                    "ValidationError: Encountered unsupported property Sise (line 2, column 39, Resources.A.Properties.Sise). "
                        + "Did you mean Size?"
                ),
                (
                    "CreateStack", shop.input("new", "Resources:\n  R: {Type: AWS::IAM::Role}"),
                    "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]"
                ),
                (
                    "CreateStack", shop.input("1x", Self.template),
                    "ValidationError: 1 validation error detected: Value '1x' at 'stackName' failed to satisfy constraint: Member "
                        + "must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
                ),
                (
                    "CreateStack",
                    shop.input("new", "Resources:\n  A: {Type: Test::Thing, Properties: {Parent: !ImportValue x}}"),
                    "ValidationError: No export named x found."
                ),
                (
                    "CreateStack", ["StackName": "new"],
                    "ValidationError: Either Template URL or Template Body must be specified."
                ),
                (
                    "ContinueUpdateRollback", ["StackName": "orders"],
                    "ValidationError: Stack:\(id) is in CREATE_COMPLETE state and can not continue rollback."
                ),
                (
                    "CancelUpdateStack", ["StackName": "orders"],
                    "ValidationError: CancelUpdateStack cannot be called from current stack status"
                ),
            ]
            for (operation, input, expected) in cases {
                let refusal = try await shop.refusal(operation, input)
                #expect(refusal == expected)
            }
            #expect(shop.toys.calls.count == 2)
        }
    }

    @Test("a failed update is taken back, and says why, with the evidence")
    func rollback() async throws {
        try await withWorkshop { shop in
            let created = try await shop.create("orders", Self.template)
            let bad = Self.template.replacing("Size: !Ref Size}", with: "Size: 7}")
                .replacing("{Parent: !Ref First}", with: "{Parent: !Ref First, Fail: update}")
            let stack = try await shop.update("orders", bad)
            #expect(stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            #expect(stack["Outputs"] == created["Outputs"])
            #expect(shop.toys.things.values.contains { $0["Size"] == "1" })
            let failure = try await shop.events("orders").first { $0["ResourceStatus"] == "UPDATE_FAILED" }
            let reason = failure?["ResourceStatusReason"]?.string ?? ""
            #expect(
                reason.hasPrefix("Resource handler returned message: \"This thing cannot update.\" (RequestToken: "))
            #expect(reason.hasSuffix("HandlerErrorCode: InvalidRequest)\nlast line of the log"))
            let start = try await shop.events("orders").first { $0["ResourceStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS" }
            #expect(start?["ResourceStatusReason"] == "The following resource(s) failed to update: [Second]. ")
            let body = try await shop.call("GetTemplate", ["StackName": "orders"])["TemplateBody"]?.string
            #expect(body == Self.template)
        }
    }

    @Test("the same token begins nothing twice; another operation's token is refused")
    func tokens() async throws {
        try await withWorkshop { shop in
            let input = shop.input("orders", Self.template, ["ClientRequestToken": "t1"])
            let first = try await shop.call("CreateStack", input)["StackId"]
            #expect(try await shop.call("CreateStack", input)["StackId"] == first)
            try await shop.settled("orders")
            #expect(
                try await shop.refusal("UpdateStack", input)
                    == "TokenAlreadyExistsException: A different operation was already requested under the client token t1"
            )
        }
    }

    @Test("secrets show nowhere: not in parameters, not in events, not in what is stored of dynamic references")
    func secrets() async throws {
        try await withWorkshop { shop in
            shop.toys.change { state in
                state.parameters["/db"] = ["Value": "open-sesame", "Type": "String"]
                state.parameters["/size"] = ["Value": "5", "Type": "String"]
            }
            let template = """
                Parameters:
                  Secret: {Type: String, NoEcho: true}
                  Size: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /size}
                Resources:
                  A: {Type: Test::Thing, Properties: {Password: !Ref Secret, Name: '{{resolve:ssm:/db}}', Size: !Ref Size}}
                """
            let stack = try await shop.create(
                "s", template, ["Parameters": [["ParameterKey": "Secret", "ParameterValue": "hunter2"]]])
            #expect(stack["StackStatus"] == "CREATE_COMPLETE")
            #expect(stack["Parameters"]?[0]?["ParameterValue"] == "****")
            #expect(stack["Parameters"]?[1]?["ResolvedValue"] == "5")
            let thing = try #require(shop.toys.things.values.first)
            #expect(thing["Password"] == "hunter2" && thing["Name"] == "open-sesame" && thing["Size"] == "5")
            let told = try await shop.events("s").map(\.description).joined()
            #expect(!told.contains("hunter2") && !told.contains("open-sesame"))
        }
    }

    @Test("exports are imported, listed, and hold their stack")
    func exports() async throws {
        try await withWorkshop { shop in
            try await shop.create(
                "base", "Resources:\n  A: {Type: Test::Thing}\nOutputs:\n  N: {Value: !Ref A, Export: {Name: thing}}")
            try await shop.create(
                "user", "Resources:\n  B: {Type: Test::Thing, Properties: {Parent: !ImportValue thing}}")
            let changed = try await shop.update(
                "base", "Resources:\n  A: {Type: Test::Thing}\nOutputs:\n  N: {Value: other, Export: {Name: thing}}")
            #expect(changed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
            let told = try await shop.events("base")
            #expect(
                told.contains {
                    $0["ResourceStatusReason"] == "Export thing cannot be updated as it is in use by user"
                })
            #expect(try await shop.call("ListExports")["Exports"]?[0]?["Name"] == "thing")
            #expect(try await shop.call("ListImports", ["ExportName": "thing"])["Imports"] == ["user"])
            #expect(
                try await shop.refusal("DeleteStack", ["StackName": "base"])
                    == "ValidationError: Export thing cannot be deleted as it is in use by user")
            _ = try await shop.call("DeleteStack", ["StackName": "user"])
            try await eventually("the import is gone") {
                try await shop.refusal("ListImports", ["ExportName": "thing"])
            }
            _ = try await shop.call("DeleteStack", ["StackName": "base"])
        }
    }

    @Test("a name is exported by one stack only")
    func exportedTwice() async throws {
        try await withWorkshop { shop in
            let template = """
                Parameters: {Name: {Type: String, Default: thing}}
                Resources:
                  A: {Type: Test::Thing}
                Outputs:
                  N: {Value: !Ref A, Export: {Name: !Sub "the-${Name}"}}
                """
            try await shop.create("first", template)
            let second = try await shop.create("second", template)
            #expect(second["StackStatus"] == "ROLLBACK_COMPLETE")
            let told = try await shop.events("second").compactMap { $0["ResourceStatusReason"]?.string }
            #expect(
                told.contains(
                    "Export with name the-thing is already exported by stack first. Rollback requested by user."))
            #expect(try await shop.call("ListExports")["Exports"]?.array?.count == 1)
            let again: JSON = ["Parameters": [["ParameterKey": "Name", "ParameterValue": "other"]]]
            #expect(try await shop.create("third", template, again)["StackStatus"] == "CREATE_COMPLETE")
            #expect(try await shop.update("third", template)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")
        }
    }

    @Test("a template alone is judged without a stack")
    func validation() async throws {
        try await withWorkshop { shop in
            let answer = try await shop.call("ValidateTemplate", ["TemplateBody": .string(Self.template)])
            #expect(answer["Parameters"]?[0]?["ParameterKey"] == "Size")
            let circle = "Resources:\n  A: {Type: T, Properties: {P: !Ref B}}\n  B: {Type: T, DependsOn: A}"
            #expect(
                try await shop.refusal("ValidateTemplate", ["TemplateBody": .string(circle)])
                    == "ValidationError: Circular dependency between resources: [A, B]")
            let summary = try await shop.call("GetTemplateSummary", ["TemplateBody": .string(Self.template)])
            #expect(summary["ResourceTypes"] == ["Test::Thing"])
        }
    }

    @Test("termination protection holds a stack")
    func protection() async throws {
        try await withWorkshop { shop in
            try await shop.create("p", Self.template, ["EnableTerminationProtection": true])
            #expect(
                try await shop.refusal("DeleteStack", ["StackName": "p"])
                    == "ValidationError: Stack [p] cannot be deleted while TerminationProtection is enabled")
            _ = try await shop.call(
                "UpdateTerminationProtection", ["StackName": "p", "EnableTerminationProtection": false])
            #expect(try await shop.refusal("DeleteStack", ["StackName": "p"]) == nil)
        }
    }

    @Test("a template comes from S3, and includes what it names")
    func fromS3() async throws {
        try await withWorkshop { shop in
            shop.toys.change { state in
                state.objects["bucket/t.yaml"] =
                    "Resources:\n  A:\n    Type: Test::Thing\n    Properties:\n      Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://bucket/p.yaml}}\n"
                state.objects["bucket/p.yaml"] = "Size: 9"
            }
            _ = try await shop.call(
                "CreateStack", ["StackName": "s", "TemplateURL": "https://bucket.s3.eu-west-1.amazonaws.com/t.yaml"])
            try await shop.settled("s")
            #expect(shop.toys.things.values.first?["Size"] == 9)
            #expect(
                try await shop.refusal(
                    "CreateStack", ["StackName": "t", "TemplateURL": "https://s3.amazonaws.com/bucket/no"])
                    == "ValidationError: S3 error: The specified key does not exist.")
        }
    }

    @Test("what a stopped server left half-way is carried on by the next, and nothing is made twice")
    func restart() async throws {
        let toys = Toys()
        try await withTestCloud { cloud, ledger in
            toys.services + [CloudFormationService(cloud: cloud, ledger: ledger)]
        } _: { test in
            // No machine runs: the operation is stored and waits.
            try await test.call(
                "cloudformation", "CreateStack", ["StackName": "s", "TemplateBody": .string(Self.template)])
            #expect(toys.things.isEmpty)
            let next = CloudFormationService(cloud: test.cloud, ledger: test.ledger)
            try await withRunning(next.machines) {
                _ = try await eventually("the stack stands") {
                    let stack = try await test.call("cloudformation", "DescribeStacks", ["StackName": "s"])["Stacks"]?[
                        0]
                    return stack?["StackStatus"] == "CREATE_COMPLETE" ? true : nil
                }
            }
            #expect(toys.calls == ["create First", "create Second"])
        }
    }

    @Test("drift is what differs from what the stack says, not what a service adds")
    func drift() async throws {
        try await withWorkshop { shop in
            try await shop.create("s", Self.template)
            func detect() async throws -> JSON {
                let id = try await shop.call("DetectStackDrift", ["StackName": "s"])["StackDriftDetectionId"] ?? ""
                return try await shop.call("DescribeStackDriftDetectionStatus", ["StackDriftDetectionId": id])
            }
            let clean = try await detect()
            #expect(clean["StackDriftStatus"] == "IN_SYNC" && clean["DetectionStatus"] == "DETECTION_COMPLETE")
            let id = try #require(shop.toys.things.first { $0.value["Size"] == "1" }?.key)
            shop.toys.change { state in
                state.things[id]?["Size"] = 8
                state.things[id]?["Password"] = "added"
            }
            #expect(try await detect()["DriftedStackResourceCount"] == 1)
            let drifts = try await shop.call(
                "DescribeStackResourceDrifts", ["StackName": "s", "StackResourceDriftStatusFilters": ["MODIFIED"]])
            let difference: JSON = [
                "PropertyPath": "/Size", "ExpectedValue": "1", "ActualValue": "8", "DifferenceType": "NOT_EQUAL",
            ]
            #expect(drifts["StackResourceDrifts"]?[0]?["PropertyDifferences"] == [difference])
            _ = shop.toys.change { $0.things.removeValue(forKey: id) }
            let one = try await shop.call("DetectStackResourceDrift", ["StackName": "s", "LogicalResourceId": "First"])
            #expect(one["StackResourceDrift"]?["StackResourceDriftStatus"] == "DELETED")
            let stack = try await shop.settled("s")
            #expect(stack["DriftInformation"]?["StackDriftStatus"] == "DRIFTED")
        }
    }

    @Test("500 resources stand side by side, and go again")
    func many() async throws {
        try await withWorkshop { shop in
            let template = "Resources:\n" + (0..<500).map { "  R\($0): {Type: Test::Thing}" }.joined(separator: "\n")
            let stack = try await shop.create("many", template)
            #expect(stack["StackStatus"] == "CREATE_COMPLETE")
            #expect(shop.toys.things.count == 500)
            let page = try await shop.call("ListStackResources", ["StackName": "many"])
            #expect(page["StackResourceSummaries"]?.array?.count == 100)
            #expect(page["NextToken"] == "100")
            let id = try #require(stack["StackId"]?.string)
            _ = try await shop.call("DeleteStack", ["StackName": "many"])
            #expect(try await shop.settled(id)["StackStatus"] == "DELETE_COMPLETE")
            #expect(shop.toys.things.isEmpty)
        }
    }
}
