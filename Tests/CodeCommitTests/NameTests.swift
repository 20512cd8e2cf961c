@testable import CodeCommit
import Cloud
import Notation
import Testing

@Suite("Names that come from outside")
struct NameTests {
    @Test(
        "a reference's name is one that git would have, and never an option",
        arguments: [
            ("refs/heads/main", true), ("refs/heads/feature/a-b.c", true), ("refs/tags/v1.0", true),
            ("refs/heads/ü", true),
            ("refs/heads/-x", true), ("refs/pull/1/head", false), ("HEAD", false), ("refs/heads/", false),
            ("refs/heads/a..b", false),
            ("refs/heads/a b", false), ("refs/heads/a\u{0}b", false), ("refs/heads/a\nb", false),
            ("refs/heads/.a", false),
            ("refs/heads/a/.b", false), ("refs/heads/a.lock", false), ("refs/heads/a.lock/b", false),
            ("refs/heads/a.", false),
            ("refs/heads/a//b", false), ("refs/heads/a/", false), ("refs/heads/a@{1}", false),
            ("refs/heads/a~1", false),
            ("refs/heads/a^", false), ("refs/heads/a:b", false), ("refs/heads/a?", false), ("refs/heads/a*", false),
            ("refs/heads/[a", false), ("refs/heads/a\\b", false), ("--upload-pack=x", false),
        ])
    func references(_ text: String, _ isOne: Bool) {
        #expect((RefName(text) != nil) == isOne)
    }

    @Test("a branch cannot begin like an option")
    func branches() {
        #expect(RefName(branch: "-x") == nil)
        #expect(RefName(branch: String(repeating: "a", count: 257)) == nil)
        #expect(RefName(branch: "main")?.short == "main")
        #expect(RefName("refs/tags/v1")?.kind == "tag")
    }

    @Test(
        "a path stays inside the tree",
        arguments: [
            ("a", "a"), ("/a/b", "a/b"), ("a/b/", "a/b"), ("ü/ö", "ü/ö"), ("-x", "-x"), ("..", nil), ("a/../b", nil),
            ("./a", nil),
            ("a//b", nil), (".git/config", nil), ("a/.GIT/x", nil), ("a\nb", nil), ("a\u{0}b", nil), ("", nil),
            ("/", nil),
        ] as [(String, String?)])
    func paths(_ text: String, _ expected: String?) {
        #expect((try? FilePath(parsing: text))?.text == expected)
    }

    @Test("an object's id is forty hexadecimal digits")
    func ids() {
        let id = "DACF6A056D6AADE07E558E21CA22BE3B4895EC14"
        #expect(ObjectID(id)?.hex == id.lowercased())
        for wrong in ["", "main", String(id.dropLast()), id + "0", "g" + id.dropFirst()] {
            #expect(ObjectID(wrong) == nil)
        }
    }

    @Test(
        "a repository's name",
        arguments: [
            ("orders", true), ("a.b_c-d", true), ("A1", true), ("", false), ("a.git", false), ("a/b", false),
            ("..", false), (".", false),
            ("a b", false), ("ä", false), (String(repeating: "a", count: 101), false),
        ])
    func repositories(_ text: String, _ isOne: Bool) {
        #expect(((try? CodeCommitService.name(text)) != nil) == isOne)
    }

    @Test("reactions by emoji, short code and code point")
    func reactions() {
        for text in ["👍", ":thumbsup:", "U+1F44D"] { #expect(CommentReaction.named(text)?.code == ":thumbsup:") }
        #expect(CommentReaction.named("❤")?.code == ":heart:")
        #expect(CommentReaction.named("U+1F4A9") == nil)
    }
}
