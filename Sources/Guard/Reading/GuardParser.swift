internal import Notation

/// Reads files of rules. After a mistake it goes on with the next rule, to find more.
struct GuardParser {
    typealias Mistake = GuardSyntaxError.Mistake

    /// Blocks, filters and values nested deeper than this are refused.
    static let depthLimit = 64
    /// Longer texts are refused.
    static let textLimit = 4 << 20

    var scanner: GuardScanner
    private(set) var mistakes: [Mistake] = []
    private var depth = 0

    init(_ text: String) { scanner = GuardScanner(text) }

    /// The whole file. What is read is of use only when there are no mistakes.
    mutating func file() -> ([GuardVariable], [GuardRule]) {
        guard scanner.scalars.count <= Self.textLimit else {
            mistakes.append(scanner.mistake("the file is longer than \(Self.textLimit) characters"))
            return ([], [])
        }
        var variables: [GuardVariable] = []
        var rules: [GuardRule] = []
        var loose = GuardBlock()
        while true {
            scanner.skipSpace()
            guard !scanner.isAtEnd else { break }
            do throws(Mistake) {
                switch scanner.word {
                case "rule": rules.append(try rule())
                case "let": variables.append(try variable())
                default: loose.clauses.append(try disjunction())
                }
            } catch {
                mistakes.append(error)
                skipToNextRule()
            }
        }
        if !loose.clauses.isEmpty {
            let start = Mark(line: 1, column: 1)
            rules.insert(GuardRule(name: "default", parameters: [], condition: nil, body: loose, mark: start), at: 0)
        }
        checkNames(rules)
        return (variables, rules)
    }

    private mutating func checkNames(_ rules: [GuardRule]) {
        var seen: Set<String> = []
        for rule in rules where !seen.insert(rule.name).inserted {
            mistakes.append(Mistake(message: "the rule '\(rule.name)' is written twice", mark: rule.mark))
        }
    }

    /// Moves to the next line that begins a rule.
    private mutating func skipToNextRule() {
        depth = 0
        while !scanner.isAtEnd {
            let isLineStart = scanner.at == 0 || scanner.scalars[scanner.at - 1] == "\n"
            if isLineStart, scanner.word == "rule" { return }
            scanner.at += 1
        }
    }

    /// Reads something one level deeper.
    mutating func nested<Result>(
        _ body: (inout GuardParser) throws(Mistake) -> Result
    ) throws(Mistake) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw scanner.mistake("nested deeper than \(Self.depthLimit) levels") }
        return try body(&self)
    }

    // MARK: Rules and blocks

    private mutating func rule() throws(Mistake) -> GuardRule {
        let start = scanner.at
        _ = scanner.take("rule")
        scanner.skipSpace()
        let name = try scanner.name("the rule's name")
        var parameters: [String] = []
        if scanner.take("(") {
            repeat {
                scanner.skipSpace()
                parameters.append(try scanner.name("a parameter's name"))
                scanner.skipSpace()
            } while scanner.take(",")
            try scanner.expect(")")
        }
        scanner.skipSpace()
        let condition = scanner.take(word: "when") ? try conditions() : nil
        return GuardRule(
            name: name, parameters: parameters, condition: condition, body: try block(), mark: scanner.mark(start))
    }

    private mutating func variable() throws(Mistake) -> GuardVariable {
        let start = scanner.at
        _ = scanner.take("let")
        scanner.skipSpace()
        let name = try scanner.name("the variable's name")
        scanner.skipSpace()
        guard scanner.take(":=") || scanner.take("=") else { throw scanner.mistake("'=' is missing") }
        return GuardVariable(name: name, value: try operand(), mark: scanner.mark(start))
    }

    /// What stands between `when` and the brace.
    mutating func conditions() throws(Mistake) -> GuardClauses {
        var clauses: GuardClauses = []
        while true {
            scanner.skipSpace()
            if scanner.next == "{" { break }
            clauses.append(try disjunction(isCondition: true))
        }
        guard !clauses.isEmpty else { throw scanner.mistake("a condition is missing") }
        return clauses
    }

    mutating func block() throws(Mistake) -> GuardBlock {
        try scanner.expect("{")
        let start = scanner.at
        return try nested { (parser) throws(Mistake) in
            var block = GuardBlock()
            while true {
                parser.scanner.skipSpace()
                if parser.scanner.take("}") { break }
                guard !parser.scanner.isAtEnd else { throw parser.scanner.mistake("'}' is missing", at: start - 1) }
                if parser.scanner.word == "let" {
                    block.variables.append(try parser.variable())
                } else {
                    block.clauses.append(try parser.disjunction())
                }
            }
            guard !block.clauses.isEmpty else {
                throw parser.scanner.mistake("the block has no clauses", at: start - 1)
            }
            return block
        }
    }

    /// Clauses with `or` between them.
    mutating func disjunction(isCondition: Bool = false) throws(Mistake) -> [GuardClause] {
        var clauses = [try clause(isCondition: isCondition)]
        while true {
            scanner.skipSpace()
            guard scanner.take("|OR|") || scanner.take(word: "or") else { return clauses }
            clauses.append(try clause(isCondition: isCondition))
        }
    }
}
