import Notation
import Testing

@testable import SAMTransform

@Suite("State machines")
struct StateMachineTests {
    @Test("functions inside a definition become substitutions, numbered by their place")
    func definition() throws {
        let result = try transformed(
            """
            Resources:
              M:
                Type: AWS::Serverless::StateMachine
                Properties:
                  Definition: {B: !Ref X, A: [!GetAtt Y.Arn, "{{resolve:ssm:p}}", é]}
                  Role: arn:r
            """
        ).at("Resources/M/Properties")
        #expect(
            result?["DefinitionSubstitutions"] == [
                "definition_substitution_1": ["Fn::GetAtt": ["Y", "Arn"]],
                "definition_substitution_2": "{{resolve:ssm:p}}", "definition_substitution_3": ["Ref": "X"],
            ])
        let lines = result?.at("DefinitionString/Fn::Join/1")?.array?.compactMap(\.string)
        #expect(lines?.prefix(3) == ["{", #"    "A": ["#, #"        "${definition_substitution_1}","#])
        #expect(lines?.contains(#"        "\u00e9""#) == true)
    }

    @Test(
        "what is wrong is told in AWS's words",
        arguments: [
            ("Role: a", "Either 'Definition' or 'DefinitionUri' property must be specified."),
            (
                "Definition: {a: 1}, DefinitionUri: 's3://b/k'",
                "Specify either 'Definition' or 'DefinitionUri' property"
            ),
            ("DefinitionUri: x", "'DefinitionUri' is not a valid S3 Uri"),
            ("Definition: {a: 1}, Role: r, Policies: [p]", "Specify either 'Role' or 'Policies'"),
            ("Definition: {a: 1}, UseAliasAsEventTarget: true", "'UseAliasAsEventTarget' requires 'AutoPublishAlias'"),
        ])
    func refuses(properties: String, text: String) throws {
        let template = "Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {\(properties)}}}"
        #expect(try refusal(template)?.contains(text) == true)
    }

    @Test("an alias is what events start, if that is asked for")
    func alias() throws {
        let result = try transformed(
            """
            Resources:
              M:
                Type: AWS::Serverless::StateMachine
                Properties:
                  DefinitionUri: s3://b/k
                  AutoPublishAlias: live
                  UseAliasAsEventTarget: true
                  Events: {S: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}
            """)
        #expect(result.at("Resources/MS/Properties/Targets/0/Arn") == ["Ref": "MAliaslive"])
        #expect(result.at("Resources/MVersion/DeletionPolicy") == "Retain")
    }
}

@Suite("Layers, tables, applications")
struct SmallTypeTests {
    private func layer(_ attributes: String, _ properties: String) throws -> JSON {
        try transformed(
            """
            Resources:
              L: {Type: AWS::Serverless::LayerVersion, \(attributes)
                Properties: {ContentUri: "s3://b/k", \(properties)}}
            Outputs: {O: {Value: !Ref L}}
            """)
    }

    @Test("a layer's name follows its content but not what only decides about old versions")
    func layerNames() throws {
        let names = try [("", ""), ("DeletionPolicy: Delete,", ""), ("Metadata: {a: 1},", ""), ("", "Description: d")]
            .map { try layer($0.0, $0.1).at("Resources")?.object?.keys.first ?? "" }
        #expect(names[0].hasPrefix("L") && names[0].count == 11)
        #expect(names[1] == names[0] && names[2] == names[0])
        #expect(names[3] != names[0])
        #expect(try layer("", "").at("Outputs/O/Value") == ["Ref": .string(names[0])])
    }

    @Test(
        "old layer versions are kept unless the template says otherwise",
        arguments: [
            ("", "Retain"), ("RetentionPolicy: delete", "Delete"), ("RetentionPolicy: Retain", "Retain"),
        ])
    func retention(property: String, policy: JSON) throws {
        let resource = try layer("", property).at("Resources")?.object?.values.first
        #expect(resource?["DeletionPolicy"] == policy)
    }

    @Test("a table without a key has one by the name of id, and is paid by request")
    func table() throws {
        let result = try transformed("Resources: {T: {Type: AWS::Serverless::SimpleTable}}").at("Resources/T")
        #expect(result?.at("Properties/KeySchema") == [["AttributeName": "id", "KeyType": "HASH"]])
        #expect(result?.at("Properties/BillingMode") == "PAY_PER_REQUEST")
    }

    private func application(_ id: String, _ answer: SAMTransform.Applications.Answer) throws -> String? {
        let location = "{ApplicationId: \(id), SemanticVersion: 1.0.0}"
        return try refusal("Resources: {A: {Type: AWS::Serverless::Application, Properties: {Location: \(location)}}}")
        {
            $0.applications = .init(answers: ["app": answer], templateURL: "https://t")
        }
    }

    @Test("an application's template has to be there in time")
    func applications() throws {
        #expect(try application("app", .init()) == nil)
        #expect(try application("else", .init())?.contains("Cannot access application: else.") == true)
        #expect(try application("app", .init(refusal: "No."))?.hasSuffix("No.") == true)
        let slow = ["PREPARING", "PREPARING", "ACTIVE"]
        #expect(try application("app", .init(statuses: slow, waits: true)) == nil)
        #expect(
            try application("app", .init(statuses: slow, waits: true, waitSeconds: 2))?.contains("Timed out") == true)
        #expect(try application("app", .init(statuses: slow)) == nil)
        let expired = SAMTransform.Applications.Answer(statuses: ["PREPARING", "EXPIRED"], waits: true)
        #expect(try application("app", expired)?.contains("expired template") == true)
    }

    @Test("a template elsewhere is named by its address")
    func address() throws {
        let result = try transformed(
            "Resources: {A: {Type: AWS::Serverless::Application, Properties: {Location: 'https://t'}}}")
        #expect(result.at("Resources/A/Properties/TemplateURL") == "https://t")
    }
}

@Suite("Connectors")
struct ConnectorTests {
    private func template(_ connector: String) -> String {
        function() + "\n    Connectors: {C: {Properties: {\(connector)}}}\n  T: {Type: AWS::Serverless::SimpleTable}"
    }

    @Test("a function may read and write a table; the policy goes to its role")
    func policy() throws {
        let result = try transformed(template("Destination: {Id: T}, Permissions: [Read, Write]")).at(
            "Resources/FnCPolicy")
        #expect(result?.at("Properties/Roles") == [["Ref": "FnRole"]])
        #expect(result?.at("Properties/PolicyDocument/Statement")?.array?.count == 2)
        #expect(
            result?.at("Metadata/aws:sam:connectors/FnC") == [
                "Source": ["Type": "AWS::Serverless::Function"],
                "Destination": ["Type": "AWS::Serverless::SimpleTable"],
            ])
    }

    @Test(
        "what is wrong is told in AWS's words",
        arguments: [
            ("Destination: {Id: Nowhere}, Permissions: [Read]", "Unable to find resource with logical ID 'Nowhere'."),
            ("Destination: {Id: T}, Permissions: [Eat]", "valid values are: Read, Write."),
            ("Destination: {Id: T}, Permissions: []", "'Permissions' cannot be empty"),
            ("Destination: {Id: T, Arn: x}, Permissions: [Read]", "Must provide 'Id' (with optional 'Qualifier')"),
            ("Destination: [], Permissions: [Read]", "'Destination' is an empty list"),
            ("SourceReference: {Id: X}, Destination: {Id: T}", "'Id' shouldn't be defined in 'SourceReference'."),
            (
                "Destination: {Type: X, Arn: a}, Permissions: [Read]",
                "Unable to create connector from AWS::Lambda::Function to X"
            ),
        ])
    func refuses(connector: String, text: String) throws {
        #expect(try refusal(template(connector))?.contains(text) == true)
    }
}

@Suite("GraphQL APIs")
struct GraphQLTests {
    @Test("a resolver runs a pipeline of functions over a data source")
    func pipeline() throws {
        let result = try transformed(
            """
            Resources:
              G:
                Type: AWS::Serverless::GraphQLApi
                Properties:
                  Auth: {Type: API_KEY}
                  SchemaInline: "type Query { a: String }"
                  Logging: false
                  DataSources: {Lambda: {Src: {FunctionArn: arn:f}}}
                  Functions: {F: {DataSource: Src, InlineCode: c, Runtime: {Name: APPSYNC_JS, Version: 1.0.0}}}
                  Resolvers: {Query: {a: {Pipeline: [F]}}}
            """)
        let resolver = result.at("Resources/GQuerya/Properties")
        #expect(resolver?["PipelineConfig"] == ["Functions": [["Fn::GetAtt": ["GF", "FunctionId"]]]])
        #expect(resolver?.at("Runtime/Name") == "APPSYNC_JS")
        #expect(result.at("Resources/GSrcLambdaDataSourceToLambdaConnectorPolicy/Type") == "AWS::IAM::ManagedPolicy")
        #expect(result.at("Resources/GCloudWatchRole") == nil)
    }
}
