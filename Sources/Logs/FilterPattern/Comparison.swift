internal import Notation

/// What a value is compared with.
enum PatternValue: Sendable, Hashable {
    /// A text; `*` stands for anything.
    case text(String)
    case number(Double)

    /// Texts compare whole, with `*` as a wildcard; numbers by value, wherever the field's text is one.
    func equals(_ text: String) -> Bool {
        switch self {
        case .text(let pattern): return pattern.contains("*") ? Self.fits(text, pattern) : text == pattern
        case .number(let number): return Double(text) == number
        }
    }

    /// Whether a text fits a pattern with wildcards: its pieces occur in order, the first and last at the ends.
    /// Linear in both.
    private static func fits(_ text: String, _ pattern: String) -> Bool {
        let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
        var rest = Array(text.utf8)[...]
        guard let head = pieces.first, let tail = pieces.last, rest.count >= head.count + tail.count,
            rest.starts(with: head)
        else { return false }
        rest = rest.dropFirst(head.count)
        guard rest.suffix(tail.count).elementsEqual(tail) else { return false }
        rest = rest.dropLast(tail.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let start = rest.indices.first(where: { rest[$0...].starts(with: piece) }) else { return false }
            rest = rest[(start + piece.count)...]
        }
        return true
    }
}

/// How a value is compared.
enum PatternOperator: String, Sendable, Hashable, CaseIterable {
    case notEqual = "!="
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case equal = "="
    case greater = ">"
    case less = "<"

    /// Whether a field's text passes. Order is for numbers alone; a text that is none never passes.
    func passes(_ text: String, _ value: PatternValue) -> Bool {
        switch self {
        case .equal: return value.equals(text)
        case .notEqual: return !value.equals(text)
        default:
            guard case .number(let bound) = value, let number = Double(text) else { return false }
            switch self {
            case .greater: return number > bound
            case .less: return number < bound
            case .greaterOrEqual: return number >= bound
            default: return number <= bound
            }
        }
    }
}

extension PatternScanner {
    mutating func comparison() -> PatternOperator? { PatternOperator.allCases.first { take($0.rawValue) } }

    /// A number, a text in quotes, or a bare word.
    mutating func value(until isEnd: (Character) -> Bool) throws -> PatternValue {
        if next == "\"" { return .text(try quoted()) }
        let word = word(until: isEnd)
        guard !word.isEmpty else { throw unexpected("a value") }
        guard !word.hasPrefix("%") else { throw FilterPatternError.noRegex }
        return Double(word).map(PatternValue.number) ?? .text(word)
    }
}
