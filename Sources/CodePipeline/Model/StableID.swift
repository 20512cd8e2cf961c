internal import Crypto

/// Ids that follow from what they are for: the same every time a step is repeated, different for everything else.
enum StableID {
    private static func digest(_ parts: [String]) -> [UInt8] {
        Array(SHA256.hash(data: Array(parts.joined(separator: "\u{1F}").utf8)))
    }

    /// A UUID in lower case.
    static func uuid(_ parts: String...) -> String {
        let digits = Array("0123456789abcdef")
        var hex = digest(parts).prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        hex[12] = "4"
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(hex[$0]) }.joined(separator: "-")
    }

    /// Seven letters and digits, as the ends of artifacts' keys.
    static func suffix(_ parts: String...) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String(digest(parts).prefix(7).map { letters[Int($0) % letters.count] })
    }
}
