/// Values by name, kept in many small parts: changing one costs the same however many there are, even while an older
/// copy of the whole is still in use. So a step of a stack of thousands costs what a step of a small one does.
struct Register<Value: Codable & Sendable>: Sendable {
    private static var partCount: Int { 128 }
    private var parts: [[String: Value]]

    /// A register without values.
    init() { parts = Array(repeating: [:], count: Self.partCount) }

    /// A register of those values. Of two under one name the first counts.
    init(_ values: some Sequence<(String, Value)>) {
        self.init()
        for (name, value) in values where self[name] == nil { self[name] = value }
    }

    private static func place(of name: String) -> Int {
        // FNV-1a over the bytes: the same in every process, unlike Swift's own hash.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash % UInt64(partCount))
    }

    /// The value of that name. Changing it in place copies neither it nor its neighbours.
    subscript(name: String) -> Value? {
        get { parts[Self.place(of: name)][name] }
        set { parts[Self.place(of: name)][name] = newValue }
        _modify { yield &parts[Self.place(of: name)][name] }
    }

    /// Takes the value of that name out.
    @discardableResult
    mutating func removeValue(forKey name: String) -> Value? {
        let place = Self.place(of: name)
        guard parts[place][name] != nil else { return nil }
        return parts[place].removeValue(forKey: name)
    }

    /// Whether there are no values.
    var isEmpty: Bool { parts.allSatisfy { $0.isEmpty } }
    /// The names, in no order.
    var keys: [String] { parts.flatMap(\.keys) }
    /// The values, in no order.
    var values: [Value] { parts.flatMap(\.values) }
}

extension Register: Codable {
    init(from decoder: any Decoder) throws {
        let all = try decoder.singleValueContainer().decode([String: Value].self)
        self.init(all.map { ($0, $1) })
    }

    func encode(to encoder: any Encoder) throws {
        var all: [String: Value] = [:]
        for part in parts { all.merge(part) { first, _ in first } }
        var container = encoder.singleValueContainer()
        try container.encode(all)
    }
}
