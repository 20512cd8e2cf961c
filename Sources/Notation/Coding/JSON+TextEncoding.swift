extension JSON {
    /// The value as compact JSON text in UTF-8, by its `Encodable` conformance: what `JSON(encoding: value).bytes()` gives,
    /// without the tree in between. For what is written often.
    ///
    /// - Throws: what the value's own `encode(to:)` throws.
    package static func bytes(encoding value: some Encodable) throws -> [UInt8] {
        let text = TextInProgress()
        try text.write(value)
        return try text.finished() ?? JSON(encoding: value).bytes()
    }
}

/// The text so far, and the containers in it that are still open.
final class TextInProgress {
    private struct Open {
        let id: Int
        let isKeyed: Bool
        var isEmpty = true
    }
    private var printer = JSONPrinter(style: .compact)
    private var open: [Open] = []
    private var lastID = 0
    /// Whether a value fills its containers in another order than they stand in the text.
    fileprivate var isOutOfOrder = false

    init() { printer.bytes.reserveCapacity(512) }

    /// The text; nil when the values did not come in its order.
    func finished() -> [UInt8]? {
        close(downTo: 0)
        return isOutOfOrder ? nil : printer.bytes
    }

    /// Ends all containers beyond that level: whoever writes further out is done with what is inside.
    private func close(downTo level: Int) {
        while open.count > level {
            let closed = open.removeLast()
            printer.bytes.append(UInt8(ascii: closed.isKeyed ? "}" : "]"))
        }
    }

    /// Opens a container as the value whose place is next.
    fileprivate func container(isKeyed: Bool) -> Place {
        lastID += 1
        open.append(Open(id: lastID, isKeyed: isKeyed))
        printer.bytes.append(UInt8(ascii: isKeyed ? "{" : "["))
        return Place(level: open.count, id: lastID)
    }

    /// Makes the container at that place the innermost one, and writes what comes before a member's value.
    fileprivate func begin(_ place: Place, _ key: String? = nil) {
        guard open.count >= place.level, open[place.level - 1].id == place.id else {
            isOutOfOrder = true
            return
        }
        close(downTo: place.level)
        if !open[place.level - 1].isEmpty { printer.bytes.append(UInt8(ascii: ",")) }
        open[place.level - 1].isEmpty = false
        guard let key else { return }
        printer.write(key)
        printer.bytes.append(UInt8(ascii: ":"))
    }

    fileprivate func write(_ text: String) { printer.write(text) }
    func write(_ tree: JSON) { printer.write(tree, level: 0) }

    fileprivate func write<T: Encodable>(_ value: T) throws {
        if T.self == String.self, let text = value as? String { return printer.write(text) }
        if T.self == JSON.self, let tree = value as? JSON { return printer.write(tree, level: 0) }
        let level = open.count
        let start = printer.bytes.count
        try value.encode(to: TextEncoder(text: self, level: level))
        guard printer.bytes.count > start else {  // it has nothing to say: an empty object, as in a tree
            printer.bytes.append(contentsOf: "{}".utf8)
            return
        }
        close(downTo: level)
    }
}

/// Where a container stands: how deep, and which of those that were there.
fileprivate struct Place {
    let level: Int
    let id: Int
}

/// Hands out the containers of one value, whose place in the text is next.
struct TextEncoder: Encoder {
    let text: TextInProgress
    /// How many containers are open around the value.
    fileprivate let level: Int
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedText<Key>(text: text, place: place(isKeyed: true)))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedText(text: text, place: place(isKeyed: false))
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { SingleText(text: text) }

    /// The value's container. Asking again goes on with the one that is there.
    private func place(isKeyed: Bool) -> Place {
        text.reopened(level: level, isKeyed: isKeyed) ?? text.container(isKeyed: isKeyed)
    }
}

extension TextInProgress {
    /// For containers that may be filled at any time: leads nowhere, and the whole is written by way of a tree.
    fileprivate var late: TreeEncoder {
        isOutOfOrder = true
        return TreeEncoder(node: EncodingNode(), codingPath: [])
    }

    /// The container just inside that level, if there is one of that kind.
    fileprivate func reopened(level: Int, isKeyed: Bool) -> Place? {
        guard open.count > level, open[level].isKeyed == isKeyed else { return nil }
        return Place(level: level + 1, id: open[level].id)
    }
}

private struct KeyedText<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let text: TextInProgress
    let place: Place
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil(forKey key: Key) { value(.null, key) }
    mutating func encode(_ value: Bool, forKey key: Key) { self.value(.bool(value), key) }
    mutating func encode(_ value: Int, forKey key: Key) { self.value(.int(value), key) }
    mutating func encode(_ value: Double, forKey key: Key) { self.value(.double(value), key) }
    mutating func encode(_ value: String, forKey key: Key) {
        text.begin(place, key.stringValue)
        text.write(value)
    }
    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        text.begin(place, key.stringValue)
        try text.write(value)
    }
    private func value(_ value: JSON, _ key: Key) {
        text.begin(place, key.stringValue)
        text.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { text.late.container(keyedBy: type) }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        text.late.unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { text.late }
    mutating func superEncoder(forKey key: Key) -> any Encoder { text.late }
}

private struct UnkeyedText: UnkeyedEncodingContainer {
    let text: TextInProgress
    let place: Place
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(text: TextInProgress, place: Place) {
        self.text = text
        self.place = place
    }

    mutating func encodeNil() {
        begin()
        text.write(.null)
    }
    mutating func encode(_ value: String) {
        begin()
        text.write(value)
    }
    mutating func encode<T: Encodable>(_ value: T) throws {
        begin()
        try text.write(value)
    }
    private mutating func begin() {
        text.begin(place)
        count += 1
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        text.late.container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { text.late.unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { text.late }
}

private struct SingleText: SingleValueEncodingContainer {
    let text: TextInProgress
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() { text.write(.null) }
    mutating func encode(_ value: Bool) { text.write(.bool(value)) }
    mutating func encode(_ value: String) { text.write(value) }
    mutating func encode(_ value: Double) { text.write(.double(value)) }
    mutating func encode(_ value: Float) { text.write(.double(Double(value))) }
    mutating func encode(_ value: Int) { text.write(.int(value)) }
    mutating func encode(_ value: Int8) { text.write(.int(Int(value))) }
    mutating func encode(_ value: Int16) { text.write(.int(Int(value))) }
    mutating func encode(_ value: Int32) { text.write(.int(Int(value))) }
    mutating func encode(_ value: Int64) { text.write(.int(Int(value))) }
    mutating func encode(_ value: UInt) throws { try text.write(JSON(unsigned: UInt64(value))) }
    mutating func encode(_ value: UInt8) { text.write(.int(Int(value))) }
    mutating func encode(_ value: UInt16) { text.write(.int(Int(value))) }
    mutating func encode(_ value: UInt32) { text.write(.int(Int(value))) }
    mutating func encode(_ value: UInt64) throws { try text.write(JSON(unsigned: value)) }
    mutating func encode<T: Encodable>(_ value: T) throws { try text.write(value) }
}
