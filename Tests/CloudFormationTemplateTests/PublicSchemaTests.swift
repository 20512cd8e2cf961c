import CloudFormationTemplate
import Notation
import Testing

@Suite("Published resource schemas")
struct PublicSchemaTests {
    @Test("every published type can be read, and its shapes lead somewhere")
    func all() throws {
        #expect(PublicSchemas.types.count > 1500)
        for type in PublicSchemas.types {
            let schema = try #require(PublicSchemas.schema(type), "\(type)")
            #expect(schema.type == type)
            #expect(schema.required(isSubsetOf: schema.properties.shapes.keys), "\(type)")
        }
        #expect(PublicSchemas.schema("AWS::Moon::Base") == nil)
    }

    @Test("what is known about a function is what AWS publishes")
    func function() throws {
        let schema = try #require(PublicSchemas.schema("AWS::Lambda::Function"))
        #expect(schema.properties.required == ["Code", "Role"])
        #expect(schema.createOnly.contains("FunctionName"))
        #expect(schema.readOnly.contains("Arn"))
        #expect(schema.identifier == ["FunctionName"])
        #expect(schema.properties.shapes["Timeout"] == .integer)
    }

    @Test(
        "scalars become what the schema asks for, and nothing else changes",
        arguments: [
            ("AWS::Lambda::Function", ["Timeout": "5", "Description": 7], ["Timeout": 5, "Description": "7"]),
            (
                "AWS::Lambda::Function", ["Environment": ["Variables": ["A": 1, "B": true, "C": 1.5]]],
                ["Environment": ["Variables": ["A": "1", "B": "true", "C": "1.5"]]]
            ),
            (
                "AWS::CloudWatch::Alarm", ["Threshold": "1.5", "ActionsEnabled": "false"],
                ["Threshold": 1.5, "ActionsEnabled": false]
            ),
            (
                "AWS::CloudWatch::Alarm", ["Dimensions": [["Name": "a", "Value": 3]]],
                ["Dimensions": [["Name": "a", "Value": "3"]]]
            ),
            ("AWS::Lambda::Function", ["Timeout": "soon", "Unknown": 1], ["Timeout": "soon", "Unknown": 1]),
            (
                "AWS::IAM::Role", ["AssumeRolePolicyDocument": ["Version": 1]],
                ["AssumeRolePolicyDocument": ["Version": 1]]
            ),
        ] as [(String, JSON, JSON)])
    func coercion(_ type: String, _ given: JSON, _ expected: JSON) throws {
        let schema = try #require(PublicSchemas.schema(type))
        #expect(schema.coerced(given) == expected)
        #expect(schema.coerced(expected) == expected)
    }

    @Test("a published property that is not offered is told from one that does not exist")
    func offer() throws {
        let template = try resolved(
            "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Role: r, Code: {ZipFile: x}, ImageConfig: {}}}"
        )
        let offer = ResourceSchema(type: "AWS::Lambda::Function", properties: .init(["Role": .any, "Code": .any]))
        let report = template.check(schema: PublicSchemas.schema, offer: { _ in offer })
        #expect(report.errors.first?.fix?.contains("has it on AWS") == true)
        let typo = try resolved(
            "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Role: r, Code: {ZipFyle: x}}}")
        let found = typo.check(schema: PublicSchemas.schema, offer: { _ in offer })
        #expect(found.errors.first?.fix == "Did you mean ZipFile?")
    }
}

extension ResourceSchema {
    fileprivate func required(isSubsetOf names: some Sequence<String>) -> Bool {
        properties.required.isSubset(of: Set(names))
    }
}
