import Notation

/// Scalars as text: in paths, queries, headers, forms and XML.
enum Scalar {
    /// The value that a text stands for.
    static func read(_ text: String, _ shape: Shape, member: String) throws(Misfit) -> JSON {
        switch shape.kind {
        case .string: return .string(text)
        case .blob: if Base64.isValid(text) { return .string(text) }
        case .boolean: if let value = boolean(text) { return .bool(value) }
        case .integer: if let value = Int32(trimmed(text)) { return .int(Int(value)) }
        case .long: if let value = Int(trimmed(text)) { return .int(value) }
        case .double, .float:
            if let value = special(text) ?? finite(trimmed(text)) { return .double(value) }
        case .timestamp: if let value = WireTime.parse(trimmed(text)) { return value }
        case .structure, .list, .map: break
        }
        throw Misfit(.text(text, expected: shape.kind), member: member)
    }

    /// The text of a scalar; nil for values that have none.
    static func text(_ value: JSON, _ shape: Shape, time: TimestampFormat) -> String? {
        switch value {
        case .string(let text): return text
        case .bool(let value): return value ? "true" : "false"
        case .int(let number): return shape.kind == .timestamp ? time.text(Double(number)) : String(number)
        case .double(let number): return shape.kind == .timestamp ? time.text(number) : text(number)
        case .null, .array, .object: return nil
        }
    }

    /// A number as XML Schema and AWS's JSON write it.
    static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.description
    }

    /// The numbers that JSON has no digits for.
    static func special(_ text: String) -> Double? {
        switch text {
        case "NaN": .nan
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        default: nil
        }
    }

    private static func finite(_ text: String) -> Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }

    private static func boolean(_ text: String) -> Bool? {
        switch trimmed(text) {
        case "true", "True", "TRUE", "1": true
        case "false", "False", "FALSE", "0": false
        default: nil
        }
    }

    static func trimmed(_ text: String) -> String {
        guard let first = text.utf8.first, let last = text.utf8.last, first <= 0x20 || last <= 0x20 else { return text }
        let start = text.drop { $0.isWhitespace }
        return String(
            start.prefix(upTo: start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex))
    }
}
