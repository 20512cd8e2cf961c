/// Reads metric math: recursive descent, operators by strength.
struct MathParser {
    private let tokens: [MathToken]
    private var at = 0
    private var depth = 0
    /// Expressions of AWS's length, 2,048 characters, never need more.
    private static let depthLimit = 64

    /// The expression a text stands for.
    ///
    /// - Throws: ``MathError`` that says what is wrong and where.
    static func parse(_ text: String) throws -> MathExpression {
        var parser = MathParser(tokens: try MathToken.scan(text))
        let expression = try parser.expression(0)
        guard parser.next == .end else { throw parser.unexpected() }
        return expression
    }

    private init(tokens: [MathToken]) { self.tokens = tokens }

    private var next: MathToken { tokens[at] }

    private func unexpected() -> MathError {
        MathError("Unexpected \(next.words) in the expression (token \(at + 1)).")
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard next == .symbol(symbol) else { return false }
        at += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws {
        guard take(symbol) else { throw unexpected() }
    }

    private mutating func expression(_ strength: Int) throws -> MathExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit else { throw MathError("The expression is nested too deeply.") }
        var left = try operand()
        while let found = nextOperator, found.strength > strength {
            at += 1
            // The power binds to the right: 2^3^2 is 2^9.
            let right = try expression(found == .power ? found.strength - 1 : found.strength)
            left = .binary(found, left, right)
        }
        return left
    }

    private var nextOperator: MathOperator? {
        switch next {
        case .symbol(let symbol): MathOperator(rawValue: symbol)
        case .word("AND"), .word("and"): .and
        case .word("OR"), .word("or"): .or
        default: nil
        }
    }

    private mutating func operand() throws -> MathExpression {
        if take("-") { return .negated(try expression(MathOperator.times.strength)) }
        if take("(") {
            let inner = try expression(0)
            try expect(")")
            return inner
        }
        if take("[") { return .list(try arguments(until: "]")) }
        switch next {
        case .number(let value):
            at += 1
            return .number(value)
        case .text(let text):
            at += 1
            return .text(text)
        case .word(let word):
            at += 1
            return try named(word)
        default: throw unexpected()
        }
    }

    private mutating func named(_ word: String) throws -> MathExpression {
        guard take("(") else {
            return word.first?.isLowercase == true ? .reference(word) : .word(word)
        }
        if let missing = MathFunction.missing[word] { throw MathError.unsupported(missing) }
        guard let function = MathFunction(rawValue: word) else { throw MathError("There is no function '\(word)'.") }
        let arguments = try arguments(until: ")")
        guard function.counts.contains(arguments.count) else {
            throw MathError("\(word)() does not take \(arguments.count) arguments.")
        }
        return .call(function, arguments)
    }

    private mutating func arguments(until close: String) throws -> [MathExpression] {
        if take(close) { return [] }
        var list: [MathExpression] = []
        while true {
            list.append(try expression(0))
            if take(",") { continue }
            try expect(close)
            return list
        }
    }
}

/// A piece of an expression.
enum MathToken: Sendable, Hashable {
    case number(Double)
    case text(String)
    case word(String)
    case symbol(String)
    case end

    var words: String {
        switch self {
        case .number(let value): "number \(value)"
        case .text(let text): "text '\(text)'"
        case .word(let word): "word '\(word)'"
        case .symbol(let symbol): "'\(symbol)'"
        case .end: "end"
        }
    }

    static func scan(_ text: String) throws -> [MathToken] {
        var tokens: [MathToken] = []
        var rest = Substring(text)
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first.isASCII, first.isNumber || first == "." {
                tokens.append(try number(&rest))
            } else if first.isLetter || first == "_" {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            } else if first == "\"" || first == "'" {
                tokens.append(try quoted(&rest, first))
            } else if let symbol = symbols.first(where: rest.hasPrefix) {
                tokens.append(.symbol(symbol))
                rest = rest.dropFirst(symbol.count)
            } else {
                throw MathError("Unexpected character '\(first)' in the expression.")
            }
        }
        return tokens + [.end]
    }

    /// The longer before the shorter they begin with.
    private static let symbols = [
        "||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",",
    ]

    private static func number(_ rest: inout Substring) throws -> MathToken {
        var digits = String(rest.prefix { $0.isNumber || $0 == "." })
        rest = rest.dropFirst(digits.count)
        if let mark = rest.first, mark == "e" || mark == "E" {
            let sign = rest.dropFirst().first.map { $0 == "-" || $0 == "+" } == true ? 2 : 1
            let exponent = rest.dropFirst(sign).prefix(while: \.isNumber)
            if !exponent.isEmpty {
                digits += rest.prefix(sign + exponent.count)
                rest = rest.dropFirst(sign + exponent.count)
            }
        }
        guard let value = Double(digits) else { throw MathError("'\(digits)' is not a number.") }
        return .number(value)
    }

    private static func quoted(_ rest: inout Substring, _ quote: Character) throws -> MathToken {
        let inner = rest.dropFirst().prefix { $0 != quote }
        guard inner.endIndex < rest.endIndex else { throw MathError("A text in the expression has no closing quote.") }
        rest = rest[rest.index(after: inner.endIndex)...]
        return .text(String(inner))
    }
}
