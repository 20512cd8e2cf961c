/// An element of an XML text, as far as AWS's messages use XML: no document types, entities only the five standard
/// and numeric ones. Names come without their namespace prefix; attributes keep it.
struct XMLElement: Sendable {
    var name: String
    var attributes: [(name: String, value: String)] = []
    var children: [XMLElement] = []
    var text = ""

    func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }
    func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
}

/// Why a text is not XML that is accepted, and at which byte.
struct XMLError: Error, Sendable, Hashable {
    let message: String
    let offset: Int
}

struct XMLParser {
    /// Deeper messages than any of AWS's are refused.
    private static let depthLimit = 100
    private let bytes: [UInt8]
    private var at = 0

    static func parse(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
        var parser = XMLParser(bytes)
        try parser.skipMisc()
        let root = try parser.element(depth: 0)
        try parser.skipMisc()
        guard parser.at == bytes.count else { throw parser.error("text after the root element") }
        return root
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }

    private func error(_ message: String) -> XMLError { XMLError(message: message, offset: at) }

    private func looking(at text: StaticString) -> Bool {
        guard at + text.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<text.utf8CodeUnitCount where bytes[at + offset] != text.utf8Start[offset] { return false }
        return true
    }

    private mutating func skip(past text: StaticString) throws(XMLError) {
        while at < bytes.count {
            if looking(at: text) {
                at += text.utf8CodeUnitCount
                return
            }
            at += 1
        }
        throw error("'\(text)' is missing")
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    @inline(__always)
    private static func endsName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "<")
    }

    private mutating func skipSpace() {
        while at < bytes.count, Self.isSpace(bytes[at]) { at += 1 }
    }

    private mutating func skipMisc() throws(XMLError) {
        while true {
            skipSpace()
            if looking(at: "<?") {
                try skip(past: "?>")
            } else if looking(at: "<!--") {
                try skip(past: "-->")
            } else {
                return
            }
        }
    }

    private mutating func fullName() throws(XMLError) -> String {
        let start = at
        while at < bytes.count, !Self.isSpace(bytes[at]), !Self.endsName(bytes[at]) { at += 1 }
        guard at > start else { throw error("a name is missing") }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func expect(_ byte: Unicode.Scalar) throws(XMLError) {
        guard at < bytes.count, bytes[at] == UInt8(ascii: byte) else { throw error("'\(byte)' is missing") }
        at += 1
    }

    private mutating func element(depth: Int) throws(XMLError) -> XMLElement {
        guard depth < Self.depthLimit else { throw error("nested deeper than \(Self.depthLimit) levels") }
        try expect("<")
        let full = try fullName()
        var element = XMLElement(name: full.split(separator: ":").last.map(String.init) ?? full)
        while true {
            skipSpace()
            if looking(at: "/>") {
                at += 2
                return element
            }
            if looking(at: ">") { break }
            let name = try fullName()
            skipSpace()
            try expect("=")
            skipSpace()
            element.attributes.append((name, try quoted()))
        }
        at += 1
        try content(of: &element, depth: depth)
        guard try fullName() == full else { throw error("the end tag of '\(full)' is missing") }
        skipSpace()
        try expect(">")
        return element
    }

    /// Everything up to and including the `</` of the end tag.
    private mutating func content(of element: inout XMLElement, depth: Int) throws(XMLError) {
        var text: [UInt8] = []
        while at < bytes.count {
            if bytes[at] != UInt8(ascii: "<") {
                try appendText(to: &text)
            } else if looking(at: "</") {
                at += 2
                element.text = String(decoding: text, as: UTF8.self)
                return
            } else if looking(at: "<!--") {
                try skip(past: "-->")
            } else if looking(at: "<?") {
                try skip(past: "?>")
            } else if looking(at: "<![CDATA[") {
                at += 9
                let start = at
                try skip(past: "]]>")
                text += bytes[start..<at - 3]
            } else {
                element.children.append(try self.element(depth: depth + 1))
            }
        }
        throw error("the end tag of '\(element.name)' is missing")
    }

    private mutating func appendText(to text: inout [UInt8]) throws(XMLError) {
        let byte = bytes[at]
        if byte == UInt8(ascii: "&") {
            try appendEntity(to: &text)
        } else if byte == 0x0D {
            if at + 1 == bytes.count || bytes[at + 1] != 0x0A { text.append(0x0A) }
            at += 1
        } else {
            text.append(byte)
            at += 1
        }
    }

    private mutating func quoted() throws(XMLError) -> String {
        guard at < bytes.count, bytes[at] == 0x22 || bytes[at] == 0x27 else { throw error("a quote is missing") }
        let quote = bytes[at]
        at += 1
        var text: [UInt8] = []
        while at < bytes.count, bytes[at] != quote { try appendText(to: &text) }
        guard at < bytes.count else { throw error("a closing quote is missing") }
        at += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func appendEntity(to text: inout [UInt8]) throws(XMLError) {
        guard let end = bytes[at..<min(at + 12, bytes.count)].firstIndex(of: UInt8(ascii: ";")) else {
            throw error("'&' is not followed by an entity")
        }
        let name = String(decoding: bytes[at + 1..<end], as: UTF8.self)
        switch name {
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "amp": text.append(UInt8(ascii: "&"))
        case "quot": text.append(UInt8(ascii: "\""))
        case "apos": text.append(UInt8(ascii: "'"))
        default:
            let number =
                name.hasPrefix("#x")
                ? UInt32(name.dropFirst(2), radix: 16)
                : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            guard let number, let scalar = Unicode.Scalar(number) else { throw error("unknown entity '\(name)'") }
            text += Array(String(Character(scalar)).utf8)
        }
        at = end + 1
    }
}
