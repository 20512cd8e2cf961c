import Testing

@testable import Notation

@Suite("JSON texts")
struct JSONTests {
    @Test(
        "are read and printed back",
        arguments: [
            "null", "true", "-12", "1.5", "1e+300", "\"a\\\"b\\\\c\\n\\u0001é😀\"", "[]", "{}", "[1,[2,{\"a\":[]}]]",
            "{\"z\":1,\"a\":{\"b\":null}}",
        ])
    func roundTrip(text: String) throws {
        #expect(try JSON(parsing: text).text() == text)
    }

    @Test(
        "with faults are refused at the right byte",
        arguments: [
            ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\" 1}", 5), ("01", 2), ("1 2", 2), ("\"a", 2), ("tru", 0),
            ("\"\\x\"", 3),
            ("1.", 2), ("nul", 0), ("{\"a\":1,}", 7),
        ])
    func faults(text: String, offset: Int) {
        #expect { _ = try JSON(parsing: text) } throws: { ($0 as? JSONError)?.offset == offset }
    }

    @Test("nested without end are refused, not followed")
    func depth() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { _ = try JSON(parsing: text) }
    }

    @Test("pair surrogates into one character")
    func surrogates() throws {
        #expect(try JSON(parsing: "\"\\ud83d\\ude00\"") == "😀")
        #expect(try JSON(parsing: "\"\\ud83d!\"") == "\u{FFFD}!")
    }

    @Test("refuse a name given twice when asked to")
    func duplicates() throws {
        #expect(try JSON(parsing: "{\"a\":1,\"a\":2}") == ["a": 2])
        #expect(throws: JSONError.self) {
            _ = try JSON(parsing: "{\"a\":1,\"a\":2}", limits: .init(refusesDuplicateNames: true))
        }
    }

    @Test("objects stay in order, equal in any, and quick to search when large")
    func objects() {
        var object = JSONObject()
        for number in 0..<100 { object["k\(number)"] = .int(number) }
        object.remove("k50")
        object["k3"] = "three"
        #expect(object.count == 99)
        #expect(object.keys.prefix(4) == ["k0", "k1", "k2", "k3"])
        #expect(object["k99"] == 99)
        #expect(object["k50"] == nil)
        #expect(JSON.object(JSONObject(object.reversed().map { ($0.key, $0.value) })) == .object(object))
        var nested: JSON = ["a": ["b": 1]]
        nested["a"]?["b"] = 2
        nested["a"]?["c"] = 3
        #expect(nested == ["a": ["b": 2, "c": 3]])
    }
}

@Suite("YAML texts")
struct YAMLTests {
    static let scalars: [(String, JSON)] = [
        ("1", 1), ("0o7", "0o7"), ("010", 8), ("0x1F", 31), ("089", "089"), ("1_000", 1000), ("22:22", 1342),
        ("1.5", 1.5), ("1e3", "1e3"), ("1.e+3", 1000.0), (".5", 0.5), ("yes", true), ("Off", false),
        ("~", .null), ("2010-09-09", "2010-09-09"), (".inf", ".inf"), ("'1'", "1"), ("-", [.null]),
        ("123456789012", 123_456_789_012), ("-5", -5), ("+5", 5), ("1.2.3", "1.2.3"),
    ]

    @Test("read plain scalars as PyYAML does", arguments: scalars)
    func plainScalars(text: String, value: JSON) throws {
        #expect(try YAML().parse(text) == value)
    }

    @Test("unfold CloudFormation's short forms")
    func shortForms() throws {
        let text = "A: !Ref B\nC: !GetAtt D.E.F\nG: !Sub ['${x}', {x: !If [c, 1, !Ref 'AWS::NoValue']}]\n"
        #expect(
            try YAML().parse(text) == [
                "A": ["Ref": "B"], "C": ["Fn::GetAtt": ["D", "E.F"]],
                "G": ["Fn::Sub": ["${x}", ["x": ["Fn::If": ["c", 1, ["Ref": "AWS::NoValue"]]]]]],
            ])
    }

    @Test("follow anchors and merge keys")
    func anchors() throws {
        let text = "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\nc: *x\n"
        #expect(try YAML().parse(text)["b"] == ["q": 3, "p": 1])
    }

    @Test(
        "name the place of a fault",
        arguments: [
            ("a: 1\na: 2\n", 2, 1), ("a: [1\n", 2, 1), ("a: *b", 1, 4), ("\tx: 1", 1, 1), ("? [a]\n: 1", 1, 3),
        ])
    func faults(text: String, line: Int, column: Int) {
        #expect { _ = try YAML().parse(text) } throws: {
            ($0 as? YAMLError)?.mark == Mark(line: line, column: column)
        }
    }

    @Test("that unfold without end are refused")
    func bomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        #expect(throws: YAMLError.self) { _ = try YAML().parse(text) }
    }

    @Test("keep marks when asked to")
    func marks() throws {
        let (_, marks) = try YAML().parseWithMarks("a:\n  b:\n    - 1\n    - c: 2\n")
        #expect(marks.mark(of: Path([.key("a"), .key("b"), .index(1), .key("c")])) == Mark(line: 4, column: 7))
        #expect(marks.mark(of: "a.b.zzz") == Mark(line: 2, column: 3))
    }
}
