internal import Notation

/// The gzip format (RFC 1952) around blocks that are stored, not compressed (RFC 1951, section 3.2.4): what receivers
/// of log events must be able to read, without a compressor.
enum Gzip {
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
        var check = CRC(CRCTables.ieee)
        check.update(bytes)
        append(check.value, &result)
        append(UInt32(truncatingIfNeeded: bytes.count), &result)
        return result
    }

    private static func append(_ number: some FixedWidthInteger, _ result: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { result += $0 }
    }
}
