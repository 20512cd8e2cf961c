extension JSON {
    /// How a value is written out.
    package struct Style: Sendable {
        /// Spaces a level is indented by; nil writes everything on one line without spaces.
        package var indent: Int?
        /// Whether members are written in the order of their names (by UTF-8 bytes) instead of their own.
        package var sortsNames: Bool

        /// Compact and in order, unless asked otherwise.
        package init(indent: Int? = nil, sortsNames: Bool = false) {
            self.indent = indent
            self.sortsNames = sortsNames
        }

        /// One line, no spaces, members in their own order.
        package static let compact = Style()
        /// One line, no spaces, members by name: equal values give equal texts.
        package static let canonical = Style(sortsNames: true)
        /// For people: four spaces a level.
        package static let pretty = Style(indent: 4)
    }

    /// The value as JSON text.
    package func text(_ style: Style = .compact) -> String {
        String(decoding: bytes(style), as: UTF8.self)
    }

    /// The value as JSON text in UTF-8.
    package func bytes(_ style: Style = .compact) -> [UInt8] {
        var printer = JSONPrinter(style: style)
        printer.bytes.reserveCapacity(256)
        printer.write(self, level: 0)
        return printer.bytes
    }
}

/// Writes values out, one after the other.
struct JSONPrinter {
    let style: JSON.Style
    var bytes: [UInt8] = []

    mutating func write(_ value: JSON, level: Int) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): bytes.append(contentsOf: String(value).utf8)
        case .double(let value): bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let value): write(value)
        case .array(let elements):
            list("[", "]", elements, level: level) { $0.write($1, level: level + 1) }
        case .object(let object):
            let members =
                style.sortsNames ? object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : Array(object)
            list("{", "}", members, level: level) { printer, member in
                printer.write(member.key)
                printer.bytes.append(UInt8(ascii: ":"))
                if printer.style.indent != nil { printer.bytes.append(0x20) }
                printer.write(member.value, level: level + 1)
            }
        }
    }

    mutating func list<Element>(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ elements: [Element], level: Int,
        _ body: (inout JSONPrinter, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            newLine(level + 1)
            body(&self, element)
        }
        if !isFirst { newLine(level) }
        bytes.append(UInt8(ascii: close))
    }

    mutating func newLine(_ level: Int) {
        guard let indent = style.indent else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: indent * level))
    }

    mutating func write(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            var start = 0
            for position in utf8.indices {
                let byte = utf8[position]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                bytes.append(contentsOf: utf8[start..<position])
                escape(byte)
                start = position + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
