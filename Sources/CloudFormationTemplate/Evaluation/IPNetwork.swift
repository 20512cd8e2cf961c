/// A block of IPv4 or IPv6 addresses, for `Fn::Cidr`.
struct IPNetwork: Sendable, Hashable {
    /// The first address.
    let address: UInt128
    /// Bits that all its addresses share.
    let prefix: Int
    /// Bits of an address: 32 or 128.
    let width: Int

    /// The block in CIDR notation; nil when the text is none.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let prefix = Int(parts[1]) else { return nil }
        let isV6 = parts[0].contains(":")
        width = isV6 ? 128 : 32
        guard (0...width).contains(prefix), let address = isV6 ? Self.v6(parts[0]) : Self.v4(parts[0]) else {
            return nil
        }
        self.prefix = prefix
        self.address = prefix == 0 ? 0 : address & ~(Self.ones(width - prefix))
    }

    private static func ones(_ bits: Int) -> UInt128 { bits >= 128 ? UInt128.max : (UInt128(1) << bits) - 1 }

    private static func v4(_ text: Substring) -> UInt128? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        var address: UInt128 = 0
        for part in parts {
            guard let part else { return nil }
            address = address << 8 | UInt128(part)
        }
        return address
    }

    private static func v6(_ text: Substring) -> UInt128? {
        var halves: [[UInt16?]] = []
        let gap = text.firstRange(of: "::")
        if let gap {
            halves = [text[..<gap.lowerBound], text[gap.upperBound...]].map(groups)
        } else {
            halves = [groups(text)]
        }
        let given = halves.joined()
        guard given.allSatisfy({ $0 != nil }), gap == nil ? given.count == 8 : given.count < 8 else { return nil }
        let zeros = [UInt16?](repeating: 0, count: 8 - given.count)
        let all = gap == nil ? halves[0] : halves[0] + zeros + halves[1]
        return all.reduce(UInt128(0)) { $0 << 16 | UInt128($1 ?? 0) }
    }

    private static func groups(_ text: Substring) -> [UInt16?] {
        text.isEmpty ? [] : text.split(separator: ":", omittingEmptySubsequences: false).map { UInt16($0, radix: 16) }
    }

    /// The first blocks of that many host bits each; nil when they do not fit.
    func subnets(count: Int, hostBits: Int) -> [String]? {
        let size = width - hostBits
        guard hostBits < width, size >= prefix, size - prefix >= 9 || count <= 1 << (size - prefix) else { return nil }
        return (0..<count).map { "\(shown(address + UInt128($0) << hostBits))/\(size)" }
    }

    private func shown(_ address: UInt128) -> String {
        if width == 32 {
            return (0..<4).reversed().map { String(UInt8(truncatingIfNeeded: address >> ($0 * 8))) }
                .joined(separator: ".")
        }
        let groups = (0..<8).reversed().map { UInt16(truncatingIfNeeded: address >> ($0 * 16)) }
        return Self.compressed(groups)
    }

    /// RFC 5952: the longest run of zero groups is left out.
    private static func compressed(_ groups: [UInt16]) -> String {
        var best = 0..<0
        var start = 0
        while start < groups.count {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > max(best.count, 1) { best = start..<end }
            start = end
        }
        let hex = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return hex.joined(separator: ":") }
        return hex[..<best.lowerBound].joined(separator: ":") + "::" + hex[best.upperBound...].joined(separator: ":")
    }
}
