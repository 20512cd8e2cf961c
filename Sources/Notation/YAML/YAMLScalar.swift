/// What a plain scalar means: YAML 1.1's implicit types as PyYAML resolves them (yaml.org/type), dates left as text.
enum YAMLScalar {
    /// The value of a plain scalar.
    static func resolve(_ text: String) -> JSON {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return number(text) ?? .string(text)
        case UInt8(ascii: "~"): return text == "~" ? .null : .string(text)
        default:
            guard text.utf8.count <= 5, beginsWord(first) else { return .string(text) }
            return words[text] ?? .string(text)
        }
    }

    /// Whether one of ``words`` begins with that byte, small or capital.
    private static func beginsWord(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "n"), UInt8(ascii: "y"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "o"): true
        default: false
        }
    }

    /// The value of a scalar with one of YAML's own tags; nil when the tag is none of them or the text does not fit it.
    static func resolve(_ text: String, coreTag: String) -> JSON? {
        guard coreTag.hasPrefix("tag:yaml.org,2002:") else { return nil }
        switch coreTag.dropFirst("tag:yaml.org,2002:".count) {
        case "str", "binary", "timestamp": return .string(text)
        case "null": return .null
        case "float": return number(text).flatMap { $0.double.map(JSON.double) }
        case "int", "bool": return resolve(text)
        default: return nil
        }
    }

    private static let words: [String: JSON] = {
        var words: [String: JSON] = ["null": .null, "Null": .null, "NULL": .null]
        for word in ["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] { words[word] = .bool(true) }
        for word in ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] { words[word] = .bool(false) }
        return words
    }()

    private static func number(_ text: String) -> JSON? {
        // Nearly all are plain digits.
        if text.utf8.allSatisfy(isDigit), text.utf8.first != UInt8(ascii: "0"), let value = Int(text) {
            return .int(value)
        }
        var body = Substring(text)
        let isNegative = body.first == "-"
        if body.first == "-" || body.first == "+" { body = body.dropFirst() }
        guard let first = body.utf8.first else { return nil }
        if body.contains(":") { return sexagesimal(body, isNegative: isNegative) }
        guard first != UInt8(ascii: "_") else { return nil }
        if body.contains(".") { return fraction(body, isNegative: isNegative) }
        guard first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return nil }
        if let whole = whole(body) { return signed(whole, isNegative) }
        return hugeWhole(body, isNegative: isNegative)
    }

    private static func signed(_ value: Int, _ isNegative: Bool) -> JSON { .int(isNegative ? -value : value) }

    private static func whole(_ body: Substring) -> Int? {
        let digits = body.filter { $0 != "_" }
        if digits == "0" { return 0 }
        guard digits.first == "0" else {
            return digits.utf8.allSatisfy(isDigit) ? Int(digits) : nil
        }
        let rest = digits.dropFirst()
        if rest.hasPrefix("x") { return unsigned(rest.dropFirst(), radix: 16) }
        if rest.hasPrefix("b") { return unsigned(rest.dropFirst(), radix: 2) }
        return unsigned(rest, radix: 8)
    }

    private static func unsigned(_ digits: some StringProtocol, radix: Int) -> Int? {
        guard let first = digits.first, first != "-", first != "+" else { return nil }
        return Int(digits, radix: radix)
    }

    /// A decimal integer beyond 64 bits keeps its size, not its digits.
    private static func hugeWhole(_ body: Substring, isNegative: Bool) -> JSON? {
        let digits = body.filter { $0 != "_" }
        guard digits.first != "0", digits.utf8.allSatisfy(isDigit), let value = Double(digits) else { return nil }
        return .double(isNegative ? -value : value)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// `[0-9][0-9_]*.[0-9_]*` or `.[0-9][0-9_]*`, either with a signed exponent: what PyYAML takes for a float.
    private static func fraction(_ body: Substring, isNegative: Bool) -> JSON? {
        let clean = body.filter { $0 != "_" }
        let parts = clean.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.allSatisfy(isDigit) else { return nil }
        let tail = parts[1].split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard let decimals = tail.first, decimals.utf8.allSatisfy(isDigit) else { return nil }
        guard !(parts[0].isEmpty && decimals.isEmpty) else { return nil }
        var text = "\(parts[0].isEmpty ? "0" : parts[0]).\(decimals.isEmpty ? "0" : decimals)"
        if tail.count == 2 {
            guard let sign = tail[1].first, sign == "+" || sign == "-",
                !tail[1].dropFirst().isEmpty, tail[1].dropFirst().utf8.allSatisfy(isDigit)
            else { return nil }
            text += "e" + tail[1]
        }
        guard let value = Double(text), value.isFinite else { return nil }
        return .double(isNegative ? -value : value)
    }

    /// `1:30` is 90 in YAML 1.1; so is an unquoted `22:22` the number 1342.
    private static func sexagesimal(_ body: Substring, isNegative: Bool) -> JSON? {
        let parts = body.split(separator: ":", omittingEmptySubsequences: false)
        guard let first = parts.first, let lead = first.utf8.first, lead >= UInt8(ascii: "1"),
            lead <= UInt8(ascii: "9"),
            first.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") })
        else { return nil }
        var total = 0
        for (position, part) in parts.enumerated() {
            guard let digits = Int(part.filter { $0 != "_" }), digits >= 0 else { return nil }
            guard position == 0 || (part.utf8.count <= 2 && part.utf8.allSatisfy(isDigit) && digits < 60) else {
                return nil
            }
            let (product, overflow) = total.multipliedReportingOverflow(by: 60)
            guard !overflow, product <= Int.max - digits else { return nil }
            total = product + digits
        }
        return signed(total, isNegative)
    }
}
