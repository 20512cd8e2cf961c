internal import Notation

/// Goes through the text of a file of rules.
struct GuardScanner {
    typealias Mistake = GuardSyntaxError.Mistake

    let scalars: [Unicode.Scalar]
    var at = 0
    private let lineStarts: [Int]

    init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        self.scalars = scalars
        lineStarts = [0] + scalars.indices.filter { scalars[$0] == "\n" }.map { $0 + 1 }
    }

    var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }
    var isAtEnd: Bool { at >= scalars.count }

    /// Where that place is, as people count.
    func mark(_ place: Int) -> Mark {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= place { low = middle } else { high = middle }
        }
        return Mark(line: low + 1, column: place - lineStarts[low] + 1)
    }

    func mistake(_ message: String, at place: Int? = nil) -> Mistake {
        Mistake(message: message, mark: mark(place ?? at))
    }

    func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    func looking(at text: String) -> Bool {
        var place = at
        for scalar in text.unicodeScalars {
            guard place < scalars.count, scalars[place] == scalar else { return false }
            place += 1
        }
        return true
    }

    /// Passes over spaces, lines and remarks.
    mutating func skipSpace() {
        while let scalar = next {
            if scalar == "#" {
                while !isAtEnd, next != "\n" { at += 1 }
            } else if scalar.properties.isWhitespace {
                at += 1
            } else {
                return
            }
        }
    }

    mutating func take(_ text: String) -> Bool {
        guard looking(at: text) else { return false }
        at += text.unicodeScalars.count
        return true
    }

    mutating func expect(_ text: String) throws(Mistake) {
        skipSpace()
        guard take(text) else { throw mistake("'\(text)' is missing") }
    }

    static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar == "-" || scalar.properties.isAlphabetic
            || (scalar.value >= 0x30 && scalar.value <= 0x39)
    }

    /// The word here, without moving; empty when there is none.
    var word: String {
        var end = at
        while end < scalars.count, Self.isNamePart(scalars[end]) { end += 1 }
        return text(at..<end)
    }

    /// Takes a word if it is that one, in whatever case.
    mutating func take(word wanted: String) -> Bool {
        let word = word
        guard word.lowercased() == wanted else { return false }
        at += word.unicodeScalars.count
        return true
    }

    /// A name for a rule or a variable.
    mutating func name(_ what: String) throws(Mistake) -> String {
        let word = word
        guard !word.isEmpty else { throw mistake("\(what) is missing") }
        at += word.unicodeScalars.count
        return word
    }

    /// A text between quotes of either kind. A backslash takes away the meaning of a quote or of itself.
    mutating func quoted() throws(Mistake) -> String {
        let start = at
        guard let quote = next else { throw mistake("a text is missing") }
        at += 1
        var text = String.UnicodeScalarView()
        while let scalar = next, scalar != quote {
            at += 1
            if scalar == "\\", let escaped = next, escaped == quote || escaped == "\\" {
                at += 1
                // In a pattern that is written as a text a backslash before anything else must stay.
                text.append(escaped)
            } else {
                text.append(scalar)
            }
        }
        guard next == quote else { throw mistake("the closing quote is missing", at: start) }
        at += 1
        return String(text)
    }

    /// What stands between `<<` and `>>`, each line without the spaces around it.
    mutating func message() throws(Mistake) -> String? {
        skipSpace()
        let start = at
        guard take("<<") else { return nil }
        let from = at
        while !isAtEnd, !looking(at: ">>") { at += 1 }
        guard !isAtEnd else { throw mistake("'>>' is missing", at: start) }
        let lines = text(from..<at).split(whereSeparator: \.isNewline).map { line in
            line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        }
        at += 2
        return lines.map { String($0) }.filter { !$0.isEmpty }.joined(separator: "\n")
    }
}
