internal import Cloud
internal import Notation

/// One condition of a statement: an operator, a key, and the values it is compared with.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
struct Condition: Sendable {
    /// What several values of the request mean.
    private enum Quantity: Sendable {
        /// The request has one value.
        case one
        /// Every value of the request must fit.
        case all
        /// One value of the request must.
        case any
    }

    private let key: String
    private let values: [String]
    private let quantity: Quantity
    private let ifExists: Bool
    private let test: Comparison

    /// The conditions of a statement; all of them must hold.
    static func read(_ tree: JSON?) throws -> [Condition] {
        guard let tree else { return [] }
        guard let operators = tree.object else { throw Policy.malformed("Syntax errors in policy.") }
        return try operators.flatMap { name, keys in
            guard let keys = keys.object else { throw Policy.malformed("Syntax errors in policy.") }
            return try keys.map { try Condition(operator: name, key: $0.key, $0.value) }
        }
    }

    private init(operator name: String, key: String, _ value: JSON) throws {
        var name = Substring(name)
        switch true {
        case name.hasPrefix("ForAllValues:"): quantity = .all
        case name.hasPrefix("ForAnyValue:"): quantity = .any
        default: quantity = .one
        }
        if quantity != .one { name = name.drop { $0 != ":" }.dropFirst() }
        ifExists = name.hasSuffix("IfExists")
        if ifExists { name = name.dropLast("IfExists".count) }
        guard let test = Comparison(rawValue: String(name)) else {
            throw Policy.malformed("Invalid Condition type : \(name).")
        }
        self.test = test
        self.key = key.lowercased()
        values = (value.array ?? [value]).map { $0.string ?? $0.text() }
    }

    func holds(for request: AccessRequest) -> Bool {
        let found = request.context[key] ?? []
        if test == .null { return values.contains { ($0 == "true") == found.isEmpty } }
        let expected = values.compactMap { request.filled($0) }
        func fits(_ value: String) -> Bool {
            // A negated operator holds when the value equals none of the list.
            test.isNegated ? expected.allSatisfy { test.holds(value, $0) } : expected.contains { test.holds(value, $0) }
        }
        guard !found.isEmpty else {
            if ifExists || quantity == .all { return true }
            return quantity == .any ? false : test.isNegated
        }
        switch quantity {
        case .one, .any: return found.contains(where: fits)
        case .all: return found.allSatisfy(fits)
        }
    }
}

/// How a value of a request is compared with one of a condition.
enum Comparison: String, Sendable {
    case stringEquals = "StringEquals", stringNotEquals = "StringNotEquals"
    case stringEqualsIgnoreCase = "StringEqualsIgnoreCase", stringNotEqualsIgnoreCase = "StringNotEqualsIgnoreCase"
    case stringLike = "StringLike", stringNotLike = "StringNotLike"
    case numericEquals = "NumericEquals", numericNotEquals = "NumericNotEquals"
    case numericLess = "NumericLessThan", numericLessEquals = "NumericLessThanEquals"
    case numericGreater = "NumericGreaterThan", numericGreaterEquals = "NumericGreaterThanEquals"
    case dateEquals = "DateEquals", dateNotEquals = "DateNotEquals"
    case dateLess = "DateLessThan", dateLessEquals = "DateLessThanEquals"
    case dateGreater = "DateGreaterThan", dateGreaterEquals = "DateGreaterThanEquals"
    case bool = "Bool", null = "Null", binaryEquals = "BinaryEquals"
    case ipAddress = "IpAddress", notIpAddress = "NotIpAddress"
    case arnEquals = "ArnEquals", arnNotEquals = "ArnNotEquals", arnLike = "ArnLike", arnNotLike = "ArnNotLike"

    var isNegated: Bool { rawValue.contains("Not") }

    func holds(_ value: String, _ expected: String) -> Bool {
        switch self {
        case .stringEquals, .binaryEquals: value == expected
        case .stringNotEquals: value != expected
        case .stringEqualsIgnoreCase: value.lowercased() == expected.lowercased()
        case .stringNotEqualsIgnoreCase: value.lowercased() != expected.lowercased()
        case .stringLike: Wildcard.matches(expected, value)
        case .stringNotLike: !Wildcard.matches(expected, value)
        case .bool: value.lowercased() == expected.lowercased()
        case .null: false
        case .numericEquals, .numericNotEquals, .numericLess, .numericLessEquals, .numericGreater,
            .numericGreaterEquals:
            ordered(Double(value), Double(expected))
        case .dateEquals, .dateNotEquals, .dateLess, .dateLessEquals, .dateGreater, .dateGreaterEquals:
            ordered(Self.seconds(value), Self.seconds(expected))
        case .ipAddress: AddressBlock(expected)?.contains(value) ?? false
        case .notIpAddress: !(AddressBlock(expected)?.contains(value) ?? false)
        case .arnEquals, .arnLike: Self.matchesARN(expected, value)
        case .arnNotEquals, .arnNotLike: !Self.matchesARN(expected, value)
        }
    }

    private func ordered(_ value: Double?, _ expected: Double?) -> Bool {
        guard let value, let expected else { return isNegated }
        return switch self {
        case .numericEquals, .dateEquals: value == expected
        case .numericNotEquals, .dateNotEquals: value != expected
        case .numericLess, .dateLess: value < expected
        case .numericLessEquals, .dateLessEquals: value <= expected
        case .numericGreater, .dateGreater: value > expected
        default: value >= expected
        }
    }

    private static func seconds(_ text: String) -> Double? { Double(text) ?? Timestamp(parsing: text)?.seconds }

    /// ARNs fit part by part: a `*` does not reach over a colon.
    private static func matchesARN(_ pattern: String, _ arn: String) -> Bool {
        let patterns = pattern.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard patterns.count == parts.count else { return pattern == "*" }
        return zip(patterns, parts).allSatisfy { Wildcard.matches(String($0), String($1)) }
    }
}

/// A block of IPv4 or IPv6 addresses, such as `10.0.0.0/8`.
struct AddressBlock {
    private let bytes: [UInt8]
    private let length: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let first = parts.first, let bytes = Self.bytes(String(first)) else { return nil }
        self.bytes = bytes
        let length = parts.count > 1 ? Int(parts[1]) : bytes.count * 8
        guard let length, (0...(bytes.count * 8)).contains(length) else { return nil }
        self.length = length
    }

    func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(address), other.count == bytes.count else { return false }
        return (0..<length).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return bytes[bit / 8] & mask == other[bit / 8] & mask
        }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        if !text.contains(":") {
            let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
            return numbers.count == 4 ? numbers.compactMap { $0 }.count == 4 ? numbers.compactMap { $0 } : nil : nil
        }
        let halves = text.components(around: "::")
        func groups(_ text: Substring) -> [UInt16]? {
            let parts = text.split(separator: ":").map { UInt16($0, radix: 16) }
            return parts.contains(nil) ? nil : parts.compactMap { $0 }
        }
        guard let head = groups(halves.0), let tail = groups(halves.1 ?? "") else { return nil }
        let gap = 8 - head.count - tail.count
        guard halves.1 == nil ? gap == 0 : gap >= 0 else { return nil }
        return (head + Array(repeating: 0, count: gap) + tail).flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }
}

extension String {
    fileprivate func components(around mark: String) -> (Substring, Substring?) {
        guard let range = firstRange(of: mark) else { return (self[...], nil) }
        return (self[..<range.lowerBound], self[range.upperBound...])
    }
}
