internal import Crypto
internal import Notation

/// Ids that follow from what they are for: the same every time a step is repeated, different for everything else.
package enum StableID {
    private static func digest(_ parts: [String]) -> [UInt8] {
        Array(SHA256.hash(data: Array(parts.joined(separator: "\u{1F}").utf8)))
    }

    /// A UUID in lower case.
    package static func uuid(_ parts: String...) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (place, byte) in digest(parts).prefix(16).enumerated() {
            if [4, 6, 8, 10].contains(place) { text.append(UInt8(ascii: "-")) }
            Hexadecimal.append(CollectionOfOne(byte), to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Twelve capitals and digits, as the ends of CloudFormation's generated names.
    package static func suffix(_ parts: String...) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        return String(digest(parts).prefix(12).map { letters[Int($0) % letters.count] })
    }
}
