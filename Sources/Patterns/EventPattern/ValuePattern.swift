internal import Notation

/// The alternatives listed for one member. The plain ones are kept in sets: a list of many names costs one look-up.
struct ValuePattern: Sendable, Hashable {
    /// How many alternatives were written, for limits on a pattern's size.
    private(set) var count = 0
    private var strings: Set<String> = []
    private var numbers: Set<Double> = []
    private var acceptsNull = false
    private var acceptsTrue = false
    private var acceptsFalse = false
    /// Any plain value will do.
    private var acceptsAny = false
    /// Where nothing may be found in the whole event for `{"exists": false}` to hold; nil when that is not asked for.
    private var absence: [String]?
    private var tests: [ValueTest] = []

    /// Adds a value that is compared as it stands. Numbers are compared as numbers, however they are written.
    mutating func accept(_ value: JSON) {
        count += 1
        switch value {
        case .null: acceptsNull = true
        case .bool(true): acceptsTrue = true
        case .bool(false): acceptsFalse = true
        case .int(let number): numbers.insert(Double(number))
        case .double(let number): numbers.insert(number)
        case .string(let text):
            strings.insert(text)
            // An address stands for all its spellings.
            if text.contains(":"), let address = AddressBlock(address: text) { tests.append(.addresses(address)) }
        case .array, .object: break
        }
    }

    /// Adds a comparison.
    mutating func accept(_ test: ValueTest) {
        count += 1
        tests.append(test)
    }

    /// Adds `{"exists": …}` for the member at that place of the event.
    mutating func accept(existence exists: Bool, at path: [String]) {
        count += 1
        if exists { acceptsAny = true } else { absence = path }
    }

    /// Whether one alternative holds of the value, or of one element if it is a list.
    func holds(_ value: JSON?, in event: JSON) -> Bool {
        if let value, holds(value) { return true }
        guard let absence else { return false }
        return !Self.hasLeaf(absence[...], event)
    }

    private func holds(_ value: JSON) -> Bool {
        switch value {
        case .array(let elements): return elements.contains(where: holds)
        case .object: return false
        case .string(let text): if strings.contains(text) { return true }
        case .int(let number): if numbers.contains(Double(number)) { return true }
        case .double(let number): if numbers.contains(number) { return true }
        case .null: if acceptsNull { return true }
        case .bool(let flag): if flag ? acceptsTrue : acceptsFalse { return true }
        }
        return acceptsAny || tests.contains { $0.holds(value) }
    }

    /// Whether the event has a plain value at that place, in any element of the lists on the way.
    private static func hasLeaf(_ path: ArraySlice<String>, _ value: JSON) -> Bool {
        switch value {
        case .array(let elements): return elements.contains { hasLeaf(path, $0) }
        case .object(let members):
            guard let name = path.first, let below = PatternNode.Child(name).value(in: members) else { return false }
            return hasLeaf(path.dropFirst(), below)
        default: return path.isEmpty
        }
    }
}
