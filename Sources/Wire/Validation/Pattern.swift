import Synchronization

/// A regular expression of an API model (Java's dialect), matched against whole strings.
///
/// Matching backtracks, but visits no state of the program twice at the same place, so its time is bounded by the
/// product of the pattern's and the text's lengths, whatever the text.
struct Pattern: Sendable {
    /// One step of a compiled pattern.
    enum Step: Sendable {
        case scalar(UInt32)
        case set(Int)
        /// As many scalars of a set as there are, from `least` to `most`; fewer when the rest does not match.
        case run(Int, least: Int, most: Int)
        /// Goes on at the first place, or if that fails, at the second.
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case wordBoundary(isNegative: Bool)
        /// Whether the steps up to `end` match from here (or, when looking back, up to here).
        case look(isBehind: Bool, isNegative: Bool, end: Int)
        case accept
    }

    let steps: [Step]
    let sets: [ScalarSet]

    private static let compiled = Mutex<[String: Pattern?]>([:])

    /// The pattern of that text, compiled once; nil when it uses what is not supported here (back references).
    static func cached(_ text: String) -> Pattern? {
        if let known = compiled.withLock({ $0[text] }) { return known }
        let pattern = try? PatternCompiler.compile(text)
        compiled.withLock { $0[text] = .some(pattern) }
        return pattern
    }

    /// Whether the whole of the text matches.
    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            if bytes.allSatisfy({ $0 < 0x80 }) {
                var matcher = PatternMatcher(pattern: self, text: bytes)
                return matcher.matchesAll()
            }
            let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.map(\.value)
            return scalars.withUnsafeBufferPointer { scalars in
                var matcher = PatternMatcher(pattern: self, text: scalars)
                return matcher.matchesAll()
            }
        }
    }
}

/// A set of Unicode scalars.
struct ScalarSet: Sendable, Hashable {
    enum Property: Sendable, Hashable { case letter, separator, number }

    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var ranges: [ClosedRange<UInt32>] = []
    private var properties: [Property] = []
    private var excludedSets: [ScalarSet] = []
    var isNegative = false

    mutating func insert(_ range: ClosedRange<UInt32>) {
        var scalar = range.lowerBound
        while scalar <= range.upperBound, scalar < 128 {
            if scalar < 64 { low |= 1 << UInt64(scalar) } else { high |= 1 << UInt64(scalar - 64) }
            scalar += 1
        }
        if range.upperBound >= 128 { ranges.append(max(128, range.lowerBound)...range.upperBound) }
    }

    mutating func insert(_ property: Property) {
        properties.append(property)
        for scalar in 0..<128 as Range<UInt32> where Self.has(property, scalar) { insert(scalar...scalar) }
    }

    mutating func insert(_ other: ScalarSet) {
        guard !other.isNegative else { return excludedSets.append(other) }
        low |= other.low
        high |= other.high
        ranges += other.ranges
        properties += other.properties
        excludedSets += other.excludedSets
    }

    @inline(__always)
    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 128, excludedSets.isEmpty {
            let bit = scalar < 64 ? low >> UInt64(scalar) & 1 : high >> UInt64(scalar - 64) & 1
            return (bit == 1) != isNegative
        }
        return holds(scalar) != isNegative
    }

    private func holds(_ scalar: UInt32) -> Bool {
        if scalar < 64, low >> UInt64(scalar) & 1 == 1 { return true }
        if scalar >= 64, scalar < 128, high >> UInt64(scalar - 64) & 1 == 1 { return true }
        return ranges.contains { $0.contains(scalar) }
            || (scalar >= 128 && properties.contains { Self.has($0, scalar) })
            || excludedSets.contains { $0.contains(scalar) }
    }

    private static func has(_ property: Property, _ value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        switch (property, scalar.properties.generalCategory) {
        case (.letter, .uppercaseLetter), (.letter, .lowercaseLetter), (.letter, .titlecaseLetter),
            (.letter, .modifierLetter), (.letter, .otherLetter), (.separator, .spaceSeparator),
            (.separator, .lineSeparator), (.separator, .paragraphSeparator), (.number, .decimalNumber),
            (.number, .letterNumber), (.number, .otherNumber):
            return true
        default: return false
        }
    }
}
