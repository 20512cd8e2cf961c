internal import Notation

extension GuardParser {
    /// A value, a query or a call of a function.
    mutating func operand() throws(Mistake) -> GuardOperand {
        scanner.skipSpace()
        if let value = try value() { return .value(value) }
        let word = scanner.word
        let end = scanner.at + word.unicodeScalars.count
        if !word.isEmpty, end < scanner.scalars.count, scanner.scalars[end] == "(" {
            let start = scanner.at
            scanner.at = end
            guard GuardFunction(rawValue: word) != nil else {
                throw scanner.mistake("there is no function '\(word)'", at: start)
            }
            return .call(word, try arguments(), scanner.mark(start))
        }
        return .query(try query())
    }

    /// A value that is written out; nil, without moving, when there is none.
    private mutating func value() throws(Mistake) -> GuardValue? {
        switch scanner.next {
        case "'", "\"": return .json(.string(try scanner.quoted()))
        case "/": return try regex()
        case "[": return try list()
        case "{": return try map()
        default: break
        }
        if isRangeAhead { return try range() }
        if let number = number() { return .json(number) }
        switch scanner.word {
        case "true", "True", "TRUE": return taken(.bool(true))
        case "false", "False", "FALSE": return taken(.bool(false))
        case "null", "NULL", "Null": return taken(.null)
        default: return nil
        }
    }

    /// A range, and not a query of something that is called `r`: a number comes first.
    private var isRangeAhead: Bool {
        guard scanner.looking(at: "r[") || scanner.looking(at: "r(") else { return false }
        let first = scanner.scalars[(scanner.at + 2)...].first { !$0.properties.isWhitespace }
        return first.map { (0x30...0x39).contains($0.value) || $0 == "-" || $0 == "+" } ?? false
    }

    private mutating func taken(_ value: JSON) -> GuardValue {
        _ = scanner.take(scanner.word)
        return .json(value)
    }

    /// A number, with a sign, decimals and an exponent if it has them; nil, without moving, when there is none.
    mutating func number() -> JSON? {
        var end = scanner.at
        let scalars = scanner.scalars
        func isDigit(_ place: Int) -> Bool { place < scalars.count && (0x30...0x39).contains(scalars[place].value) }
        if end < scalars.count, scalars[end] == "-" || scalars[end] == "+" { end += 1 }
        guard isDigit(end) else { return nil }
        while isDigit(end) { end += 1 }
        if end < scalars.count, scalars[end] == ".", isDigit(end + 1) {
            end += 1
            while isDigit(end) { end += 1 }
        }
        if end < scalars.count, scalars[end] == "e" || scalars[end] == "E" {
            var place = end + 1
            if place < scalars.count, scalars[place] == "-" || scalars[place] == "+" { place += 1 }
            if isDigit(place) {
                while isDigit(place) { place += 1 }
                end = place
            }
        }
        // Something like `0abc` is a name.
        if end < scalars.count, GuardScanner.isNamePart(scalars[end]), scalars[end] != "-" { return nil }
        let text = scanner.text(scanner.at..<end)
        let number: JSON? =
            Int(text).map(JSON.int) ?? Double(text).flatMap { $0.isFinite ? JSON.double($0) : nil }
        if number != nil { scanner.at = end }
        return number
    }

    private mutating func regex() throws(Mistake) -> GuardValue {
        let start = scanner.at
        scanner.at += 1
        var text = String.UnicodeScalarView()
        while let scalar = scanner.next, scalar != "/" {
            scanner.at += 1
            if scalar == "\\", scanner.next == "/" {
                text.append("/")
                scanner.at += 1
            } else {
                text.append(scalar)
                if scalar == "\\", let escaped = scanner.next {
                    text.append(escaped)
                    scanner.at += 1
                }
            }
        }
        guard scanner.take("/") else { throw scanner.mistake("the closing '/' of the pattern is missing", at: start) }
        guard (try? Regex(String(text))) != nil else {
            throw scanner.mistake("'\(String(text))' is no regular expression", at: start)
        }
        return .regex(String(text))
    }

    private mutating func range() throws(Mistake) -> GuardValue {
        let start = scanner.at
        scanner.at += 1
        let includesLow = scanner.take("[")
        if !includesLow { _ = scanner.take("(") }
        scanner.skipSpace()
        let low = number()?.double
        try scanner.expect(",")
        scanner.skipSpace()
        let high = number()?.double
        scanner.skipSpace()
        let includesHigh = scanner.take("]")
        guard includesHigh || scanner.take(")"), let low, let high else {
            throw scanner.mistake(
                "a range has the form r[low, high], with round brackets for bounds left out", at: start)
        }
        return .range(low: low, includesLow: includesLow, high: high, includesHigh: includesHigh)
    }

    private mutating func list() throws(Mistake) -> GuardValue {
        try nested { (parser) throws(Mistake) in
            _ = parser.scanner.take("[")
            var values: [GuardValue] = []
            parser.scanner.skipSpace()
            if parser.scanner.take("]") { return .json([]) }
            repeat {
                parser.scanner.skipSpace()
                if parser.scanner.next == "]" { break }
                guard let value = try parser.value() else { throw parser.scanner.mistake("a value is missing") }
                values.append(value)
                parser.scanner.skipSpace()
            } while parser.scanner.take(",")
            try parser.scanner.expect("]")
            let plain = values.compactMap(\.json)
            return plain.count == values.count ? .json(.array(plain)) : .list(values)
        }
    }

    private mutating func map() throws(Mistake) -> GuardValue {
        try nested { (parser) throws(Mistake) in
            _ = parser.scanner.take("{")
            var members: [(name: String, value: GuardValue)] = []
            parser.scanner.skipSpace()
            if parser.scanner.take("}") { return .json([:]) }
            repeat {
                parser.scanner.skipSpace()
                if parser.scanner.next == "}" { break }
                let isQuoted = parser.scanner.next == "'" || parser.scanner.next == "\""
                let name = isQuoted ? try parser.scanner.quoted() : try parser.scanner.name("a member's name")
                try parser.scanner.expect(":")
                parser.scanner.skipSpace()
                guard let value = try parser.value() else { throw parser.scanner.mistake("a value is missing") }
                members.append((name, value))
                parser.scanner.skipSpace()
            } while parser.scanner.take(",")
            try parser.scanner.expect("}")
            let plain = members.compactMap { member in member.value.json.map { (member.name, $0) } }
            return plain.count == members.count ? .json(.object(JSONObject(plain))) : .map(members)
        }
    }
}

extension GuardValue {
    /// The value, if documents can hold it.
    var json: JSON? { if case .json(let value) = self { value } else { nil } }
}
