import FoundationEssentials
import Ledger
import Notation
import Testing

@testable import S3

@Suite("Checksums")
struct ChecksumTests {
    /// The check values of the catalogue of parametrised CRC algorithms, and of FIPS 180 and RFC 1321 for the hashes.
    static let known: [(ChecksumAlgorithm, String)] = [
        (.crc32, "cbf43926"), (.crc32c, "e3069283"), (.crc64, "ae8b14860a799888"),
        (.sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        (.sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        (.md5, "25f9e794323b453885f5181f1b624d0b"),
    ]

    @Test("give the published values for 123456789, however it is cut", arguments: known)
    func values(algorithm: ChecksumAlgorithm, expected: String) {
        let text = Array("123456789".utf8)
        for cut in 0...9 {
            var digest = algorithm.makeDigest()
            digest.update(Array(text[..<cut]))
            digest.update(Array(text[cut...]))
            #expect(Hexadecimal.encode(digest.bytes) == expected)
            #expect(digest.bytes.count == algorithm.byteCount)
        }
    }

    @Test("of a whole follow from those of its parts", arguments: [ChecksumAlgorithm.crc32, .crc32c, .crc64], 0..<20)
    func combining(algorithm: ChecksumAlgorithm, seed: UInt64) {
        let chance = SeededChance(seed: seed)
        let parts = (0..<4).map { _ in
            (0..<Int(chance.next() % 3000)).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
        }
        func value(_ bytes: [UInt8]) -> [UInt8] {
            var digest = algorithm.makeDigest()
            digest.update(bytes)
            return digest.bytes
        }
        let combined = algorithm.combine(parts.map { (value($0), $0.count) })
        #expect(combined == value(parts.flatMap { $0 }))
    }

    @Test("keys are stored in the order of their bytes, and none for another", arguments: 0..<50)
    func keyOrder(seed: UInt64) {
        let chance = SeededChance(seed: seed)
        let letters = ["a", "b", "/", "~", "\u{7F}", "é", "e\u{301}", "日", "😀", "\u{1}", "\u{0}", "\u{10FFFF}", " "]
        let keys = (0..<40).map { _ in
            (0..<Int(chance.next() % 6)).map { _ in letters[Int(chance.next() % UInt64(letters.count))] }.joined()
        }
        for left in keys {
            for right in keys {
                let bytes = left.utf8.lexicographicallyPrecedes(right.utf8)
                #expect(bytes == (ObjectKey.stored(left) < ObjectKey.stored(right)))
                #expect((Array(left.utf8) == Array(right.utf8)) == (ObjectKey(left) == ObjectKey(right)))
            }
        }
    }
}
