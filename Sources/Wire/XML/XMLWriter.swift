import Notation

/// Writes a tree by the names of the model as XML on the wire.
struct XMLWriter {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(1024) }

    mutating func declaration() { bytes.append(contentsOf: #"<?xml version="1.0" encoding="UTF-8"?>\#n"#.utf8) }

    mutating func open(_ name: String, namespace: XMLNamespace? = nil, attributes: [(String, String)] = []) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: name.utf8)
        if let namespace { attribute(namespace.prefix.map { "xmlns:" + $0 } ?? "xmlns", namespace.uri) }
        for (name, value) in attributes { attribute(name, value) }
        bytes.append(UInt8(ascii: ">"))
    }

    mutating func close(_ name: String) {
        bytes.append(contentsOf: "</".utf8)
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: ">"))
    }

    mutating func element(_ name: String, text: String) {
        open(name)
        escape(text)
        close(name)
    }

    /// The members of a structure that travel in the body.
    mutating func members(_ object: JSONObject, _ shape: Shape) {
        for member in shape.members where member.location == nil && !member.isAttribute {
            guard let value = object[member.name], !value.isNull else { continue }
            write(value, member, name: member.queryName)
        }
    }

    mutating func write(_ value: JSON, _ member: Member, name: String) {
        let shape = member.shape
        switch (shape.kind, value) {
        case (.structure, .object(let object)):
            open(name, namespace: member.namespace ?? shape.namespace, attributes: attributes(object, shape))
            members(object, shape)
            close(name)
        case (.list, .array(let elements)): list(elements, member, name: name)
        case (.map, .object(let object)): map(object, member, name: name)
        default:
            guard let text = Scalar.text(value, shape, time: member.timestampFormat ?? .iso8601) else { return }
            element(name, text: text)
        }
    }

    private func attributes(_ object: JSONObject, _ shape: Shape) -> [(String, String)] {
        var result: [(String, String)] = []
        for member in shape.members where member.isAttribute {
            if let text = object[member.name]?.string { result.append((member.wireName, text)) }
        }
        return result
    }

    private mutating func list(_ elements: [JSON], _ member: Member, name: String) {
        guard let inner = member.shape.element else { return }
        if !member.isFlattened { open(name) }
        let item = member.isFlattened && !inner.hasOwnWireName ? name : inner.wireName
        for element in elements where !element.isNull { write(element, inner, name: item) }
        if !member.isFlattened { close(name) }
    }

    private mutating func map(_ object: JSONObject, _ member: Member, name: String) {
        guard let key = member.shape.key, let inner = member.shape.value else { return }
        if !member.isFlattened { open(name) }
        let entry = member.isFlattened ? name : "entry"
        for (text, value) in object where !value.isNull {
            open(entry)
            element(key.queryName, text: text)
            write(value, inner, name: inner.queryName)
            close(entry)
        }
        if !member.isFlattened { close(name) }
    }

    private mutating func attribute(_ name: String, _ value: String) {
        bytes.append(0x20)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "=\"".utf8)
        escape(value)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func escape(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for position in utf8.indices {
                guard let replacement = Self.replacement(utf8[position]) else { continue }
                bytes.append(contentsOf: utf8[start..<position])
                bytes.append(
                    contentsOf: UnsafeBufferPointer(start: replacement.utf8Start, count: replacement.utf8CodeUnitCount))
                start = position + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
    }

    /// What stands for a byte that XML does not allow as it is. Control characters, which XML 1.0 cannot hold at all,
    /// become U+FFFD, as parsers refuse the whole text otherwise.
    @inline(__always)
    private static func replacement(_ byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case 0x0D: "&#xD;"
        case 0x09, 0x0A: nil
        case 0..<0x20: "\u{FFFD}"
        default: nil
        }
    }
}
