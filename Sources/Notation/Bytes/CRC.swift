/// A cyclic redundancy check in the reflected form, eight bytes at a time ("slicing by 8").
///
///     var check = CRC(CRCTables.ieee)
///     check.update(piece)
///     check.value
///
/// Source of the polynomials: RFC 3720 (CRC32C), ISO 3309 (CRC32), NVM Express base specification 2.0, section 5.2
/// (CRC64).
package struct CRC<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// The tables of a polynomial: entry `256 * n + b` is what byte b does n bytes later.
    package struct Tables: Sendable {
        package let polynomial: Word
        let entries: [Word]

        fileprivate init(polynomial: Word) {
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

    /// The check of nothing yet.
    package init(_ tables: Tables) { self.tables = tables }

    /// The check value of all bytes so far.
    package var value: Word { ~register }

    /// The check value's bytes, the most significant first.
    package var bytes: [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    /// Takes more bytes in.
    package mutating func update(_ bytes: some Collection<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { update($0) }
        }
    }

    /// Takes more bytes in.
    @_specialize(where Word == UInt32)
    @_specialize(where Word == UInt64)
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        register = tables.entries.withUnsafeBufferPointer { Self.update(register, bytes, $0) }
    }

    @inline(__always)
    private static func update(
        _ start: Word, _ bytes: UnsafeRawBufferPointer, _ table: UnsafeBufferPointer<Word>
    ) -> Word {
        var register = start
        var at = 0
        while bytes.count - at >= 8 {
            // The register's bytes are mixed into the first of the eight.
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ UInt64(register)
            let first = table[1792 + Int(word & 0xFF)] ^ table[1536 + Int(word >> 8 & 0xFF)]
            let second = table[1280 + Int(word >> 16 & 0xFF)] ^ table[1024 + Int(word >> 24 & 0xFF)]
            let third = table[768 + Int(word >> 32 & 0xFF)] ^ table[512 + Int(word >> 40 & 0xFF)]
            let fourth = table[256 + Int(word >> 48 & 0xFF)] ^ table[Int(word >> 56)]
            register = first ^ second ^ third ^ fourth
            at += 8
        }
        while at < bytes.count {
            register = register >> 8 ^ table[Int(truncatingIfNeeded: (register ^ Word(bytes[at])) & 0xFF)]
            at += 1
        }
        return register
    }

    /// The check value of two texts one after the other, from the check values of each: what zlib calls
    /// `crc32_combine`.
    package static func combine(_ first: Word, _ second: Word, secondLength: Int, polynomial: Word) -> Word {
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

/// The polynomials in use, with their tables, which are made on first use.
package enum CRCTables {
    /// IEEE 802.3, as in zip.
    package static let ieee = CRC<UInt32>.Tables(polynomial: 0xEDB8_8320)
    /// Castagnoli's (RFC 3720, appendix B.4).
    package static let castagnoli = CRC<UInt32>.Tables(polynomial: 0x82F6_3B78)
    /// The check of 64 bits of the NVM Express specification, which S3 uses by default.
    package static let nvme = CRC<UInt64>.Tables(polynomial: 0x9A6C_9329_AC4B_C9B5)
}
