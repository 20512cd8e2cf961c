/// Parses a regular expression in the dialect of the API models.
struct PatternParser {
    typealias Failure = PatternCompiler.Failure
    typealias Node = PatternCompiler.Node

    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var ignoresCase = false

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func pattern() throws(Failure) -> Node {
        if looking(at: "(?i)") {
            at += 4
            ignoresCase = true
        }
        let node = try choice()
        guard at == scalars.count else { throw failure("unexpected ')'") }
        return node
    }

    private func failure(_ reason: String) -> Failure { Failure(reason: reason, offset: at) }
    private var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    private func looking(at text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        return at + wanted.count <= scalars.count && Array(scalars[at..<at + wanted.count]) == wanted
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        at += 1
        return true
    }

    private mutating func choice() throws(Failure) -> Node {
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(Failure) -> Node {
        var nodes: [Node] = []
        while let scalar = next, scalar != "|", scalar != ")" { nodes.append(try repeated(try atom())) }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func atom() throws(Failure) -> Node {
        guard let scalar = next else { return .empty }
        at += 1
        switch scalar {
        case "(": return try group()
        case "[": return .set(try set())
        case ".":
            var set = ScalarSet()
            for end in ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"] as [Unicode.Scalar] {
                set.insert(end.value...end.value)
            }
            set.isNegative = true
            return .set(set)
        case "^": return .start
        case "$": return .end
        case "\\": return try escaped()
        case "*", "+", "?": throw failure("nothing to repeat")
        default: return .set(single(scalar.value))
        }
    }

    private mutating func group() throws(Failure) -> Node {
        var look: (isBehind: Bool, isNegative: Bool)?
        for (mark, meaning) in [
            ("?=", (false, false)), ("?!", (false, true)), ("?<=", (true, false)), ("?<!", (true, true)),
        ]
        where looking(at: mark) {
            look = meaning
            at += mark.count
        }
        if look == nil, looking(at: "?:") { at += 2 }
        guard look != nil || next != "?" else { throw failure("a kind of group that is not supported") }
        let node = try choice()
        guard take(")") else { throw failure("')' is missing") }
        return look.map { .look(node, isBehind: $0.isBehind, isNegative: $0.isNegative) } ?? node
    }

    private mutating func repeated(_ node: Node) throws(Failure) -> Node {
        var node = node
        while let scalar = next {
            var bounds: (Int, Int)
            switch scalar {
            case "*": bounds = (0, .max)
            case "+": bounds = (1, .max)
            case "?": bounds = (0, 1)
            case "{":
                guard let counted = counts() else { return node }
                bounds = counted
                at -= 1
            default: return node
            }
            at += 1
            // Whether a repetition is greedy or not makes no difference to whether the whole matches.
            if next == "?" { at += 1 }
            node = .loop(node, least: bounds.0, most: bounds.1)
        }
        return node
    }

    /// The numbers of `{2}`, `{2,}` or `{2,5}`, and moves past them; nil when the brace stands for itself.
    private mutating func counts() -> (Int, Int)? {
        guard let close = scalars[at...].firstIndex(of: "}") else { return nil }
        let text = String(String.UnicodeScalarView(scalars[(at + 1)..<close]))
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard let least = parts[0] else { return nil }
        at = close + 1
        if parts.count == 1 { return (least, least) }
        return (least, parts[1] ?? .max)
    }

    private func single(_ value: UInt32) -> ScalarSet {
        var set = ScalarSet()
        insert(value...value, in: &set)
        return set
    }

    private func insert(_ range: ClosedRange<UInt32>, in set: inout ScalarSet) {
        set.insert(range)
        guard ignoresCase else { return }
        for value in range where value < 128 {
            let letter = value | 0x20
            if letter >= 0x61, letter <= 0x7A { set.insert((value ^ 0x20)...(value ^ 0x20)) }
        }
    }

    private mutating func escaped() throws(Failure) -> Node {
        if take("b") { return .wordBoundary(isNegative: false) }
        if take("B") { return .wordBoundary(isNegative: true) }
        if let digit = next, digit.value >= 0x31, digit.value <= 0x39 {
            throw failure("back references are not supported")
        }
        switch try escape() {
        case .scalar(let value): return .set(single(value))
        case .set(let set): return .set(set)
        }
    }

    private enum Escape {
        case scalar(UInt32)
        case set(ScalarSet)
    }

    /// What follows a backslash, in a class or outside.
    private mutating func escape() throws(Failure) -> Escape {
        guard let scalar = next else { throw failure("a backslash at the end") }
        at += 1
        switch scalar {
        case "n": return .scalar(0x0A)
        case "r": return .scalar(0x0D)
        case "t": return .scalar(0x09)
        case "x": return .scalar(try hexadecimal(2))
        case "u": return .scalar(try unicode())
        case "p": return .set(try property())
        default:
            if let set = Self.shorthand(scalar) { return .set(set) }
            return .scalar(scalar.value)
        }
    }

    /// The scalars of a property, from its opening brace to behind its closing one.
    private mutating func property() throws(Failure) -> ScalarSet {
        guard take("{"), let close = scalars[at...].firstIndex(of: "}") else { throw failure("unknown property") }
        var set = ScalarSet()
        switch String(String.UnicodeScalarView(scalars[at..<close])) {
        case "L": set.insert(.letter)
        case "Z": set.insert(.separator)
        case "N": set.insert(.number)
        case "ASCII": set.insert(0x00...0x7F)
        case "Print": set.insert(0x20...0x7E)
        default: throw failure("unknown property")
        }
        at = close + 1
        return set
    }

    /// A scalar in hexadecimal, two surrogates taken together.
    private mutating func unicode() throws(Failure) -> UInt32 {
        // `\u10000` and `\u10FFFF` are written by authors who mean the scalar, not four digits and a letter.
        for (text, value) in [("10000", 0x10000), ("10FFFF", 0x10FFFF)] as [(String, UInt32)] where looking(at: text) {
            at += text.count
            return value
        }
        let high = try hexadecimal(4)
        guard high >= 0xD800, high < 0xDC00, looking(at: "\\uD") else { return high }
        at += 2
        let low = try hexadecimal(4)
        guard low >= 0xDC00, low < 0xE000 else { throw failure("half a surrogate pair") }
        return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }

    private static func shorthand(_ letter: Unicode.Scalar) -> ScalarSet? {
        var set = ScalarSet()
        switch letter {
        case "w", "W":
            for range in [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A] as [ClosedRange<UInt32>] {
                set.insert(range)
            }
        case "d", "D": set.insert(0x30...0x39)
        case "s", "S": for range in [0x09...0x0D, 0x20...0x20] as [ClosedRange<UInt32>] { set.insert(range) }
        default: return nil
        }
        set.isNegative = letter.properties.isUppercase
        return set
    }

    private mutating func hexadecimal(_ count: Int) throws(Failure) -> UInt32 {
        guard at + count <= scalars.count,
            let value = UInt32(String(String.UnicodeScalarView(scalars[at..<at + count])), radix: 16)
        else { throw failure("\(count) hexadecimal digits are missing") }
        at += count
        return value
    }

    /// A class, from behind its `[` to behind its `]`.
    private mutating func set() throws(Failure) -> ScalarSet {
        var set = ScalarSet()
        set.isNegative = take("^")
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            at += 1
            var low = scalar.value
            if scalar == "\\" {
                switch try escape() {
                case .set(let other):
                    set.insert(other)
                    continue
                case .scalar(let value): low = value
                }
            }
            try range(from: low, into: &set)
        }
        guard take("]") else { throw failure("']' is missing") }
        return set
    }

    private mutating func range(from low: UInt32, into set: inout ScalarSet) throws(Failure) {
        guard next == "-", at + 1 < scalars.count, scalars[at + 1] != "]" else { return insert(low...low, in: &set) }
        at += 1
        let before = at
        at += 1
        var high = scalars[before].value
        if scalars[before] == "\\" {
            switch try escape() {
            case .set(let other):
                // `a-\w`: the hyphen is one of the letters.
                insert(low...low, in: &set)
                insert(0x2D...0x2D, in: &set)
                return set.insert(other)
            case .scalar(let value): high = value
            }
        }
        guard low <= high else { throw failure("a range that runs backwards") }
        insert(low...high, in: &set)
    }
}
