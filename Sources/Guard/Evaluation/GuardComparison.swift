internal import Notation

/// Compares values with what stands on the right of an operator.
struct GuardComparison {
    private let operation: GuardCheck.Operator
    private let right: [GuardValue]
    /// Whether the right side is written out and so one value, not the results of a query.
    private let isLiteral: Bool
    private let patterns: GuardPatterns

    /// Takes the right side. What is missing in it equals nothing.
    init(
        _ found: [GuardFound], _ check: GuardCheck, isLiteral: Bool, _ patterns: GuardPatterns
    ) throws(GuardFault) {
        self.patterns = patterns
        operation = check.operation
        self.isLiteral = isLiteral
        right = found.compactMap { if case .value(let value, _) = $0 { value } else { nil } }
        if case .value(.json(let json))? = check.operand, check.operation == .isIn, json.array == nil,
            json.string == nil
        {
            throw GuardFault(message: "What follows IN must be a list, a range or a text.", mark: check.mark)
        }
    }

    /// What the operator says of a value; nil when the two cannot be compared.
    func holds(_ value: GuardValue) -> Bool? {
        switch operation {
        case .isIn: return isIn(value)
        case .equal:
            guard let other = right.first else { return nil }
            return equalEach(value, other)
        default:
            guard !right.isEmpty else { return nil }
            var result = true
            for other in right.flatMap(\.elements) {
                for own in value.elements {
                    guard let order = Self.order(own, other) else { return nil }
                    result = result && fits(order)
                }
            }
            return result
        }
    }

    /// Whether the value is among the results on the right, for queries compared as sets.
    func isAmong(_ value: GuardValue) -> Bool? {
        let answers = right.map { equalEach(value, $0) }
        if answers.contains(true) { return true }
        return answers.contains(false) ? false : nil
    }

    private func fits(_ order: Int) -> Bool {
        switch operation {
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        case .less: order < 0
        default: order <= 0
        }
    }

    /// Whether the value, or each of its elements, is one of those on the right, or a part of a text there.
    private func isIn(_ value: GuardValue) -> Bool? {
        let candidates = right.flatMap { other -> [GuardValue] in
            if case .json(.array) = other { return other.elements }
            if case .list(let list) = other { return list }
            return [other]
        }
        func isOne(_ value: GuardValue) -> Bool {
            candidates.contains { candidate in
                if equal(value, candidate) == true { return true }
                guard let text = candidate.json?.string, let part = value.json?.string, right.count == 1,
                    right[0].json?.array == nil
                else { return false }
                if case .list = right[0] { return false }
                return text.contains(part)
            }
        }
        if isOne(value) { return true }
        guard case .json(.array(let list)) = value, !list.isEmpty else { return false }
        return list.allSatisfy { isOne(.json($0)) }
    }

    /// Equality of a value and another; of a list and a single value, of each element with it.
    private func equalEach(_ value: GuardValue, _ other: GuardValue) -> Bool? {
        guard case .json(.array(let list)) = value, !other.isList else { return equal(value, other) }
        var result = true
        for element in list {
            guard let answer = equal(.json(element), other) else { return nil }
            result = result && answer
        }
        return result
    }

    // MARK: Two values

    /// Whether two values are equal; nil when they are of kinds that cannot be compared.
    func equal(_ left: GuardValue, _ right: GuardValue) -> Bool? {
        switch (left, right) {
        case (.json(let left), .json(let right)): return Self.equal(left, right)
        case (.json(let value), .regex(let pattern)), (.regex(let pattern), .json(let value)):
            return value.string.map { patterns.isFound(pattern, in: $0) }
        case (.json(let value), .range(let low, let includesLow, let high, let includesHigh)):
            guard let number = value.double else { return nil }
            return (includesLow ? number >= low : number > low) && (includesHigh ? number <= high : number < high)
        case (.json(.array(let list)), .list(let other)):
            return list.count == other.count && zip(list, other).allSatisfy { equal(.json($0), $1) == true }
        case (.json(.object(let members)), .map(let other)):
            return members.count == other.count
                && other.allSatisfy { name, value in members[name].map { equal(.json($0), value) == true } ?? false }
        case (.regex(let left), .regex(let right)): return left == right
        default: return nil
        }
    }

    private static func equal(_ left: JSON, _ right: JSON) -> Bool? {
        if let left = left.double, let right = right.double { return left == right }
        switch (left, right) {
        case (.object, .object), (.array, .array), (.string, .string), (.bool, .bool), (.null, .null):
            return left == right
        default: return nil
        }
    }

    private static func order(_ left: GuardValue, _ right: GuardValue) -> Int? {
        guard let left = left.json, let right = right.json else { return nil }
        if let left = left.double, let right = right.double { return left < right ? -1 : left > right ? 1 : 0 }
        guard let left = left.string, let right = right.string else { return nil }
        return left < right ? -1 : left > right ? 1 : 0
    }
}

/// The regular expressions of one evaluation, each read once.
final class GuardPatterns {
    /// Longer texts are cut before a pattern looks at them: its time must stay bounded.
    private static let textLimit = 4096
    private var known: [String: Regex<AnyRegexOutput>] = [:]

    /// Whether a pattern is found in a text. One that cannot be read is found nowhere.
    func isFound(_ pattern: String, in text: String) -> Bool {
        guard let regex = known[pattern] ?? (try? Regex(pattern)) else { return false }
        known[pattern] = regex
        return ((try? regex.firstMatch(in: String(text.prefix(Self.textLimit)))) ?? nil) != nil
    }
}

extension GuardValue {
    /// A list's elements; of anything else, itself.
    var elements: [GuardValue] {
        switch self {
        case .json(.array(let list)): list.map { .json($0) }
        case .list(let list): list
        default: [self]
        }
    }

    /// Whether it is a list, or stands for several values.
    var isList: Bool {
        switch self {
        case .json(.array), .list: true
        default: false
        }
    }
}
