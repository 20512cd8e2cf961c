internal import Notation

/// A condition on an event that is JSON.
indirect enum TreeCondition: Sendable, Hashable {
    case compare(Selector, PatternOperator, PatternValue)
    case isTrue(Selector, Bool)
    case isNull(Selector)
    case exists(Selector, Bool)
    case and(TreeCondition, TreeCondition)
    case or(TreeCondition, TreeCondition)

    func holds(in tree: JSON) -> Bool {
        switch self {
        case .and(let left, let right): return left.holds(in: tree) && right.holds(in: tree)
        case .or(let left, let right): return left.holds(in: tree) || right.holds(in: tree)
        case .exists(let selector, let wanted): return selector.values(in: tree).isEmpty != wanted
        case .isNull(let selector): return selector.values(in: tree).contains { $0.isNull }
        case .isTrue(let selector, let wanted): return selector.values(in: tree).contains { $0.bool == wanted }
        case .compare(let selector, let comparison, let value):
            return selector.values(in: tree).contains { found in
                switch found {
                case .string(let text): comparison.passes(text, value)
                case .int, .double: Self.passes(found.double ?? 0, comparison, value)
                case .bool(let truth): comparison.passes(String(truth), value)
                default: false
                }
            }
        }
    }

    private static func passes(_ number: Double, _ comparison: PatternOperator, _ value: PatternValue) -> Bool {
        switch value {
        case .number: comparison.passes(String(number), value)
        case .text: comparison.passes(PatternMatch.text(.double(number)), value)
        }
    }

    /// The selectors it uses, in order.
    var selectors: [Selector] {
        switch self {
        case .compare(let selector, _, _), .isTrue(let selector, _), .isNull(let selector), .exists(let selector, _):
            [selector]
        case .and(let left, let right), .or(let left, let right): left.selectors + right.selectors
        }
    }
}

/// A way into a tree, such as `$.user.roles[0]`.
struct Selector: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        case member(String)
        case element(Int)
        /// `[*]`, or `.*`.
        case any
    }
    let text: String
    let steps: [Step]

    /// The selector a text stands for; nil when it is none.
    init?(_ text: String) {
        guard text.hasPrefix("$") else { return nil }
        var steps: [Step] = []
        var rest = text.dropFirst()
        while let mark = rest.popFirst() {
            switch mark {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { return nil }
                steps.append(name == "*" ? .any : .member(String(name)))
                rest = rest.dropFirst(name.count)
            case "[":
                let inner = rest.prefix { $0 != "]" }
                guard inner.endIndex < rest.endIndex else { return nil }
                rest = rest[rest.index(after: inner.endIndex)...]
                guard let step = Self.step(inner) else { return nil }
                steps.append(step)
            default: return nil
            }
        }
        self.text = text
        self.steps = steps
    }

    private static func step(_ inner: Substring) -> Step? {
        if inner == "*" { return .any }
        if let index = Int(inner), index >= 0 { return .element(index) }
        guard let quote = inner.first, quote == "'" || quote == "\"", inner.last == quote, inner.count > 2 else {
            return nil
        }
        return .member(String(inner.dropFirst().dropLast()))
    }

    /// What it leads to: several values where it has wildcards, none where there is nothing.
    func values(in tree: JSON) -> [JSON] {
        var found = [tree]
        for step in steps {
            found = found.flatMap { value -> [JSON] in
                switch step {
                case .member(let name): value[name].map { [$0] } ?? []
                case .element(let index): value[index].map { [$0] } ?? []
                case .any: value.array ?? value.object?.values ?? []
                }
            }
        }
        return found
    }
}

/// Reads `{ condition }`.
struct TreePatternParser {
    private var scanner: PatternScanner
    private var depth = 0

    init(_ scanner: PatternScanner) { self.scanner = scanner }

    mutating func pattern() throws -> TreeCondition {
        try scanner.expect("{")
        let condition = try either()
        try scanner.expect("}")
        guard scanner.isAtEnd else { throw scanner.unexpected("the end") }
        return condition
    }

    private mutating func either() throws -> TreeCondition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 50 else { throw FilterPatternError(message: "it is nested too deeply") }
        var left = try both()
        while scanner.take("||") { left = .or(left, try both()) }
        return left
    }

    private mutating func both() throws -> TreeCondition {
        var left = try term()
        while scanner.take("&&") { left = .and(left, try term()) }
        return left
    }

    private mutating func term() throws -> TreeCondition {
        if scanner.take("(") {
            let inner = try either()
            try scanner.expect(")")
            return inner
        }
        let path = scanner.word { $0.isWhitespace || "=!<>)&|}".contains($0) }
        guard let selector = Selector(path) else {
            throw FilterPatternError(message: "'\(path)' is no selector such as $.level")
        }
        if let comparison = scanner.comparison() {
            return .compare(selector, comparison, try scanner.value { $0.isWhitespace || ")&|}".contains($0) })
        }
        return try wordTerm(selector)
    }

    private mutating func wordTerm(_ selector: Selector) throws -> TreeCondition {
        if scanner.take("IS NULL") { return .isNull(selector) }
        if scanner.take("IS TRUE") { return .isTrue(selector, true) }
        if scanner.take("IS FALSE") { return .isTrue(selector, false) }
        if scanner.take("NOT EXISTS") { return .exists(selector, false) }
        if scanner.take("EXISTS") { return .exists(selector, true) }
        throw scanner.unexpected("a comparison")
    }
}
