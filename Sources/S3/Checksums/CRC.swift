/// A cyclic redundancy check in the reflected form, eight bytes at a time ("slicing by 8").
///
/// Source of the polynomials: RFC 3720 (CRC32C), ISO 3309 (CRC32), NVM Express base specification 2.0, section 5.2
/// (CRC64).
struct CRC<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// The tables of a polynomial: entry `256 * n + b` is what byte b does n bytes later.
    struct Tables: Sendable {
        let polynomial: Word
        let entries: [Word]

        init(polynomial: Word) {
            self.polynomial = polynomial
            var entries = [Word](repeating: 0, count: 8 * 256)
            for byte in 0..<256 {
                entries[byte] = (0..<8).reduce(Word(byte)) { value, _ in
                    value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
                }
            }
            for place in 256..<(8 * 256) {
                let earlier = entries[place - 256]
                entries[place] = earlier >> 8 ^ entries[Int(truncatingIfNeeded: earlier & 0xFF)]
            }
            self.entries = entries
        }
    }

    private let tables: Tables
    private var register = Word.max

    init(_ tables: Tables) { self.tables = tables }

    /// The check value of all bytes so far.
    var value: Word { ~register }

    mutating func update(_ bytes: [UInt8]) {
        var register = register
        bytes.withUnsafeBytes { bytes in
            tables.entries.withUnsafeBufferPointer { table in
                var at = 0
                while bytes.count - at >= 8 {
                    // The register's bytes are mixed into the first of the eight.
                    let eight =
                        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                        ^ UInt64(register)
                    var next: Word = 0
                    for place in 0..<8 {
                        let byte = Int(truncatingIfNeeded: eight >> (8 * UInt64(place)) & 0xFF)
                        next ^= table[(7 - place) * 256 + byte]
                    }
                    register = next
                    at += 8
                }
                while at < bytes.count {
                    let place = Int(truncatingIfNeeded: (register ^ Word(bytes[at])) & 0xFF)
                    register = register >> 8 ^ table[place]
                    at += 1
                }
            }
        }
        self.register = register
    }

    /// The check value of two texts one after the other, from the check values of each: what zlib calls
    /// `crc32_combine`.
    static func combine(_ first: Word, _ second: Word, secondLength: Int, polynomial: Word) -> Word {
        // Appending zero bits is a linear map of the register; squaring the map doubles the number of bits.
        var zeros = [polynomial] + (1..<Word.bitWidth).map { Word(1) << Word($0 - 1) }
        var result = first
        var bits = secondLength << 3
        while bits > 0 {
            if bits & 1 == 1 { result = apply(zeros, result) }
            zeros = zeros.map { apply(zeros, $0) }
            bits >>= 1
        }
        return result ^ second
    }

    private static func apply(_ map: [Word], _ value: Word) -> Word {
        var rest = value
        var result: Word = 0
        for column in map {
            if rest & 1 == 1 { result ^= column }
            rest >>= 1
            if rest == 0 { break }
        }
        return result
    }
}
