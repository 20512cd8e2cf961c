import Notation

/// Writes a tree by the names of the model as JSON on the wire. Members that the model does not have are left out,
/// and so are members whose value is null.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(512) }

    /// A structure without the members that travel outside of the body.
    mutating func writeBody(_ value: JSON, _ shape: Shape) {
        guard let object = value.object else {
            bytes.append(contentsOf: "{}".utf8)
            return
        }
        structure(object, shape)
    }

    mutating func write(_ value: JSON, _ member: Member) {
        let shape = member.shape
        if shape.isDocument {
            bytes.append(contentsOf: value.bytes())
            return
        }
        switch (shape.kind, value) {
        case (.structure, .object(let object)): structure(object, shape)
        case (.list, .array(let elements)): list(elements, shape)
        case (.map, .object(let object)): map(object, shape)
        case (.timestamp, .int(let seconds)): timestamp(Double(seconds), member)
        case (.timestamp, .double(let seconds)): timestamp(seconds, member)
        case (.timestamp, .string(let text)):
            if let seconds = WireTime.parse(text)?.double { timestamp(seconds, member) } else { write(text) }
        case (_, .double(let number)) where !number.isFinite: write(Scalar.text(number))
        default: plain(value)
        }
    }

    mutating func write(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            var start = 0
            for position in utf8.indices where utf8[position] < 0x20 || utf8[position] == 0x22 || utf8[position] == 0x5C
            {
                bytes.append(contentsOf: utf8[start..<position])
                escape(utf8[position])
                start = position + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func plain(_ value: JSON) {
        switch value {
        case .string(let text): write(text)
        case .int(let number): append(number)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .null, .double, .array, .object: bytes.append(contentsOf: value.bytes())
        }
    }

    private mutating func append(_ number: Int) {
        if number >= 0, number < 10 {
            bytes.append(0x30 + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }

    private mutating func timestamp(_ seconds: Double, _ member: Member) {
        let format = member.timestampFormat ?? .unixTimestamp
        if format == .unixTimestamp { plain(WireTime.number(seconds)) } else { write(format.text(seconds)) }
    }

    private mutating func structure(_ object: JSONObject, _ shape: Shape) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in object where !value.isNull {
            guard let member = shape.member(name), member.location == nil else { continue }
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            write(member.wireName)
            bytes.append(UInt8(ascii: ":"))
            write(value, member)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func list(_ elements: [JSON], _ shape: Shape) {
        guard let inner = shape.element else { return plain(.array(elements)) }
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements where !element.isNull {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            write(element, inner)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func map(_ object: JSONObject, _ shape: Shape) {
        guard let inner = shape.value else { return plain(.object(object)) }
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (key, value) in object where !value.isNull {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            write(key)
            bytes.append(UInt8(ascii: ":"))
            write(value, inner)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(contentsOf: [Self.hex[Int(byte >> 4)], Self.hex[Int(byte & 15)]])
        }
    }

    private static let hex = Array("0123456789abcdef".utf8)
}
