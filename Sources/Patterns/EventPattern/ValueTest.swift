internal import Notation

/// A comparison with a plain value. Those of text never hold of numbers; what is negated holds of everything else.
indirect enum ValueTest: Sendable, Hashable {
    case prefix(String)
    case suffix(String)
    /// Texts already in lower case.
    case equalsIgnoringCase(Set<String>)
    case prefixIgnoringCase(String)
    case suffixIgnoringCase(String)
    case wildcard(Wildcard)
    case range(NumberRange)
    case addresses(AddressBlock)
    case strings(Set<String>)
    case numbers(Set<Double>)
    /// `anything-but`: none of these.
    case none([ValueTest])

    /// Whether the plain value passes.
    func holds(_ value: JSON) -> Bool {
        switch self {
        case .none(let tests): return !tests.contains { $0.holds(value) }
        case .range(let range): return value.double.map(range.contains) ?? false
        case .numbers(let numbers): return value.double.map(numbers.contains) ?? false
        default: return value.string.map(holds) ?? false
        }
    }

    private func holds(_ text: String) -> Bool {
        switch self {
        case .prefix(let head): return text.utf8.starts(with: head.utf8)
        case .suffix(let tail): return text.utf8.reversed().starts(with: tail.utf8.reversed())
        case .equalsIgnoringCase(let texts): return texts.contains(text.lowercased())
        case .prefixIgnoringCase(let head): return text.lowercased().utf8.starts(with: head.utf8)
        case .suffixIgnoringCase(let tail): return text.lowercased().utf8.reversed().starts(with: tail.utf8.reversed())
        case .wildcard(let wildcard): return wildcard.matches(text)
        case .addresses(let block): return AddressBlock(address: text).map(block.contains) ?? false
        case .strings(let texts): return texts.contains(text)
        case .range, .numbers, .none: return false
        }
    }
}

/// The numbers between two bounds, each included or not.
struct NumberRange: Sendable, Hashable {
    var low = -Double.infinity
    var includesLow = true
    var high = Double.infinity
    var includesHigh = true

    func contains(_ number: Double) -> Bool {
        (includesLow ? number >= low : number > low) && (includesHigh ? number <= high : number < high)
    }
}

/// A block of IP addresses, of either version.
struct AddressBlock: Sendable, Hashable {
    private let address: UInt128
    private let prefix: Int
    private let width: Int

    /// The block of one address; nil when the text is none.
    init?(address text: String) {
        guard let (address, width) = Self.address(text[...]) else { return nil }
        (self.address, self.width, prefix) = (address, width, width)
    }

    /// The block in CIDR notation; nil when the text is none.
    init?(block text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let (address, width) = Self.address(parts[0]), let prefix = Int(parts[1]),
            (0...width).contains(prefix)
        else { return nil }
        (self.width, self.prefix) = (width, prefix)
        self.address = Self.masked(address, width - prefix)
    }

    func contains(_ other: AddressBlock) -> Bool {
        width == other.width && prefix <= other.prefix && Self.masked(other.address, width - prefix) == address
    }

    private static func masked(_ address: UInt128, _ bits: Int) -> UInt128 {
        bits >= 128 ? 0 : (address >> bits) << bits
    }

    private static func address(_ text: Substring) -> (UInt128, Int)? {
        guard text.contains(":") else { return v4(text).map { ($0, 32) } }
        return v6(text).map { ($0, 128) }
    }

    private static func v4(_ text: Substring) -> UInt128? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt128 = 0
        for part in parts {
            guard part.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let byte = UInt8(part) else { return nil }
            address = address << 8 | UInt128(byte)
        }
        return address
    }

    private static func v6(_ text: Substring) -> UInt128? {
        let gap = text.firstRange(of: "::")
        let halves = gap.map { [text[..<$0.lowerBound], text[$0.upperBound...]] } ?? [text]
        var groups: [[UInt16]] = []
        for half in halves {
            var list: [UInt16] = []
            for part in half.isEmpty ? [] : half.split(separator: ":", omittingEmptySubsequences: false) {
                guard part.utf8.count <= 4, part.first != "+", let group = UInt16(part, radix: 16) else { return nil }
                list.append(group)
            }
            groups.append(list)
        }
        let given = groups.reduce(0) { $0 + $1.count }
        guard gap == nil ? given == 8 : given < 8 else { return nil }
        if gap != nil { groups.insert(Array(repeating: 0, count: 8 - given), at: 1) }
        return groups.joined().reduce(0) { $0 << 16 | UInt128($1) }
    }
}
