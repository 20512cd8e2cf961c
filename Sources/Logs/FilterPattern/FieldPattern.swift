/// What one field between spaces must be like.
struct FieldCondition: Sendable, Hashable {
    /// Alternatives of comparisons that must all hold.
    typealias Checks = [[Check]]
    struct Check: Sendable, Hashable {
        let comparison: PatternOperator
        let value: PatternValue
    }

    /// What the field is called; empty for `...`, which stands for any number of fields.
    let name: String
    let checks: Checks
    var isRest: Bool { name == "..." }

    private func holds(_ text: String) -> Bool {
        checks.isEmpty || checks.contains { $0.allSatisfy { $0.comparison.passes(text, $0.value) } }
    }

    /// What a message's fields are, if it has as many as the conditions ask for and each one passes.
    static func match(_ conditions: [FieldCondition], _ message: String) -> PatternMatch? {
        let fields = split(message)
        let rest = conditions.firstIndex(where: \.isRest)
        let named = conditions.filter { !$0.isRest }
        guard rest == nil ? fields.count == named.count : fields.count >= named.count else { return nil }
        let before = rest ?? named.count
        var found: [(String, String)] = []
        for (place, condition) in named.enumerated() {
            let field = fields[place < before ? place : fields.count - named.count + place]
            guard condition.holds(field) else { return nil }
            found.append(("$" + condition.name, field))
        }
        return PatternMatch(fields: found)
    }

    /// The fields of a message: what stands between spaces, in double quotes or in square brackets.
    static func split(_ message: String) -> [String] {
        var fields: [String] = []
        var rest = Substring(message)
        while let first = rest.first {
            let close: Character? = first == "\"" ? "\"" : first == "[" ? "]" : nil
            if first.isWhitespace {
                rest.removeFirst()
            } else if let close, let end = rest.dropFirst().firstIndex(of: close) {
                fields.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let word = rest.prefix { !$0.isWhitespace }
                fields.append(String(word))
                rest = rest[word.endIndex...]
            }
        }
        return fields
    }
}

/// Reads `[field, field = value, ...]`.
struct FieldPatternParser {
    private var scanner: PatternScanner

    init(_ scanner: PatternScanner) { self.scanner = scanner }

    mutating func pattern() throws -> [FieldCondition] {
        try scanner.expect("[")
        var conditions: [FieldCondition] = []
        while !scanner.take("]") {
            conditions.append(try condition(place: conditions.count + 1))
            guard scanner.take(",") || scanner.next == "]" else { throw scanner.unexpected("',' or ']'") }
        }
        guard scanner.isAtEnd else { throw scanner.unexpected("the end") }
        guard !conditions.isEmpty else { throw FilterPatternError(message: "it names no field") }
        guard conditions.filter(\.isRest).count < 2 else {
            throw FilterPatternError(message: "'...' may stand in it once only")
        }
        return conditions
    }

    private mutating func condition(place: Int) throws -> FieldCondition {
        let word = scanner.word { $0.isWhitespace || ",]=!<>&|".contains($0) }
        guard word != "..." else { return FieldCondition(name: word, checks: []) }
        let name = word.isEmpty ? String(place) : word
        var checks: FieldCondition.Checks = []
        guard let first = try check() else { return FieldCondition(name: name, checks: []) }
        var all = [first]
        while true {
            if scanner.take("&&") {
                all.append(try further(name))
            } else if scanner.take("||") {
                checks.append(all)
                all = [try further(name)]
            } else {
                return FieldCondition(name: name, checks: checks + [all])
            }
        }
    }

    private mutating func further(_ name: String) throws -> FieldCondition.Check {
        let word = scanner.word { $0.isWhitespace || ",]=!<>&|".contains($0) }
        guard word == name || word.isEmpty, let check = try check() else {
            throw scanner.unexpected("a comparison of '\(name)'")
        }
        return check
    }

    private mutating func check() throws -> FieldCondition.Check? {
        guard let comparison = scanner.comparison() else { return nil }
        return FieldCondition.Check(
            comparison: comparison, value: try scanner.value { $0.isWhitespace || ",]&|".contains($0) })
    }
}
