import Notation
import Testing

@testable import Wire

@Suite("Patterns")
struct PatternTests {
    @Test(
        "match whole texts as Java does",
        arguments: [
            (#"[\w]*"#, ["", "abc_1"], ["a-b", "é", "a b"]),
            (#"[\w+=,.@-]+"#, ["a.b@c-d"], ["", "a/b"]),
            (#"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"#, ["abc", "a-b-c"], ["a--b", "-ab", "ab-"]),
            (#"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"#, ["v1", "1a"], ["12", ""]),
            (#"((?!^\d+$)^[0-9a-zA-Z-_]+$)"#, ["v1"], ["1"]),
            (#"^(?!\s*$).+"#, ["x", " x"], ["", "   "]),
            (#"[0-9A-Za-z\.\-_]*(?<!\.)"#, ["a.b", ""], ["a.", "."]),
            (#"(\$LATEST|[0-9]+)"#, ["$LATEST", "12"], ["LATEST", ""]),
            (#"(|[a-zA-Z0-9$_-]+)"#, ["", "a"], [" "]),
            (#"[\s\S]*"#, ["", "a\nb"], []),
            (#".*"#, ["", "abc"], ["a\nb"]),
            (
                #"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+"#,
                ["aé漢😀\n"],
                ["", "\u{1}"]
            ),
            (#"[\uD800\uDC00-\uDBFF\uDFFF]+"#, ["😀"], ["a"]), (#"\p{ASCII}*"#, ["", "\n~"], ["é"]),
            (#"\p{Print}+"#, ["a b"], ["", "\n"]),
            (#"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$"#, ["", "Stück 1/2"], ["a;b", "a&b"]),
            (#"(?i)all|[0-9]{12}"#, ["ALL", "all", "123456789012"], ["12", "alle"]),
            (#"[0-9]{12}"#, ["123456789012"], ["12345678901", "1234567890123"]),
            (#"(\d{12}:)?(function:)?x"#, ["x", "function:x", "123456789012:function:x"], ["12:x"]),
            (#"arn:\b(aws|aws-us-gov)\b:[a-z]+"#, ["arn:aws:x", "arn:aws-us-gov:x"], ["arn:awsx:y"]),
            (#"[^:*$]*"#, ["abc"], ["a:b", "a*"]),
            (#"a{2,3}?b+?"#, ["aab", "aaabb"], ["ab", "aaaab"]),
            (#"[a-\w]+"#, ["-a_"], ["+"]),
            (#"[^\S]+"#, [" \t"], ["a"]),
        ] as [(String, [String], [String])])
    func matching(pattern: String, good: [String], bad: [String]) throws {
        let compiled = try PatternCompiler.compile(pattern)
        for text in good { #expect(compiled.matches(text), "\(pattern) should match '\(text)'") }
        for text in bad { #expect(!compiled.matches(text), "\(pattern) should not match '\(text)'") }
    }

    @Test("those of the models compile, but for the ones named here")
    func allCompile() {
        var failed: Set<String> = []
        var count = 0
        for shape in Models.ids.flatMap({ Self.shapes(of: $0) }) {
            guard shape.pattern != nil else { continue }
            count += 1
            if shape.matcher == nil { failed.insert(shape.name) }
        }
        #expect(count > 150)
        // Back references; of operations that are not offered now.
        #expect(failed.subtracting(["ISO8601String"]).isEmpty, "\(failed)")
    }

    static func shapes(of service: String) -> [Shape] {
        var found: [ObjectIdentifier: Shape] = [:]
        func visit(_ shape: Shape) {
            guard found.updateValue(shape, forKey: ObjectIdentifier(shape)) == nil else { return }
            for member in shape.members + [shape.element, shape.key, shape.value].compactMap({ $0 }) {
                visit(member.shape)
            }
        }
        for operation in Models.service(service)?.operations.values.map({ $0 }) ?? [] {
            for shape in [operation.input, operation.output].compactMap({ $0 }) + operation.errors { visit(shape) }
        }
        return Array(found.values)
    }

    @Test(
        "texts made to be slow are not", arguments: ["(a+)+b", "(a|a)*b", "(a*)*(a*)*b", "(([a-z])+.)+[A-Z]([a-z])+"])
    func bounded(pattern: String) throws {
        let compiled = try PatternCompiler.compile(pattern)
        let text = String(repeating: "a", count: 2000)
        let spent = ContinuousClock().measure { #expect(!compiled.matches(text + "!")) }
        #expect(spent < .seconds(5))
    }

    @Test(
        "what is not understood is said",
        arguments: ["(a", "a)", "[a", #"(a)\1"#, "*a", #"\p{Greek}"#, "(?<n>a)", "[z-a]", #"a\"#])
    func refused(pattern: String) {
        #expect(throws: PatternCompiler.Failure.self) { try PatternCompiler.compile(pattern) }
    }
}
