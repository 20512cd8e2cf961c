/// Percent-encoding of paths, queries and forms (RFC 3986, section 2; AWS's variant keeps only unreserved letters).
package enum PercentEncoding {
    /// Whether that letter is never encoded (RFC 3986, section 2.3).
    @inlinable package static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    /// The digit, in a capital letter, for a number from 0 to 15.
    @inlinable package static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") - 10 + value
    }

    /// The text with everything encoded but unreserved letters and those of `kept`.
    package static func encode(_ text: String, keeping kept: StaticString = "") -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        append(text.utf8, keeping: kept, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Writes the bytes, encoded like that, behind what is there.
    @inlinable package static func append(
        _ bytes: some Sequence<UInt8>, keeping kept: StaticString = "", to output: inout [UInt8]
    ) {
        let kept = UnsafeBufferPointer(start: kept.utf8Start, count: kept.utf8CodeUnitCount)
        for byte in bytes {
            if isUnreserved(byte) || kept.contains(byte) {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(digit(byte >> 4))
                output.append(digit(byte & 15))
            }
        }
    }

    /// The text with its escapes resolved. What is no escape stays as it is; `+` is a space in forms.
    package static func decode(_ text: some StringProtocol, isForm: Bool = false) -> String {
        let special = text.utf8.contains { $0 == UInt8(ascii: "%") || (isForm && $0 == UInt8(ascii: "+")) }
        guard special else { return String(text) }
        return String(decoding: decodedBytes(Array(text.utf8)[...], isForm: isForm), as: UTF8.self)
    }

    /// The same; nil when something looks like an escape and is none, or the result is no UTF-8.
    package static func decodeStrictly(_ text: some StringProtocol, isForm: Bool = false) -> String? {
        var rest = text.utf8[...]
        while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
            rest = rest[percent...].dropFirst()
            guard rest.prefix(2).count == 2, rest.prefix(2).allSatisfy({ Hexadecimal.value(of: $0) != nil }) else {
                return nil
            }
        }
        return String(validating: decodedBytes(Array(text.utf8)[...], isForm: isForm), as: UTF8.self)
    }

    /// The bytes with their escapes resolved, as in ``decode(_:isForm:)``.
    package static func decodedBytes(_ bytes: ArraySlice<UInt8>, isForm: Bool = false) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var at = bytes.startIndex
        while at < bytes.endIndex {
            let byte = bytes[at]
            if byte == UInt8(ascii: "%"), at + 2 < bytes.endIndex, let high = Hexadecimal.value(of: bytes[at + 1]),
                let low = Hexadecimal.value(of: bytes[at + 2])
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

    /// Names and values of a query or form, escapes resolved, in order. A name without `=` has an empty value.
    package static func pairs(_ text: Substring, isForm: Bool = false) -> [(name: String, value: String)] {
        if text.isEmpty { return [] }
        var pairs: [(name: String, value: String)] = []
        var rest = text
        while true {
            let end = rest.utf8.firstIndex(of: UInt8(ascii: "&")) ?? rest.endIndex
            let part = rest[..<end]
            if let equals = part.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let value = part[part.utf8.index(after: equals)...]
                pairs.append((decode(part[..<equals], isForm: isForm), decode(value, isForm: isForm)))
            } else if !part.isEmpty {
                pairs.append((decode(part, isForm: isForm), ""))
            }
            guard end < rest.endIndex else { return pairs }
            rest = rest[rest.utf8.index(after: end)...]
        }
    }
}
