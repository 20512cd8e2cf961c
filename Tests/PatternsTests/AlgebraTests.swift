import Notation
import Patterns
import NotationTesting
import Testing

/// What must hold of patterns whatever they say: checked with random ones.
@Suite("Patterns: algebra")
struct AlgebraTests {
    private static let texts = ["a", "ab", "b", "ba", "", "aB"]

    private static func event(_ chance: inout Chance) -> JSON {
        var members = JSONObject()
        for name in ["x", "y"] {
            switch chance.next(5) {
            case 0: continue
            case 1: members[name] = .int(chance.next(6) - 2)
            case 2: members[name] = .double(Double(chance.next(8)) / 2)
            default: members[name] = .string(texts[chance.next(texts.count)])
            }
        }
        return .object(members)
    }

    /// A comparison of one member.
    private static func test(_ chance: inout Chance) -> JSON {
        let text = JSON.string(texts[chance.next(4)])
        switch chance.next(7) {
        case 0: return text
        case 1: return .int(chance.next(4))
        case 2: return ["prefix": text]
        case 3: return ["suffix": text]
        case 4: return ["equals-ignore-case": text]
        case 5: return ["numeric": [">", .int(chance.next(3) - 1)]]
        default: return ["exists": .bool(chance.next(2) == 0)]
        }
    }

    private static func matches(_ pattern: JSON, _ event: JSON) throws -> Bool {
        try EventPattern(pattern).matches(event)
    }

    @Test("members are 'and', values are 'or', and $or is what it says", arguments: 0..<30)
    func laws(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 500)
        for _ in 0..<20 {
            let event = Self.event(&chance)
            let (first, second) = (Self.test(&chance), Self.test(&chance))
            let one = try Self.matches(["x": [first]], event)
            let other = try Self.matches(["y": [second]], event)
            let same = try Self.matches(["x": [second]], event)
            #expect(try Self.matches(["x": [first], "y": [second]], event) == (one && other))
            #expect(try Self.matches(["x": [first, second]], event) == (one || same))
            #expect(try Self.matches(["$or": [["x": [first]], ["y": [second]]]], event) == (one || other))
            let nested: JSON = ["d": ["$or": [["x": [first]], ["y": [second]]]]]
            #expect(try Self.matches(nested, ["d": event]) == (one || other))
        }
    }

    @Test("anything-but is the opposite where there is a value", arguments: 0..<20)
    func negation(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 900)
        for _ in 0..<20 {
            let event = Self.event(&chance)
            let text = JSON.string(Self.texts[chance.next(4)])
            let isThere = event["x"] != nil
            for kind in ["prefix", "suffix", "equals-ignore-case"] {
                let plain = try Self.matches(["x": [[kind: text]]], event)
                #expect(try Self.matches(["x": [["anything-but": [kind: text]]]], event) == (isThere && !plain))
            }
            let equal = try Self.matches(["x": [text]], event)
            #expect(try Self.matches(["x": [["anything-but": text]]], event) == (isThere && !equal))
        }
    }

    @Test("ranges agree with arithmetic", arguments: 0..<20)
    func ranges(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 40)
        for _ in 0..<20 {
            let (low, high) = (Double(chance.next(20)) / 2 - 5, Double(chance.next(20)) / 2 + 6)
            let value = Double(chance.next(60)) / 2 - 10
            let signs = [(">", "<"), (">=", "<="), (">", "<="), (">=", "<")][chance.next(4)]
            let pattern: JSON = ["x": [["numeric": [.string(signs.0), .double(low), .string(signs.1), .double(high)]]]]
            let isAbove = signs.0 == ">" ? value > low : value >= low
            let isBelow = signs.1 == "<" ? value < high : value <= high
            #expect(try Self.matches(pattern, ["x": .double(value)]) == (isAbove && isBelow))
        }
    }

    @Test("blocks of addresses agree with arithmetic", arguments: 0..<10)
    func blocks(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 77)
        for _ in 0..<20 {
            let (base, bits) = (UInt32(truncatingIfNeeded: chance.next()), chance.next(33))
            let other =
                chance.next(2) == 0 ? base ^ UInt32(chance.next(1 << 12)) : UInt32(truncatingIfNeeded: chance.next())
            let shift = UInt32(32 - bits)
            let isInside = bits == 0 || base >> shift == other >> shift
            let pattern: JSON = ["x": [["cidr": .string("\(Self.dotted(base))/\(bits)")]]]
            #expect(try Self.matches(pattern, ["x": .string(Self.dotted(other))]) == isInside)
        }
    }

    private static func dotted(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> UInt32($0) & 255) }.joined(separator: ".")
    }

    @Test("globs agree with a plain search", arguments: 0..<20)
    func globs(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 1234)
        let pieces = ["a", "b", "/", "*", "?", "**", "**/", "[ab]"]
        for _ in 0..<150 {
            let parts = (0..<1 + chance.next(5)).map { _ in pieces[chance.next(pieces.count)] }
            let text = parts.joined()
            // What runs of three and more asterisks mean is not worth a second implementation.
            guard !text.contains("***") else { continue }
            let name = String((0..<chance.next(7)).map { _ in Character(["a", "b", "/"][chance.next(3)]) })
            #expect(
                try GitGlob(text).matches(name) == Self.fits(name[...], text[...], isStart: true), "\(text) \(name)")
        }
    }

    /// Says the same as the glob, by trying everything. `isStart` tells whether a segment begins here in the pattern.
    private static func fits(_ name: Substring, _ glob: Substring, isStart: Bool) -> Bool {
        guard let first = glob.first else { return name.isEmpty }
        let rest = glob.dropFirst()
        if isStart, glob.hasPrefix("**/") {
            let after = glob.dropFirst(3)
            if fits(name, after, isStart: true) { return true }
            return name.indices.contains {
                name[$0] == "/" && fits(name[name.index(after: $0)...], after, isStart: true)
            }
        }
        if glob.hasPrefix("**") {
            return (0...name.count).contains { fits(name.dropFirst($0), glob.dropFirst(2), isStart: false) }
        }
        if first == "*" {
            let reach = name.prefix { $0 != "/" }.count
            return (0...reach).contains { fits(name.dropFirst($0), rest, isStart: false) }
        }
        guard let letter = name.first else { return false }
        if first == "?" { return letter != "/" && fits(name.dropFirst(), rest, isStart: false) }
        if first == "[" { return letter != "/" && fits(name.dropFirst(), glob.dropFirst(4), isStart: false) }
        return letter == first && fits(name.dropFirst(), rest, isStart: first == "/")
    }
}
