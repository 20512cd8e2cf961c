internal import Notation

extension GuardParser {
    /// One clause. In a condition a brace behind a query begins what is conditional, not a block of the query.
    mutating func clause(isCondition: Bool) throws(Mistake) -> GuardClause {
        scanner.skipSpace()
        let start = scanner.at
        if scanner.word == "when" {
            _ = scanner.take("when")
            let conditions = try conditions()
            return .when(conditions, try block())
        }
        if let clause = try typeClause(start) { return clause }
        let isNegated = takeNegation()
        scanner.skipSpace()
        if let clause = try call(start, isNegated: isNegated) { return clause }
        let query = try query()
        scanner.skipSpace()
        if !isCondition, scanner.next == "{" {
            guard !isNegated else { throw scanner.mistake("a block cannot be negated", at: start) }
            return .block(query, try block(), scanner.mark(start))
        }
        if let check = try check(query, isNegated: isNegated, start) { return .check(check) }
        if case .key(let name)? = query.parts.first, query.parts.count == 1, !query.isSome {
            return .rule(name, [], isNegated: isNegated, message: try scanner.message(), scanner.mark(start))
        }
        throw scanner.mistake("an operator is missing, such as ==, IN or EXISTS")
    }

    private mutating func takeNegation() -> Bool {
        if scanner.take("!") { return true }
        return scanner.take(word: "not")
    }

    /// `AWS::S3::Bucket { … }`, the same with a condition, or with a single clause in place of the block.
    private mutating func typeClause(_ start: Int) throws(Mistake) -> GuardClause? {
        var end = scanner.at
        var colons = 0
        while end < scanner.scalars.count {
            let scalar = scanner.scalars[end]
            if scalar == ":" { colons += 1 } else if !GuardScanner.isNamePart(scalar) { break }
            end += 1
        }
        guard colons >= 2, scanner.text(start..<end).contains("::") else { return nil }
        let type = scanner.text(start..<end)
        scanner.at = end
        scanner.skipSpace()
        let condition = scanner.take(word: "when") ? try conditions() : nil
        scanner.skipSpace()
        if scanner.next == "{" { return .type(type, condition, try block(), scanner.mark(start)) }
        var body = GuardBlock()
        body.clauses = [[try clause(isCondition: false)]]
        return .type(type, condition, body, scanner.mark(start))
    }

    /// `name(arguments)`: a rule with parameters.
    private mutating func call(_ start: Int, isNegated: Bool) throws(Mistake) -> GuardClause? {
        let word = scanner.word
        let end = scanner.at + word.unicodeScalars.count
        guard !word.isEmpty, end < scanner.scalars.count, scanner.scalars[end] == "(" else { return nil }
        scanner.at = end
        let arguments = try arguments()
        return .rule(word, arguments, isNegated: isNegated, message: try scanner.message(), scanner.mark(start))
    }

    /// Operands between brackets, with commas.
    mutating func arguments() throws(Mistake) -> [GuardOperand] {
        try scanner.expect("(")
        var arguments: [GuardOperand] = []
        scanner.skipSpace()
        if scanner.take(")") { return arguments }
        repeat {
            arguments.append(try operand())
            scanner.skipSpace()
        } while scanner.take(",")
        try scanner.expect(")")
        return arguments
    }

    // MARK: Checks

    /// What is asked of a query; nil when no operator follows.
    private mutating func check(_ query: GuardQuery, isNegated: Bool, _ start: Int) throws(Mistake) -> GuardCheck? {
        let from = scanner.at
        guard let (operation, isInverse) = takeOperator() else { return nil }
        let operand = GuardCheck.Operator.unary.contains(operation) ? nil : try operand()
        let expectation = scanner.text(from..<scanner.at).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return GuardCheck(
            query: query, operation: operation, isNegated: isNegated != isInverse, operand: operand,
            message: try scanner.message(), expectation: expectation, mark: scanner.mark(start))
    }

    /// An operator and whether it asks for the opposite; nil, without moving, when there is none.
    mutating func takeOperator() -> (GuardCheck.Operator, isInverse: Bool)? {
        if scanner.take("!=") { return (.equal, true) }
        for operation in [GuardCheck.Operator.equal, .greaterOrEqual, .lessOrEqual, .greater] {
            if scanner.take(operation.rawValue) { return (operation, false) }
        }
        if !scanner.looking(at: "<<"), scanner.take("<") { return (.less, false) }
        let before = scanner.at
        let isInverse = takeNegation()
        scanner.skipSpace()
        for operation in [GuardCheck.Operator.isIn] + GuardCheck.Operator.unary {
            if scanner.take(word: operation.rawValue.lowercased()) { return (operation, isInverse) }
        }
        scanner.at = before
        return nil
    }

    // MARK: Queries

    mutating func query() throws(Mistake) -> GuardQuery {
        let isSome = scanner.take(word: "some")
        scanner.skipSpace()
        var parts: [GuardQuery.Part] = [try firstPart()]
        while true {
            if scanner.take(".") {
                parts.append(try part())
            } else if scanner.next == "[" {
                parts.append(try bracket())
            } else {
                // A filter may stand apart from what it filters: no clause begins with a bracket.
                let before = scanner.at
                scanner.skipSpace()
                if scanner.next == "[" { continue }
                scanner.at = before
                return GuardQuery(isSome: isSome, parts: parts)
            }
        }
    }

    private mutating func firstPart() throws(Mistake) -> GuardQuery.Part {
        if scanner.take("%") { return .variable(try scanner.name("a variable's name")) }
        if scanner.word == "this" {
            _ = scanner.take("this")
            return .this
        }
        if scanner.take("*") { return .values }
        if let number = number() { return .literal(.json(number)) }
        return try part()
    }

    private mutating func part() throws(Mistake) -> GuardQuery.Part {
        if scanner.take("*") { return .values }
        if scanner.take("%") { return .keys(of: try scanner.name("a variable's name")) }
        if scanner.next == "'" || scanner.next == "\"" { return .key(try scanner.quoted()) }
        let word = try scanner.name("a query")
        if let index = Int(word), index >= 0 { return .index(index) }
        return .key(word)
    }

    private mutating func bracket() throws(Mistake) -> GuardQuery.Part {
        let start = scanner.at
        _ = scanner.take("[")
        scanner.skipSpace()
        if scanner.take("*") {
            try scanner.expect("]")
            return .elements
        }
        let word = scanner.word
        if let index = Int(word), index >= 0 {
            _ = scanner.take(word)
            try scanner.expect("]")
            return .index(index)
        }
        if word.lowercased() == "keys", let filter = try keyFilter() { return filter }
        return .filter(
            try nested { (parser) throws(Mistake) in
                var clauses: GuardClauses = []
                while true {
                    parser.scanner.skipSpace()
                    if parser.scanner.take("]") { break }
                    guard !parser.scanner.isAtEnd else { throw parser.scanner.mistake("']' is missing", at: start) }
                    try parser.refuseCapture()
                    clauses.append(try parser.disjunction())
                }
                guard !clauses.isEmpty else { throw parser.scanner.mistake("the filter is empty", at: start) }
                return clauses
            })
    }

    /// `keys` and an operator; nil, without moving, when `keys` is the name of a member here.
    private mutating func keyFilter() throws(Mistake) -> GuardQuery.Part? {
        let before = scanner.at
        _ = scanner.take(word: "keys")
        scanner.skipSpace()
        guard let (operation, isInverse) = takeOperator(), operation == .equal || operation == .isIn else {
            scanner.at = before
            return nil
        }
        let operand = try operand()
        try scanner.expect("]")
        return .keyFilter(operation, isNegated: isInverse, operand)
    }

    /// `[ name | … ]` takes down the names of what is filtered, which is not done here.
    private func refuseCapture() throws(Mistake) {
        var place = scanner.at + scanner.word.unicodeScalars.count
        while place < scanner.scalars.count, scanner.scalars[place] == " " { place += 1 }
        guard !scanner.word.isEmpty, place + 1 < scanner.scalars.count, scanner.scalars[place] == "|",
            scanner.scalars[place + 1] != "O"
        else { return }
        throw scanner.mistake("names captured in a filter ('\(scanner.word) |') are not supported")
    }
}
