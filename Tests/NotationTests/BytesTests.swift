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
