internal import Foundation
internal import Notation

/// A commit as git keeps it.
struct Commit: Sendable, Hashable {
    let id: ObjectID
    let tree: ObjectID
    let parents: [ObjectID]
    let author: Person
    let committer: Person
    let message: String
    /// Further lines of its head, such as a signature.
    let more: String

    /// Who did it, and when.
    struct Person: Sendable, Hashable {
        let name: String
        let email: String
        /// Seconds since 1970.
        let seconds: Int
        /// The offset from UTC, such as `+0200`.
        let zone: String

        /// What a commit's line says: `Name <email> seconds zone`. Takes what it can from malformed ones.
        init(_ line: Substring) {
            let start = line.lastIndex(of: "<") ?? line.endIndex
            let end = line.lastIndex(of: ">") ?? line.endIndex
            name = String(line[..<start]).trimmed
            email = start < end ? String(line[line.index(after: start)..<end]) : ""
            let rest = (end < line.endIndex ? line[line.index(after: end)...] : "").split(separator: " ")
            seconds = rest.first.flatMap { Int($0) } ?? 0
            zone = rest.dropFirst().first.map(String.init) ?? "+0000"
        }

        var shown: JSON { ["name": .string(name), "email": .string(email), "date": .string("\(seconds) \(zone)")] }
    }

    /// Takes a commit object apart; nil when it is none.
    init?(_ id: ObjectID, _ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let head: Substring
        if let gap = text.range(of: "\n\n") {
            head = text[..<gap.lowerBound]
            message = String(text[gap.upperBound...])
        } else {
            head = text[...]
            message = ""
        }
        var tree: ObjectID?
        var parents: [ObjectID] = []
        var people: [Substring: Person] = [:]
        var more: [Substring] = []
        for line in head.split(separator: "\n", omittingEmptySubsequences: false) {
            let word = line.prefix { $0 != " " }
            let rest = line.dropFirst(word.count + 1)
            switch word {
            case "tree": tree = ObjectID(rest)
            case "parent": if let parent = ObjectID(rest) { parents.append(parent) }
            case "author", "committer": people[word] = Person(rest)
            default: more.append(line)
            }
        }
        guard let tree else { return nil }
        self.id = id
        self.tree = tree
        self.parents = parents
        author = people["author"] ?? Person("")
        committer = people["committer"] ?? author
        self.more = more.joined(separator: "\n")
    }

    /// As GetCommit answers it.
    var shown: JSON {
        [
            "commitId": .string(id.hex), "treeId": .string(tree.hex),
            "parents": .array(parents.map { .string($0.hex) }),
            "message": .string(message), "author": author.shown, "committer": committer.shown,
            "additionalData": .string(more),
        ]
    }
}

extension StringProtocol {
    /// Without the white space at both ends.
    var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
        var end = start.endIndex
        while end > start.startIndex, " \t\n\r".contains(start[start.index(before: end)]) {
            end = start.index(before: end)
        }
        return String(start[..<end])
    }
}
