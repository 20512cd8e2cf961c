/// What an XML document is told to, part by part.
protocol XMLListener {
    /// An element begins. Names come without their namespace's prefix.
    mutating func begin(_ name: String, _ attributes: XMLAttributes)
    /// Text within the element that began last and has not ended. One text may come in several parts.
    mutating func text(_ text: String)
    /// That element ends.
    mutating func end(_ name: String)
}

/// The attributes of one element.
struct XMLAttributes {
    var pairs: [(name: String, value: String)] = []
    /// The value of an attribute; nil when the element has none of that name.
    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }
}

/// Reads XML in one pass, holding on to nothing but the names of the open elements.
///
/// Document types are passed over unread: nothing is fetched, and a document that declares entities is refused. Depth,
/// attributes and sizes are bounded, so that a hostile report costs little.
struct XMLScanner {
    /// Elements nested deeper than this are refused.
    static let depthLimit = 256
    /// An element with more attributes than this is refused.
    static let attributeLimit = 256
    /// Longer attributes and runs of text are cut.
    static let textLimit = 64 * 1024

    private let bytes: [UInt8]
    private var at = 0
    private var open: [String] = []

    /// Reads a document from its first byte to its last.
    ///
    /// - Throws: ``XMLReportError`` at the first thing that is wrong; what came before it has been told.
    static func scan(_ bytes: [UInt8], _ listener: inout some XMLListener) throws(XMLReportError) {
        var scanner = XMLScanner(bytes: try XMLText.utf8(bytes))
        try scanner.document(&listener)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func error(_ message: String) -> XMLReportError {
        XMLReportError(message: message, line: bytes[..<min(at, bytes.count)].count { $0 == 0x0A } + 1)
    }

    private mutating func document(_ listener: inout some XMLListener) throws(XMLReportError) {
        var hasRoot = false
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "<") else {
                try content(&listener)
                continue
            }
            if looking(at: "<!--") {
                try skip(past: "-->")
            } else if looking(at: "<?") {
                try skip(past: "?>")
            } else if looking(at: "<![CDATA[") {
                try section(&listener)
            } else if looking(at: "<!") {
                try documentType(hasRoot)
            } else if looking(at: "</") {
                try endTag(&listener)
            } else {
                guard !hasRoot || !open.isEmpty else { throw error("text after the root element") }
                hasRoot = true
                try startTag(&listener)
            }
        }
        guard hasRoot else { throw error("the document has no element") }
        if let last = open.last { throw error("the end of '\(last)' is missing") }
    }

    // MARK: Small things

    private func looking(at text: StaticString) -> Bool {
        guard at + text.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<text.utf8CodeUnitCount where bytes[at + offset] != text.utf8Start[offset] { return false }
        return true
    }

    private mutating func skip(past text: StaticString) throws(XMLReportError) {
        while at < bytes.count {
            if looking(at: text) {
                at += text.utf8CodeUnitCount
                return
            }
            at += 1
        }
        throw error("'\(text)' is missing")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private mutating func skipSpace() {
        while at < bytes.count, Self.isSpace(bytes[at]) { at += 1 }
    }

    /// A name without its prefix.
    private mutating func name() throws(XMLReportError) -> String {
        let start = at
        var local = at
        while at < bytes.count, !Self.isSpace(bytes[at]), !"/>=<\"'".utf8.contains(bytes[at]) {
            if bytes[at] == UInt8(ascii: ":") { local = at + 1 }
            at += 1
        }
        guard at > start, at - start <= 1000 else { throw error("a name is missing") }
        return String(decoding: bytes[local..<at], as: UTF8.self)
    }

    private mutating func expect(_ byte: Unicode.Scalar) throws(XMLReportError) {
        guard at < bytes.count, bytes[at] == UInt8(ascii: byte) else { throw error("'\(byte)' is missing") }
        at += 1
    }

    // MARK: Parts

    /// A document type may name an outside definition, which is not looked at. One of its own is refused.
    private mutating func documentType(_ hasRoot: Bool) throws(XMLReportError) {
        guard looking(at: "<!DOCTYPE"), !hasRoot else { throw error("a declaration that is not read") }
        var quote: UInt8?
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if let mark = quote {
                if byte == mark { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: "[") {
                throw error("a document type with definitions of its own is refused")
            } else if byte == UInt8(ascii: ">") {
                return
            }
        }
        throw error("'>' is missing")
    }

    private mutating func startTag(_ listener: inout some XMLListener) throws(XMLReportError) {
        at += 1
        let name = try name()
        guard open.count < Self.depthLimit else { throw error("nested deeper than \(Self.depthLimit) levels") }
        var attributes = XMLAttributes()
        while true {
            skipSpace()
            if looking(at: "/>") {
                at += 2
                listener.begin(name, attributes)
                listener.end(name)
                return
            }
            if looking(at: ">") {
                at += 1
                open.append(name)
                listener.begin(name, attributes)
                return
            }
            guard attributes.pairs.count < Self.attributeLimit else {
                throw error("more than \(Self.attributeLimit) attributes")
            }
            let attribute = try self.name()
            skipSpace()
            try expect("=")
            skipSpace()
            attributes.pairs.append((attribute, try quoted()))
        }
    }

    private mutating func endTag(_ listener: inout some XMLListener) throws(XMLReportError) {
        at += 2
        let name = try name()
        skipSpace()
        try expect(">")
        guard open.popLast() == name else { throw error("'</\(name)>' ends what did not begin") }
        listener.end(name)
    }

    private mutating func quoted() throws(XMLReportError) -> String {
        guard at < bytes.count, bytes[at] == 0x22 || bytes[at] == 0x27 else { throw error("a quote is missing") }
        let quote = bytes[at]
        at += 1
        let value = try text { $0 == quote }
        guard at < bytes.count else { throw error("a closing quote is missing") }
        at += 1
        return value
    }

    private mutating func content(_ listener: inout some XMLListener) throws(XMLReportError) {
        let text = try text { $0 == UInt8(ascii: "<") }
        if !open.isEmpty {
            listener.text(text)
        } else if !text.allSatisfy(\.isWhitespace) {
            throw error("text outside of the root element")
        }
    }

    private mutating func section(_ listener: inout some XMLListener) throws(XMLReportError) {
        at += 9
        let start = at
        try skip(past: "]]>")
        guard !open.isEmpty else { throw error("text outside of the root element") }
        listener.text(String(decoding: bytes[start..<at - 3].prefix(Self.textLimit), as: UTF8.self))
    }

    /// Text up to a byte, with its entities put in; cut when it is too long.
    private mutating func text(until isEnd: (UInt8) -> Bool) throws(XMLReportError) -> String {
        var text: [UInt8] = []
        while at < bytes.count, !isEnd(bytes[at]) {
            let start = at
            while at < bytes.count, !isEnd(bytes[at]), bytes[at] != UInt8(ascii: "&") { at += 1 }
            if text.count < Self.textLimit { text += bytes[start..<at].prefix(Self.textLimit - text.count) }
            guard at < bytes.count, bytes[at] == UInt8(ascii: "&") else { continue }
            let entity = try entity()
            if text.count < Self.textLimit { text += entity }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// One of the five entities there are without a definition, or a character by its number.
    private mutating func entity() throws(XMLReportError) -> [UInt8] {
        guard let end = bytes[at..<min(at + 12, bytes.count)].firstIndex(of: UInt8(ascii: ";")) else {
            throw error("'&' is not followed by an entity")
        }
        let name = String(decoding: bytes[at + 1..<end], as: UTF8.self)
        let known = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]
        var text = known[name]
        if text == nil, name.hasPrefix("#") {
            let isHex = name.hasPrefix("#x")
            let number = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10)
            // A character that cannot be is shown as one that stands for it: reports hold raw output.
            text = number.map { String(Character(Unicode.Scalar($0) ?? "\u{FFFD}")) }
        }
        guard let text else { throw error("unknown entity '\(name)'") }
        at = end + 1
        return Array(text.utf8)
    }
}
