@testable import Console
import HTTP
import Notation
import Testing

@Suite("The pieces of pages")
struct DrawingTests {
    @Test(
        "text is text wherever it stands",
        arguments: [
            ("<b>", "&lt;b&gt;"), ("a & b", "a &amp; b"), (#""'"#, "&quot;&#39;"),
            ("\u{0}\u{1B}[31m", "\u{FFFD}\u{FFFD}[31m"),
            ("grüße \u{1F6A2}\n\t", "grüße \u{1F6A2}\n\t"), ("</script>", "&lt;/script&gt;"),
        ])
    func escapes(text: String, markup: String) {
        #expect(HTML.text(text).markup == markup)
        #expect(tag("i", Attribute("title", text)).markup == "<i title=\"\(markup)\"></i>")
    }

    @Test("any name survives the way into an address and back")
    func addresses() {
        var generator = Seeded(state: 7)
        for _ in 0..<500 {
            let scalars = (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x2FFF, using: &generator))
            }
            let name = String(String.UnicodeScalarView(scalars))
            let encoded = PercentEncoding.encode(name)
            #expect(
                encoded.utf8.allSatisfy {
                    $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\"")
                })
            #expect(PercentEncoding.decodeStrictly(encoded) == name)
        }
    }

    @Test("what is badly encoded is nothing", arguments: ["%", "%4", "%GG", "%+1", "%-1", "%FF", "a%C3"])
    func badEncoding(text: String) { #expect(PercentEncoding.decodeStrictly(text) == nil) }

    @Test(
        "only http leads to another site",
        arguments: ["javascript:alert(1)", "data:text/html,x", "ftp://a", "//a", "", "http://a b", "https://a\n"])
    func noLink(text: String) { #expect(Address.web(text) == nil) }

    @Test("a form's fields are read as browsers write them")
    func form() {
        let fields = FormFields(parsing: "a=1+2&b=%26%3D&c&a=3&%zz=4&d=%zz")
        #expect(fields["a"] == "1 2" && fields["b"] == "&=" && fields["c"] == "" && fields["d"] == nil)
    }

    @Test(
        "a region looks like one",
        arguments: [
            ("eu-west-1", true), ("us-gov-east-1", true), ("ap-southeast-12", true), ("eu-west", false),
            ("EU-west-1", false), ("", false),
            ("eu-west-1;x", false), ("a--1", false), ("eu-west-", false),
        ])
    func regions(text: String, isRegion: Bool) { #expect(Region.isName(text) == isRegion) }

    @Test(
        "the colour of a status",
        arguments: [
            ("UPDATE_COMPLETE", Mood.good), ("UPDATE_IN_PROGRESS", .busy), ("UPDATE_ROLLBACK_COMPLETE", .bad),
            ("UPDATE_ROLLBACK_IN_PROGRESS", .busy), ("CREATE_FAILED", .bad), ("DELETE_COMPLETE", .idle),
            ("Succeeded", .good),
            ("Stopped", .bad), ("InProgress", .busy), ("ALARM", .bad), ("INSUFFICIENT_DATA", .idle),
        ])
    func moods(status: String, mood: Mood) { #expect(Mood(status: status) == mood) }

    @Test("durations and figures are written for people")
    func words() {
        let spans: [(Duration, String)] = [
            (.milliseconds(8), "8 ms"), (.seconds(119), "119 s"), (.seconds(200), "3 min 20 s"),
            (.seconds(240), "4 min"),
            (.seconds(7500), "2 h 5 min"), (.seconds(400_000), "4 d"), (.seconds(-5), "0 ms"),
        ]
        for (span, text) in spans { #expect(Moments.span(span) == text) }
        let numbers: [(Double, String)] = [
            (3, "3"), (1.5, "1.50"), (0.004, "0"), (-0.25, "-0.25"), (1234.5, "1235"), (.infinity, "-"),
        ]
        for (number, text) in numbers { #expect(Moments.number(number) == text) }
    }

    @Test("a chart joins neighbours, leaves gaps, and keeps the threshold in sight")
    func chart() {
        let start = Timestamp(seconds: 1000)
        let points = [0.0, 10, 40].map { Chart.Point(time: start + .seconds(Int($0)), value: $0) }
        let chart = Chart(
            label: "x", points: points, start: start, end: start + .seconds(60), period: 10, threshold: 50)
        #expect(chart.runs.map(\.count) == [2, 1])
        #expect(chart.top > 50)
        let markup = chart.html.markup
        #expect(markup.contains("M0 198L167 198"))
        #expect(markup.contains(#"class="threshold""#))
        #expect(!markup.contains("style="))
        let filled = Chart.filled(points, from: start, to: start + .seconds(60), period: 10)
        #expect(filled.map(\.value) == [0, 10, 0, 0, 40, 0, 0])
    }

    @Test(
        "a stack's name is read from its ARN only",
        arguments: [
            ("arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/1-2", "orders"),
            ("arn:aws:s3:::stack/orders/1", nil), ("orders", nil),
            ("arn:aws:cloudformation:eu-west-1:123456789012:changeSet/a/b", nil),
        ])
    func stackNames(arn: String, name: String?) { #expect(StackName(arn: arn)?.name == name) }

    /// A small generator, so that every run sees the same names.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }
}
