/// A dictionary in either of the two ways that AWS's transform has them: with the hash table of Python 2.7, whose order
/// of members depends on every insertion and removal that it has seen, or in order of insertion.
///
/// The table follows CPython 2.7.18, Objects/dictobject.c: eight slots to begin with, open addressing, marks where
/// members were removed, and a table four times the members (two times when beyond 50,000) once two thirds are in use.
struct PyDict: Sendable {
    private struct Member: Sendable {
        let key: PyText
        let hash: UInt64
        var value: PyValue
    }

    private static let smallest = 8
    private static let empty: Int32 = -1
    private static let removed: Int32 = -2

    /// Whether the order is that of Python 2.7's hash table rather than that of insertion.
    let isHashed: Bool
    private var members: [Member] = []
    /// Per slot the member's place, or one of the marks. Not there while it is not hashed or has no members yet.
    private var table: [Int32] = []
    /// How many slots are not empty, those with a removed member included.
    private var fill = 0
    /// Whether a deep copy would be this dictionary, table for table. Any change takes it back.
    private(set) var isSettled = false

    /// An empty dictionary, hashed unless told otherwise.
    init(isHashed: Bool = true) { self.isHashed = isHashed }

    /// A hashed dictionary made from a plain one of these members: `Py27Dict({...})`.
    init(merging members: [(PyText, PyValue)]) {
        self.init()
        merge(members)
    }

    /// How many members there are.
    var count: Int { members.count }
    /// Whether there are none.
    var isEmpty: Bool { members.isEmpty }
}

// MARK: Reading

extension PyDict {
    /// The places of the members in the order in which Python goes through them.
    private var order: [Int] {
        guard isHashed else { return Array(members.indices) }
        var order: [Int] = []
        order.reserveCapacity(members.count)
        for slot in table where slot >= 0 { order.append(Int(slot)) }
        return order
    }

    /// The names in the order in which Python goes through them.
    var keys: [PyText] { order.map { members[$0].key } }

    /// The members in the order in which Python goes through them.
    var pairs: [(key: PyText, value: PyValue)] { order.map { (members[$0].key, members[$0].value) } }

    private func place(of key: String) -> Int? {
        members.firstIndex { $0.key.text == key }
    }

    /// Whether there is a member of that name.
    func contains(_ key: String) -> Bool { place(of: key) != nil }

    /// The member of that name, unless it is None.
    func given(_ key: String) -> PyValue? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }
}

// MARK: Writing

extension PyDict {
    /// The member of that name. A new one gets the name as a plain text; setting nil removes the member.
    subscript(key: String) -> PyValue? {
        get { place(of: key).map { members[$0].value } }
        set {
            guard let newValue else { return remove(key) }
            set(PyText(key), newValue)
        }
    }

    /// Sets a member. One that is there keeps its name's way of printing, and its slot.
    mutating func set(_ key: PyText, _ value: PyValue) {
        isSettled = false
        if let place = place(of: key.text) {
            members[place].value = value
        } else {
            insert(Member(key: key, hash: isHashed ? PyText.hash(key.text) : 0, value: value))
        }
    }

    /// Changes a member in place; nothing when there is none.
    mutating func edit<T>(_ key: String, _ change: (inout PyValue) throws -> T) rethrows -> T? {
        guard let place = place(of: key) else { return nil }
        isSettled = false
        var value = members[place].value
        members[place].value = .null  // so that the value's storage is held once while it is changed
        defer { members[place].value = value }
        return try change(&value)
    }

    /// Changes the dictionary that a member is, in place; nothing when it is none.
    mutating func editDict<T>(_ key: String, _ change: (inout PyDict) throws -> T) rethrows -> T? {
        try edit(key) { try $0.editDict(change) } ?? nil
    }

    /// Takes the member of that name out; its slot stays marked. Nothing when there is none.
    mutating func remove(_ key: String) {
        guard let place = place(of: key) else { return }
        isSettled = false
        members.remove(at: place)
        for slot in table.indices {
            if table[slot] == place {
                table[slot] = Self.removed
            } else if table[slot] > place {
                table[slot] -= 1
            }
        }
    }

    /// `dict.update` with another dictionary: makes room for all of it first, which can change the order, then sets
    /// member by member.
    mutating func merge(_ others: [(PyText, PyValue)]) {
        guard !others.isEmpty else { return }
        if isHashed {
            if table.isEmpty { table = Array(repeating: Self.empty, count: Self.smallest) }
            if (fill + others.count) * 3 >= table.count * 2 { resize((members.count + others.count) * 2) }
        }
        for (key, value) in others { set(key, value) }
    }

    /// `dict.copy`: a new dictionary of the same members, made by an update.
    func copied() -> PyDict {
        guard isHashed else { return self }
        return PyDict(merging: pairs.map { ($0.key, $0.value) })
    }

    /// The same members with other values.
    func mapValues(_ change: (PyValue) throws -> PyValue) rethrows -> PyDict {
        var result = self
        result.isSettled = false
        for place in members.indices { result.members[place].value = try change(members[place].value) }
        return result
    }
}

// MARK: The hash table

extension PyDict {
    /// Puts a member in that is not there yet.
    private mutating func insert(_ member: Member) {
        members.append(member)
        guard isHashed else { return }
        if table.isEmpty { table = Array(repeating: Self.empty, count: Self.smallest) }
        let slot = freeSlot(for: member.hash)
        if table[slot] == Self.empty { fill += 1 }
        table[slot] = Int32(members.count - 1)
        guard fill * 3 >= table.count * 2 else { return }
        resize(members.count * (members.count > 50_000 ? 2 : 4))
    }

    /// The slot for a hash whose key is not in the table: the first removed one on the way to an empty one, failing
    /// that the empty one.
    private func freeSlot(for hash: UInt64) -> Int {
        let mask = UInt64(table.count - 1)
        var walker = hash & mask
        var perturb = hash
        var firstRemoved: Int?
        while true {
            let slot = Int(walker & mask)
            if table[slot] == Self.empty { return firstRemoved ?? slot }
            if table[slot] == Self.removed, firstRemoved == nil { firstRemoved = slot }
            walker = (walker << 2) &+ walker &+ perturb &+ 1
            perturb >>= 5
        }
    }

    /// Builds the table anew, with more slots than asked for.
    private mutating func resize(_ request: Int) {
        let places = order
        var size = Self.smallest
        while size <= request { size <<= 1 }
        table = Array(repeating: Self.empty, count: size)
        fill = places.count
        for place in places {
            let slot = freeSlot(for: members[place].hash)
            table[slot] = Int32(place)
        }
    }

    /// The same members as `copy.deepcopy` gives them: put one by one into a new dictionary, in this one's order.
    func deepCopied() -> PyDict {
        if isSettled { return self }
        var result = PyDict(isHashed: isHashed)
        result.members.reserveCapacity(members.count)
        var areSettled = true
        for place in order {
            let member = members[place]
            let value = member.value.deepCopied()
            areSettled = areSettled && value.isSettled
            result.insert(Member(key: member.key, hash: member.hash, value: value))
        }
        // Members stand in the old order now. When the new table gives them in that same order, a further copy
        // repeats this one exactly.
        result.isSettled = areSettled && (!isHashed || result.order.elementsEqual(result.members.indices))
        return result
    }
}

extension PyDict: Equatable {
    static func == (left: PyDict, right: PyDict) -> Bool {
        guard left.count == right.count else { return false }
        return left.members.allSatisfy { right[$0.key.text] == $0.value }
    }
}
