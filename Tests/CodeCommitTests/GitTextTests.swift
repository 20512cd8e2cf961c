@testable import CodeCommit
import Notation
import Testing

@Suite("What git prints, taken apart")
struct GitTextTests {
    static let id = String(repeating: "ab", count: 20)
    static let other = String(repeating: "cd", count: 20)

    @Test("a commit with parents, a signature and a message of several paragraphs")
    func commit() throws {
        let text = """
            tree \(Self.id)
            parent \(Self.other)
            parent \(Self.id)
            author Ann <ann@example.com> 1700000000 +0200
            committer <> 1700000001 -0100
            gpgsig -----BEGIN
             line
            encoding UTF-8

            First

            Second
            """
        let commit = try #require(ObjectID(Self.id).flatMap { Commit($0, Array(text.utf8)) })
        #expect(commit.parents.map(\.hex) == [Self.other, Self.id])
        #expect(commit.author == .init("Ann <ann@example.com> 1700000000 +0200"))
        #expect(commit.author.shown["date"]?.string == "1700000000 +0200")
        #expect(commit.committer.name.isEmpty && commit.committer.email.isEmpty)
        #expect(commit.message == "First\n\nSecond")
        #expect(commit.more == "gpgsig -----BEGIN\n line\nencoding UTF-8")
    }

    @Test("what is no commit is none")
    func noCommit() throws {
        let id = try #require(ObjectID(Self.id))
        #expect(Commit(id, []) == nil)
        #expect(Commit(id, Array("tree x\n\n".utf8)) == nil)
    }

    @Test("a tree's entries, with tabs and spaces in names")
    func tree() {
        let bytes = Array("100644 blob \(Self.id)\ta b\tc\u{0}160000 commit \(Self.other)\tlib\u{0}".utf8)
        let entries = TreeEntry.list(bytes)
        #expect(entries.map(\.path) == ["a b\tc", "lib"])
        #expect(entries.map(\.type) == ["blob", "commit"])
    }

    @Test("differences of trees")
    func changes() throws {
        let zero = String(repeating: "0", count: 40)
        let bytes = Array(
            ":000000 100644 \(zero) \(Self.id) A\u{0}new\u{0}:100644 120000 \(Self.id) \(Self.other) T\u{0}x y\u{0}:100755 000000 \(Self.id) \(zero) D\u{0}old\u{0}"
                .utf8)
        let changes = try TreeChange.list(bytes)
        #expect(changes.map(\.kind) == ["A", "M", "D"])
        #expect(changes.map(\.path) == ["new", "x y", "old"])
        #expect(changes[0].before == nil && changes[1].after?.mode == "120000" && changes[2].after == nil)
        #expect(throws: GitError.self) { try TreeChange.list(Array(":100644".utf8)) }
    }

    @Test("objects one after another, missing ones between")
    func objects() throws {
        let bytes = Array("\(Self.id) blob 3\na\nb\n\(Self.other) missing\n\(Self.other) blob 0\n\n".utf8)
        let objects = try Objects.split(bytes, count: 3)
        #expect(objects[0]?.bytes == Array("a\nb".utf8))
        #expect(objects[1] == nil)
        #expect(objects[2]?.bytes == [])
        #expect(throws: GitError.self) { try Objects.split(bytes, count: 4) }
        #expect(throws: GitError.self) { try Objects.split(Array("\(Self.id) blob 10\nabc\n".utf8), count: 1) }
    }

    @Test("git's framing of a line")
    func packets() {
        #expect(
            String(decoding: Packet.line("# service=git-upload-pack\n"), as: UTF8.self)
                == "001e# service=git-upload-pack\n")
    }
}
