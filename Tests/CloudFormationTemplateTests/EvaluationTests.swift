import CloudFormationTemplate
import Notation
import Testing

@Suite("Working out functions")
struct EvaluationTests {
    private static let head = """
        Transform: AWS::LanguageExtensions
        Parameters:
          Env: {Type: String, Default: dev}
          Subnets: {Type: CommaDelimitedList, Default: "s-1, s-2,s-3"}
        Mappings:
          Regions: {eu-central-1: {Ami: ami-eu, Size: 2}, us-east-1: {Ami: ami-us, Size: 3}}
        Conditions:
          IsProd: !Equals [!Ref Env, prod]
          IsEurope: !Equals [!FindInMap [Regions, !Ref "AWS::Region", Ami], ami-eu]
          Both: !And [!Condition IsProd, !Condition IsEurope]
          Either: !Or [!Condition IsProd, !Condition IsEurope]
          NotProd: !Not [!Condition IsProd]
        Resources:
          Other: {Type: T}
          R:
            Type: T
            Properties:
              P:
        """

    private func property(_ yaml: String) throws -> Expression? {
        try resolved(Self.head + " " + yaml + "\n")["R"]?.properties["P"]
    }

    @Test(
        "what is known beforehand is worked out beforehand",
        arguments: [
            ("!If [IsProd, big, small]", "small"),
            ("!If [Both, a, !If [Either, b, c]]", "b"),
            ("[a, !If [IsProd, b, !Ref 'AWS::NoValue'], c]", ["a", "c"]),
            ("{Keep: 1, Drop: !If [IsProd, x, !Ref 'AWS::NoValue']}", ["Keep": 1]),
            ("!FindInMap [Regions, us-east-1, Size]", 3),
            ("!FindInMap [Regions, nowhere, Size, {DefaultValue: 9}]", 9),
            ("!Select [1, [a, b, c]]", "b"),
            ("!Select ['2', !Ref Subnets]", "s-3"),
            ("!Join ['|', !Ref Subnets]", "s-1|s-2|s-3"),
            ("!Join ['', [a, 1, true]]", "a1true"),
            ("!Split [',', 'a,b,,c']", ["a", "b", "", "c"]),
            ("!Join ['-', !Split [',', 'a,b']]", "a-b"),
            ("!Base64 'hello world'", "aGVsbG8gd29ybGQ="),
            ("!Base64 {'Fn::Sub': '${Env}-x'}", "ZGV2LXg="),
            ("!GetAZs ''", ["eu-central-1a", "eu-central-1b", "eu-central-1c"]),
            ("!Select [0, !GetAZs us-east-1]", "us-east-1a"),
            ("!Sub 'arn:${AWS::Partition}:s3:::${Env}-${AWS::AccountId}'", "arn:aws:s3:::dev-123456789012"),
            ("!Sub ['${A}-${Env}-${!Literal}', {A: !Ref AWS::Region}]", "eu-central-1-dev-${Literal}"),
            ("!Sub '$ {x} $${Env} }'", "$ {x} $dev }"),
            ("!Length [1, 2, 3]", 3),
            ("!Length {Ref: Subnets}", 3),
            ("!ToJsonString {a: !Ref Env, b: [1]}", "{\"a\":\"dev\",\"b\":[1]}"),
            ("!Cidr ['192.168.0.0/24', 2, 5]", ["192.168.0.0/27", "192.168.0.32/27"]),
            ("!Cidr ['10.0.7.9/16', '2', '8']", ["10.0.0.0/24", "10.0.1.0/24"]),
            ("!Cidr ['2600:1f18:abc:de00::/56', 2, 64]", ["2600:1f18:abc:de00::/64", "2600:1f18:abc:de01::/64"]),
            ("!Ref AWS::StackName", "orders"),
            ("!Ref AWS::NotificationARNs", []),
        ] as [(String, JSON)])
    func known(_ yaml: String, _ expected: JSON) throws {
        #expect(try property(yaml)?.literal == expected)
    }

    @Test(
        "what cannot be worked out is refused in CloudFormation's words",
        arguments: [
            ("!Select [3, [a, b]]", "Template error: Fn::Select cannot select nonexistent value at index 3"),
            (
                "!Select [x, [a, b]]",
                "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
            ),
            (
                "!FindInMap [Nope, a, b]",
                "Template error: Mapping named 'Nope' is not present in the 'Mappings' section of template."
            ),
            ("!FindInMap [Regions, mars, Ami]", "Template error: Unable to get mapping for Regions::mars::Ami"),
            ("!Cidr ['10.0.0.0/24', 9, 5]", "Template error: Fn::Cidr: 9 CIDRs with 5 bits do not fit 10.0.0.0/24"),
            ("!Cidr ['10.0.0/16', 1, 8]", "Template error: Fn::Cidr: 10.0.0/16 is not a valid CIDR block"),
            ("!Base64 [a]", "Template error: every Fn::Base64 object must have a String-typed value."),
        ])
    func unworkable(_ yaml: String, _ message: String) {
        #expect(failure { _ = try property(yaml) } == message)
    }

    @Test("what needs a resource waits for it, and nothing else does")
    func dynamic() throws {
        let template = try resolved(
            Self.head + " !Sub '${Env}/${Other}/${Other.Arn}/${AWS::Region}'\n")
        let property = try #require(template["R"]?.properties["P"])
        #expect(
            property.json == [
                "Fn::Join": [
                    "",
                    [
                        "dev/", ["Ref": "Other"], "/", ["Fn::GetAtt": ["Other", "Arn"]], "/eu-central-1",
                    ],
                ]
            ])
        var evaluator = template.evaluator
        #expect(throws: Evaluator.Failure.self) { try evaluator.value(of: property) }
        evaluator.attributes = { name, attribute in .string("\(name)!\(attribute ?? "id")") }
        #expect(try evaluator.value(of: property) == "dev/Other!id/Other!Arn/eu-central-1")
    }

    @Test("an element of a list is chosen although its neighbours are not known yet")
    func early() throws {
        #expect(try property("!Select [1, [!Ref Other, b]]")?.literal == "b")
        #expect(try property("!Length [!Ref Other, b]")?.literal == 2)
    }

    @Test("an export is looked up by the caller")
    func imports() throws {
        let yaml = Self.head + " {'Fn::ImportValue': !Sub '${Env}-vpc'}\n"
        #expect(try resolved(yaml).openImports == ["dev-vpc"])
        let template = try template(yaml)
        var context = try context(template)
        context.exports = ["dev-vpc": "vpc-7"]
        let known = try template.resolve(context)
        #expect(known.openImports.isEmpty)
        #expect(known["R"]?.properties["P"]?.literal == "vpc-7")
    }

    @Test("an expression written out and read again means the same")
    func roundTrip() throws {
        for yaml in [
            "!Sub 'a${Other}b'", "!GetAtt Other.Arn", "!Select [0, !Split [',', !Ref Other]]",
            "[!Ref Other, {a: !Join ['', [!Ref Other]]}]", "{'Fn::ImportValue': !Ref Other}",
        ] {
            let first = try #require(try property(yaml))
            let again = try #require(try property(first.json.text()))
            #expect(again.json == first.json)
        }
    }
}
