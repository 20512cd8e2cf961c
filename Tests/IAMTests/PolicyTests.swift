import Cloud
import Ledger
import Notation
import Testing

@testable import IAM

@Suite("Policies")
struct PolicyTests {
    static let patterns: [(String, String, Bool)] = [
        ("*", "", true), ("*", "abc", true), ("a*c", "abbc", true), ("a*c", "abcd", false), ("a?c", "abc", true),
        ("a?c", "ac", false), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "bbaa", false), ("", "", true), ("", "a", false),
        ("s3:Get*", "s3:GetObject", true), ("a**", "a", true), ("*aab", "aaaab", true),
    ]

    @Test("patterns fit as written", arguments: patterns)
    func wildcards(pattern: String, text: String, expected: Bool) {
        #expect(Wildcard.matches(pattern, text) == expected)
    }

    @Test("a pattern made to be slow is not")
    func slowPattern() {
        let pattern = String(repeating: "a*", count: 200) + "b"
        #expect(!Wildcard.matches(pattern, String(repeating: "a", count: 5000)))
    }

    static let verdicts: [(String, String, String, Verdict)] = [
        (#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#, "s3:getobject", "arn:aws:s3:::b/k", .allowed),
        (#"{"Effect":"Allow","Action":"s3:Put*","Resource":"*"}"#, "s3:GetObject", "arn:aws:s3:::b/k", .silent),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/*"}"#, "s3:GetObject", "arn:aws:s3:::c/k",
            .silent
        ),
        (#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#, "s3:GetObject", "arn:aws:s3:::c/k", .allowed),
        (#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#, "iam:GetUser", "*", .silent),
        (
            #"{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/*"}"#, "s3:GetObject", "arn:aws:s3:::c/k",
            .denied
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"}"#, "s3:GetObject",
            "arn:aws:s3:::b/ana/k", .allowed
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:nobody}/*"}"#, "s3:GetObject",
            "arn:aws:s3:::b//k", .silent
        ),
        (
            #"[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}]"#,
            "s3:GetObject", "x", .denied
        ),
        (
            #"[{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]"#,
            "s3:GetObject", "x", .denied
        ),
    ]

    @Test("allow and deny, and denying wins", arguments: verdicts)
    func verdict(statements: String, action: String, resource: String, expected: Verdict) throws {
        let policy = try Policy(parsing: #"{"Version":"2012-10-17","Statement":\#(statements)}"#, as: .identity)
        let request = AccessRequest(action: action, resource: resource, context: ["aws:username": ["ana"]])
        #expect(policy.verdict(on: request) == expected)
    }

    static let conditions: [(String, Bool)] = [
        (#"{"StringEquals":{"aws:username":"ana"}}"#, true), (#"{"StringEquals":{"AWS:UserName":["bo","ana"]}}"#, true),
        (#"{"StringNotEquals":{"aws:username":["bo","ana"]}}"#, false),
        (#"{"StringNotEquals":{"aws:missing":"x"}}"#, true),
        (#"{"StringLike":{"aws:username":"a*"}}"#, true), (#"{"StringEqualsIgnoreCase":{"aws:username":"ANA"}}"#, true),
        (#"{"StringEquals":{"aws:missing":"x"}}"#, false), (#"{"StringEqualsIfExists":{"aws:missing":"x"}}"#, true),
        (#"{"NumericLessThan":{"n":"6"}}"#, true), (#"{"NumericGreaterThanEquals":{"n":6}}"#, false),
        (#"{"DateLessThan":{"t":"2026-01-01T00:00:00Z"}}"#, true),
        (#"{"DateGreaterThan":{"t":"2026-01-01T00:00:00Z"}}"#, false),
        (#"{"Bool":{"b":true}}"#, true), (#"{"Bool":{"b":"false"}}"#, false),
        (#"{"Null":{"aws:missing":"true"}}"#, true),
        (#"{"Null":{"b":"true"}}"#, false), (#"{"IpAddress":{"ip":"10.0.0.0/8"}}"#, true),
        (#"{"NotIpAddress":{"ip":"10.0.0.0/8"}}"#, false), (#"{"IpAddress":{"ip6":"2001:db8::/32"}}"#, true),
        (#"{"IpAddress":{"ip6":"10.0.0.0/8"}}"#, false), (#"{"ArnLike":{"arn":"arn:aws:iam::*:role/*"}}"#, true),
        (#"{"ArnEquals":{"arn":"arn:aws:*:role/x"}}"#, false),
        (#"{"ForAllValues:StringEquals":{"list":["a","b","c"]}}"#, true),
        (#"{"ForAllValues:StringEquals":{"list":["a"]}}"#, false),
        (#"{"ForAnyValue:StringEquals":{"list":["a"]}}"#, true),
        (#"{"ForAnyValue:StringEquals":{"aws:missing":["a"]}}"#, false),
        (#"{"StringEquals":{"aws:username":"ana","b":"false"}}"#, false),
    ]

    @Test("hold only under their conditions", arguments: conditions)
    func condition(text: String, expected: Bool) throws {
        let policy = try Policy(
            parsing: #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":\#(text)}}"#,
            as: .identity)
        let request = AccessRequest(
            action: "s3:GetObject",
            context: [
                "aws:username": ["ana"], "n": ["5"], "t": ["2025-06-01T00:00:00Z"], "b": ["true"], "ip": ["10.1.2.3"],
                "ip6": ["2001:db8::1"], "arn": ["arn:aws:iam::123456789012:role/x"], "list": ["a", "b"],
            ])
        #expect((policy.verdict(on: request) == .allowed) == expected)
    }

    static let malformed = [
        "", "[]", "{}", #"{"Statement":[]}"#,
        #"{"Version":"2020-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        #"{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}"#,
        #"{"Statement":{"Effect":"Allow","Resource":"*"}}"#,
        #"{"Statement":{"Effect":"Allow","Action":"*"}}"#,
        #"{"Statement":{"Effect":"Allow","Action":"GetObject","Resource":"*"}}"#,
        #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"b/*"}}"#,
        #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}"#,
        #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"a":"b"}}}}"#,
        #"{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}}"#,
        #"{"Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}"#,
    ]

    @Test("that are none are refused", arguments: malformed)
    func refused(text: String) {
        let refusal = #expect(throws: AWSError.self) { try Policy(parsing: text, as: .identity) }
        #expect(refusal?.code == "MalformedPolicyDocument")
    }

    @Test("what is known of AWS's policies can be read")
    func known() throws {
        #expect(ManagedPolicies.attachable.count > 1200)
        for arn in ManagedPolicies.attachable {
            guard let document = ManagedPolicies.document(arn) else { continue }
            #expect(throws: Never.self, "\(arn)") { try Policy(parsing: document, as: .identity) }
        }
    }

    @Test(
        "AWS's policies are known by their whole ARNs",
        arguments: [
            ("AdministratorAccess", true), ("service-role/AWSLambdaBasicExecutionRole", true),
            ("AmazonEC2FullAccess", true), ("AWSLambdaBasicExecutionRole", false), ("NoSuchPolicy", false), ("", false),
        ])
    func names(name: String, isKnown: Bool) {
        #expect(ManagedPolicies.isKnown("arn:aws:iam::aws:policy/" + name) == isKnown)
    }

    static let principals: [(String, Caller, Bool)] = [
        (#"{"AWS":"arn:aws:iam::123456789012:root"}"#, .root(account: "123456789012", region: "r"), true),
        (#"{"AWS":"123456789012"}"#, .root(account: "123456789012", region: "r"), true),
        (#"{"AWS":"arn:aws:iam::123456789012:root"}"#, .root(account: "999999999999", region: "r"), false),
        (#"{"Service":"lambda.amazonaws.com"}"#, .root(account: "123456789012", region: "r"), false),
        (
            #"{"Service":"lambda.amazonaws.com"}"#, .root(account: "1", region: "r").through("lambda.amazonaws.com"),
            true
        ),
        (
            #"{"Service":["a.amazonaws.com","b.amazonaws.com"]}"#,
            .root(account: "1", region: "r").through("lambda.amazonaws.com"), false
        ),
        (
            #"{"AWS":"arn:aws:iam::1:role/r"}"#,
            Caller(account: "1", region: "r", principal: "arn:aws:sts::1:assumed-role/r/s"), true
        ),
        (
            #"{"AWS":"arn:aws:iam::1:role/r"}"#,
            Caller(account: "1", region: "r", principal: "arn:aws:sts::1:assumed-role/q/s"), false
        ),
    ]

    @Test("say who they mean", arguments: principals)
    func principal(text: String, caller: Caller, expected: Bool) throws {
        let policy = try Policy(
            parsing: #"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":\#(text)}}"#, as: .trust)
        let request = AccessRequest(
            action: "sts:AssumeRole", principal: caller.principal, account: caller.account, service: caller.invokedBy)
        #expect((policy.verdict(on: request) == .allowed) == expected)
    }
}
