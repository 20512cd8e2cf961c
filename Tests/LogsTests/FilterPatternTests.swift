import Testing

@testable import Logs

@Suite("Filter patterns")
struct FilterPatternTests {
    private static let line = #"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 404 1534"#
    private static let tree =
        #"{"level":"ERROR","code":404,"time":1.5,"ok":false,"user":{"name":"jo","roles":["admin","dev"],"email":null},"big":1e3}"#

    @Test(
        "of terms match words in the text",
        arguments: [
            ("", "anything", true), ("   ", "", true), ("ERROR", "an ERROR here", true),
            ("ERROR", "an error here", false), ("ERROR Exception", "ERROR: no", false),
            ("ERROR Exception", "Exception after ERROR", true), ("\"ERROR Exception\"", "Exception ERROR", false),
            ("\"ERROR Exception\"", "x ERROR Exception", true),
            ("ERROR -Exiting", "ERROR Exiting", false), ("ERROR -Exiting", "ERROR running", true),
            ("-ERROR", "fine", true), ("?ERROR ?WARN", "WARN: x", true),
            ("?ERROR ?WARN", "INFO: x", false), ("?ERROR \"a b\"", "a b", true), ("\"quo\\\"te\"", "a quo\"te", true),
            ("überfall", "ein überfall!", true),
        ])
    func terms(pattern: String, message: String, matches: Bool) throws {
        #expect(try FilterPattern(parsing: pattern).matches(message) == matches)
    }

    @Test(
        "in braces match events that are JSON",
        arguments: [
            ("{ $.level = \"ERROR\" }", true), ("{ $.level = ERROR }", true), ("{ $.level = \"ERR*\" }", true),
            ("{ $.level = \"*RR*\" }", true), ("{ $.level = \"ERR\" }", false),
            ("{ $.level != \"INFO\" }", true), ("{ $.code = 404 }", true), ("{ $.code >= 400 && $.code < 500 }", true),
            ("{ $.code = 4* }", true), ("{ $.time > 1.4 }", true),
            ("{ $.big = 1000 }", true), ("{ $.user.name = \"jo\" }", true), ("{ $.user.roles[1] = \"dev\" }", true),
            ("{ $.user.roles[*] = \"admin\" }", true),
            ("{ $.user.roles[2] = \"dev\" }", false), ("{ $.user.email IS NULL }", true),
            ("{ $.missing NOT EXISTS }", true), ("{ $.code EXISTS }", true), ("{ $.ok IS FALSE }", true),
            ("{ $.ok IS TRUE }", false), ("{ ($.code = 1 || $.level = \"ERROR\") && $.ok IS FALSE }", true),
            ("{ $.code = 1 || $.level = \"ERROR\" && $.ok IS TRUE }", false),
            ("{ $['level'] = \"ERROR\" }", true), ("{ $.missing != \"x\" }", false), ("{ $.level > 3 }", false),
        ])
    func trees(pattern: String, matches: Bool) throws {
        let parsed = try FilterPattern(parsing: pattern)
        #expect(parsed.matches(Self.tree) == matches)
        #expect(!parsed.matches("no JSON") && !parsed.matches("{ half"))
    }

    @Test(
        "in brackets match fields between spaces",
        arguments: [
            ("[ip, id, user, time, request, status, size]", true), ("[ip, id, user, time, request, status]", false),
            ("[ip, ..., size]", true), ("[ip, user, ...]", true),
            ("[..., status = 404, size]", true), ("[..., status = 4*, size]", true),
            ("[..., status != 404, size]", false), ("[..., size > 1000]", true),
            ("[ip, id, user, time, request = \"GET *\", status, size]", true),
            ("[ip = 127*, ..., status = 200 || status = 404, size]", true),
            ("[..., size > 1000 && size < 1500]", false), ("[, , user = frank, ...]", true),
            ("[ip, ..., status = 404, size = 1 || size = 1534]", true),
        ])
    func fields(pattern: String, matches: Bool) throws {
        #expect(try FilterPattern(parsing: pattern).matches(Self.line) == matches)
    }

    @Test("give the values that metric filters refer to")
    func values() throws {
        let fields = try #require(try FilterPattern(parsing: "[ip, ..., status, size]").match(Self.line))
        #expect(fields.value("$size") == "1534" && fields.value("$status") == "404" && fields.value("$nope") == nil)
        let tree = try #require(try FilterPattern(parsing: "{ $.code = 404 }").match(Self.tree))
        #expect(
            tree.value("$.time") == "1.5" && tree.value("$.user.name") == "jo" && tree.extracted == ["$.code": "404"])
    }

    @Test(
        "that cannot be read are refused",
        arguments: [
            "{ $.a }", "{ a = 1 }", "{ $.a = 1", "{ $.a = }", "{ $.a = 1 } x", "[", "[a, b", "[]", "[..., a, ...]",
            "\"open", "-", "[a = ]",
            "{ " + String(repeating: "(", count: 300) + "$.a = 1 }",
        ])
    func errors(pattern: String) {
        #expect { try FilterPattern(parsing: pattern) } throws: {
            !($0 as? FilterPatternError ?? .noRegex).isUnsupported
        }
    }

    @Test("with regular expressions are refused by name", arguments: ["%ERR.*%", "{ $.a = %x% }", "[a = %x%]"])
    func regex(pattern: String) {
        #expect { try FilterPattern(parsing: pattern) } throws: { ($0 as? FilterPatternError)?.isUnsupported == true }
    }

    @Test("with many wildcards take no more than linear time")
    func wildcards() throws {
        let pattern = "{ $.a = \"" + String(repeating: "a*", count: 200) + "b\" }"
        let message = "{\"a\":\"" + String(repeating: "a", count: 20_000) + "\"}"
        #expect(try FilterPattern(parsing: pattern).matches(message) == false)
    }
}
