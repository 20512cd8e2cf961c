import Notation
import Testing

@Suite("Values and trees")
struct CodingTests {
    struct Part: Codable, Equatable {
        var name: String
        var size: UInt8?
        var tree: JSON
        var kind: Kind
        enum Kind: Codable, Equatable { case plain, weighted(percent: Double) }
    }
    struct Whole: Codable, Equatable {
        var parts: [Part]
        var at: Timestamp
        var byName: [String: [Int]]
    }

    @Test("encode into a tree and back unchanged")
    func roundTrip() throws {
        let whole = Whole(
            parts: [
                Part(name: "a", size: 3, tree: ["x": [1, .null, 2.5]], kind: .plain),
                Part(name: "b", size: nil, tree: .null, kind: .weighted(percent: 10)),
            ], at: Timestamp(microseconds: 1_700_000_000_000_001), byName: ["k": [1, 2]])
        let tree = try JSON(encoding: whole)
        #expect(tree["parts"]?[1]?["size"] == nil)
        #expect(try JSON(parsing: tree.text()).decode(Whole.self) == whole)
    }

    /// Fills its containers in an order of its own, as hand-written code may.
    struct Unruly: Encodable {
        let early: Bool
        enum Key: CodingKey { case first, second, third }
        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Key.self)
            var list = outer.nestedUnkeyedContainer(forKey: .first)
            try outer.encode(2, forKey: .second)
            if early { try list.encode("late") }
            var inner = outer.nestedContainer(keyedBy: Key.self, forKey: .third)
            try inner.encode(early, forKey: .first)
            try list.encode(nil as Int?)
        }
    }
    /// Asks twice for its container.
    struct Twice: Encodable {
        enum Key: CodingKey { case a, b }
        func encode(to encoder: any Encoder) throws {
            var first = encoder.container(keyedBy: Key.self)
            try first.encode(["x"], forKey: .a)
            var second = encoder.container(keyedBy: Key.self)
            try second.encode("y", forKey: .b)
        }
    }
    struct Silent: Encodable { func encode(to encoder: any Encoder) throws {} }

    @Test("are written out as their trees are")
    func texts() throws {
        let part = Part(
            name: "q\"\\\u{1}é\n", size: 255, tree: ["x": [1, .null, 2.5, [:], []]], kind: .weighted(percent: 10))
        let values: [any Encodable] = [
            Whole(parts: [part, part], at: Timestamp(microseconds: 1), byName: ["k": [1, -2]]),
            Whole(parts: [], at: Timestamp(microseconds: -1), byName: [:]), part, [part], ["a": Silent()], Silent(),
            [Silent(), Silent()], [Twice()], Unruly(early: true), [Unruly(early: false)], 5, "text", true, 1.0,
            Double.infinity, JSON.null, [JSON.null, ["a": 1]], [nil, 1] as [Int?], Float(1.5), Int8(-3), UInt64(7),
            [[[1]], []],
        ]
        for value in values {
            let text = try JSON.bytes(encoding: value)
            #expect(String(decoding: text, as: UTF8.self) == (try JSON(encoding: value).text()))
        }
        #expect(throws: EncodingError.self) { try JSON.bytes(encoding: [UInt64.max]) }
    }

    @Test(
        "that do not fit are refused by their path",
        arguments: [
            "{\"name\":1,\"tree\":0,\"kind\":{\"plain\":{}}}",
            "{\"name\":\"a\",\"size\":300,\"tree\":0,\"kind\":{\"plain\":{}}}",
            "{\"tree\":0}", "[]",
        ])
    func mismatch(text: String) throws {
        let tree = try JSON(parsing: text)
        #expect(throws: DecodingError.self) { _ = try tree.decode(Part.self) }
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "print and parse the calendar",
        arguments: [
            (0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
            (-1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
            (1_795_426_200, "2026-11-23T09:30:00Z", "Mon, 23 Nov 2026 09:30:00 GMT"),
            (4_107_542_399, "2100-02-28T23:59:59Z", "Sun, 28 Feb 2100 23:59:59 GMT"),
        ])
    func forms(seconds: Int64, iso: String, http: String) {
        let time = Timestamp(microseconds: seconds * 1_000_000)
        #expect(time.iso8601() == iso)
        #expect(time.httpDate == http)
        #expect(Timestamp(parsing: iso) == time)
        #expect(Timestamp(parsing: http) == time)
    }

    @Test("read offsets, fractions and the basic form")
    func variants() {
        #expect(Timestamp(parsing: "20261123T093000Z")?.iso8601() == "2026-11-23T09:30:00Z")
        #expect(Timestamp(parsing: "2026-11-23T10:30:00.25+01:00")?.iso8601(fraction: 3) == "2026-11-23T09:30:00.250Z")
        #expect(Timestamp(parsing: "2026-11-23")?.iso8601() == "2026-11-23T00:00:00Z")
    }

    @Test(
        "refuse what is no time",
        arguments: ["", "x", "2026-13-01", "2026-02-29", "2026-11-23T25:00:00Z", "2026-11-23T10"])
    func faults(text: String) { #expect(Timestamp(parsing: text) == nil) }

    @Test("every day of eight centuries survives being taken apart")
    func calendar() {
        for day in stride(from: Int64(-140_000), to: 150_000, by: 1) {
            let time = Timestamp(microseconds: day * 86_400_000_000 + 3_723_000_001)
            #expect(CivilDate(time).microsecondsSinceEpoch == time.microseconds)
        }
    }
}
