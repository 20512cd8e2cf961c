import Ledger
import Notation
import Testing

@testable import CodeBuild

@Suite("Secrets in output")
struct MaskingTests {
    private func mask(_ secrets: [String], _ text: String, chunk: Int = .max) -> String {
        var masker = SecretMasker(secrets)
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            output += masker.feed(Array(rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
        return String(decoding: output + masker.finish(), as: UTF8.self)
    }

    @Test(
        "Forms in which tools print a secret",
        arguments: [
            ("is hunter2hunter2!", "is ***"), ("aHVudGVyMmh1bnRlcjIh", "***"),
            ("\"tok\":\"hunter2hunter2!\"", "\"tok\":\"***\""), ("k=hunter2hunter2%21&x", "k=***&x"),
            ("hunter2\nhunter2!", "***"), ("hunter2hunter2", "hunter2hunter2"), ("", ""),
        ])
    func forms(text: String, masked: String) {
        #expect(mask(["hunter2hunter2!"], text) == masked)
    }

    @Test("Base64 of a longer text that holds the secret, at each of three offsets", arguments: 0..<3)
    func base64(offset: Int) {
        let text = String(repeating: "x", count: offset) + "correct horse battery" + "tail"
        let encoded = String(decoding: Base64.encoded(Array(text.utf8)), as: UTF8.self)
        let shown = mask(["correct horse battery"], encoded)
        #expect(shown.contains("***") && shown.count < 16)
    }

    @Test("Short values are left, or nothing of the log would be")
    func short() { #expect(mask(["1", "abc", ""], "1 abc 1") == "1 abc 1") }

    @Test("Chunks make no difference, and no secret comes through", arguments: 0..<300)
    func chunks(seed: Int) {
        let chance = SeededChance(seed: UInt64(seed))
        let alphabet: StaticString = "ab\nc"
        let secrets = (0..<3).map { _ in chance.text(4 + Int(chance.next() % 6), of: "abc") }
        var text = ""
        for _ in 0..<20 {
            text += chance.text(Int(chance.next() % 9), of: alphabet)
            if chance.next() % 3 == 0 { text += secrets[Int(chance.next() % 3)] }
        }
        let whole = mask(secrets, text)
        for chunk in [1, 2, 3, 7, 64] { #expect(mask(secrets, text, chunk: chunk) == whole, "seed \(seed)") }
        for secret in secrets { #expect(!whole.contains(secret), "seed \(seed)") }
    }

    @Test("Many patterns are found in one pass, as a plain search finds them", arguments: 0..<100)
    func automaton(seed: Int) {
        let chance = SeededChance(seed: UInt64(seed))
        let patterns = (0..<4).map { _ in Array(chance.text(1 + Int(chance.next() % 4), of: "ab").utf8) }
        let text = Array(chance.text(60, of: "abc").utf8)
        let automaton = PatternAutomaton(patterns)
        var state = 0
        for end in text.indices {
            state = automaton.next(state, text[end])
            let longest = patterns.filter { text[...end].suffix($0.count).elementsEqual($0) }.map(\.count).max() ?? 0
            #expect(automaton.match(state) == longest)
        }
    }
}
