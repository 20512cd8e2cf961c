import TestReports
import NotationTesting
import Testing

@Suite("Hostile result files")
struct HostileTests {
    private func fault(_ text: String) -> String? { TestReport(text, .junit).faults.first }

    @Test("entities of one's own, and so a billion laughs, are refused")
    func laughs() {
        let text = """
            <!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
            <testsuite><testcase name="&b;"/></testsuite>
            """
        #expect(fault(text)?.contains("definitions of its own") == true)
        #expect(fault("<testsuite><testcase name=\"&b;\"/></testsuite>")?.contains("unknown entity") == true)
        #expect(fault("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><testsuite><testcase/></testsuite>") == nil)
    }

    @Test("depth, attributes and texts are bounded")
    func bounds() throws {
        let deep = String(repeating: "<testsuite>", count: 100_000)
        #expect(fault(deep)?.contains("nested deeper") == true)
        let wide = "<testsuite " + (0..<5000).map { "a\($0)=\"1\" " }.joined() + "/>"
        #expect(fault(wide)?.contains("attributes") == true)
        let long = "<testsuite><testcase name=\"\(String(repeating: "x", count: 3_000_000))\"/></testsuite>"
        #expect(try #require(TestReport(long, .junit).cases.first).name.count == 1000)
    }

    @Test(
        "what is not whole is refused, and says where",
        arguments: [
            ("", "no element"), ("text", "outside of the root"),
            ("<testsuite>\n<a>", "the end of 'a' is missing (line 2)"),
            ("<testsuite></b>", "ends what did not begin"), ("<testsuite/><b/>", "after the root"),
            ("<testsuite a=1/>", "a quote is missing"), ("<testsuite a='1/>", "a closing quote is missing"),
            ("<testsuite>&", "not followed by an entity"), ("<testsuite><![CDATA[x", "']]>' is missing"),
            ("<testsuite><!-- x", "'-->' is missing"), ("<testsuite><!ELEMENT a>", "not read"),
            ("<", "a name is missing"),
        ])
    func broken(_ text: String, _ expected: String) {
        #expect(fault(text)?.contains(expected) == true, "\(fault(text) ?? "read")")
    }

    @Test("damaged files are read or refused, in bounded time", arguments: 0..<10)
    func damaged(part: Int) {
        var chance = Chance(UInt64(part) + 900)
        let snippets = [
            "<", ">", "/>", "</", "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&#x0;", "&#xD800;", "&#99999999;", "&",
            "\"",
            "'", "<!DOCTYPE x>", "<?x?>", "<testcase>", "</testcase>", "<failure>", "{", "}", "[", "]", "null", "1e999",
            "\u{0}", "é", "=",
        ]
        let start = ContinuousClock.now
        for _ in 0..<25 {
            for (format, text) in Samples.tests {
                let report = TestReport(chance.damage(text, snippets), format)
                #expect(report.cases.count <= TestReport.caseLimit && report.total >= report.cases.count)
                #expect(report.cases.allSatisfy { $0.nanoseconds >= 0 })
            }
            for (format, text) in Samples.coverages {
                let total = CoverageReport(chance.damage(text, snippets), format).total
                #expect(total.linesCovered >= 0 && total.linesMissed >= 0 && total.branchesMissed >= 0)
            }
        }
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}
