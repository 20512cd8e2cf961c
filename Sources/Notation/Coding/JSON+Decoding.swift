extension JSON {
    /// A value of that type made from this tree, by its `Decodable` conformance.
    ///
    /// - Throws: `DecodingError` with the path of the first member that is missing or of another kind.
    package func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T {
        try TreeDecoder(tree: self, codingPath: []).value(type)
    }
}

extension JSON: Decodable {
    /// From a tree as it is; from any other decoder value by value.
    package init(from decoder: any Decoder) throws {
        if let decoder = decoder as? TreeDecoder {
            self = decoder.tree
            return
        }
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            self = .object(
                JSONObject(try container.allKeys.map { ($0.stringValue, try container.decode(JSON.self, forKey: $0)) }))
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSON] = []
            while !container.isAtEnd { elements.append(try container.decode(JSON.self)) }
            self = .array(elements)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .bool(value)
            } else if let value = try? container.decode(Int.self) {
                self = .int(value)
            } else if let value = try? container.decode(Double.self) {
                self = .double(value)
            } else {
                self = .string(try container.decode(String.self))
            }
        }
    }
}

private struct TreeDecoder: Decoder, SingleValueDecodingContainer {
    let tree: JSON
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = tree else { throw mismatch(JSONObject.self) }
        return KeyedDecodingContainer(KeyedSource<Key>(object: object, codingPath: codingPath))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let array) = tree else { throw mismatch([JSON].self) }
        return UnkeyedSource(array: array, codingPath: codingPath)
    }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "Found \(tree.kind) instead of \(type)."))
    }

    func value<T: Decodable>(_ type: T.Type) throws -> T {
        if type == String.self, case .string(let text) = tree, let text = text as? T { return text }
        if type == JSON.self, let tree = tree as? T { return tree }
        return try T(from: self)
    }

    func decodeNil() -> Bool { tree.isNull }
    func decode(_ type: Bool.Type) throws -> Bool {
        guard let value = tree.bool else { throw mismatch(type) }
        return value
    }
    func decode(_ type: String.Type) throws -> String {
        guard let value = tree.string else { throw mismatch(type) }
        return value
    }
    func decode(_ type: Double.Type) throws -> Double {
        guard let value = tree.double else { throw mismatch(type) }
        return value
    }
    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try whole(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try whole(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try whole(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try whole(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try whole(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try whole(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try whole(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try whole(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try whole(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try whole(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try value(type) }

    private func whole<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard let value = tree.int, let fitting = T(exactly: value) else { throw mismatch(type) }
        return fitting
    }
}

private struct KeyedSource<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let codingPath: [any CodingKey]
    var allKeys: [Key] { object.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { object.contains(key.stringValue) }
    func decodeNil(forKey key: Key) throws -> Bool { object[key.stringValue]?.isNull ?? true }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try source(key).value(type) }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try source(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try source(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { TreeDecoder(tree: .object(object), codingPath: codingPath) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try source(key) }

    private func source(_ key: Key) throws -> TreeDecoder {
        guard let tree = object[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "There is no '\(key.stringValue)'."))
        }
        return TreeDecoder(tree: tree, codingPath: codingPath + [key])
    }
}

private struct UnkeyedSource: UnkeyedDecodingContainer {
    let array: [JSON]
    let codingPath: [any CodingKey]
    var currentIndex = 0
    var count: Int? { array.count }
    var isAtEnd: Bool { currentIndex >= array.count }

    init(array: [JSON], codingPath: [any CodingKey]) {
        self.array = array
        self.codingPath = codingPath
    }

    private mutating func take() throws -> TreeDecoder {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                JSON.self, .init(codingPath: codingPath, debugDescription: "The list has only \(array.count) elements.")
            )
        }
        defer { currentIndex += 1 }
        return TreeDecoder(tree: array[currentIndex], codingPath: codingPath + [AnyKey(intValue: currentIndex)])
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, array[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try take().value(type) }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try take().container(keyedBy: type) }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try take() }
}
