internal import Crypto
internal import Notation

/// The checksums S3 offers for objects, by their names in the API.
///
/// Source: Amazon S3 User Guide, "Checking object integrity in Amazon S3".
enum ChecksumAlgorithm: String, Codable, Sendable, CaseIterable {
    case crc32 = "CRC32"
    case crc32c = "CRC32C"
    case crc64 = "CRC64NVME"
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha512 = "SHA512"
    case md5 = "MD5"

    /// The member of inputs and outputs that has its value.
    var member: String { "Checksum" + rawValue }

    /// Whether the whole object's value follows from those of its parts.
    var combines: Bool { [.crc32, .crc32c, .crc64].contains(self) }

    /// How many bytes its values have.
    var byteCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64: 8
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        case .md5: 16
        }
    }

    /// A computation that has seen nothing yet.
    func makeDigest() -> any RunningDigest {
        switch self {
        case .crc32: CRC(CRCTables.ieee)
        case .crc32c: CRC(CRCTables.castagnoli)
        case .crc64: CRC(CRCTables.nvme)
        case .sha1: Hash(Insecure.SHA1())
        case .sha256: Hash(SHA256())
        case .sha512: Hash(SHA512())
        case .md5: Hash(Insecure.MD5())
        }
    }

    /// The value of all parts one after the other, of those with a size each; nil when it does not follow from them.
    func combine(_ parts: [(value: [UInt8], size: Int)]) -> [UInt8]? {
        switch self {
        case .crc32: Self.combine(parts, CRCTables.ieee)
        case .crc32c: Self.combine(parts, CRCTables.castagnoli)
        case .crc64: Self.combine(parts, CRCTables.nvme)
        case .sha1, .sha256, .sha512, .md5: nil
        }
    }

    private static func combine<Word>(_ parts: [(value: [UInt8], size: Int)], _ tables: CRC<Word>.Tables) -> [UInt8] {
        func number(_ bytes: [UInt8]) -> Word { bytes.reduce(0) { $0 << 8 | Word($1) } }
        var whole = CRC(tables).value
        for part in parts {
            whole = CRC<Word>.combine(
                whole, number(part.value), secondLength: part.size, polynomial: tables.polynomial)
        }
        return whole.bigEndianBytes
    }
}

/// A checksum under way.
protocol RunningDigest: Sendable {
    mutating func update(_ bytes: [UInt8])
    /// The value's bytes, the most significant first.
    var bytes: [UInt8] { get }
}

extension CRC: RunningDigest {
    mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
}

private struct Hash<Function: HashFunction & Sendable>: RunningDigest {
    private var function: Function
    init(_ function: Function) { self.function = function }
    mutating func update(_ bytes: [UInt8]) { function.update(data: bytes) }
    var bytes: [UInt8] { Array(function.finalize()) }
}

extension FixedWidthInteger {
    fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
