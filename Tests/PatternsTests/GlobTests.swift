import Patterns
import NotationTesting
import Testing

@Suite("Globs of git names")
struct GlobTests {
    @Test(
        "a glob fits whole names",
        arguments: [
            ("main", ["main"], ["main2", "xmain", "Main"]),
            ("feature/*", ["feature/a", "feature/"], ["feature/a/b", "feature"]),
            ("feature/**", ["feature/a", "feature/a/b"], ["feature", "xfeature/a"]),
            ("**", ["a", "a/b", ""], []),
            ("**/*.js", ["a.js", "x/a.js", "x/y/a.js"], ["a.jsx"]),
            ("src/**/test", ["src/test", "src/a/test", "src/a/b/test"], ["src/atest", "srctest"]),
            ("**.txt", ["a.txt", "x/a.txt"], ["a.text"]),
            ("v?.?", ["v1.2"], ["v1", "v10.2", "v/.2"]),
            ("{main,dev}", ["main", "dev"], ["maindev", ""]),
            ("rel{ease,-{1,2}}", ["release", "rel-1", "rel-2"], ["rel-", "rel"]),
            ("[a-c]x", ["ax", "cx"], ["dx", "x"]), ("[!a]x", ["bx"], ["ax", "/x"]), ("[]a]", ["]", "a"], ["b"]),
            ("a\\*b", ["a*b"], ["axb"]), ("", [""], ["a"]), ("*é*", ["caféx"], ["cafe"]),
        ])
    func fits(_ glob: String, _ hits: [String], _ misses: [String]) throws {
        let glob = try GitGlob(glob)
        for name in hits { #expect(glob.matches(name), "\(glob.text) \(name)") }
        for name in misses { #expect(!glob.matches(name), "\(glob.text) \(name)") }
    }

    @Test(
        "what is no glob is refused", arguments: ["{a", "[a", "[b-a]", "a{b,{c}", String(repeating: "{a,b}", count: 9)])
    func refusals(_ text: String) {
        #expect(throws: GitGlob.Misfit.self) { try GitGlob(text) }
    }

    @Test("what holds back beats what lets pass; only excludes let everything else pass")
    func filters() throws {
        let filter = try GitFilter(includes: ["feature/**", "main"], excludes: ["feature/wip/*"])
        #expect(filter.selects("main") && filter.selects("feature/a"))
        #expect(!filter.selects("feature/wip/a") && !filter.selects("other"))
        let rest = try GitFilter(includes: [], excludes: ["docs/**"])
        #expect(rest.selectsAny(of: ["docs/a", "src/b"]))
        #expect(!rest.selectsAny(of: ["docs/a"]))
        #expect(!rest.selectsAny(of: []))
    }

    @Test("the worst pattern takes no time to speak of")
    func worst() throws {
        let glob = try GitGlob(String(repeating: "*a", count: 120) + "b")
        let start = ContinuousClock.now
        #expect(!glob.matches(String(repeating: "a", count: 2000)))
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("damaged globs are globs or errors", arguments: 0..<4)
    func damaged(part: Int) {
        var chance = Chance(UInt64(part) + 300)
        let snippets = ["{", "}", ",", "[", "]", "*", "**", "?", "\\", "!", "-", "/", "é"]
        for _ in 0..<300 {
            let text = chance.damage("a/**/{b,c[0-9]}/*.{js,ts}?", snippets)
            _ = (try? GitGlob(text))?.matches("a/x/b/y.jsz")
        }
    }
}
