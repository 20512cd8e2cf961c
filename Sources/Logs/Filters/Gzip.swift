internal import Foundation

/// The gzip format (RFC 1952) around blocks that are stored, not compressed (RFC 1951, section 3.2.4): what receivers
/// of log events must be able to read, without a compressor.
enum Gzip {
    private static let table: [UInt32] = (0..<256).map { start in
        (0..<8).reduce(UInt32(start)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var start = 0
        repeat {
            let end = min(start + 0xFFFF, bytes.count)
            let length = UInt16(end - start)
            result.append(end == bytes.count ? 1 : 0)
            append(length, &result)
            append(~length, &result)
            result += bytes[start..<end]
            start = end
        } while start < bytes.count
        let checksum = ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
        append(checksum, &result)
        append(UInt32(truncatingIfNeeded: bytes.count), &result)
        return result
    }

    private static func append(_ number: some FixedWidthInteger, _ result: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { result += $0 }
    }
}

extension [UInt8] {
    /// The bytes as base64 text.
    var base64: String { Data(self).base64EncodedString() }
}

extension String {
    /// The text behind base64 text; nil when this is none.
    var base64Decoded: String? { Data(base64Encoded: self).map { String(decoding: $0, as: UTF8.self) } }
}
