import Notation
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test("goes both ways", arguments: [[], [1], [1, 2], [1, 2, 3], Array(0...255)] as [[UInt8]])
    func bothWays(bytes: [UInt8]) {
        let text = Base64.encode(bytes)
        #expect(Base64.decode(text) == bytes && Base64.isValid(text) && Base64.decodedCount(text) == bytes.count)
        #expect(Base64.encode(AnySequence(bytes)) == text && Base64.encoded(bytes) == Array(text.utf8))
    }

    @Test(
        "is read as RFC 4648 has it, line breaks and missing padding included",
        arguments: [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar"), ("w6TDtsO8", "äöü"),
            ("Zm9v\nYmFy", "foobar"), ("Zm8", "fo"),
        ])
    func texts(encoded: String, text: String) { #expect(Base64.decodeText(encoded) == text) }

    @Test("what is none is refused", arguments: ["a", "abcde", "a=b=", "ab c", "====", "ä", "Z!=="])
    func refused(text: String) {
        #expect(Base64.decode(text) == nil && !Base64.isValid(text) && Base64.decodeText(text) == nil)
    }
}

@Suite("Cyclic redundancy checks")
struct CRCTests {
    /// The check values of "123456789" in the catalogue of parametrised CRC algorithms.
    @Test("give the catalogue's values, in one piece and in many")
    func catalogue() {
        let text = Array("123456789".utf8)
        #expect(value(text, CRCTables.ieee) == 0xCBF4_3926)
        #expect(value(text, CRCTables.castagnoli) == 0xE306_9283)
        #expect(value(text, CRCTables.nvme) == 0xAE8B_1486_0A79_9888)
        var pieces = CRC(CRCTables.castagnoli)
        for byte in text { pieces.update(CollectionOfOne(byte)) }
        #expect(pieces.bytes == [0xE3, 0x06, 0x92, 0x83])
    }

    @Test("of two texts follow from those of each", arguments: [0, 1, 7, 8, 9, 1000])
    func combined(length: Int) {
        let (first, second) = (Array("any text".utf8), (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let (one, two) = (value(first, CRCTables.nvme), value(second, CRCTables.nvme))
        let both = CRC<UInt64>.combine(
            one, two, secondLength: length, polynomial: CRCTables.nvme.polynomial)
        #expect(both == value(first + second, CRCTables.nvme))
    }

    private func value<Word>(_ bytes: [UInt8], _ tables: CRC<Word>.Tables) -> Word {
        var check = CRC(tables)
        check.update(bytes)
        return check.value
    }
}

@Suite("Hexadecimal digits")
struct HexadecimalTests {
    @Test("go both ways, in letters of either case", arguments: [[], [0], [0x0F, 0xF0], Array(0...255)] as [[UInt8]])
    func bothWays(bytes: [UInt8]) {
        let text = Hexadecimal.encode(bytes)
        #expect(text.utf8.count == 2 * bytes.count && text == text.lowercased())
        #expect(Hexadecimal.decode(text) == bytes && Hexadecimal.decode(text.uppercased()) == bytes)
    }

    @Test("what is none is refused", arguments: ["0", "abc", "0g", "+1", "-1", " 1", "0x", "ä0"])
    func refused(text: String) { #expect(Hexadecimal.decode(text) == nil) }
}

@Suite("Percent-encoding")
struct PercentEncodingTests {
    @Test("goes both ways for any text", arguments: ["", "a b", "ä/ö+%", "~-._", "\u{0}\n", "%41"])
    func bothWays(text: String) {
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        #expect(PercentEncoding.decodeStrictly(PercentEncoding.encode(text)) == text)
    }

    @Test("keeps what is asked for, and nothing else beyond RFC 3986's unreserved letters")
    func kept() {
        #expect(PercentEncoding.encode("a/b*c d") == "a%2Fb%2Ac%20d")
        #expect(PercentEncoding.encode("a/b*c d", keeping: "/*") == "a/b*c%20d")
    }

    @Test(
        "what looks like an escape and is none stays, or is refused where that is asked",
        arguments: ["%", "%4", "a%2", "%GG", "%+1", "%-1"])
    func noEscape(text: String) {
        #expect(PercentEncoding.decode(text) == text && PercentEncoding.decodeStrictly(text) == nil)
    }

    @Test("a plus is a space in forms alone; what is no UTF-8 is refused strictly and repaired otherwise")
    func forms() {
        #expect(PercentEncoding.decode("a+b") == "a+b" && PercentEncoding.decode("a+b", isForm: true) == "a b")
        #expect(PercentEncoding.decodeStrictly("a%C3") == nil && PercentEncoding.decode("a%C3") == "a\u{FFFD}")
    }

    @Test("pairs keep their order, repeats and empty values")
    func pairs() {
        let pairs = PercentEncoding.pairs("b=1&a=%3D&b=&c&&=d").map { "\($0.name):\($0.value)" }
        #expect(pairs == ["b:1", "a:=", "b:", "c:", ":d"])
    }
}
