/// Bytes as pairs of hexadecimal digits (RFC 4648, section 8).
package enum Hexadecimal {
    /// The bytes as text, in small letters.
    @inlinable package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var output: [UInt8] = []
        append(bytes, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Writes the bytes behind what is there, in small letters.
    @inlinable package static func append(_ bytes: some Sequence<UInt8>, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + 2 * bytes.underestimatedCount)
        for byte in bytes {
            output.append(digit(byte >> 4))
            output.append(digit(byte & 15))
        }
    }

    /// The digit, in a small letter, for a number from 0 to 15.
    @inlinable package static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    /// The bytes that the text stands for, in letters of either case; nil when a digit is missing or is none.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for letter in text.utf8 {
            guard let value = value(of: letter) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }

    /// What a digit, in a letter of either case, counts; nil when it is none.
    @inlinable package static func value(of letter: UInt8) -> UInt8? {
        switch letter {
        case 0x30...0x39: letter - 0x30
        case 0x41...0x46: letter - 0x37
        case 0x61...0x66: letter - 0x57
        default: nil
        }
    }
}
