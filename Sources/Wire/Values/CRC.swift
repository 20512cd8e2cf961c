/// Cyclic redundancy checks of 32 bits, eight bytes a step ("slicing by eight").
struct CRC32Table: Sendable {
    /// IEEE 802.3, as in zip.
    static let ieee = CRC32Table(0xEDB8_8320)
    /// Castagnoli's (RFC 3720, appendix B.4).
    static let castagnoli = CRC32Table(0x82F6_3B78)

    private let rows: [UInt32]

    private init(_ polynomial: UInt32) {
        var rows = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
            rows[byte] = value
        }
        for row in 1..<8 {
            for byte in 0..<256 {
                let before = rows[(row - 1) * 256 + byte]
                rows[row * 256 + byte] = before >> 8 ^ rows[Int(before & 0xFF)]
            }
        }
        self.rows = rows
    }

    func update(_ register: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var value = register
        var at = 0
        rows.withUnsafeBufferPointer { rows in
            while at + 8 <= bytes.count {
                let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)) ^ value
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
                let first = rows[1792 + Int(low & 0xFF)] ^ rows[1536 + Int(low >> 8 & 0xFF)]
                let second = rows[1280 + Int(low >> 16 & 0xFF)] ^ rows[1024 + Int(low >> 24)]
                let third = rows[768 + Int(high & 0xFF)] ^ rows[512 + Int(high >> 8 & 0xFF)]
                let fourth = rows[256 + Int(high >> 16 & 0xFF)] ^ rows[Int(high >> 24)]
                value = first ^ second ^ third ^ fourth
                at += 8
            }
            while at < bytes.count {
                value = value >> 8 ^ rows[Int((value ^ UInt32(bytes[at])) & 0xFF)]
                at += 1
            }
        }
        return value
    }
}

/// The check of 64 bits that the NVM Express specification defines and S3 uses by default.
struct CRC64Table: Sendable {
    static let nvme = CRC64Table(0x9A6C_9329_AC4B_C9B5)

    private let rows: [UInt64]

    private init(_ polynomial: UInt64) {
        var rows = [UInt64](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt64(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
            rows[byte] = value
        }
        for row in 1..<8 {
            for byte in 0..<256 {
                let before = rows[(row - 1) * 256 + byte]
                rows[row * 256 + byte] = before >> 8 ^ rows[Int(before & 0xFF)]
            }
        }
        self.rows = rows
    }

    func update(_ register: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var value = register
        var at = 0
        rows.withUnsafeBufferPointer { rows in
            while at + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ value
                let first = rows[1792 + Int(word & 0xFF)] ^ rows[1536 + Int(word >> 8 & 0xFF)]
                let second = rows[1280 + Int(word >> 16 & 0xFF)] ^ rows[1024 + Int(word >> 24 & 0xFF)]
                let third = rows[768 + Int(word >> 32 & 0xFF)] ^ rows[512 + Int(word >> 40 & 0xFF)]
                let fourth = rows[256 + Int(word >> 48 & 0xFF)] ^ rows[Int(word >> 56)]
                value = first ^ second ^ third ^ fourth
                at += 8
            }
            while at < bytes.count {
                value = value >> 8 ^ rows[Int((value ^ UInt64(bytes[at])) & 0xFF)]
                at += 1
            }
        }
        return value
    }
}
