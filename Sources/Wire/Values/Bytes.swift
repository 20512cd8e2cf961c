import HTTP

// Requests are ASCII but for their values: their text is taken apart by bytes, which costs a fraction of what
// characters cost.

extension Substring {
    /// The parts between a byte.
    func parts(_ separator: Unicode.Scalar, atMost splits: Int = .max, keepingEmpty: Bool = false) -> [Substring] {
        let byte = UInt8(ascii: separator)
        var cuts: [Int] = []
        let count = withBytes { bytes in
            for place in bytes.indices where bytes[place] == byte && cuts.count < splits {
                // Empty parts are no cuts when they are left out.
                if keepingEmpty || place > (cuts.last ?? -1) + 1 || splits == .max { cuts.append(place) }
            }
            return bytes.count
        }
        var parts: [Substring] = []
        parts.reserveCapacity(cuts.count + 1)
        var from = 0
        for cut in cuts {
            if keepingEmpty || cut > from { parts.append(slice(from, cut)) }
            from = cut + 1
        }
        if keepingEmpty || count > from { parts.append(slice(from, count)) }
        return parts
    }

    /// What is before the first of these bytes.
    func upTo(_ end: Unicode.Scalar, _ other: Unicode.Scalar? = nil) -> Substring {
        let end = UInt8(ascii: end)
        let other = other.map { UInt8(ascii: $0) } ?? end
        return slice(0, withBytes { bytes in bytes.firstIndex { $0 == end || $0 == other } ?? bytes.count })
    }

    private func slice(_ from: Int, _ to: Int) -> Substring {
        self[utf8.index(startIndex, offsetBy: from)..<utf8.index(startIndex, offsetBy: to)]
    }

    private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }

    /// What is behind the first occurrence of a mark; nil when it is not there.
    func after(_ mark: StaticString) -> Substring? {
        let count = mark.utf8CodeUnitCount
        let found = withBytes { bytes -> Int? in
            guard bytes.count >= count else { return nil }
            for start in 0...(bytes.count - count) where bytes[start] == mark.utf8Start[0] {
                var length = 1
                while length < count, bytes[start + length] == mark.utf8Start[length] { length += 1 }
                if length == count { return start + count }
            }
            return nil
        }
        return found.map { self[utf8.index(startIndex, offsetBy: $0)...] }
    }
}

extension String {
    /// The parts between a byte.
    func parts(_ separator: Unicode.Scalar, atMost splits: Int = .max, keepingEmpty: Bool = false) -> [Substring] {
        self[...].parts(separator, atMost: splits, keepingEmpty: keepingEmpty)
    }

    /// What is behind the first occurrence of a mark; nil when it is not there.
    func after(_ mark: StaticString) -> Substring? { self[...].after(mark) }

    /// Whether it starts so, ASCII letters' case aside.
    func hasPrefix(anyCase prefix: String) -> Bool {
        guard utf8.count >= prefix.utf8.count else { return false }
        return zip(utf8, prefix.utf8).allSatisfy { Self.lower($0) == Self.lower($1) }
    }

    @inline(__always)
    private static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}

extension HTTPRequest {
    /// The target before and behind its first question mark.
    var halves: (path: Substring, query: Substring) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target[...], "") }
        return (target[..<mark], target[target.utf8.index(after: mark)...])
    }
}
