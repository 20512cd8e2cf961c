import Cloud
import CloudFormationTesting
import CloudTesting
import LedgerTesting
import Notation
import Testing

@testable import CloudFormation

@Suite("Change sets")
struct ChangeSetTests {
    private static let template = StackLifeTests.template

    private func changeSet(_ name: String, _ template: String, type: String = "CREATE") -> JSON {
        [
            "StackName": "orders", "ChangeSetName": .string(name), "ChangeSetType": .string(type),
            "TemplateBody": .string(template),
        ]
    }

    @Test("a stack is made by change sets, and does what they said")
    func create() async throws {
        try await withWorkshop { shop in
            _ = try await shop.call("CreateChangeSet", changeSet("c1", Self.template))
            let review = try await shop.call("DescribeStacks", ["StackName": "orders"])["Stacks"]?[0]
            #expect(review?["StackStatus"] == "REVIEW_IN_PROGRESS")
            let asked: JSON = ["StackName": "orders", "ChangeSetName": "c1"]
            let described = try await shop.call("DescribeChangeSet", asked)
            #expect(described["Status"] == "CREATE_COMPLETE" && described["ExecutionStatus"] == "AVAILABLE")
            #expect(described["Changes"]?.array?.map { $0["ResourceChange"]?["Action"] } == ["Add", "Add"])
            #expect(shop.toys.things.isEmpty)
            _ = try await shop.call("ExecuteChangeSet", asked)
            try await eventually("the stack stands") {
                try await shop.call("DescribeStacks", ["StackName": "orders"])["Stacks"]?[0]?["StackStatus"]
                    == "CREATE_COMPLETE"
                    ? true : nil
            }
            #expect(try await shop.call("DescribeChangeSet", asked)["ExecutionStatus"] == "EXECUTE_COMPLETE")
        }
    }

    @Test("an update's change set tells values, replacement and causes before anything is done")
    func update() async throws {
        try await withWorkshop { shop in
            try await shop.create(
                "orders", Self.template.replacing("{Size: !Ref Size}", with: "{Name: a, Size: !Ref Size}"))
            let new = Self.template.replacing("{Size: !Ref Size}", with: "{Name: b, Size: !Ref Size}")
            _ = try await shop.call("CreateChangeSet", changeSet("c2", new, type: "UPDATE"))
            let asked: JSON = ["StackName": "orders", "ChangeSetName": "c2", "IncludePropertyValues": true]
            let changes = try await shop.call("DescribeChangeSet", asked)["Changes"]?.array ?? []
            let first = changes.first?["ResourceChange"]
            #expect(first?["LogicalResourceId"] == "First" && first?["Replacement"] == "True")
            #expect(first?["Details"]?[0]?["Target"]?["BeforeValue"] == "a")
            #expect(first?["Details"]?[0]?["Target"]?["AfterValue"] == "b")
            #expect(first?["Details"]?[0]?["Target"]?["RequiresRecreation"] == "Always")
            #expect(changes.last?["ResourceChange"]?["Details"]?[0]?["CausingEntity"] == "First")
            let bare = try await shop.call("DescribeChangeSet", ["StackName": "orders", "ChangeSetName": "c2"])
            #expect(bare["Changes"]?[0]?["ResourceChange"]?["Details"]?[0]?["Target"]?["BeforeValue"] == nil)
            _ = try await shop.call("ExecuteChangeSet", ["StackName": "orders", "ChangeSetName": "c2"])
            #expect(try await shop.settled("orders")["StackStatus"] == "UPDATE_COMPLETE")
            #expect(shop.toys.calls == ["create First", "create Second", "create First"])
        }
    }

    @Test("a change set without changes fails with the words clients match on, and cannot be carried out")
    func noChanges() async throws {
        try await withWorkshop { shop in
            try await shop.create("orders", Self.template)
            let made = try await shop.call("CreateChangeSet", changeSet("c", Self.template, type: "UPDATE"))
            let described = try await shop.call("DescribeChangeSet", ["ChangeSetName": made["Id"] ?? ""])
            #expect(described["Status"] == "FAILED" && described["ExecutionStatus"] == "UNAVAILABLE")
            #expect(
                described["StatusReason"]
                    == "The submitted information didn't contain changes. Submit different information to create a change set."
            )
            let id = made["Id"]?.string ?? ""
            #expect(
                try await shop.refusal("ExecuteChangeSet", ["ChangeSetName": .string(id)])
                    == "InvalidChangeSetStatus: ChangeSet [\(id)] cannot be executed in its current status of [FAILED]")
            #expect(
                try await shop.refusal("CreateChangeSet", changeSet("c", Self.template, type: "UPDATE"))
                    == "AlreadyExistsException: ChangeSet c already exists")
            _ = try await shop.call("DeleteChangeSet", ["ChangeSetName": .string(id)])
            #expect(
                try await shop.refusal("DescribeChangeSet", ["StackName": "orders", "ChangeSetName": "c"])
                    == "ChangeSetNotFound: ChangeSet [c] does not exist")
        }
    }

    @Test("a serverless template becomes a plain one, and both can be read again")
    func serverless() async throws {
        try await withWorkshop { shop in
            let template = """
                Transform: AWS::Serverless-2016-10-31
                Resources:
                  F:
                    Type: AWS::Serverless::Function
                    Properties: {CodeUri: s3://b/k, Handler: a.b, Runtime: python3.12}
                """
            var input = changeSet("c", template)
            #expect(
                try await shop.refusal("CreateChangeSet", input)
                    == "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]")
            input["Capabilities"] = ["CAPABILITY_IAM"]
            _ = try await shop.call("CreateChangeSet", input)
            _ = try await shop.call("ExecuteChangeSet", ["StackName": "orders", "ChangeSetName": "c"])
            try await eventually("the stack stands") {
                try await shop.call("DescribeStacks", ["StackName": "orders"])["Stacks"]?[0]?["StackStatus"]
                    == "CREATE_COMPLETE"
                    ? true : nil
            }
            let types = try await shop.call("ListStackResources", ["StackName": "orders"])["StackResourceSummaries"]?
                .array
            #expect(types?.map { $0["ResourceType"]?.string } == ["AWS::Lambda::Function", "AWS::IAM::Role"])
            let processed = try await shop.call("GetTemplate", ["StackName": "orders", "TemplateStage": "Processed"])
            #expect(processed["TemplateBody"]?.string?.contains("AWS::Serverless") == false)
            let original = try await shop.call("GetTemplate", ["StackName": "orders"])
            #expect(original["TemplateBody"] == .string(template))
        }
    }

    @Test("what stands already is taken over, when the template says what it is, and given back when it fails")
    func imports() async throws {
        try await withWorkshop { shop in
            shop.toys.change { $0.things = ["mine": ["Size": 3], "other": ["Size": 4]] }
            func take(_ size: Int, _ name: String) async throws -> JSON {
                let template = """
                    Resources:
                      A: {Type: Test::Thing, DeletionPolicy: Retain, Properties: {Size: 3}}
                      B: {Type: Test::Thing, DeletionPolicy: Retain, Properties: {Size: \(size)}}
                    Outputs: {Arn: {Value: !GetAtt A.Arn}}
                    """
                var input = changeSet(name, template, type: "IMPORT")
                input["ResourcesToImport"] = .array(
                    [("A", "mine"), ("B", "other")].map { logical, id in
                        [
                            "ResourceType": "Test::Thing", "LogicalResourceId": .string(logical),
                            "ResourceIdentifier": ["Name": .string(id)],
                        ]
                    })
                _ = try await shop.call("CreateChangeSet", input)
                let asked: JSON = ["StackName": "orders", "ChangeSetName": .string(name)]
                let changes = try await shop.call("DescribeChangeSet", asked)["Changes"]?.array ?? []
                #expect(changes.map { $0["ResourceChange"]?["Action"] } == ["Import", "Import"])
                _ = try await shop.call("ExecuteChangeSet", asked)
                return try await eventually("the import's end") {
                    let stack = try await shop.settled("orders")
                    return stack["StackStatus"] == "REVIEW_IN_PROGRESS" ? Optional.none : stack
                }
            }
            #expect(try await take(5, "one")["StackStatus"] == "IMPORT_ROLLBACK_COMPLETE")
            let failure = try await shop.events("orders").first { $0["ResourceStatus"] == "IMPORT_FAILED" }
            #expect(failure?["ResourceStatusReason"]?.string?.contains("at /Size it has 4, not 5") == true)
            #expect(shop.toys.things.count == 2)
            let stack = try await take(4, "two")
            #expect(stack["StackStatus"] == "IMPORT_COMPLETE")
            #expect(stack["Outputs"]?[0]?["OutputValue"] == "arn:mine")
            #expect(shop.toys.calls.isEmpty)
        }
    }

    @Test("new tags of the stack are told for each resource that takes them, and given to exactly those")
    func tags() async throws {
        try await withWorkshop { shop in
            try await shop.create("orders", Self.template)
            var input = changeSet("c", Self.template, type: "UPDATE")
            input["Tags"] = [["Key": "team", "Value": "blue"]]
            _ = try await shop.call("CreateChangeSet", input)
            let asked: JSON = ["StackName": "orders", "ChangeSetName": "c", "IncludePropertyValues": true]
            let changes = try await shop.call("DescribeChangeSet", asked)["Changes"]?.array ?? []
            let told = changes.compactMap { $0["ResourceChange"]?["LogicalResourceId"]?.string }
            #expect(told.sorted() == ["First", "Second"])
            #expect(changes[0]["ResourceChange"]?["Scope"] == ["Tags"])
            #expect(changes[0]["ResourceChange"]?["Replacement"] == "False")
            #expect(changes[0]["ResourceChange"]?["Details"]?[0]?["Target"]?["AfterValue"] == #"{"team":"blue"}"#)
            _ = try await shop.call("ExecuteChangeSet", ["StackName": "orders", "ChangeSetName": "c"])
            #expect(try await shop.settled("orders")["StackStatus"] == "UPDATE_COMPLETE")
            let story = try await shop.story("orders")
            #expect(story.contains("First UPDATE_COMPLETE") && story.contains("Second UPDATE_COMPLETE"))
        }
    }

    @Test("a change set shows no value of a NoEcho parameter, neither the old one nor the new one")
    func secrets() async throws {
        let template = """
            Parameters: {Password: {Type: String, NoEcho: true, Default: first-word}}
            Resources: {First: {Type: Test::Thing, Properties: {Password: !Ref Password}}}
            """
        try await withWorkshop { shop in
            try await shop.create("orders", template)
            var input = changeSet("c", template, type: "UPDATE")
            input["Parameters"] = [["ParameterKey": "Password", "ParameterValue": "second-word"]]
            _ = try await shop.call("CreateChangeSet", input)
            let asked: JSON = ["StackName": "orders", "ChangeSetName": "c", "IncludePropertyValues": true]
            let text = try await shop.call("DescribeChangeSet", asked).text()
            #expect(text.contains("****") && !text.contains("first-word") && !text.contains("second-word"))
        }
    }

    @Test("a transform that fails fails the change set, with SAM's words")
    func failedTransform() async throws {
        try await withWorkshop { shop in
            let bad =
                "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: {}}"
            _ = try await shop.call("CreateChangeSet", changeSet("c", bad))
            let described = try await shop.call("DescribeChangeSet", ["StackName": "orders", "ChangeSetName": "c"])
            #expect(described["Status"] == "FAILED")
            #expect(
                described["StatusReason"]?.string?.hasPrefix(
                    "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document."
                )
                    == true)
        }
    }

    @Test("a resource keeps its type: an update is refused, a change set fails, custom resources included")
    func types() async throws {
        try await withWorkshop { shop in
            let made = "Resources:\n  Q: {Type: Test::Thing}\n  R: {Type: Test::Thing}\n"
            try await shop.create("orders", made)
            let other = made.replacing("Test::Thing", with: "AWS::CDK::Metadata")
            let words =
                "Update of resource type is not permitted. The new template modifies resource type of the following "
                + "resources: [Q, R]"
            let refusal = try await shop.refusal("UpdateStack", shop.input("orders", other))
            #expect(refusal?.contains(words) == true, "\(refusal ?? "")")
            _ = try await shop.call("CreateChangeSet", changeSet("c", other, type: "UPDATE"))
            let set = try await shop.call("DescribeChangeSet", ["StackName": "orders", "ChangeSetName": "c"])
            #expect(set["Status"] == "FAILED" && set["ExecutionStatus"] == "UNAVAILABLE")
            #expect(set["StatusReason"]?.string == words)
            #expect(try await shop.call("DescribeStacks")["Stacks"]?[0]?["StackStatus"] == "CREATE_COMPLETE")
        }
    }

    @Test("contexts tell the whole resource before and after, without secrets and what is known only later")
    func contexts() async throws {
        try await withWorkshop { shop in
            let template = """
                Parameters:
                  Secret: {Type: String, NoEcho: true}
                Resources:
                  First: {Type: Test::Thing, DeletionPolicy: Retain, Properties: {Name: a, Size: 1, Password: !Ref Secret}}
                  Second: {Type: Test::Thing, Properties: {Parent: !Ref First, Size: 2}}
                  Third: {Type: Test::Thing, Properties: {Size: 3}}

                """
            let given: JSON = [
                "Parameters": [["ParameterKey": "Secret", "ParameterValue": #"say "please""#]], "ChangeSetName": "c",
            ]
            try await shop.create("orders", template, ["Parameters": given["Parameters"] ?? []])
            let third = "  Third: {Type: Test::Thing, Properties: {Size: 3}}\n"
            let new = template.replacing(third, with: "  Fourth: {Type: Test::Thing}\n")
                .replacing("Name: a", with: "Name: b")
            _ = try await shop.call("CreateChangeSet", shop.input("orders", new, given))
            let asked: JSON = ["StackName": "orders", "ChangeSetName": "c", "IncludePropertyValues": true]
            let changes = try await shop.call("DescribeChangeSet", asked)["Changes"]?.array ?? []
            let contexts = { (name: String) -> (JSON?, JSON?) in
                let change = changes.first { $0["ResourceChange"]?["LogicalResourceId"] == .string(name) }
                let context = { (side: String) in
                    change?["ResourceChange"]?[side]?.string.flatMap { try? JSON(parsing: $0) }
                }
                return (context("BeforeContext"), context("AfterContext"))
            }
            let (before, after) = contexts("First")
            let old: JSON = ["Name": "a", "Size": "1", "Password": "****"]
            #expect(before?["Properties"] == old && before?["DeletionPolicy"] == "Retain")
            #expect(after?["Properties"] == ["Name": "b", "Size": "1", "Password": "****"])
            #expect(after?["DeletionPolicy"] == "Retain")
            #expect(contexts("Second").1?["Properties"] == ["Parent": "{{changeSet:KNOWN_AFTER_APPLY}}", "Size": "2"])
            #expect(contexts("Third").0?["Properties"] == ["Size": "3"] && contexts("Third").1 == nil)
            #expect(contexts("Fourth").0 == nil && contexts("Fourth").1 == ["Properties": [:]])
        }
    }
}
