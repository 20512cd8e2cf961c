import Crypto
import Foundation

/// The MD5 digests by which clients see that a message arrived as it was sent.
///
/// Source: SQS Developer Guide, "Calculating the MD5 message digest for message attributes".
enum MessageDigest {
    static func body(_ text: String) -> String { hexadecimal(Insecure.MD5.hash(data: Data(text.utf8))) }

    /// The digest of attributes; nil when there are none.
    static func attributes(_ attributes: [String: MessageAttribute]?) -> String? {
        guard let attributes, !attributes.isEmpty else { return nil }
        var hash = Insecure.MD5()
        for (name, attribute) in attributes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            add(Data(name.utf8), to: &hash)
            add(Data(attribute.DataType.utf8), to: &hash)
            if let binary = attribute.BinaryValue {
                hash.update(data: [2])
                add(Data(base64Encoded: binary) ?? Data(), to: &hash)
            } else {
                hash.update(data: [1])
                add(Data((attribute.StringValue ?? "").utf8), to: &hash)
            }
        }
        return hexadecimal(hash.finalize())
    }

    /// What stands for a body where a FIFO queue deduplicates by content.
    static func content(_ text: String) -> String { hexadecimal(SHA256.hash(data: Data(text.utf8))) }

    private static func add(_ data: Data, to hash: inout Insecure.MD5) {
        withUnsafeBytes(of: UInt32(data.count).bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: data)
    }

    private static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
