import TestReports
import NotationTesting
import Testing

@Suite("Result files made at random")
struct RoundTripTests {
    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }

    @Test("every test that is written is counted once, under its own name and outcome", arguments: 0..<25)
    func counting(seed: Int) {
        var chance = Chance(UInt64(seed) + 60)
        let names = ["plain", "a <b> & \"c\"", "é\u{1F600}", "  spaces  ", "x'y"]
        var expected: [TestReport.Status: Int] = [:]
        var body = ""
        var written: Set<String> = []
        for index in 0..<chance.next(40) {
            let name = names[chance.next(names.count)] + " \(index)"
            written.insert(name)
            let (status, inner) = [
                (TestReport.Status.succeeded, ""), (.failed, "<failure/>"), (.error, "<error message=\"e\"/>"),
                (.skipped, "<skipped/>"), (.failed, "<skipped/><failure>f</failure>"),
            ][chance.next(5)]
            expected[status, default: 0] += 1
            body +=
                "<testcase name=\"\(Self.escaped(name))\" classname=\"c\">\(inner)<system-out>o</system-out></testcase>"
        }
        let report = TestReport("<testsuites><testsuite name=\"s\">\(body)</testsuite></testsuites>", .junit)
        #expect(report.counts == expected && report.faults.isEmpty)
        #expect(Set(report.cases.map(\.name)) == written)
        #expect(report.total == written.count)
        let firstGood = report.cases.firstIndex { !$0.status.isBad } ?? report.cases.endIndex
        #expect(report.cases[firstGood...].allSatisfy { !$0.status.isBad })
    }

    @Test("lines are counted once, however often files tell of them", arguments: 0..<15)
    func coverage(seed: Int) {
        var chance = Chance(UInt64(seed) + 8)
        var hits: [Int: Bool] = [:]
        var files: [(name: String, bytes: [UInt8])] = []
        for index in 0..<1 + chance.next(4) {
            var lines = ""
            for _ in 0..<chance.next(30) {
                let (number, count) = (1 + chance.next(12), chance.next(3))
                hits[number] = (hits[number] ?? false) || count > 0
                lines += "<line number=\"\(number)\" hits=\"\(count)\"/>"
            }
            let text = "<coverage><class name=\"A\" filename=\"a\"><lines>\(lines)</lines></class></coverage>"
            files.append(("c\(index)", Array(text.utf8)))
        }
        let total = CoverageReport(files, format: .cobertura).total
        #expect(total.linesCovered == hits.values.count { $0 } && total.linesMissed == hits.values.count { !$0 })
    }
}
