internal import Crypto
package import HTTP
internal import Notation

/// A checksum of a body, taken piece by piece.
///
///     var sum = Checksum(.crc32)
///     sum.update(piece)
///     let header = sum.finish()   // base64, as in x-amz-checksum-crc32
package struct Checksum: Sendable {
    /// A way to take a checksum. Source: "Checking object integrity" in the Amazon S3 user guide.
    package enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case crc32, crc32c, crc64nvme, sha1, sha256, md5

        /// The header field or trailer that holds its value in base64.
        package var header: String { self == .md5 ? "Content-MD5" : "x-amz-checksum-\(rawValue)" }
        /// How S3's API names it, such as `CRC64NVME`.
        package var name: String { rawValue.uppercased() }

        /// The algorithm that S3's API calls so, in capitals or not.
        package init?(name: String) { self.init(rawValue: name.lowercased()) }
    }

    private enum State: Sendable {
        case crc32(CRC<UInt32>)
        case crc64(CRC<UInt64>)
        case sha1(Insecure.SHA1)
        case sha256(SHA256)
        case md5(Insecure.MD5)
    }

    /// How it is taken.
    package let algorithm: Algorithm
    private var state: State

    /// A checksum of nothing yet.
    package init(_ algorithm: Algorithm) {
        self.algorithm = algorithm
        state =
            switch algorithm {
            case .crc32: .crc32(CRC(CRCTables.ieee))
            case .crc32c: .crc32(CRC(CRCTables.castagnoli))
            case .crc64nvme: .crc64(CRC(CRCTables.nvme))
            case .sha1: .sha1(Insecure.SHA1())
            case .sha256: .sha256(SHA256())
            case .md5: .md5(Insecure.MD5())
            }
    }

    /// Takes more bytes in.
    package mutating func update(_ bytes: some Collection<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { update($0) }
        }
    }

    private mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .crc32(var check):
            check.update(bytes)
            state = .crc32(check)
        case .crc64(var check):
            check.update(bytes)
            state = .crc64(check)
        case .sha1(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha1(hash)
        case .sha256(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha256(hash)
        case .md5(var hash):
            hash.update(bufferPointer: bytes)
            state = .md5(hash)
        }
    }

    /// The value so far, big-endian.
    package var bytes: [UInt8] {
        switch state {
        case .crc32(let check): check.bytes
        case .crc64(let check): check.bytes
        case .sha1(let hash): Array(hash.finalize())
        case .sha256(let hash): Array(hash.finalize())
        case .md5(let hash): Array(hash.finalize())
        }
    }

    /// The value so far in base64, as header fields hold it.
    package func finish() -> String { Base64.encode(bytes) }

    /// The checksum of these bytes in base64.
    package static func value(of bytes: some Collection<UInt8>, _ algorithm: Algorithm) -> String {
        var sum = Checksum(algorithm)
        sum.update(bytes)
        return sum.finish()
    }

    /// The checksums that header fields state, `Content-MD5` included, in the order of ``Algorithm/allCases``.
    package static func stated(in fields: HTTPFields) -> [(algorithm: Algorithm, value: String)] {
        Algorithm.allCases.compactMap { algorithm in fields[algorithm.header].map { (algorithm, $0) } }
    }

    /// What S3 answers when a body is not what its checksum says.
    package static func mismatch(_ algorithm: Algorithm) -> Fault {
        let subject = algorithm == .md5 ? "Content-MD5" : algorithm.name
        return Fault("BadDigest", "The \(subject) you specified did not match the calculated checksum.")
    }
}
