/// The rule of a composite alarm, parsed. Source: CloudWatch API Reference, PutCompositeAlarm, AlarmRule.
indirect enum AlarmRule: Sendable, Hashable {
    case constant(Bool)
    /// That the alarm of that name or ARN is in the state.
    case state(AlarmState, of: String)
    case not(AlarmRule)
    case and(AlarmRule, AlarmRule)
    case or(AlarmRule, AlarmRule)

    /// Whether it holds, given the states of the alarms it names; nil for an alarm that is not there, which is in no
    /// state.
    func holds(_ state: (String) -> AlarmState?) -> Bool {
        switch self {
        case .constant(let value): value
        case .state(let wanted, let name): state(name) == wanted
        case .not(let inner): !inner.holds(state)
        case .and(let left, let right): left.holds(state) && right.holds(state)
        case .or(let left, let right): left.holds(state) || right.holds(state)
        }
    }

    /// The alarms it names, by name; of an ARN its last part.
    var children: Set<String> {
        switch self {
        case .constant: []
        case .state(_, let name): [name]
        case .not(let inner): inner.children
        case .and(let left, let right), .or(let left, let right): left.children.union(right.children)
        }
    }

    /// The most alarms a rule may name.
    static let childLimit = 100

    /// The rule a text stands for.
    ///
    /// - Throws: ``AlarmRuleError``
    init(parsing text: String) throws {
        var parser = AlarmRuleParser(text)
        self = try parser.rule()
        guard children.count <= Self.childLimit else {
            throw AlarmRuleError(message: "AlarmRule must not contain more than \(Self.childLimit) alarms.")
        }
    }

    /// The name behind a name or an alarm's ARN.
    static func name(_ reference: String) -> String {
        guard reference.hasPrefix("arn:") else { return reference }
        let parts = reference.split(separator: ":", maxSplits: 6, omittingEmptySubsequences: false)
        return parts.count == 7 ? String(parts[6]) : reference
    }
}

/// Why a rule cannot be read.
struct AlarmRuleError: Error, Sendable, Hashable {
    let message: String
}

/// Reads rules: OR of ANDs of terms, NOT and parentheses.
private struct AlarmRuleParser {
    private var rest: Substring
    private var depth = 0

    init(_ text: String) { rest = Substring(text) }

    mutating func rule() throws -> AlarmRule {
        let rule = try either()
        skipSpace()
        guard rest.isEmpty else { throw unexpected() }
        return rule
    }

    private func unexpected() -> AlarmRuleError {
        let found = rest.isEmpty ? "its end" : "'\(rest.prefix(20))'"
        return AlarmRuleError(message: "AlarmRule contains a syntax error at \(found).")
    }

    private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

    private mutating func either() throws -> AlarmRule {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 50 else { throw AlarmRuleError(message: "AlarmRule is nested too deeply.") }
        var left = try both()
        while take(word: "OR") { left = .or(left, try both()) }
        return left
    }

    private mutating func both() throws -> AlarmRule {
        var left = try term()
        while take(word: "AND") { left = .and(left, try term()) }
        return left
    }

    private mutating func term() throws -> AlarmRule {
        var isNegated = false
        while take(word: "NOT") { isNegated.toggle() }
        let inner = try plainTerm()
        return isNegated ? .not(inner) : inner
    }

    private mutating func plainTerm() throws -> AlarmRule {
        if take("(") {
            let inner = try either()
            guard take(")") else { throw unexpected() }
            return inner
        }
        if take(word: "TRUE") { return .constant(true) }
        if take(word: "FALSE") { return .constant(false) }
        for state in [AlarmState.alarm, .ok, .insufficientData] where take(word: state.rawValue) {
            guard take("(") else { throw unexpected() }
            let name = try reference()
            guard take(")") else { throw unexpected() }
            return .state(state, of: AlarmRule.name(name))
        }
        throw unexpected()
    }

    private mutating func take(_ symbol: Character) -> Bool {
        skipSpace()
        guard rest.first == symbol else { return false }
        rest.removeFirst()
        return true
    }

    /// A whole word, in capitals as AWS wants it; case does not matter for the operators.
    private mutating func take(word: String) -> Bool {
        skipSpace()
        let found = rest.prefix { $0.isLetter || $0 == "_" }
        guard found.uppercased() == word else { return false }
        rest = rest.dropFirst(found.count)
        return true
    }

    /// A name or ARN, in quotes when it has spaces or parentheses.
    private mutating func reference() throws -> String {
        skipSpace()
        var name = ""
        if rest.first == "\"" || rest.first == "'" {
            let quote = rest.removeFirst()
            while let next = rest.popFirst(), next != quote {
                name.append(next == "\\" ? rest.popFirst() ?? next : next)
            }
        } else {
            name = String(rest.prefix { $0 != ")" && $0 != "(" && !$0.isWhitespace })
            rest = rest.dropFirst(name.count)
        }
        guard !name.isEmpty else { throw unexpected() }
        return name
    }
}
