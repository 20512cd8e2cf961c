import CloudFormationTemplate
import Notation
import Testing

@Suite("Reading templates")
struct TemplateReaderTests {
    private static let bucket = "Resources:\n  B: {Type: AWS::S3::Bucket}\n"

    @Test(
        "what is wrong is said in CloudFormation's words",
        arguments: [
            ("Resources: {}", "Template format error: At least one Resources member must be defined."),
            ("Description: x", "Template format error: At least one Resources member must be defined."),
            (
                "Resources:\n  A: {Type: T, Properties: {N: !Ref Nope}}",
                "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template"
            ),
            (
                "Resources:\n  A: {Type: T, Properties: {N: !Sub '${Nope}-${Other}'}}",
                "Template format error: Unresolved resource dependencies [Nope, Other] in the Resources block of the template"
            ),
            (
                "Resources:\n  A: {Type: T, Properties: {N: !GetAtt Nope.Arn}}",
                "Template error: instance of Fn::GetAtt references undefined resource Nope"
            ),
            (
                "Resources:\n  A: {Type: T, Properties: {N: !GetAtt Nope}}",
                "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
                    + "resource attribute"
            ),
            (
                "Resources:\n  A: {Type: T, DependsOn: Nope}",
                "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template"
            ),
            ("Resources:\n  A: {Type: T, DependsOn: A}", "Circular dependency between resources: [A]"),
            (
                "Resources:\n  A: {Properties: {}}",
                "Template format error: [/Resources/A] Every Resources object must contain a Type member."
            ),
            ("Resources:\n  A_b: {Type: T}", "Template format error: Resource name A_b is non alphanumeric."),
            ("Resources:\n  A: {Type: T, Propertys: {}}", "Invalid template resource property 'Propertys'"),
            (
                "Resources:\n  A: {Type: T, Properties: {N: null}}",
                "[/Resources/A/Properties/N] 'null' values are not allowed in templates"
            ),
            (
                "Resources:\n  A: {Type: T, DeletionPolicy: Keep}",
                "Template format error: Unrecognized DeletionPolicy Keep for resource A"
            ),
            (
                "Resources:\n  A: {Type: T, DeletionPolicy: !Ref AWS::Region}",
                "Template format error: Every DeletionPolicy member must be a string."
            ),
            (
                "Resources:\n  A: {Type: T, Condition: C}",
                "Template format error: Unresolved condition dependency C in the Resources block of the template"
            ),
            (
                "Resources:\n  A: {Type: T, Properties: {N: !If [C, 1, 2]}}",
                "Template error: unresolved condition dependency C in Fn::If"
            ),
            (
                "Resources:\n  A: {Type: T, Properties: {N: !Join [a]}}",
                "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
                    + "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
            ),
            (
                "Resources:\n  A: {Type: T, Properties: {N: !Sub '${a b}'}}",
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
                    + "underscores, periods, and colons"
            ),
            ("Surprise: 1\n" + bucket, "Invalid template property or properties [Surprise]"),
            (
                "AWSTemplateFormatVersion: 2010-09-10\n" + bucket,
                "Template format error: unsupported value for AWSTemplateFormatVersion."
            ),
            ("Parameters: {P: {Type: Strin}}\n" + bucket, "Template format error: Unrecognized parameter type: Strin"),
            (
                "Parameters: {P: {Default: a}}\n" + bucket,
                "Template format error: Every Parameters object must contain a Type member."
            ),
            (
                "Parameters: {P: {Type: String, Default: {Ref: B}}}\n" + bucket,
                "Template format error: Every Default member must be a string."
            ),
            (
                "Conditions: {C: !Equals [!Ref B, x]}\n" + bucket,
                "Template format error: Unresolved dependencies [B]. Cannot reference resources in the Conditions block "
                    + "of the template"
            ),
            (
                "Conditions: {C: yes}\n" + bucket,
                "Template format error: Conditions can only be boolean operations on parameters and other conditions"
            ),
            (
                "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\n" + bucket,
                "Template format error: Circular dependency between conditions: [A, B]"
            ),
            (
                "Conditions: {A: !And [!Equals [a, b]]}\n" + bucket,
                "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters."
            ),
            (
                "Mappings: {M: {a: b}}\n" + bucket,
                "Template format error: [/Mappings/M/a] Every Mappings attribute must be a map"
            ),
            (
                bucket + "Outputs: {O: {Description: x}}",
                "Template format error: Every Outputs member must contain a Value object"
            ),
            (
                bucket + "Outputs: {O: {Value: !Ref Nope}}",
                "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of the template"
            ),
            (
                "Parameters: {B: {Type: String}}\n" + bucket,
                "Template format error: Duplicate parameter and resource names [B]"
            ),
        ])
    func complaints(_ yaml: String, _ message: String) throws {
        #expect(try report(yaml).message == message)
    }

    /// More of them: a list of its own, since the compiler takes long ones badly.
    private static let more: [(String, String)] = [
        (
            "Resources:\n  A: {Type: T, Properties: {N: !Sub '${Nope.Arn}'}}",
            "Template error: instance of Fn::Sub references invalid resource attribute Nope.Arn"
        ),
        (
            "Resources:\n  A: {Type: T, Properties: }",
            "[/Resources/A/Properties] 'null' values are not allowed in templates"
        ),
        (
            "Resources:\n  A: {Type: T, DependsOn: {A: b}}",
            "Template format error: DependsOn must be a string or list of strings."
        ),
        (
            "Resources:\n  A: {Type: T, Properties: {N: {'Fn::Foo': a}}}",
            "Template error: Encountered unsupported function: Fn::Foo Supported functions are: "
                + "[Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, "
                + "Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, "
                + "Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]"
        ),
        (
            "Mappings: {M: {a: {b: {c: d}}}}\n" + bucket,
            "Template format error: Every Mappings attribute must be a String or a List."
        ),
    ]

    @Test("what is wrong is told in CloudFormation's words, part two", arguments: more)
    func moreComplaints(_ yaml: String, _ message: String) throws {
        #expect(try report(yaml).message == message)
    }

    @Test("a template of thousands of faults is answered as quickly as a sound one, with the first of them")
    func manyFaults() throws {
        let lines = (0..<40_000).map { "      - [null, '\($0)']" }.joined(separator: "\n")
        let head = "Resources:\n  A:\n    Type: T\n    Properties:\n     L:\n"
        let body = try TemplateText(parsing: head + lines).body
        let report = Template.read(body).report
        #expect(report.diagnostics.count == Report.limit)
        #expect(report.message == "[/Resources/A/Properties/L/0/0] 'null' values are not allowed in templates")
    }

    @Test("every error is found in one pass, with line, column and remedy")
    func everythingAtOnce() throws {
        let text = try TemplateText(
            parsing: """
                Resources:
                  A:
                    Type: T
                    Properties:
                      One: !Ref Nope
                      Two: !Join [x]
                    DeletionPolicy: Keep
                """)
        let report = Template.read(text.body).report.located(in: text)
        #expect(report.errors.map { $0.mark?.line } == [6, 7, 5])
        #expect(report.errors.allSatisfy { $0.mark?.column != nil })
        #expect(report.errors.last?.fix == "Declare [Nope] or correct the name.")
    }

    @Test(
        "a text that is no template says where",
        arguments: [
            ("{\"Resources\": }", "Template format error: JSON not well-formed. (line 1, column 15)"),
            ("Resources: [", "Template format error: YAML not well-formed. (line 2, column 1)"),
            ("- a\n- b", "Template format error: unsupported structure."),
            ("just text", "Template format error: unsupported structure."),
        ])
    func malformed(_ text: String, _ message: String) {
        #expect(failure { _ = try TemplateText(parsing: text) } == message)
    }

    @Test("duplicate keys are refused in both notations")
    func duplicates() {
        #expect(throws: TemplateError.self) { try TemplateText(parsing: "{\"Resources\": {}, \"Resources\": {}}") }
        #expect(throws: TemplateError.self) { try TemplateText(parsing: "Resources: {}\nResources: {}") }
    }

    @Test("limits are AWS's, and can be raised")
    func limits() throws {
        let resources = (1...501).map { "  R\($0): {Type: T}" }.joined(separator: "\n")
        let body = try TemplateText(parsing: "Resources:\n" + resources).body
        #expect(
            Template.read(body).report.message
                == "Template format error: Number of resources, 501, is greater than maximum allowed, 500")
        var limits = TemplateLimits()
        limits.resources = 2000
        #expect(Template.read(body, limits: limits).report.isValid)
    }

    @Test("a template before its transforms may name what they will bring")
    func beforeTransforms() throws {
        let body = try TemplateText(
            parsing: """
                Transform: AWS::Serverless-2016-10-31
                Globals: {Function: {Timeout: 3}}
                Resources:
                  F: {Type: AWS::Serverless::Function, Properties: {Role: !GetAtt FRole.Arn}}
                """
        ).body
        #expect(Template.read(body, isBeforeTransforms: true).report.isValid)
        #expect(!Template.read(body).report.isValid)
    }

    @Test("sections that nothing here carries out are refused by name", arguments: ["Hooks", "Globals", "Moon"])
    func foreignSections(name: String) throws {
        let found = try report("\(name): {A: 1}\nResources: {Q: {Type: AWS::SQS::Queue}}")
        #expect(found.message == "Invalid template property or properties [\(name)]")
    }
}
