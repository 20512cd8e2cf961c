import Notation

/// Writes a tree by the names of the model as CBOR (RFC 8949), the way Smithy's RPC v2 asks.
struct CBORWriter {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(512) }

    mutating func writeBody(_ value: JSON, _ shape: Shape?) {
        guard let shape, let object = value.object else { return head(5, 0) }
        structure(object, shape)
    }

    /// The body of an error: its name, its text, and further members.
    mutating func writeFault(type: String, message: String, members: JSONObject, _ shape: Shape?) {
        let written = members.filter { name, value in !value.isNull && name.lowercased() != "message" }
        head(5, UInt64(2 + written.count))
        text("__type")
        text(type)
        text("message")
        text(message)
        for (name, value) in written {
            text(name)
            if let member = shape?.member(name) { write(value, member) } else { plain(value) }
        }
    }

    private mutating func head(_ major: UInt8, _ number: UInt64) {
        let high = major << 5
        switch number {
        case 0..<24: bytes.append(high | UInt8(number))
        case 24...0xFF: bytes += [high | 24, UInt8(number)]
        case 0x100...0xFFFF: bytes += [high | 25, UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
        case 0x1_0000...0xFFFF_FFFF: big(high | 26, number << 32, count: 4)
        default: big(high | 27, number, count: 8)
        }
    }

    private mutating func big(_ first: UInt8, _ bits: UInt64, count: Int) {
        bytes.append(first)
        for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * shift))) }
    }

    private mutating func text(_ text: String) {
        head(3, UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func integer(_ number: Int) {
        if number < 0 { head(1, UInt64(-1 - number)) } else { head(0, UInt64(number)) }
    }

    private mutating func double(_ number: Double) { big(0xFB, number.bitPattern, count: 8) }

    mutating func write(_ value: JSON, _ member: Member) {
        let shape = member.shape
        switch (shape.kind, value) {
        case (.structure, .object(let object)) where !shape.isDocument: structure(object, shape)
        case (.list, .array(let elements)):
            guard let inner = shape.element else { return plain(value) }
            let written = elements.filter { !$0.isNull }
            head(4, UInt64(written.count))
            for element in written { write(element, inner) }
        case (.map, .object(let object)):
            guard let inner = shape.value else { return plain(value) }
            let written = object.filter { !$1.isNull }
            head(5, UInt64(written.count))
            for (key, value) in written {
                text(key)
                write(value, inner)
            }
        case (.timestamp, _):
            guard let seconds = value.double ?? value.string.flatMap({ WireTime.parse($0)?.double }) else {
                return head(7, 22)
            }
            head(6, 1)
            double(seconds)
        case (.blob, .string(let text)):
            let blob = Base64.decode(text) ?? []
            head(2, UInt64(blob.count))
            bytes += blob
        case (.double, _), (.float, _): if let number = value.double { double(number) } else { plain(value) }
        default: plain(value)
        }
    }

    private mutating func structure(_ object: JSONObject, _ shape: Shape) {
        let written = object.compactMap { name, value in value.isNull ? nil : shape.member(name).map { ($0, value) } }
        head(5, UInt64(written.count))
        for (member, value) in written {
            text(member.wireName)
            write(value, member)
        }
    }

    private mutating func plain(_ value: JSON) {
        switch value {
        case .null: head(7, 22)
        case .bool(let value): head(7, value ? 21 : 20)
        case .int(let number): integer(number)
        case .double(let number): double(number)
        case .string(let value): text(value)
        case .array(let elements):
            head(4, UInt64(elements.count))
            for element in elements { plain(element) }
        case .object(let object):
            head(5, UInt64(object.count))
            for (key, value) in object {
                text(key)
                plain(value)
            }
        }
    }
}
