internal import Crypto

/// Ids that follow from what they are for: the same every time a step is repeated, different for everything else.
enum StableID {
    private static func digest(_ parts: [String]) -> [UInt8] {
        Array(SHA256.hash(data: Array(parts.joined(separator: "\u{1F}").utf8)))
    }

    /// A UUID in lower case.
    static func uuid(_ parts: String...) -> String {
        let hex = digest(parts).prefix(16).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(Array(hex)[$0]) }.joined(separator: "-")
    }

    /// Twelve capitals and digits, as the ends of CloudFormation's generated names.
    static func suffix(_ parts: String...) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        return String(digest(parts).prefix(12).map { letters[Int($0) % letters.count] })
    }
}
