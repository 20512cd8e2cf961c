import Notation
import Testing

@testable import SAMTransform

@Suite("Python 2.7's dictionaries")
struct PyDictTests {
    private static func fixtures(_ text: String) throws -> [JSON] {
        try #require(try JSON(parsing: "[" + text + "]").array).filter { !$0.isNull }
    }

    @Test("the order of names is Python 2.7's after any steps")
    func order() throws {
        let scenarios = try Self.fixtures(Python27Fixtures.dictionaries)
        #expect(scenarios.count > 40)
        for scenario in scenarios {
            var dict = PyDict()
            for step in scenario["steps"]?.array ?? [] { Self.take(step.array?.compactMap(\.string) ?? [], on: &dict) }
            let expected = scenario["keys"]?.array?.compactMap(\.string)
            #expect(dict.keys.map(\.text) == expected, "\(scenario["steps"] ?? .null)")
        }
    }

    private static func take(_ step: [String], on dict: inout PyDict) {
        switch step.first {
        case "set": dict.set(PyText(step[1], isUnicode: true), 0)
        case "remove": dict.remove(step[1])
        case "update":
            var other = PyDict()
            for key in step.dropFirst() { other[key] = 0 }
            dict.merge(other.pairs.map { ($0.key, $0.value) })
        case "copy": dict = dict.copied()
        case "deepcopy": dict = dict.deepCopied()
        default: Issue.record("unknown step \(step)")
        }
    }

    @Test("texts hash as Python 2.7 hashes them on 64 bits")
    func hashes() throws {
        for row in try Self.fixtures(Python27Fixtures.hashes) {
            let text = try #require(row[0]?.string)
            #expect(String(PyText.hash(text)) == row[1]?.string, "\(text)")
        }
    }

    @Test("Unicode texts print as Python 2.7 prints them")
    func prints() throws {
        for row in try Self.fixtures(Python27Fixtures.prints) {
            var printed = ""
            PyText(try #require(row[0]?.string), isUnicode: true).write(to: &printed)
            #expect(printed == row[1]?.string)
        }
    }

    @Test("a hashed dictionary keeps what a Swift dictionary would", arguments: 1...40)
    func membership(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var dict = PyDict()
        var model: [String: Int] = [:]
        for step in 0..<200 {
            let key = "key\(random.next() % 30)"
            switch random.next() % 5 {
            case 0:
                dict.remove(key)
                model[key] = nil
            case 1: dict = random.next() % 2 == 0 ? dict.deepCopied() : dict.copied()
            case 2:
                _ = dict.edit(key) { $0 = .int(step) }
                if model[key] != nil { model[key] = step }
            default:
                dict[key] = .int(step)
                model[key] = step
            }
            #expect(dict.count == model.count)
        }
        #expect(Set(dict.keys.map(\.text)) == Set(model.keys))
        for (key, value) in model { #expect(dict[key] == .int(value)) }
        for (key, value) in dict.pairs { #expect(dict[key.text] == value) }
    }

    @Test("a settled dictionary is its own deep copy, and a change unsettles it", arguments: 1...40)
    func settling(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var dict = PyDict()
        for _ in 0..<(random.next() % 60) { dict["k\(random.next() % 100)"] = .int(1) }
        for _ in 0..<(random.next() % 10) { dict.remove("k\(random.next() % 100)") }
        var copy = dict.deepCopied()
        for _ in 0..<10 where !copy.isSettled { copy = copy.deepCopied() }
        guard copy.isSettled else { return }
        // Rebuilt by hand, member by member, it has the same order.
        var rebuilt = PyDict()
        for (key, value) in copy.pairs { rebuilt.set(key, value) }
        #expect(rebuilt.keys.map(\.text) == copy.keys.map(\.text))
        #expect(copy == dict)
        copy["one more"] = 1
        #expect(!copy.isSettled)
    }

    @Test("a nested change unsettles all around it")
    func nestedSettling() {
        var inner = PyDict()
        inner["a"] = 1
        var outer = PyDict()
        outer["inner"] = .dict(inner)
        outer = outer.deepCopied()
        #expect(outer.isSettled)
        _ = outer.editDict("inner") { $0["b"] = 2 }
        #expect(!outer.isSettled)
        #expect(outer.deepCopied()["inner"]?["b"] == 2)
    }

    @Test("a plain dictionary keeps the order of insertion")
    func plain() {
        var dict = PyDict(isHashed: false)
        for key in ["zebra", "apple", "mango"] { dict[key] = 1 }
        dict["apple"] = 2
        dict.remove("zebra")
        dict["zebra"] = 3
        #expect(dict.keys.map(\.text) == ["apple", "mango", "zebra"])
        #expect(dict.deepCopied().keys.map(\.text) == ["apple", "mango", "zebra"])
        #expect(dict.copied().isHashed == false)
    }

    @Test("a member set again keeps its name's way of printing")
    func firstNameStays() {
        var dict = PyDict()
        dict.set(PyText("path", isUnicode: true), 1)
        dict["path"] = 2
        #expect(PyValue.dict(dict).printed == "{u'path': 2}")
        dict.remove("path")
        dict["path"] = 3
        #expect(PyValue.dict(dict).printed == "{'path': 3}")
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
