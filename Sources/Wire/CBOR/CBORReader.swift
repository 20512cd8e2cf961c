import Notation

/// Reads CBOR (RFC 8949) as Smithy's RPC v2 uses it into the tree that JSON would give: byte strings become base64
/// text and tagged times become seconds.
struct CBORReader {
    /// Deeper messages than any of AWS's are refused.
    private static let depthLimit = 128
    private let bytes: [UInt8]
    private var at = 0

    static func read(_ bytes: [UInt8], _ shape: Shape?) throws(Misfit) -> JSON {
        if bytes.isEmpty { return [:] }
        var reader = CBORReader(bytes: bytes)
        guard let value = reader.value(depth: 0), reader.at == bytes.count else {
            throw Misfit(.unreadable("The body is not valid CBOR: error at byte \(reader.at)"))
        }
        guard let shape else { return [:] }
        return try JSONReader.read(value, shape, member: "")
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The number in or behind a head byte; nil when the bytes end. Indefinite length is `UInt64.max`.
    private mutating func argument(_ head: UInt8) -> UInt64? {
        let small = head & 0x1F
        if small < 24 { return UInt64(small) }
        if small == 31 { return .max }
        guard small < 28 else { return nil }
        let count = 1 << Int(small - 24)
        guard at + count <= bytes.count else { return nil }
        var number: UInt64 = 0
        for byte in bytes[at..<at + count] { number = number << 8 | UInt64(byte) }
        at += count
        return number == .max ? nil : number
    }

    private mutating func value(depth: Int) -> JSON? {
        guard depth < Self.depthLimit, at < bytes.count else { return nil }
        let head = bytes[at]
        at += 1
        switch head >> 5 {
        case 0: return argument(head).flatMap { Int(exactly: $0) }.map { .int($0) }
        case 1: return argument(head).flatMap { Int(exactly: $0) }.map { .int(-1 - $0) }
        case 2: return string(head).map { .string(Base64.encode($0)) }
        case 3: return string(head).flatMap { String(validating: $0, as: UTF8.self) }.map { .string($0) }
        case 4: return array(head, depth: depth)
        case 5: return map(head, depth: depth)
        case 6:
            // The one tag in use is 1, seconds since 1970; any other is passed over.
            guard argument(head) != nil else { return nil }
            return value(depth: depth + 1)
        default: return simple(head)
        }
    }

    private mutating func string(_ head: UInt8) -> [UInt8]? {
        guard let count = argument(head) else { return nil }
        if count != .max {
            guard count <= UInt64(bytes.count - at) else { return nil }
            defer { at += Int(count) }
            return Array(bytes[at..<at + Int(count)])
        }
        var whole: [UInt8] = []
        while at < bytes.count {
            let next = bytes[at]
            at += 1
            if next == 0xFF { return whole }
            guard next >> 5 == head >> 5, next & 0x1F != 31, let piece = string(next) else { return nil }
            whole += piece
        }
        return nil
    }

    /// Calls the body for each element of a collection; false when the bytes end before it does.
    private mutating func each(_ head: UInt8, _ body: (inout CBORReader) -> Bool) -> Bool {
        guard let count = argument(head) else { return false }
        if count == .max {
            while at < bytes.count, bytes[at] != 0xFF { guard body(&self) else { return false } }
            at += 1
            return at <= bytes.count
        }
        guard count <= UInt64(bytes.count - at) else { return false }
        for _ in 0..<count { guard body(&self) else { return false } }
        return true
    }

    private mutating func array(_ head: UInt8, depth: Int) -> JSON? {
        var elements: [JSON] = []
        let isWhole = each(head) { reader in
            guard let element = reader.value(depth: depth + 1) else { return false }
            elements.append(element)
            return true
        }
        return isWhole ? .array(elements) : nil
    }

    private mutating func map(_ head: UInt8, depth: Int) -> JSON? {
        var object = JSONObject()
        let isWhole = each(head) { reader in
            guard let key = reader.value(depth: depth + 1)?.string, let value = reader.value(depth: depth + 1)
            else { return false }
            object[key] = value
            return true
        }
        return isWhole ? .object(object) : nil
    }

    private mutating func simple(_ head: UInt8) -> JSON? {
        switch head & 0x1F {
        case 20: return .bool(false)
        case 21: return .bool(true)
        case 22, 23: return .null
        case 25: return argument(head).map { .double(Self.half(UInt16($0))) }
        case 26: return argument(head).map { .double(Double(Float(bitPattern: UInt32($0)))) }
        case 27:
            guard at + 8 <= bytes.count else { return nil }
            defer { at += 8 }
            return .double(Double(bitPattern: bytes[at..<at + 8].reduce(0) { $0 << 8 | UInt64($1) }))
        default: return nil
        }
    }

    /// A number of 16 bits (RFC 8949, appendix D), without needing a processor that has them.
    private static func half(_ bits: UInt16) -> Double {
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Double(bits & 0x3FF)
        let magnitude: Double =
            switch exponent {
            case 0: fraction / 16_777_216
            case 31: fraction == 0 ? .infinity : .nan
            default: (fraction + 1024) / 1024 * Double(sign: .plus, exponent: exponent - 15, significand: 1)
            }
        return bits & 0x8000 == 0 ? magnitude : -magnitude
    }
}
