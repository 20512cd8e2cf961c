/// A filter pattern, parsed. Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters,
/// subscription filters, filter log events".
enum FilterPattern: Sendable, Hashable {
    /// Matches every event.
    case everything
    /// Words to be found in the text.
    case terms(required: [String], optional: [String], excluded: [String])
    /// `{ ... }`: a condition on an event that is JSON.
    case tree(TreeCondition)
    /// `[a, b = "x", ...]`: fields between spaces.
    case fields([FieldCondition])

    /// The pattern a text stands for.
    ///
    /// - Throws: ``FilterPatternError``
    init(parsing text: String) throws {
        let trimmed = text.drop(while: \.isWhitespace)
        switch trimmed.first {
        case nil: self = .everything
        case "{":
            var parser = TreePatternParser(PatternScanner(trimmed))
            self = .tree(try parser.pattern())
        case "[":
            var parser = FieldPatternParser(PatternScanner(trimmed))
            self = .fields(try parser.pattern())
        default: self = try Self.terms(trimmed)
        }
    }

    private static func terms(_ text: Substring) throws -> FilterPattern {
        var scanner = PatternScanner(text)
        var required: [String] = [], optional: [String] = [], excluded: [String] = []
        while !scanner.isAtEnd {
            let mark = scanner.take("-") ? "-" : scanner.take("?") ? "?" : ""
            let term = scanner.next == "\"" ? try scanner.quoted() : scanner.word { $0.isWhitespace }
            guard !term.isEmpty else { throw FilterPatternError(message: "a term is missing after '\(mark)'") }
            guard !(term.hasPrefix("%") && term.hasSuffix("%") && term.count > 1) else {
                throw FilterPatternError.noRegex
            }
            switch mark {
            case "-": excluded.append(term)
            case "?": optional.append(term)
            default: required.append(term)
            }
        }
        return .terms(required: required, optional: optional, excluded: excluded)
    }

    /// Whether a message matches. Among required terms, optional ones are ignored, as AWS does.
    func matches(_ message: String) -> Bool { match(message) != nil }

    /// What a message's match found, by the names that metric values refer to (`$.level`, `$status`); nil when it
    /// does not match.
    func match(_ message: String) -> PatternMatch? {
        switch self {
        case .everything: return PatternMatch()
        case .terms(let required, let optional, let excluded):
            guard required.allSatisfy({ message.hasPart($0) }), !excluded.contains(where: { message.hasPart($0) })
            else { return nil }
            guard optional.isEmpty || !required.isEmpty || optional.contains(where: { message.hasPart($0) }) else {
                return nil
            }
            return PatternMatch()
        case .tree(let condition):
            guard let tree = PatternMatch.tree(message), condition.holds(in: tree) else { return nil }
            return PatternMatch(tree: tree, selectors: condition.selectors)
        case .fields(let conditions): return FieldCondition.match(conditions, message)
        }
    }
}

/// Why a pattern cannot be read.
struct FilterPatternError: Error, Sendable, Hashable {
    let message: String
    /// Whether AWS has what was asked for and Slipway does not.
    var isUnsupported = false

    static var noRegex: FilterPatternError {
        FilterPatternError(message: "regular expressions (%...%) in filter patterns", isUnsupported: true)
    }
}

extension String {
    /// Whether the text occurs in this one, compared by bytes: quick, and what AWS's case-sensitive terms mean.
    func hasPart(_ part: String) -> Bool {
        var text = self, part = part
        return text.withUTF8 { text in
            part.withUTF8 { part in
                guard let first = part.first else { return true }
                guard text.count >= part.count else { return false }
                for start in 0...(text.count - part.count) where text[start] == first {
                    if text[start..<start + part.count].elementsEqual(part) { return true }
                }
                return false
            }
        }
    }
}

/// Reads a pattern character by character.
struct PatternScanner {
    private(set) var rest: Substring

    init(_ text: Substring) { rest = text }

    private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

    /// The next character that is no space.
    var next: Character? { rest.first { !$0.isWhitespace } }
    var isAtEnd: Bool { next == nil }

    mutating func take(_ symbol: String) -> Bool {
        skipSpace()
        guard rest.hasPrefix(symbol) else { return false }
        rest = rest.dropFirst(symbol.count)
        return true
    }

    mutating func expect(_ symbol: String) throws {
        guard take(symbol) else { throw unexpected("'\(symbol)'") }
    }

    func unexpected(_ wanted: String) -> FilterPatternError {
        FilterPatternError(message: "\(wanted) is missing at '\(rest.prefix(20))'")
    }

    /// The characters up to one that ends a word.
    mutating func word(until isEnd: (Character) -> Bool) -> String {
        skipSpace()
        let word = rest.prefix { !isEnd($0) }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    /// A text in double quotes; a backslash takes the next character as it is.
    mutating func quoted() throws -> String {
        try expect("\"")
        var text = ""
        while let character = rest.popFirst() {
            if character == "\"" { return text }
            text.append(character == "\\" ? rest.popFirst() ?? character : character)
        }
        throw FilterPatternError(message: "a closing quote is missing")
    }
}
