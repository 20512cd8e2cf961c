/// Percent-encoding of paths, queries and forms (RFC 3986, section 2; AWS's variant keeps only unreserved letters).
enum PercentEncoding {
    private static let hex = Array("0123456789ABCDEF".utf8)

    @inline(__always)
    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    static func append(_ bytes: some Sequence<UInt8>, keepingSlashes: Bool = false, to output: inout [UInt8]) {
        for byte in bytes {
            if isUnreserved(byte) || (keepingSlashes && byte == UInt8(ascii: "/")) {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(hex[Int(byte >> 4)])
                output.append(hex[Int(byte & 15)])
            }
        }
    }

    static func encode(_ text: String, keepingSlashes: Bool = false) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        append(text.utf8, keepingSlashes: keepingSlashes, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// The text with its escapes resolved. What is no escape stays as it is; `+` is a space in forms.
    static func decode(_ text: Substring, isForm: Bool = false) -> String {
        let special = text.utf8.contains { $0 == UInt8(ascii: "%") || (isForm && $0 == UInt8(ascii: "+")) }
        guard special else { return String(text) }
        return String(decoding: decodedBytes(Array(text.utf8)[...], isForm: isForm), as: UTF8.self)
    }

    static func decodedBytes(_ bytes: ArraySlice<UInt8>, isForm: Bool = false) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var at = bytes.startIndex
        while at < bytes.endIndex {
            let byte = bytes[at]
            if byte == UInt8(ascii: "%"), at + 2 < bytes.endIndex, let high = digit(bytes[at + 1]),
                let low = digit(bytes[at + 2])
            {
                output.append(high << 4 | low)
                at += 3
            } else {
                output.append(isForm && byte == UInt8(ascii: "+") ? 0x20 : byte)
                at += 1
            }
        }
        return output
    }

    @inline(__always)
    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// Names and values of a query or form, escapes resolved, in order. A name without `=` has an empty value.
    static func pairs(_ text: Substring, isForm: Bool = false) -> [(name: String, value: String)] {
        if text.isEmpty { return [] }
        var pairs: [(name: String, value: String)] = []
        for part in text.parts("&") {
            if let equals = part.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let value = part[part.utf8.index(after: equals)...]
                pairs.append((decode(part[..<equals], isForm: isForm), decode(value, isForm: isForm)))
            } else {
                pairs.append((decode(part, isForm: isForm), ""))
            }
        }
        return pairs
    }
}
