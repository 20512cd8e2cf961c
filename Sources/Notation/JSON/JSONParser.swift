/// Why a text is not JSON, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in a few words.
    package let message: String
    /// The byte at which it shows, counted from 0.
    package let offset: Int

    package var description: String { "\(message) at byte \(offset)" }
}

extension JSON {
    /// What a parser accepts.
    package struct Limits: Sendable {
        /// How deep lists and objects may be nested.
        package var depth: Int
        /// Whether an object that names a member twice is refused. Otherwise the last value counts.
        package var refusesDuplicateNames: Bool

        /// 512 levels, as deep as clients of AWS go; duplicates accepted as RFC 8259 leaves it.
        package init(depth: Int = 512, refusesDuplicateNames: Bool = false) {
            self.depth = depth
            self.refusesDuplicateNames = refusesDuplicateNames
        }
    }

    /// Reads a JSON text (RFC 8259).
    ///
    /// - Throws: ``JSONError`` with the offset of the first byte that cannot be read.
    package init(parsing text: String, limits: Limits = Limits()) throws {
        var text = text
        self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0), limits: limits) }
    }

    /// Reads a JSON text in UTF-8.
    ///
    /// - Throws: ``JSONError`` with the offset of the first byte that cannot be read.
    package init(parsing bytes: [UInt8], limits: Limits = Limits()) throws {
        self = try bytes.withUnsafeBytes { try JSON(parsing: $0, limits: limits) }
    }

    /// Reads a JSON text in UTF-8 that the caller keeps alive for the time of the call.
    ///
    /// - Throws: ``JSONError`` with the offset of the first byte that cannot be read.
    package init(parsing bytes: UnsafeRawBufferPointer, limits: Limits = Limits()) throws {
        var parser = JSONParser(bytes: bytes, limits: limits)
        self = try parser.document()
    }
}

private struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    let limits: JSON.Limits
    var at = 0
    var depth = 0

    mutating func document() throws -> JSON {
        let value = try value()
        skipSpace()
        guard at == bytes.count else { throw error("unexpected text after the value") }
        return value
    }

    func error(_ message: String) -> JSONError { JSONError(message: message, offset: at) }

    var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || (bytes[at] <= 0x0D && bytes[at] >= 0x09 && bytes[at] != 0x0B) {
            at += 1
        }
    }

    mutating func value() throws -> JSON {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try nested { try $0.members() }
        case UInt8(ascii: "["): return try nested { try $0.elements() }
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw error("the text ends where a value should be")
        default: return try number()
        }
    }

    mutating func nested(_ body: (inout JSONParser) throws -> JSON) throws -> JSON {
        guard depth < limits.depth else { throw error("nested deeper than \(limits.depth) levels") }
        depth += 1
        at += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    mutating func members() throws -> JSON {
        var object = JSONObject()
        skipSpace()
        if next == UInt8(ascii: "}") { at += 1; return .object(object) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("a member's name in double quotes is missing") }
            let start = at
            let key = try text()
            if limits.refusesDuplicateNames, object.contains(key) {
                throw JSONError(message: "duplicate name '\(key)'", offset: start)
            }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("':' is missing after a member's name") }
            at += 1
            object[key] = try value()
            skipSpace()
            if next == UInt8(ascii: ",") { at += 1; continue }
            guard next == UInt8(ascii: "}") else { throw error("',' or '}' is missing") }
            at += 1
            return .object(object)
        }
    }

    mutating func elements() throws -> JSON {
        var array: [JSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") { at += 1; return .array(array) }
        while true {
            array.append(try value())
            skipSpace()
            if next == UInt8(ascii: ",") { at += 1; continue }
            guard next == UInt8(ascii: "]") else { throw error("',' or ']' is missing") }
            at += 1
            return .array(array)
        }
    }

    mutating func word(_ word: StaticString, _ value: JSON) throws -> JSON {
        let length = word.utf8CodeUnitCount
        guard at + length <= bytes.count else { throw error("not a value") }
        for offset in 0..<length where bytes[at + offset] != word.utf8Start[offset] { throw error("not a value") }
        at += length
        return value
    }

    mutating func number() throws -> JSON {
        let start = at
        if next == UInt8(ascii: "-") { at += 1 }
        let digits = at
        skipDigits()
        guard at > digits else { throw error("not a value") }
        guard bytes[digits] != UInt8(ascii: "0") || at == digits + 1 else {
            throw error("a number with a leading zero")
        }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            isWhole = false
            at += 1
            let fraction = at
            skipDigits()
            guard at > fraction else { throw error("digits are missing after the decimal point") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            at += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            skipDigits()
            guard at > exponent else { throw error("digits are missing in the exponent") }
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isWhole, let whole = Int(text) { return .int(whole) }
        guard let double = Double(text), double.isFinite else { throw error("a number out of range") }
        return .double(double)
    }

    mutating func skipDigits() {
        while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 { at += 1 }
    }

    mutating func text() throws -> String {
        at += 1
        let start = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                defer { at += 1 }
                return try decoded(bytes[start..<at])
            case UInt8(ascii: "\\"): return try escapedText(from: start)
            case 0..<0x20: throw error("a control character inside a string")
            default: at += 1
            }
        }
        throw error("a string without its closing quote")
    }

    func decoded(_ slice: Slice<UnsafeRawBufferPointer>) throws -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw error("a string that is not UTF-8") }
        return text
    }

    mutating func escapedText(from start: Int) throws -> String {
        var buffer = [UInt8](bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: buffer, as: UTF8.self) else {
                    throw error("a string that is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &buffer)
            case 0..<0x20: throw error("a control character inside a string")
            default: buffer.append(byte)
            }
        }
        throw error("a string without its closing quote")
    }

    mutating func escape(into buffer: inout [UInt8]) throws {
        guard let byte = next else { throw error("a string without its closing quote") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"): buffer.append(contentsOf: String(Character(try unicodeEscape())).utf8)
        default: throw error("an unknown escape in a string")
        }
    }

    /// A `\u` escape, or the pair of them that stands for one character beyond the first plane. Half a pair becomes U+FFFD.
    mutating func unicodeEscape() throws -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        let first = try hexadecimal()
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? replacement }
        guard at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
            return replacement
        }
        let mark = at
        at += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second) else { at = mark; return replacement }
        return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) ?? replacement
    }

    mutating func hexadecimal() throws -> UInt32 {
        guard at + 4 <= bytes.count,
            let value = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits are missing after '\\u'") }
        at += 4
        return value
    }
}
