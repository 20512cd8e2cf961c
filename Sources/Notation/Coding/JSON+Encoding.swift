extension JSON {
    /// The value as a tree, by its `Encodable` conformance. A `JSON` inside it stays what it is; optionals that are nil
    /// are left out of keyed values.
    ///
    /// - Throws: what the value's own `encode(to:)` throws.
    package init(encoding value: some Encodable) throws {
        if let tree = value as? JSON {
            self = tree
        } else {
            let node = EncodingNode()
            try value.encode(to: TreeEncoder(node: node, codingPath: []))
            self = node.tree
        }
    }
}

extension JSON: Encodable {
    /// Into a tree as it is; into any other encoder value by value.
    package func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? TreeEncoder {
            encoder.node.content = .value(self)
            return
        }
        if let encoder = encoder as? TextEncoder { return encoder.text.write(self) }
        switch self {
        case .object(let object):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in object { try container.encode(value, forKey: AnyKey(key)) }
        case .array(let array):
            var container = encoder.unkeyedContainer()
            for value in array { try container.encode(value) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let value): try container.encode(value)
            case .int(let value): try container.encode(value)
            case .double(let value): try container.encode(value)
            case .string(let value): try container.encode(value)
            default: try container.encodeNil()
            }
        }
    }
}

/// A key by its name alone.
struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }
    init?(stringValue: String) { self.init(stringValue) }
    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}

/// A tree under construction: containers may be filled after their parent went on.
final class EncodingNode {
    enum Content {
        case value(JSON)
        case members([(String, EncodingNode)])
        case elements([EncodingNode])
    }
    var content = Content.members([])

    init() {}
    init(_ value: JSON) { content = .value(value) }

    var tree: JSON {
        switch content {
        case .value(let value): return value
        case .elements(let nodes): return .array(nodes.map(\.tree))
        case .members(let members):
            var object = JSONObject()
            object.reserveCapacity(members.count)
            for (key, node) in members { object[key] = node.tree }
            return .object(object)
        }
    }

    func add(_ node: EncodingNode, _ key: String) {
        guard case .members(var members) = content else { return }
        content = .members([])
        members.append((key, node))
        content = .members(members)
    }

    func add(_ node: EncodingNode) {
        guard case .elements(var nodes) = content else { return }
        content = .elements([])
        nodes.append(node)
        content = .elements(nodes)
    }
}

/// Hands out the containers of one value of a tree.
struct TreeEncoder: Encoder {
    let node: EncodingNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedTree<Key>(node: node, codingPath: codingPath))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.content = .elements([])
        return UnkeyedTree(node: node, codingPath: codingPath)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { SingleTree(node: node, codingPath: codingPath) }

    static func node(of value: some Encodable, at codingPath: [any CodingKey]) throws -> EncodingNode {
        switch value {
        case let text as String: return EncodingNode(.string(text))
        case let tree as JSON: return EncodingNode(tree)
        case let number as Int: return EncodingNode(.int(number))
        default:
            let node = EncodingNode()
            try value.encode(to: TreeEncoder(node: node, codingPath: codingPath))
            return node
        }
    }
}

private struct KeyedTree<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodingNode
    let codingPath: [any CodingKey]

    mutating func encodeNil(forKey key: Key) { node.add(EncodingNode(.null), key.stringValue) }
    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        node.add(try TreeEncoder.node(of: value, at: codingPath + [key]), key.stringValue)
    }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        let child = EncodingNode()
        node.add(child, key.stringValue)
        return KeyedEncodingContainer(KeyedTree<Nested>(node: child, codingPath: codingPath + [key]))
    }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let child = EncodingNode()
        child.content = .elements([])
        node.add(child, key.stringValue)
        return UnkeyedTree(node: child, codingPath: codingPath + [key])
    }
    mutating func superEncoder() -> any Encoder {
        let child = EncodingNode()
        node.add(child, "super")
        return TreeEncoder(node: child, codingPath: codingPath)
    }
    mutating func superEncoder(forKey key: Key) -> any Encoder {
        let child = EncodingNode()
        node.add(child, key.stringValue)
        return TreeEncoder(node: child, codingPath: codingPath + [key])
    }
}

private struct UnkeyedTree: UnkeyedEncodingContainer {
    let node: EncodingNode
    let codingPath: [any CodingKey]
    var count: Int { if case .elements(let nodes) = node.content { nodes.count } else { 0 } }

    mutating func encodeNil() { node.add(EncodingNode(.null)) }
    mutating func encode<T: Encodable>(_ value: T) throws {
        node.add(try TreeEncoder.node(of: value, at: codingPath + [AnyKey(intValue: count)]))
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        let child = EncodingNode()
        node.add(child)
        return KeyedEncodingContainer(KeyedTree<Nested>(node: child, codingPath: codingPath))
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let child = EncodingNode()
        child.content = .elements([])
        node.add(child)
        return UnkeyedTree(node: child, codingPath: codingPath)
    }
    mutating func superEncoder() -> any Encoder {
        let child = EncodingNode()
        node.add(child)
        return TreeEncoder(node: child, codingPath: codingPath)
    }
}

private struct SingleTree: SingleValueEncodingContainer {
    let node: EncodingNode
    let codingPath: [any CodingKey]

    mutating func encodeNil() { node.content = .value(.null) }
    mutating func encode(_ value: Bool) { node.content = .value(.bool(value)) }
    mutating func encode(_ value: String) { node.content = .value(.string(value)) }
    mutating func encode(_ value: Double) { node.content = .value(.double(value)) }
    mutating func encode(_ value: Float) { node.content = .value(.double(Double(value))) }
    mutating func encode(_ value: Int) { node.content = .value(.int(value)) }
    mutating func encode(_ value: Int8) { node.content = .value(.int(Int(value))) }
    mutating func encode(_ value: Int16) { node.content = .value(.int(Int(value))) }
    mutating func encode(_ value: Int32) { node.content = .value(.int(Int(value))) }
    mutating func encode(_ value: Int64) { node.content = .value(.int(Int(value))) }
    mutating func encode(_ value: UInt) throws { node.content = .value(try JSON(unsigned: UInt64(value))) }
    mutating func encode(_ value: UInt8) { node.content = .value(.int(Int(value))) }
    mutating func encode(_ value: UInt16) { node.content = .value(.int(Int(value))) }
    mutating func encode(_ value: UInt32) { node.content = .value(.int(Int(value))) }
    mutating func encode(_ value: UInt64) throws { node.content = .value(try JSON(unsigned: value)) }
    mutating func encode<T: Encodable>(_ value: T) throws {
        node.content = try TreeEncoder.node(of: value, at: codingPath).content
    }

}

extension JSON {
    /// The number as it is kept in a tree.
    ///
    /// - Throws: `EncodingError` when it is beyond 63 bits.
    init(unsigned value: UInt64) throws {
        guard let whole = Int(exactly: value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "The number is beyond 63 bits."))
        }
        self = .int(whole)
    }
}
