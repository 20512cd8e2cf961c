import Notation
import Testing

@testable import CloudFormationTemplate

@Suite("Modules")
struct ModuleTests {
    private static let bucket = """
        Parameters:
          Name: {Type: String}
          Tags: {Type: CommaDelimitedList, Default: 'a, b'}
          Kind: {Type: String, Default: plain}
        Mappings: {Sizes: {small: {n: '1'}}}
        Conditions:
          IsPlain: !Equals [!Ref Kind, plain]
        Resources:
          Bucket:
            Type: Test::Bucket
            Condition: IsPlain
            Metadata: {Note: mine}
            Properties:
              Name: !Ref Name
              Tags: !Ref Tags
              Text: !Sub '${Name}-${AWS::Region}-${Policy.Arn}-${!Name}-${Own}'
              Size: !FindInMap [Sizes, small, n]
              Maybe: !If [IsPlain, !GetAtt Policy.Arn, !Ref 'AWS::NoValue']
          Policy: {Type: Test::Policy, DependsOn: Other}
          Other: {Type: Test::Policy}
        Outputs:
          Arn: {Value: !GetAtt Bucket.Arn, Condition: IsPlain, Description: d}
        """.replacing("${Own}", with: "${AWS::StackName}")

    private func json(_ yaml: String) throws -> JSON { try TemplateText(parsing: yaml).body }

    private func expand(_ yaml: String, _ more: [String: String] = [:]) throws -> JSON {
        var fragments = ["My::S3::Bucket::MODULE": try json(Self.bucket)]
        for (type, text) in more { fragments[type] = try json(text) }
        return try ModuleExpansion(fragments).expanding(try json(yaml))
    }

    private func refusal(_ yaml: String, _ more: [String: String] = [:]) -> String {
        do {
            return "expanded to \(try expand(yaml, more))"
        } catch { return (error as? TemplateError)?.message ?? "\(error)" }
    }

    @Test("a module becomes its resources, under its own name, with what it is given")
    func whole() throws {
        let body = try expand(
            """
            Resources:
              First: {Type: T}
              Mine:
                Type: My::S3::Bucket::MODULE
                Properties: {Name: !Ref First}
              Last: {Type: T, Properties: {A: !Ref Mine.Bucket, B: !GetAtt Mine.Bucket.Arn, C: !Ref MineBucket}}
            """)
        #expect(body["Resources"]?.object?.keys == ["First", "MineBucket", "MinePolicy", "MineOther", "Last"])
        let bucket = try #require(body["Resources"]?["MineBucket"])
        #expect(bucket["Condition"] == "MineIsPlain")
        #expect(
            bucket["Metadata"] == [
                "Note": "mine",
                "AWS::Cloudformation::Module": [
                    "TypeHierarchy": "My::S3::Bucket::MODULE", "LogicalIdHierarchy": "Mine",
                ],
            ])
        let properties = try #require(bucket["Properties"])
        #expect(properties["Name"] == ["Ref": "First"])
        #expect(properties["Tags"] == ["a", "b"])
        #expect(
            properties["Text"] == ["Fn::Sub": "${First}-${AWS::Region}-${MinePolicy.Arn}-${!Name}-${AWS::StackName}"])
        #expect(properties["Size"] == ["Fn::FindInMap": ["MineSizes", "small", "n"]])
        #expect(
            properties["Maybe"]
                == ["Fn::If": ["MineIsPlain", ["Fn::GetAtt": ["MinePolicy", "Arn"]], ["Ref": "AWS::NoValue"]]])
        #expect(body["Resources"]?["MinePolicy"]?["DependsOn"] == ["MineOther"])
        #expect(body["Conditions"]?["MineIsPlain"] == ["Fn::Equals": ["plain", "plain"]])
        #expect(body["Mappings"]?["MineSizes"] != nil)
        #expect(
            body["Outputs"]?["MineArn"]
                == ["Value": ["Fn::GetAtt": ["MineBucket", "Arn"]], "Condition": "MineIsPlain", "Description": "d"])
        #expect(
            body["Resources"]?["Last"]?["Properties"]
                == [
                    "A": ["Ref": "MineBucket"], "B": ["Fn::GetAtt": ["MineBucket", "Arn"]], "C": ["Ref": "MineBucket"],
                ])
        let (_, report) = Template.read(body)
        #expect(report.isValid, "\(report.diagnostics)")
    }

    @Test("values that cannot stand between the braces of Fn::Sub become its variables")
    func substitution() throws {
        let body = try expand(
            """
            Resources:
              A: {Type: My::S3::Bucket::MODULE, Properties: {Name: !Join ['-', [x, y]], Kind: !Sub '${B.Bucket.Arn}'}}
              B: {Type: My::S3::Bucket::MODULE, Properties: {Name: '${x}'}}
            """)
        let text = { (name: String) in body["Resources"]?[name]?["Properties"]?["Text"] }
        let whole: JSON = "${Name}-${AWS::Region}-${APolicy.Arn}-${!Name}-${AWS::StackName}"
        #expect(text("ABucket") == ["Fn::Sub": [whole, ["Name": ["Fn::Join": ["-", ["x", "y"]]]]]])
        #expect(text("BBucket")?["Fn::Sub"]?[1] == ["Name": "${x}"])
        #expect(body["Conditions"]?["AIsPlain"] == ["Fn::Equals": [["Fn::Sub": "${BBucket.Arn}"], "plain"]])
    }

    @Test("a module's own condition and dependencies hold for all that it brings")
    func attributes() throws {
        let body = try expand(
            """
            Conditions: {Prod: !Equals [a, a]}
            Resources:
              First: {Type: T}
              Mine: {Type: My::S3::Bucket::MODULE, Condition: Prod, DependsOn: First,
                     Properties: {Name: n}, Metadata: {x: y}}
              After: {Type: T, DependsOn: [Mine, First]}
              One: {Type: T, DependsOn: Mine.Policy}
            """)
        let resources = try #require(body["Resources"])
        #expect(resources["MinePolicy"]?["Condition"] == "Prod")
        #expect(resources["MineBucket"]?["Condition"] == "MineIsPlainAndProd")
        #expect(
            body["Conditions"]?["MineIsPlainAndProd"] == [
                "Fn::And": [["Condition": "Prod"], ["Condition": "MineIsPlain"]]
            ])
        #expect(body["Outputs"]?["MineArn"]?["Condition"] == "MineIsPlainAndProd")
        #expect(resources["MinePolicy"]?["DependsOn"] == ["MineOther", "First"])
        #expect(resources["MineOther"]?["DependsOn"] == ["First"])
        #expect(resources["After"]?["DependsOn"] == ["MineBucket", "MinePolicy", "MineOther", "First"])
        #expect(resources["One"]?["DependsOn"] == ["MinePolicy"])
        #expect(resources["MineOther"]?["Metadata"]?["x"] == nil)
        let (_, report) = Template.read(body)
        #expect(report.isValid, "\(report.diagnostics)")
    }

    private static func nest(_ type: String, _ rest: String = "") -> String {
        "Parameters: {P: {Type: String, Default: d}}\nResources:\n"
            + "  In: {Type: '\(type)', Properties: {P: !Ref P}}\n\(rest)"
    }
    private static let leaf = "Parameters: {P: {Type: String}}\nResources:\n  R: {Type: T, Properties: {P: !Ref P}}"

    @Test("modules in modules: names, parameters and origins through all levels")
    func nested() throws {
        let types = [
            "A::A::A::MODULE": Self.nest(
                "B::B::B::MODULE", "  Q: {Type: T, Properties: {P: !Ref In.In.R, S: !Sub '${In.In.R.Arn}'}}"),
            "B::B::B::MODULE": Self.nest("C::C::C::MODULE"), "C::C::C::MODULE": Self.leaf,
        ]
        let body = try expand(
            """
            Resources:
              M: {Type: A::A::A::MODULE, Properties: {P: deep}}
              X: {Type: T, Properties: {A: !GetAtt M.In.In.R.Arn, B: !GetAtt [M, In.In.R.Arn], C: !Ref M.InInR,
                                        D: !GetAtt [M.In, In.R.Arn]}}
            """, types)
        #expect(body["Resources"]?.object?.keys == ["MInInR", "MQ", "X"])
        let deep = try #require(body["Resources"]?["MInInR"])
        #expect(deep["Properties"] == ["P": "deep"])
        #expect(
            deep["Metadata"]?["AWS::Cloudformation::Module"] == [
                "TypeHierarchy": "C::C::C::MODULE/B::B::B::MODULE/A::A::A::MODULE", "LogicalIdHierarchy": "In/In/M",
            ])
        #expect(
            body["Resources"]?["MQ"]?["Properties"] == ["P": ["Ref": "MInInR"], "S": ["Fn::Sub": "${MInInR.Arn}"]])
        let arn: JSON = ["Fn::GetAtt": ["MInInR", "Arn"]]
        #expect(body["Resources"]?["X"]?["Properties"] == ["A": arn, "B": arn, "C": ["Ref": "MInInR"], "D": arn])
    }

    @Test("what cannot be expanded says why")
    func refusals() throws {
        let module = "Resources:\n  M: {Type: My::S3::Bucket::MODULE, Properties: {Name: n}"
        let cases: [(String, String)] = [
            ("Resources: {M: {Type: No::Such::One::MODULE}}", "Unrecognized resource types: [No::Such::One::MODULE]"),
            ("Resources: {M: {Type: My::S3::Bucket::MODULE}}", "Property Name cannot be empty."),
            (
                "Resources: {M: {Type: My::S3::Bucket::MODULE, Properties: {Name: n, Nmae: x}}}",
                "unsupported property Nmae"
            ),
            (module + ", DeletionPolicy: Retain}", "Invalid template resource property 'DeletionPolicy'"),
            (module + "}\n  X: {Type: T, Properties: {A: !Ref M}}", "M is a module"),
            (module + "}\n  X: {Type: T, Properties: {A: !Ref M.Nope}}", "Unresolved resource dependencies [M.Nope]"),
            (module + "}\n  X: {Type: T, Properties: {A: !GetAtt M.Nope.Arn}}", "dependencies [M.Nope.Arn]"),
            (module + "}\n  MBucket: {Type: T}", "Resources has MBucket twice"),
            ("Resources: {M: {Type: S::S::S::MODULE}}", "lies inside of itself: S::S::S::MODULE > S::S::S::MODULE"),
            ("Resources: {M: {Type: D::D::D::MODULE}}", "modules can be nested 3 deep at most"),
            (
                "Resources: {M: {Type: U::U::U::MODULE}}",
                "Unresolved dependencies [Outside] in the module U::U::U::MODULE"
            ),
        ]
        let types = [
            "S::S::S::MODULE": Self.nest("S::S::S::MODULE"), "D::D::D::MODULE": Self.nest("E::E::E::MODULE"),
            "E::E::E::MODULE": Self.nest("F::F::F::MODULE"), "F::F::F::MODULE": Self.nest("G::G::G::MODULE"),
            "G::G::G::MODULE": Self.leaf, "U::U::U::MODULE": "Resources: {R: {Type: T, Properties: {P: !Ref Outside}}}",
        ]
        for (yaml, words) in cases {
            let message = refusal(yaml, types)
            #expect(message.contains(words), "\(yaml): \(message)")
        }
    }

    @Test("modules that multiply are stopped at the limit of resources")
    func multiplying() throws {
        let many = { (type: String) in
            "Resources:\n" + (0..<100).map { "  R\($0): {Type: '\(type)'}" }.joined(separator: "\n")
        }
        let types = [
            "A::A::A::MODULE": many("B::B::B::MODULE"), "B::B::B::MODULE": many("C::C::C::MODULE"),
            "C::C::C::MODULE": many("T"),
        ]
        #expect(
            refusal("Resources: {M: {Type: A::A::A::MODULE}}", types).contains("is greater than maximum allowed, 500"))
    }

    @Test(
        "a fragment is judged when it is registered",
        arguments: [
            ("Transform: X\nResources: {R: {Type: T}}", "can't contain transform section"),
            ("Rules: {}\nResources: {R: {Type: T}}", "can't contain Rules section"),
            ("Resources: {R: {Type: AWS::CloudFormation::Stack}}", "can't contain nested stack"),
            ("Resources: {R: {Type: AWS::CloudFormation::Macro}}", "can't contain macro"),
            ("Resources: {R: {Type: T, Properties: {A: !ImportValue x}}}", "can't contain any Fn::ImportValue"),
            (
                "Resources: {R: {Type: T}}\nOutputs: {O: {Value: x, Export: {Name: n}}}",
                "Found an Export statement in Output: O"
            ),
            ("Resources: {R: {Type: T, Properties: {A: !Ref Gone}}}", "Unresolved resource dependencies [Gone]"),
            ("Parameters: {}", "At least one Resources member must be defined"),
            ("Resources: {R: {Type: T, DependsOn: S}, S: {Type: T, DependsOn: R}}", "Circular dependency"),
            ("nonsense", "unsupported structure"),
        ])
    func fragments(_ yaml: String, _ words: String) {
        #expect {
            _ = try ModuleFragment(parsing: yaml)
        } throws: { error in
            (error as? TemplateError)?.message.contains(words) == true
        }
    }

    @Test("the schema of a fragment is the one that the CloudFormation CLI writes")
    func schema() throws {
        let fragment = try ModuleFragment(
            parsing: "Parameters: {P: {Type: String, Description: d}}\nResources: {R: {Type: T}}")
        let schema = fragment.schema("A::B::C::MODULE")
        #expect(schema["typeName"] == "A::B::C::MODULE")
        #expect(schema["properties"]?["Resources"]?["properties"]?["R"]?["properties"]?["Type"]?["const"] == "T")
        #expect(schema["properties"]?["Parameters"]?["properties"]?["P"]?["required"] == ["Type", "Description"])
    }
}
