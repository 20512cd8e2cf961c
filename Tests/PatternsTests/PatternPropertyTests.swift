import Notation
import Patterns
import NotationTesting
import Testing

@Suite("Event patterns: properties and damage")
struct PatternPropertyTests {
    private static let words = ["a", "b", "ab", "ba", "", "*", "é", "a*b"]

    /// An event of three levels with few names and values, so that patterns meet it.
    private static func event(_ chance: inout Chance, depth: Int = 3) -> JSON {
        switch chance.next(depth > 0 ? 8 : 5) {
        case 0: return .int(chance.next(3))
        case 1: return .null
        case 2: return .bool(chance.next(2) == 0)
        case 3, 4: return .string(words[chance.next(words.count)])
        case 5: return .array((0..<chance.next(3)).map { _ in event(&chance, depth: depth - 1) })
        default: return .object(members(&chance, depth: depth - 1))
        }
    }

    private static func members(_ chance: inout Chance, depth: Int) -> JSONObject {
        JSONObject((0...chance.next(3)).map { _ in (["a", "b", "c"][chance.next(3)], event(&chance, depth: depth)) })
    }

    /// Every plain value of an event with the names that lead to it.
    private static func leaves(_ value: JSON, _ path: [String] = []) -> [([String], JSON)] {
        switch value {
        case .object(let members): members.flatMap { leaves($0.value, path + [$0.key]) }
        case .array(let list): list.flatMap { leaves($0, path) }
        default: [(path, value)]
        }
    }

    private static func pattern(_ path: [String], _ value: JSON) -> JSON {
        path.reversed().reduce([value]) { [$1: $0] }
    }

    @Test("a pattern made of one of the event's values selects it; absence of that value does not", arguments: 0..<40)
    func ownValues(seed: Int) throws {
        var chance = Chance(UInt64(seed))
        let event = JSON.object(Self.members(&chance, depth: 3))
        for (path, value) in Self.leaves(event) where !path.isEmpty {
            #expect(try EventPattern(Self.pattern(path, value)).matches(event), "\(path) \(value) \(event)")
            #expect(try !EventPattern(Self.pattern(path, ["exists": false])).matches(event))
            #expect(try EventPattern(Self.pattern(path, ["exists": true])).matches(event))
        }
    }

    @Test("wildcards agree with a plain search", arguments: 0..<20)
    func wildcards(seed: Int) throws {
        var chance = Chance(UInt64(seed) + 100)
        for _ in 0..<200 {
            let text = String((0..<chance.next(8)).map { _ in Character(["a", "b"][chance.next(2)]) })
            let pattern = String((0..<chance.next(6)).map { _ in Character(["a", "b", "*"][chance.next(3)]) })
            guard !pattern.contains("**") else { continue }
            #expect(try Wildcard(pattern).matches(text) == Self.fits(text[...], pattern[...]), "\(pattern) \(text)")
        }
    }

    private static func fits(_ text: Substring, _ pattern: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        guard first == "*" else { return text.first == first && fits(text.dropFirst(), pattern.dropFirst()) }
        return (0...text.count).contains { fits(text.dropFirst($0), pattern.dropFirst()) }
    }

    @Test("a wildcard against its worst text takes no time to speak of")
    func worstWildcard() throws {
        let piece = String(repeating: "a", count: 900) + "b"
        let wildcard = try Wildcard("*\(piece)*\(piece)*")
        let text = String(repeating: "a", count: 200_000)
        let start = ContinuousClock.now
        #expect(!wildcard.matches(text))
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("a damaged pattern is a pattern or an error, in bounded time", arguments: 0..<8)
    func damaged(part: Int) {
        let samples = [
            #"{"source": ["a", {"prefix": "b"}], "detail": {"x": [{"numeric": [">", 1, "<=", 5]}], "#
                + #""$or": [{"a": [1]}, {"b": [null, true]}]}}"#,
            #"{"a": [{"anything-but": {"wildcard": "*/x/*"}}, {"cidr": "10.0.0.0/8"}], "#
                + #""b": {"c": [{"exists": false}, ""]}}"#,
        ]
        let snippets = [
            "$or", "[", "]", "{", "}", "\"", "\\", "*", "**", "numeric", "exists", ",", ":", "null", "é", "1e999",
        ]
        var chance = Chance(UInt64(part) + 7)
        let start = ContinuousClock.now
        for round in 0..<150 {
            let text = chance.damage(samples[round % samples.count], snippets)
            do {
                _ = try EventPattern(text).matches(EventPatternTests.event)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
