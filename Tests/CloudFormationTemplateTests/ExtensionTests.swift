import CloudFormationTemplate
import Notation
import Testing

@Suite("Loops, includes and dynamic references")
struct ExtensionTests {
    private func expand(_ yaml: String) throws -> JSON {
        let body = try TemplateText(parsing: yaml).body
        let (template, _) = Template.read(body, isBeforeTransforms: true)
        return try LanguageExtensions(body, context(template)).expanding(body)
    }

    @Test("loops are written out, nested ones too, over lists and parameters")
    func loops() throws {
        let expanded = try expand(
            """
            Transform: AWS::LanguageExtensions
            Parameters: {Names: {Type: CommaDelimitedList, Default: 'a-1,b.2'}}
            Resources:
              Fn::ForEach::Topics:
                - Name
                - !Ref Names
                - Topic&{Name}:
                    Type: AWS::SNS::Topic
                    Properties: {TopicName: !Ref Name, Text: !Sub 'x-${Name}-${AWS::Region}'}
            Outputs:
              Fn::ForEach::Outer:
                - X
                - [A, B]
                - Fn::ForEach::Inner:
                    - Y
                    - ['1', '2']
                    - Out${X}${Y}: {Value: '${X}/${Y}'}
            """)
        #expect(expanded["Resources"]?.object?.keys == ["Topica1", "Topicb2"])
        #expect(
            expanded["Resources"]?["Topicb2"]?["Properties"]
                == ["TopicName": "b.2", "Text": ["Fn::Sub": "x-b.2-${AWS::Region}"]])
        #expect(expanded["Outputs"]?.object?.keys == ["OutA1", "OutA2", "OutB1", "OutB2"])
        #expect(expanded["Outputs"]?["OutB1"]?["Value"] == "B/1")
        #expect(try LanguageExtensions(expanded, .init(accountID: "1", region: "r")).expanding(expanded) == expanded)
    }

    @Test(
        "a loop that cannot be written out is refused",
        arguments: [
            "[X, [a], 1]", "[X, [a]]", "[X, !Ref R, {'A${X}': {Type: T}}]", "[X, [a, a], {'A${X}': {Type: T}}]",
        ])
    func badLoops(_ loop: String) {
        #expect(throws: TemplateError.self) {
            try expand("Transform: AWS::LanguageExtensions\nResources:\n  R: {Type: T}\n  Fn::ForEach::L: \(loop)")
        }
    }

    @Test("functions name what Ref and GetAtt are about; what is not known in time is refused")
    func names() throws {
        let expanded = try expand(
            """
            Transform: AWS::LanguageExtensions
            Parameters: {Which: {Type: String, Default: B}}
            Mappings: {M: {eu-central-1: {Name: B}}}
            Resources:
              B: {Type: T}
              R:
                Type: T
                Properties:
                  A: !Ref {'Fn::Sub': '${Which}'}
                  G: !GetAtt [!FindInMap [M, !Ref AWS::Region, Name], Arn]
            """)
        let properties = expanded["Resources"]?["R"]?["Properties"]
        #expect(properties?["A"] == ["Ref": "B"])
        #expect(properties?["G"] == ["Fn::GetAtt": ["B", "Arn"]])
        #expect(throws: TemplateError.self) {
            try expand(
                "Transform: AWS::LanguageExtensions\nResources: {R: {Type: T, Properties: {A: !Ref {Ref: B}}}, B: {Type: T}}"
            )
        }
    }

    @Test("loops that multiply are stopped")
    func multiplying() {
        let list = "[" + (0..<60).map { "v\($0)" }.joined(separator: ",") + "]"
        let yaml = """
            Transform: AWS::LanguageExtensions
            Resources:
              Fn::ForEach::A:
                - A
                - \(list)
                - Fn::ForEach::B:
                    - B
                    - \(list)
                    - Fn::ForEach::C:
                        - C
                        - \(list)
                        - R${A}${B}${C}: {Type: T}
            """
        #expect(failure { _ = try expand(yaml) } == "Fn::ForEach unfolds to more than 500000 values")
    }

    @Test("transforms inside a template are found from the inside out")
    func local() throws {
        var body: JSON = [
            "Resources": [
                "A": [
                    "Type": "T", "Keep": 1,
                    "Fn::Transform": ["Name": "AWS::Include", "Parameters": ["Location": "s3://b/k"]],
                    "Properties": ["P": ["Fn::Transform": ["Name": "Mine"]]],
                ]
            ]
        ]
        let inner = try #require(try LocalTransform.next(in: body).first)
        #expect(inner.name == "Mine")
        #expect(inner.path.description == "Resources.A.Properties.P")
        body = inner.replacing(in: body, with: "done")
        let outer = try #require(try LocalTransform.next(in: body).first)
        #expect(outer.parameters["Location"] == "s3://b/k")
        body = outer.replacing(in: body, with: ["Type": "U", "DependsOn": "B"])
        #expect(
            body["Resources"]?["A"]
                == ["Type": "U", "Keep": 1, "Properties": ["P": "done"], "DependsOn": "B"])
        #expect(try LocalTransform.next(in: body).isEmpty)
    }

    @Test(
        "dynamic references are taken apart",
        arguments: [
            ("{{resolve:ssm:/a/b}}", "/a/b", nil, nil, nil),
            ("{{resolve:ssm-secure:name:3}}", "name", "3", nil, nil),
            ("{{resolve:secretsmanager:db}}", "db", nil, nil, nil),
            ("{{resolve:secretsmanager:db:SecretString:user:AWSPREVIOUS}}", "db", nil, "user", "AWSPREVIOUS"),
            ("{{resolve:secretsmanager:db:SecretString:user::v-1}}", "db", "v-1", "user", nil),
            (
                "{{resolve:secretsmanager:arn:aws:secretsmanager:eu:1:secret:db:SecretString:p}}",
                "arn:aws:secretsmanager:eu:1:secret:db", nil, "p", nil
            ),
        ] as [(String, String, String?, String?, String?)])
    func references(_ text: String, _ name: String, _ version: String?, _ key: String?, _ stage: String?) throws {
        let reference = try DynamicReference(parsing: text)
        #expect(reference.name == name)
        #expect(reference.version == version)
        #expect(reference.jsonKey == key)
        #expect(reference.stage == stage)
    }

    @Test(
        "malformed references are refused",
        arguments: ["{{resolve:ssm:a b}}", "{{resolve:ssm:a:x}}", "{{resolve:ebs:x}}"])
    func malformed(_ text: String) {
        #expect(throws: TemplateError.self) { try DynamicReference.all(in: [.string(text)]) }
    }

    @Test("references are found and replaced anywhere in a value")
    func replaced() throws {
        let value: JSON = ["a": ["x-{{resolve:ssm:p}}-{{resolve:ssm:q:1}}", 1], "b": "{{resolve:ssm:p}}"]
        let found = try DynamicReference.all(in: value)
        #expect(found.map(\.name) == ["p", "q"])
        let done = DynamicReference.replacing(
            in: value, with: ["{{resolve:ssm:p}}": "P", "{{resolve:ssm:q:1}}": "Q"])
        #expect(done == ["a": ["x-P-Q", 1], "b": "P"])
    }
}
