import CloudFormationTemplate
import Notation
import Testing

@Suite("Holding resources to their schemas")
struct SchemaTests {
    private static let schema = ResourceSchema(
        type: "T",
        properties: .init(
            [
                "Name": .string(nil), "Mode": .string(["On", "Off"]), "Size": .integer, "Ratio": .number,
                "Enabled": .boolean,
                "Tags": .list(.object(.init(["Key": .string(nil), "Value": .string(nil)], required: ["Key"]))),
                "Variables": .map(.string(nil)), "Free": .any,
            ], required: ["Name"]),
        readOnly: ["Arn"], attributes: ["Arn"])

    private func check(_ properties: String) throws -> [String] {
        let template = try resolved(
            "Resources:\n  O: {Type: T, Properties: {Name: o}}\n  A: {Type: T, Properties: {\(properties)}}")
        return template.check { $0 == "T" ? Self.schema : nil }.errors.map(\.message)
    }

    @Test(
        "what does not fit is named with its place",
        arguments: [
            ("Name: x, Colour: red", "Encountered unsupported property Colour"),
            ("Size: 1", "Property Name cannot be empty."),
            ("Name: x, Size: big", "Value of property Size must be a whole number"),
            ("Name: [x]", "Value of property Name must be a string"),
            ("Name: {a: !Ref O}", "Value of property Name must be a string"),
            ("Name: x, Enabled: maybe", "Value of property Enabled must be true or false"),
            ("Name: x, Tags: {Key: a}", "Value of property Tags must be a list"),
            ("Name: x, Tags: [{Value: a}]", "Property Key cannot be empty."),
            ("Name: x, Tags: [{Key: a, Name: b}]", "Encountered unsupported property Name"),
            ("Name: x, Variables: [a]", "Value of property Variables must be an object"),
            ("Name: x, Mode: Perhaps", "T: Perhaps is not a valid value for Mode"),
            ("Name: x, Arn: y", "Encountered unsupported property Arn"),
            (
                "Name: !GetAtt O.Colour",
                "Template error: resource O does not support attribute type Colour in Fn::GetAtt"
            ),
        ])
    func wrong(_ properties: String, _ message: String) throws {
        #expect(try check(properties).first == message)
    }

    @Test(
        "what fits, or is only known later, is let through",
        arguments: [
            "Name: x, Size: '3', Ratio: 1.5, Enabled: 'true', Mode: 'Off', Free: {a: [1]}",
            "Name: !Ref O, Size: !GetAtt O.Arn, Tags: !Ref O",
            "Name: '{{resolve:ssm:a}}', Size: '{{resolve:ssm:b}}'",
            "Name: x, Variables: {A: 1, B: true, C: !Ref O}, Tags: [{Key: k, Value: !Sub '${O}'}]",
        ])
    func right(_ properties: String) throws {
        #expect(try check(properties) == [])
    }

    @Test("an unknown type is refused with its line")
    func unknownType() throws {
        let text = try TemplateText(parsing: "Resources:\n  A:\n    Type: AWS::Moon::Base\n")
        let (template, _) = Template.read(text.body)
        let report = try template.resolve(context(template)).check { _ in nil }.located(in: text)
        #expect(report.message == "Template format error: Unrecognized resource types: [AWS::Moon::Base]")
        #expect(report.errors.first?.mark?.line == 3)
        #expect(report.errors.first?.fix?.contains("slipway support") == true)
    }

    @Test("a name that is nearly right is suggested")
    func nearest() throws {
        let template = try resolved("Resources:\n  A: {Type: T, Properties: {Name: x, enabled: true, Ration: 1}}")
        let report = template.check { _ in Self.schema }
        #expect(report.errors.map(\.fix) == ["Did you mean Enabled?", "Did you mean Ratio?"])
    }
}

@Suite("Answers about templates")
struct SummaryTests {
    private static let yaml = """
        AWSTemplateFormatVersion: '2010-09-09'
        Description: a test
        Metadata: {Owner: me}
        Transform: AWS::Serverless-2016-10-31
        Parameters: {P: {Type: String, Default: d, AllowedValues: [d, e], NoEcho: true, Description: why}}
        Resources:
          R: {Type: AWS::IAM::Role, Properties: {RoleName: x}}
          S: {Type: AWS::IAM::Role}
          B: {Type: AWS::S3::Bucket}
        """

    @Test("GetTemplateSummary and ValidateTemplate answer in AWS's shape")
    func answers() throws {
        let (template, _) = Template.read(try TemplateText(parsing: Self.yaml).body, isBeforeTransforms: true)
        let summary = TemplateSummary(template).summary
        #expect(summary["ResourceTypes"] == ["AWS::IAM::Role", "AWS::S3::Bucket"])
        #expect(summary["Capabilities"] == ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"])
        #expect(summary["CapabilitiesReason"] == "The following resource(s) require capabilities: [AWS::IAM::Role]")
        #expect(summary["Metadata"] == "{\"Owner\":\"me\"}")
        #expect(summary["Parameters"]?[0]?["ParameterConstraints"]?["AllowedValues"] == ["d", "e"])
        #expect(summary["ResourceIdentifierSummaries"]?[0]?["LogicalResourceIds"] == ["R", "S"])
        let validation = TemplateSummary(template).validation
        #expect(
            validation["Parameters"]?[0] == [
                "ParameterKey": "P", "DefaultValue": "d", "NoEcho": true, "Description": "why",
            ])
        #expect(validation["DeclaredTransforms"] == ["AWS::Serverless-2016-10-31"])
    }

    @Test("acknowledging named resources acknowledges the others")
    func capabilities() throws {
        let plain = try template("Resources:\n  R: {Type: AWS::IAM::Role}")
        let capabilities = Capabilities(plain, transforms: [])
        #expect(capabilities.missing(from: []) == ["CAPABILITY_IAM"])
        #expect(capabilities.missing(from: ["CAPABILITY_NAMED_IAM"]).isEmpty)
        let named = try template("Resources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: x}}")
        #expect(Capabilities(named, transforms: []).missing(from: ["CAPABILITY_IAM"]) == ["CAPABILITY_NAMED_IAM"])
        #expect(Capabilities(try template("Resources:\n  B: {Type: T}"), transforms: []).reason == nil)
    }
}
