/// The members of a JSON object: names and values in the order they were first written.
///
/// Small objects are searched from the front, larger ones through an index, so that look-ups stay quick at any size.
/// Equality and hashing leave the order out.
package struct JSONObject: Sendable {
    private var entries: [(key: String, value: JSON)] = []
    private var index: [String: Int]?
    /// Above this many members an index is kept: below it a plain search is quicker than hashing.
    private static let searchLimit = 12

    /// An object without members.
    package init() {}

    /// An object of these members. A name given twice keeps its first place and its last value.
    package init(_ members: some Sequence<(String, JSON)>) {
        for (key, value) in members { self[key] = value }
    }

    /// How many members there are.
    package var count: Int { entries.count }
    /// Whether there are no members.
    package var isEmpty: Bool { entries.isEmpty }
    /// The names, in order.
    package var keys: [String] { entries.map(\.key) }
    /// The values, in order.
    package var values: [JSON] { entries.map(\.value) }

    /// The first member, in the order of writing.
    package var first: (key: String, value: JSON)? { entries.first }

    /// Makes room for that many members.
    package mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    private func position(of key: String) -> Int? {
        if let index { return index[key] }
        return entries.firstIndex { $0.key == key }
    }

    /// The member of that name. A new member goes to the end; setting nil removes the member.
    package subscript(key: String) -> JSON? {
        get { position(of: key).map { entries[$0].value } }
        set {
            guard let newValue else { return remove(key) }
            if let position = position(of: key) {
                entries[position].value = newValue
            } else {
                append(key, newValue)
            }
        }
        _modify {
            var slot: JSON?
            let position = position(of: key)
            if let position {
                slot = entries[position].value
                entries[position].value = .null  // so that the member's storage is held once while it is changed
            }
            defer {
                switch (position, slot) {
                case (let position?, let value?): entries[position].value = value
                case (_?, nil): remove(key)
                case (nil, let value?): append(key, value)
                case (nil, nil): break
                }
            }
            yield &slot
        }
    }

    /// The member of that name, or the fallback. Changing it in place writes it back.
    package subscript(key: String, default fallback: @autoclosure () -> JSON) -> JSON {
        get { self[key] ?? fallback() }
        set { self[key] = newValue }
    }

    /// Whether there is a member of that name.
    package func contains(_ key: String) -> Bool { position(of: key) != nil }

    /// Adds a member whose name is not there yet. False, and nothing is changed, when it is.
    package mutating func insert(_ key: String, _ value: JSON) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private mutating func append(_ key: String, _ value: JSON) {
        index?[key] = entries.count
        entries.append((key, value))
        if index == nil, entries.count > Self.searchLimit {
            index = Dictionary(uniqueKeysWithValues: entries.indices.map { (entries[$0].key, $0) })
        }
    }

    /// Takes the member of that name out. Does nothing when there is none.
    package mutating func remove(_ key: String) {
        guard let position = position(of: key) else { return }
        entries.remove(at: position)
        guard index != nil else { return }
        index =
            entries.count > Self.searchLimit
            ? Dictionary(uniqueKeysWithValues: entries.indices.map { (entries[$0].key, $0) }) : nil
    }

    /// The same names in the same order, with other values.
    package func mapValues<E: Error>(_ transform: (JSON) throws(E) -> JSON) throws(E) -> JSONObject {
        var result = self
        for position in entries.indices { result.entries[position].value = try transform(entries[position].value) }
        return result
    }

    /// The members for which the test holds, in order.
    package func filter(_ isIncluded: (String, JSON) throws -> Bool) rethrows -> JSONObject {
        JSONObject(try entries.filter { try isIncluded($0.key, $0.value) }.map { ($0.key, $0.value) })
    }

    /// Takes over the other object's members; where both have one, the other's wins.
    package mutating func merge(_ other: JSONObject) {
        for (key, value) in other { self[key] = value }
    }
}

extension JSONObject: Sequence {
    /// Goes through names and values in order.
    package func makeIterator() -> IndexingIterator<[(key: String, value: JSON)]> { entries.makeIterator() }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        return left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for key in keys.sorted() { hasher.combine(key) }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
