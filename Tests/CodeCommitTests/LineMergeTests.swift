@testable import CodeCommit
import Foundation
import Ledger
import LedgerTesting
import Testing

@Suite("Line-by-line merges")
struct LineMergeTests {
    static func change(_ base: Range<Int>, _ now: Range<Int>) -> LineMerge.Change { .init(base: base, now: now) }

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("changes that do not touch come together, those that do are a conflict")
    func touching() {
        let base = Self.bytes("1\n2\n3\n4\n5\n")
        let apart = LineMerge(
            base: base, source: Self.bytes("A\n2\n3\n4\n5\n"), destination: Self.bytes("1\n2\nB\n4\n5\n"),
            sourceChanges: [Self.change(0..<1, 0..<1)], destinationChanges: [Self.change(2..<3, 2..<3)])
        #expect(apart.conflicts == 0)
        #expect(apart.text() == Self.bytes("A\n2\nB\n4\n5\n"))
        let touching = LineMerge(
            base: base, source: Self.bytes("A\n2\n3\n4\n5\n"), destination: Self.bytes("1\nB\n3\n4\n5\n"),
            sourceChanges: [Self.change(0..<1, 0..<1)], destinationChanges: [Self.change(1..<2, 1..<2)])
        #expect(touching.conflicts == 1)
        #expect(touching.text(preferring: .source) == Self.bytes("A\n2\n3\n4\n5\n"))
        #expect(touching.text(preferring: .destination) == Self.bytes("1\nB\n3\n4\n5\n"))
    }

    @Test("the same change on both sides is no conflict")
    func agreed() {
        let base = Self.bytes("1\n2\n3\n")
        let both = Self.bytes("1\nX\n3\n")
        let changes = [Self.change(1..<2, 1..<2)]
        let merge = LineMerge(
            base: base, source: both, destination: both, sourceChanges: changes, destinationChanges: changes)
        #expect(merge.conflicts == 0)
        #expect(merge.text() == both)
        #expect(merge.regions.map(\.kind) == [.unchanged, .agreed, .unchanged])
    }

    @Test(
        "heads of hunks are ranges of lines",
        arguments: [
            ("@@ -1 +1 @@", change(0..<1, 0..<1)), ("@@ -4,2 +4,3 @@ func x", change(3..<5, 3..<6)),
            ("@@ -4,0 +5,2 @@", change(4..<4, 4..<6)),
            ("@@ -0,0 +1 @@", change(0..<0, 0..<1)), ("@@ -2,3 +1,0 @@", change(1..<4, 1..<1)),
        ])
    func hunks(_ text: String, _ expected: LineMerge.Change) {
        #expect(LineMerge.changes(Self.bytes("diff --git\n--- a\n+++ b\n\(text)\n-@@ -9 +9 @@\n")) == [expected])
    }

    @Test("text without a last line end, and no text at all")
    func lines() {
        #expect(LineMerge.lines(Self.bytes("a\nb")).map { Array($0) } == [Self.bytes("a\n"), Self.bytes("b")])
        #expect(LineMerge.lines([]).isEmpty)
    }

    /// Two random changes of a random text, merged by git and here: both find a conflict, or both find the same text.
    @Test("agrees with git merge-file over random texts", arguments: 0..<60)
    func differential(_ seed: Int) async throws {
        let chance = SeededChance(seed: UInt64(seed))
        let base = (0..<Int(chance.next() % 30)).map { _ in "line \(chance.next() % 8)\n" }
        func edited() -> String {
            var lines = base
            for _ in 0...Int(chance.next() % 4) {
                let place = Int(chance.next() % UInt64(lines.count + 1))
                switch chance.next() % 3 {
                case 0: lines.insert("new \(chance.next() % 50)\n", at: place)
                case 1: if place < lines.count { lines.remove(at: place) }
                default: if place < lines.count { lines[place] = "changed \(chance.next() % 50)\n" }
                }
            }
            return lines.joined()
        }
        let texts = [edited(), base.joined(), edited()]
        try await withRepository { desk, repository in
            let maker = CommitMaker(desk.store, repository)
            let blobs = try await maker.blobs(texts.map(Self.bytes))
            let git = desk.store.git
            let folder = desk.store.folder(repository)
            func changes(_ side: Int) async throws -> [LineMerge.Change] {
                let options = ["--text", "--diff-algorithm=myers", "-U0"]
                return LineMerge.changes(
                    try await git.run(
                        in: folder, ["diff"] + options + [blobs[1].hex, blobs[side].hex], expecting: [0, 1]
                    ).bytes)
            }
            let merge = LineMerge(
                base: Self.bytes(texts[1]), source: Self.bytes(texts[0]), destination: Self.bytes(texts[2]),
                sourceChanges: try await changes(0), destinationChanges: try await changes(2))
            for (name, text) in zip(["s", "b", "d"], texts) {
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            }
            let theirs = try await git.run(
                in: folder, ["merge-file", "-p", "--quiet", "s", "b", "d"], expecting: Set(0...127))
            #expect((theirs.status == 0) == (merge.conflicts == 0), "seed \(seed)")
            if theirs.status == 0 { #expect(merge.text() == theirs.bytes, "seed \(seed)") }
        }
    }
}
