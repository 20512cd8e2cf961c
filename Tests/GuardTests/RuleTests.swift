import Guard
import Notation
import NotationTesting
import Testing

@Suite("Guard: rules")
struct RuleTests {
    @Test("types pick their resources, and are passed over where there are none")
    func types() throws {
        let verdict = try ask(
            """
            AWS::S3::Bucket { Properties.BucketName exists }
            rule encrypted { AWS::S3::Bucket { Properties.BucketEncryption exists <<encrypt it>> } }
            rule none { AWS::SQS::Queue { Properties.KmsMasterKeyId exists } }
            rule conditional { AWS::S3::Bucket when Properties.Tags exists { Properties.BucketEncryption exists } }
            rule short { AWS::EC2::Volume Properties.Encrypted == true }
            """)
        #expect(verdict.rules.map(\.name) == ["default", "encrypted", "none", "conditional", "short"])
        #expect(verdict.rules.map(\.status) == [.pass, .fail, .skip, .pass, .pass])
        #expect(verdict.status == .fail)
    }

    @Test("a failure says where, what was asked, what is there, and what the author says")
    func failures() throws {
        let verdict = try ask(
            """
            rule kms {
                Resources.*[ Type == 'AWS::S3::Bucket' ] {
                    Properties.BucketEncryption exists
                    <<
                        Buckets must be encrypted.
                        Fix: set SSEAlgorithm to aws:kms.
                    >>
                }
                Resources.Disk.Properties.Size <= 50
            }
            """)
        let failures = verdict.rules[0].failures
        #expect(failures.count == 2)
        #expect(failures[0].path.description == "Resources.Data.Properties" && failures[0].mark?.line == 14)
        #expect(failures[0].expected == "exists" && failures[0].actual == "BucketEncryption is missing")
        #expect(failures[0].message == "Buckets must be encrypted.\nFix: set SSEAlgorithm to aws:kms.")
        #expect(failures[0].ruleLine == 3 && failures[0].rule == "kms")
        #expect(failures[1].path.description == "Resources.Disk.Properties.Size" && failures[1].actual == "100")
        #expect(failures[1].expected == "<= 50" && failures[1].ruleLine == 9)
    }

    @Test("rules refer to rules: what is passed over stays so, 'not' turns a verdict round")
    func references() throws {
        let verdict = try ask(
            """
            rule good { Resources exists }
            rule bad { None exists }
            rule absent when None exists { None == 1 }
            rule both { good
                bad <<because>> }
            rule either { bad or good }
            rule dependent when good { None exists }
            rule idle when bad { None exists }
            rule idler when absent { None exists }
            rule opposite { not bad }
            rule opposed { !good }
            rule passed { absent }
            """)
        #expect(
            verdict.rules.map(\.status)
                == [.pass, .fail, .skip, .fail, .pass, .fail, .skip, .skip, .pass, .fail, .skip])
        #expect(verdict.rules[3].failures.map(\.message) == ["because"] && verdict.rules[3].failures[0].rule == "both")
    }

    @Test("rules with parameters are asked with values")
    func parameters() throws {
        let verdict = try ask(
            """
            rule tagged(resources, key) { %resources.Properties.Tags[*].Key == %key }
            rule logs {
                let logs = Resources.Logs
                tagged(%logs, /^s/)
            }
            rule data { tagged(Resources.Data, 'x') <<no tags>> }
            """)
        #expect(verdict.rules.map(\.name) == ["logs", "data"] && verdict.rules.map(\.status) == [.pass, .fail])
        #expect(verdict.rules[1].failures.first?.message == "no tags")
    }

    @Test(
        "functions",
        arguments: [
            ("count(Resources.*)", "== 4", true), ("count(Resources.Group.Properties.Action[*])", "== 2", true),
            ("count(Resources.*[ Type == 'None' ])", "== 0", true),
            ("json_parse(Resources.Disk.Properties.Policy)", "== {'Effect': 'Allow', 'N': [1, 2]}", true),
            (
                "regex_replace(Resources.Group.Properties.Arn, \"^arn:(\\w+):(\\w+):([\\w0-9-]+):(\\d+):(.+)$\", "
                    + "\"${1}/${4}/${3}/${2}-${5}\")", "== 'aws/123456789012/us-west-2/newservice-Table/extracted'",
                true
            ),
            ("substring(Resources.Group.Properties.Arn, 0, 3)", "== 'arn'", true),
            ("to_lower(Resources.Logs.Type)", "== 'aws::s3::bucket'", true),
            ("to_upper(Resources.Disk.Properties.VolumeType)", "== 'IO1'", true),
            ("join(Resources.Group.Properties.Action[*], ',')", "== 's3:Get*,s3:Put*'", true),
            ("url_decode(Resources.Group.Properties.Encoded)", "== 'a b'", true),
            ("parse_int(Resources.Disk.Properties.Text)", "== 7", true),
            ("parse_int(Resources.Disk.Properties.Ratio)", "== 1", true),
            ("parse_float(Resources.Disk.Properties.Size)", "is_float", true),
            ("parse_boolean('TRUE')", "== true", true),
            ("parse_string(Resources.Disk.Properties.Size)", "== '100'", true),
            ("parse_char(7)", "== '7'", true), ("to_lower(to_upper('a'))", "== 'a'", true),
            ("count(Resources.*)", "== 5", false),
        ])
    func functions(_ call: String, _ check: String, _ passes: Bool) throws {
        #expect(try clause("let x = \(call)\n%x \(check)") == (passes ? .pass : .fail))
    }

    @Test(
        "mistakes are said with their place",
        arguments: [
            ("rule r { a == }", "test.guard:1:15: a query is missing."),
            ("rule r {", "test.guard:1:8: '}' is missing."),
            ("rule r { }", "test.guard:1:8: the block has no clauses."),
            ("rule { a exists }", "the rule's name is missing."),
            ("rule r { a exists <<x }", "test.guard:1:19: '>>' is missing."), ("rule r { a == 'x }", "closing quote"),
            ("rule r { a == /x }", "closing '/'"), ("rule r { a == /(/ }", "is no regular expression"),
            ("rule r { a in r[1,] }", "a range has the form"), ("rule r { a.b }", "an operator is missing"),
            ("rule r { a[ ] exists }", "the filter is empty"), ("let x 5", "'=' is missing"),
            ("let x = foo(1)", "there is no function 'foo'"),
            ("rule r { a exists }\nrule r { b exists }", "written twice"),
            ("rule r when { a exists }", "a condition is missing"), ("rule r { a[ n | b exists ] exists }", "captured"),
        ])
    func mistakes(_ text: String, _ expected: String) {
        let error = #expect(throws: GuardSyntaxError.self) { try GuardRules(text, name: "test.guard") }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test("after a mistake the next rules are read, to find more")
    func several() {
        let text = "rule a { x == }\nrule b { y exists }\nrule c { z == 'q }\n"
        let error = #expect(throws: GuardSyntaxError.self) { try GuardRules(text, name: "f") }
        #expect(error?.mistakes.map(\.mark.line) == [1, 3])
    }

    @Test(
        "what cannot be asked is a fault, not a verdict",
        arguments: [
            ("rule r { %x exists }", "There is no variable 'x'."), ("rule r { nothing }", "There is no rule 'nothing'"),
            ("rule a { b }\nrule b { a }", "Rules ask one another in a circle"),
            ("let x = %x\nrule r { %x exists }", "needs itself"),
            ("rule r { let x = json_parse('{')\n%x exists }", "a text that is no JSON"),
            ("rule r { let x = parse_int('a')\n%x exists }", "cannot read"),
            ("rule r { let x = join(Resources)\n%x exists }", "takes 2 arguments"),
            ("rule p(a) { %a exists }\nrule r { p(1, 2) }", "takes 1 arguments"),
            ("rule p(a) { p(%a) }\nrule r { p(1) }", "in a circle"),
        ])
    func faults(_ text: String, _ expected: String) throws {
        let rules = try GuardRules(text, name: "f")
        let fault = #expect(throws: GuardFault.self) { try rules.evaluate(["Resources": [:]]) }
        #expect(fault?.description.contains(expected) == true, "\(fault?.description ?? "")")
    }
}

@Suite("Guard: damage")
struct GuardDamageTests {
    private static let sample = """
        let b = Resources.*[ Type == 'AWS::S3::Bucket' ]
        rule one(p) { %p.Properties { A exists <<m>>
          B in [1, 'x', /y/, r[1,2)] or C == {'a': [1]} } }
        rule two when %b !empty { one(%b)
          AWS::S3::Bucket when Properties exists { some Properties.Tags[*].Key == /^a/ } }
        rule three { not two
          let n = count(%b)
          %n >= 1 }
        """

    @Test("damaged rules are rules, mistakes or faults, in bounded time", arguments: 0..<10)
    func damaged(part: Int) throws {
        var chance = Chance(UInt64(part) + 31)
        let snippets = [
            "{", "}", "[", "]", "(", ")", "<<", ">>", "/", "'", "\"", "%b", "let x = ", "rule r ", "when ", "some ",
            "not ",
            "!", "==", "in ", "exists", ".*", "[*]", "#", "\n", "or ", "this", "r[1,2]", "AWS::X::Y ", "é", "0", "\\",
        ]
        let (document, _) = try YAML().parseWithMarks(template)
        let start = ContinuousClock.now
        for _ in 0..<150 {
            let text = chance.damage(Self.sample, snippets)
            do {
                let rules = try GuardRules(text, name: "f")
                let verdict = try rules.evaluate(document, stepLimit: 50_000)
                for rule in verdict.rules where rule.status != .fail { #expect(rule.failures.isEmpty) }
            } catch {
                #expect(!"\(error)".isEmpty)
            }
        }
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("nesting and work without end are refused")
    func bounds() throws {
        let deep =
            "rule r { " + String(repeating: "a {", count: 200) + "b exists" + String(repeating: "}", count: 200) + "}"
        #expect(throws: GuardSyntaxError.self) { try GuardRules(deep, name: "f") }
        let filters = "rule r { a" + String(repeating: "[ b", count: 200) + " exists }"
        #expect(throws: GuardSyntaxError.self) { try GuardRules(filters, name: "f") }
        let wide = JSON.array((0..<300).map { JSON.int($0) })
        let blocks =
            "rule r { a[*] { let x = this\n %root { let y = this\n %root { let z = this\n %root { this == %x } } } } }"
        let rules = try GuardRules("let root = a[*]\n" + blocks, name: "f")
        #expect(throws: GuardFault.self) { try rules.evaluate(["a": wide], stepLimit: 20_000) }
    }
}
