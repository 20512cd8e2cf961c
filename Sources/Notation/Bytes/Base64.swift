/// Base64 as in RFC 4648, section 4: the form that blobs have in trees.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }()

    /// The bytes as text, padded.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: encoded(bytes), as: UTF8.self)
    }

    /// The bytes as text, padded, in UTF-8.
    package static func encoded(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.withContiguousStorageIfAvailable { encoded($0) } ?? Array(bytes).withUnsafeBufferPointer { encoded($0) }
    }

    private static func encoded(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var held = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            guard held == 3 else { continue }
            for shift in [18, 12, 6, 0] as [UInt32] { output.append(alphabet[Int(group >> shift & 63)]) }
            group = 0
            held = 0
        }
        guard held > 0 else { return output }
        group <<= held == 1 ? 16 : 8
        output.append(alphabet[Int(group >> 18 & 63)])
        output.append(alphabet[Int(group >> 12 & 63)])
        output.append(held == 2 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
        output.append(UInt8(ascii: "="))
        return output
    }

    /// The UTF-8 text that a text stands for; nil when it is no base64. What is no UTF-8 in it is replaced.
    package static func decodeText(_ text: String) -> String? {
        decode(text).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes that a text stands for; nil when it is no base64. Line breaks and missing padding are accepted.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    private static func decode(_ letters: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(letters.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var held = 0
        var padding = 0
        return values.withUnsafeBufferPointer { values in
            for letter in letters {
                let value = values[Int(letter)]
                if value != 0xFF {
                    guard padding == 0 else { return nil }
                    group = group << 6 | UInt32(value)
                    held += 1
                    guard held == 4 else { continue }
                    output.append(UInt8(truncatingIfNeeded: group >> 16))
                    output.append(UInt8(truncatingIfNeeded: group >> 8))
                    output.append(UInt8(truncatingIfNeeded: group))
                    held = 0
                } else if letter == UInt8(ascii: "=") {
                    padding += 1
                } else if letter != 0x0A, letter != 0x0D {
                    return nil
                }
            }
            guard held != 1, padding <= 2 else { return nil }
            if held == 2 { output.append(UInt8(truncatingIfNeeded: group >> 4)) }
            if held == 3 {
                output.append(UInt8(truncatingIfNeeded: group >> 10))
                output.append(UInt8(truncatingIfNeeded: group >> 2))
            }
            return output
        }
    }
}

extension Base64 {
    /// Whether ``decode(_:)`` would find bytes in it.
    package static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { letters in
            var count = 0
            var padding = 0
            for letter in letters {
                if isLetter(letter) {
                    guard padding == 0 else { return false }
                    count += 1
                } else if letter == UInt8(ascii: "=") {
                    padding += 1
                } else if letter != 0x0A, letter != 0x0D {
                    return false
                }
            }
            return count % 4 != 1 && padding <= 2
        }
    }

    @inline(__always)
    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"): true
        default: false
        }
    }
}

extension Base64 {
    /// How many bytes valid base64 stands for.
    package static func decodedCount(_ text: String) -> Int {
        text.utf8.reduce(0) { $0 + (isLetter($1) ? 1 : 0) } * 3 / 4
    }
}
