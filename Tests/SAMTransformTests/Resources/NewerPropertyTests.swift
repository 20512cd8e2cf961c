import Notation
import SAMTransform
import Testing

/// Properties that came to SAM after the public cases were taken (AWS SAM Developer Guide, resource reference).
@Suite("SAM's newer properties")
struct NewerPropertyTests {
    private func resources(_ yaml: String) throws -> JSON {
        let context = try SAMTransform.Context(json: ["region": "us-east-1"])
        return try SAMTransform(context: context).transform(try YAML().parse(yaml))["Resources"] ?? [:]
    }

    @Test("the storage mode of code in S3 is handed on, for functions and layers")
    func storageMode() throws {
        let made = try resources(
            """
            Resources:
              F:
                Type: AWS::Serverless::Function
                Properties: {Handler: a.b, Runtime: python3.11, CodeUri: {Bucket: b, Key: k, StorageMode: COPY}}
              L:
                Type: AWS::Serverless::LayerVersion
                Properties: {ContentUri: {Bucket: b, Key: k, StorageMode: FOLLOW}}
            """)
        #expect(made["F"]?["Properties"]?["Code"]?["S3ObjectStorageMode"] == "COPY")
        let layer = made.object?.values.first { $0["Type"] == "AWS::Lambda::LayerVersion" }
        #expect(layer?["Properties"]?["Content"]?["S3ObjectStorageMode"] == "FOLLOW")
    }

    @Test("a capacity provider's logging and the tags of its instances")
    func capacityProvider() throws {
        let made = try resources(
            """
            Resources:
              C:
                Type: AWS::Serverless::CapacityProvider
                Properties:
                  VpcConfig: {SubnetIds: [s]}
                  LoggingConfig: {LogGroup: /g}
                  ManagedResourceTags: {Tags: {a: b}}
            """)
        let properties = made["C"]?["Properties"]
        #expect(properties?["TelemetryConfig"] == ["LoggingConfig": ["LogGroup": "/g"]])
        #expect(properties?["PropagateTags"] == ["Mode": "Explicit", "ExplicitTags": [["Key": "a", "Value": "b"]]])
    }

    @Test("a GraphQL API is bound to the domain name that Ref gives")
    func graphQLDomain() throws {
        let made = try resources(
            """
            Resources:
              G:
                Type: AWS::Serverless::GraphQLApi
                Properties:
                  SchemaInline: "type Query { a: String }"
                  Auth: {Type: AWS_IAM}
                  DomainName: {DomainName: a.example, CertificateArn: arn}
            """)
        #expect(made["GDomainNameApiAssociation"]?["Properties"]?["DomainName"] == ["Ref": "GDomainName"])
    }

    @Test(
        "what is no list or map where one is needed is told of",
        arguments: [
            (
                "Type: AWS::Serverless::LayerVersion\n    Properties: {ContentUri: s3://b/k, CompatibleArchitectures: {a: b}}",
                "CompatibleArchitectures needs to be a list of 'x86_64' or 'arm64'"
            ),
            (
                "Type: AWS::Serverless::WebSocketApi\n    Properties: {RouteSelectionExpression: $request.body.a, "
                    + "Auth: {Ref: AWS::Region}, Routes: {$default: {FunctionArn: arn}}}",
                "Authorization is only available if there is a $connect route."
            ),
        ])
    func wrongKinds(resource: String, message: String) throws {
        let error = #expect(throws: SAMError.self) { try resources("Resources:\n  X:\n    \(resource)\n") }
        #expect(error?.message.contains(message) == true)
    }
}
