import Crypto
import Notation

/// How SAM names what it generates: a prefix and the first digits of a hash over what the resource depends on.
enum LogicalID {
    /// The prefix and ten digits of the hash; the prefix alone when there is nothing to hash. A hash that is given is
    /// used instead.
    static func make(_ prefix: String, over value: JSON?, hash: String? = nil) -> String {
        if let hash, !hash.isEmpty { return prefix + hash.prefix(10) }
        return prefix + LogicalID.hash(value)
    }

    /// The first digits of the SHA-1 of a text, or of a value's JSON with sorted names; empty for nothing.
    static func hash(_ value: JSON?, digits: Int = 10) -> String {
        guard let value = value.truthy else { return "" }
        return String(sha1(value.string ?? value.asciiText(.canonical)).prefix(digits))
    }

    /// All 40 digits of a text's SHA-1.
    static func sha1(_ text: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(40)
        for byte in Insecure.SHA1.hash(data: Array(text.utf8)) {
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether a text consists of ASCII letters and digits only, and has at least one.
    static func isAlphanumeric(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            }
    }
}

extension JSON {
    /// The value as JSON text in which everything beyond ASCII is escaped, as AWS's hashes and definitions have it.
    func asciiText(_ style: Style) -> String {
        let text = text(style)
        guard text.utf8.contains(where: { $0 >= 0x7F }) else { return text }
        var result = ""
        for unit in text.utf16 {
            if unit < 0x7F {
                result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            } else {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }
}
