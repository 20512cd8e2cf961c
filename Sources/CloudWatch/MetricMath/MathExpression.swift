/// A metric math expression, parsed.
indirect enum MathExpression: Sendable, Hashable {
    case number(Double)
    case text(String)
    /// The id of another query.
    case reference(String)
    case negated(MathExpression)
    case binary(MathOperator, MathExpression, MathExpression)
    case call(MathFunction, [MathExpression])
    /// `[m1, m2]`.
    case list([MathExpression])
    /// A bare word that some functions take, such as `REPEAT` or `DESC`.
    case word(String)
}

/// An operator between two values. Source: Amazon CloudWatch User Guide, "Using metric math".
enum MathOperator: String, Sendable, Hashable {
    case or = "||"
    case and = "&&"
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case over = "/"
    case power = "^"

    /// How tightly it binds: a greater number binds first.
    var strength: Int {
        switch self {
        case .or: 1
        case .and: 2
        case .equal, .notEqual, .lessOrEqual, .greaterOrEqual, .less, .greater: 3
        case .plus, .minus: 4
        case .times, .over: 5
        case .power: 6
        }
    }

    /// The value for two numbers; nil where there is none (a division by zero).
    func apply(_ left: Double, _ right: Double) -> Double? {
        switch self {
        case .or: return left != 0 || right != 0 ? 1 : 0
        case .and: return left != 0 && right != 0 ? 1 : 0
        case .equal: return left == right ? 1 : 0
        case .notEqual: return left != right ? 1 : 0
        case .lessOrEqual: return left <= right ? 1 : 0
        case .greaterOrEqual: return left >= right ? 1 : 0
        case .less: return left < right ? 1 : 0
        case .greater: return left > right ? 1 : 0
        case .plus: return left + right
        case .minus: return left - right
        case .times: return left * right
        case .over: return right == 0 ? nil : left / right
        case .power: return MathFunction.power(left, right)
        }
    }
}

/// Why an expression cannot be read or worked out.
struct MathError: Error, Sendable, Hashable, CustomStringConvertible {
    let message: String
    /// Whether AWS has what was asked for and Slipway does not.
    var isUnsupported = false

    init(_ message: String) { self.message = message }

    static func unsupported(_ what: String) -> MathError {
        var error = MathError("Slipway does not implement \(what) in metric math.")
        error.isUnsupported = true
        return error
    }

    var description: String { message }
}

extension MathExpression {
    /// The ids it refers to; nil stands for all metrics, as METRICS() does.
    var references: Set<String?> {
        switch self {
        case .number, .text, .word: return []
        case .reference(let id): return [id]
        case .negated(let operand): return operand.references
        case .binary(_, let left, let right): return left.references.union(right.references)
        case .call(let function, let arguments):
            let inner = arguments.reduce(into: Set<String?>()) { $0.formUnion($1.references) }
            return function == .metrics ? inner.union([nil]) : inner
        case .list(let elements): return elements.reduce(into: []) { $0.formUnion($1.references) }
        }
    }
}
