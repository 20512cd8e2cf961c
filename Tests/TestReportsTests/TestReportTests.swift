import TestReports
import Testing

@Suite("Test results")
struct TestReportTests {
    @Test(
        "each format is counted",
        arguments: [
            (TestFormat.junit, [2, 1, 1, 1, 0], "FAILED"), (.nunit, [1, 1, 1, 1, 0], "FAILED"),
            (.nunit3, [1, 1, 1, 1, 1], "FAILED"), (.testNG, [1, 1, 0, 1, 0], "FAILED"),
            (.trx, [1, 1, 0, 1, 0], "FAILED"),
            (.cucumber, [1, 1, 0, 1, 1], "FAILED"),
        ])
    func counts(_ format: TestFormat, _ expected: [Int], _ status: String) throws {
        let text = try #require(Samples.tests.first { $0.0 == format }?.1)
        let report = TestReport(text, format)
        #expect(TestReport.Status.allCases.map { report.counts[$0, default: 0] } == expected)
        #expect(report.status == status && report.faults.isEmpty && !report.isTruncated)
        #expect(report.cases.prefix(2).contains { $0.status == .failed }, "what went wrong comes first")
    }

    @Test("JUnit: names, times and messages")
    func junit() throws {
        let report = TestReport(Samples.junit, .junit)
        let failed = try #require(report.cases.first)
        #expect(failed.name == "removes" && failed.prefix == "shop.Cart" && failed.suite == "shop.CartTests")
        #expect(failed.nanoseconds == 1_000_500_000_000)
        #expect(failed.message == "expected <1>\nat Cart.java:12")
        #expect(report.cases.first { $0.name == "deep" }?.suite == "inner")
        #expect(report.cases.first { $0.name == "later" }?.message == "not yet")
        #expect(report.cases.first { $0.name == "explodes" }?.message == "java.lang.Error: no")
        #expect(report.nanoseconds == 1_000_750_000_000)
    }

    @Test("NUnit, TestNG, TRX and Cucumber: names, times and messages")
    func others() throws {
        let nunit = TestReport(Samples.nunit, .nunit).cases
        #expect(nunit[0].name == "Fails(1.5)" && nunit[0].prefix == "Shop.MyTests" && nunit[0].suite == "MyTests")
        #expect(nunit[0].message == "Expected 1\nat X")
        let testNG = TestReport(Samples.testNG, .testNG).cases
        #expect(testNG[0].message == "boom\nat Cart" && testNG[0].nanoseconds == 5_000_000 && testNG[0].suite == "T")
        let trx = TestReport(Samples.trx, .trx).cases
        #expect(trx[0].message == "Expected 1\nat Cart" && trx[0].prefix == "Shop.Cart")
        #expect(trx[1].name == "Adds" && trx[1].prefix == "Shop.Cart" && trx[1].nanoseconds == 1_500_000_000)
        let cucumber = TestReport(Samples.cucumber, .cucumber).cases
        #expect(cucumber[0].message == "Then it is gone: still here" && cucumber[0].prefix == "Cart")
        #expect(cucumber[1].nanoseconds == 1005)
    }

    @Test("of more than 500 tests those that went wrong are kept first, and all are counted")
    func truncation() {
        var body = (0..<501).map { "<testcase name=\"t\($0)\" time=\"0.001\"/>" }
        body[500] = "<testcase name=\"bad\"><failure message=\"\(String(repeating: "x", count: 9000))\"/></testcase>"
        let report = TestReport("<testsuite name=\"s\">\(body.joined())</testsuite>", .junit)
        #expect(report.total == 501 && report.cases.count == 500 && report.isTruncated)
        #expect(report.cases[0].name == "bad" && report.cases[0].message.count == 5000)
        #expect(report.counts == [.succeeded: 500, .failed: 1])
    }

    @Test("several files make one report, and one that is damaged leaves it incomplete")
    func several() {
        let good = Array("<testsuite><testcase name=\"a\"/></testsuite>".utf8)
        let bad = Array("<testsuite><testcase name=\"b\"/><testcase".utf8)
        let report = TestReport([("a.xml", good), ("b.xml", bad)], format: .junit)
        #expect(report.total == 2 && report.status == "INCOMPLETE" && report.faults.count == 1)
        #expect(report.cases.map(\.file) == ["a.xml", "b.xml"])
        #expect(TestReport([], format: .junit).status == "INCOMPLETE")
        #expect(TestReport([("a.xml", good)], format: .junit).status == "SUCCEEDED")
    }

    @Test("a file of another format is not taken for this one")
    func otherFormat() {
        #expect(TestReport(Samples.trx, .junit).faults == ["r.xml: the root element is not testsuites or testsuite"])
        #expect(TestReport("{}", .cucumber).faults.count == 1)
    }

    @Test("texts in UTF-16 and Latin-1 are read")
    func encodings() {
        let text = "<testsuite><testcase name=\"caf\u{E9}\"/></testsuite>"
        var wide: [UInt8] = [0xFF, 0xFE]
        for unit in text.utf16 { wide += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        #expect(TestReport([("a", wide)], format: .junit).cases.map(\.name) == ["café"])
        let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + text
        let latin = declared.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        #expect(TestReport([("a", latin)], format: .junit).cases.map(\.name) == ["café"])
        let odd = Array("<?xml version='1.0' encoding='EBCDIC'?><testsuite/>".utf8)
        #expect(TestReport([("a", odd)], format: .junit).faults.count == 1)
    }
}

@Suite("Coverage results")
struct CoverageTests {
    @Test(
        "each format is counted",
        arguments: [
            (CoverageFormat.clover, [2, 1, 1, 1], 66.67, 50.0), (.cobertura, [3, 0, 1, 1], 100.0, 50.0),
            (.jacoco, [6, 2, 3, 1], 75.0, 75.0), (.simpleCov, [3, 1, 1, 1], 75.0, 50.0),
        ])
    func counts(_ format: CoverageFormat, _ expected: [Int], _ lines: Double, _ branches: Double) throws {
        let text = try #require(Samples.coverages.first { $0.0 == format }?.1)
        let report = CoverageReport(text, format)
        let total = report.total
        #expect([total.linesCovered, total.linesMissed, total.branchesCovered, total.branchesMissed] == expected)
        #expect(total.linePercentage == lines && total.branchPercentage == branches)
        #expect(report.status == "SUCCEEDED" && report.faults.isEmpty)
    }

    @Test("files are named as the results name them")
    func names() {
        #expect(CoverageReport(Samples.jacoco, .jacoco).files.map(\.path) == ["com/shop/Cart.java"])
        #expect(CoverageReport(Samples.clover, .clover).files.map(\.path) == ["src/a.js"])
        #expect(CoverageReport(Samples.simpleCov, .simpleCov).files.map(\.path) == ["/app/a.rb", "/app/b.rb"])
    }

    @Test("nothing, or what is not understood, is incomplete")
    func incomplete() {
        #expect(CoverageReport("<x/>", .jacoco).status == "INCOMPLETE")
        #expect(CoverageReport("{}", .simpleCov).faults.count == 1)
        #expect(CoverageReport("<coverage>", .cobertura).faults.count == 1)
    }
}
