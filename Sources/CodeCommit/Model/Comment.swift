internal import Ledger
internal import Notation

/// A remark on a comparison of commits or on a pull request, or a reply to one.
struct Comment: Codable, Sendable {
    var id: String
    var account: String
    var region: String
    var content: String
    var author: String
    var created: Timestamp
    var modified: Timestamp
    var isDeleted = false
    /// The comment it answers.
    var inReplyTo: String?
    var token: String?
    /// What it is on: `commit/REPOSITORY/AFTER` or `request/KEY`.
    var place: String
    var repositoryID: String
    var pullRequestID: String?
    var before: ObjectID?
    var after: ObjectID
    var beforeBlob: ObjectID?
    var afterBlob: ObjectID?
    var location: Location?
    /// By the ARN of who reacted: the short code.
    var reactions: [String: String] = [:]

    /// A line of a file.
    struct Location: Codable, Sendable, Hashable {
        var filePath: String?
        var filePosition: Int?
        var relativeFileVersion: String?
    }

    var key: String { Self.key(id, account, region) }
    static func key(_ id: String, _ account: String, _ region: String) -> String { "\(account)/\(region)/\(id)" }

    static func place(commit: ObjectID, in repository: Repository) -> String { "commit/\(repository.id)/\(commit.hex)" }
    static func place(_ request: PullRequest) -> String { "request/" + request.key }

    /// The comment as that caller sees it.
    func shown(to caller: String) -> JSON {
        var counts: JSON = [:]
        for code in Set(reactions.values) { counts[code] = .int(reactions.values.count { $0 == code }) }
        var tree: JSON = [
            "commentId": .string(id), "creationDate": .double(created.seconds),
            "lastModifiedDate": .double(modified.seconds), "authorArn": .string(author), "deleted": .bool(isDeleted),
            "callerReactions": .array(reactions[caller].map { [.string($0)] } ?? []), "reactionCounts": counts,
        ]
        if !isDeleted { tree["content"] = .string(content) }
        if let inReplyTo { tree["inReplyTo"] = .string(inReplyTo) }
        if let token { tree["clientRequestToken"] = .string(token) }
        return tree
    }

    /// What it is on, as answers tell it.
    func subject(_ repository: Repository) -> JSON {
        var tree: JSON = ["repositoryName": .string(repository.name), "afterCommitId": .string(after.hex)]
        if let pullRequestID { tree["pullRequestId"] = .string(pullRequestID) }
        if let before { tree["beforeCommitId"] = .string(before.hex) }
        if let beforeBlob { tree["beforeBlobId"] = .string(beforeBlob.hex) }
        if let afterBlob { tree["afterBlobId"] = .string(afterBlob.hex) }
        if let location {
            var place: JSON = [:]
            if let path = location.filePath { place["filePath"] = .string(path) }
            if let position = location.filePosition { place["filePosition"] = .int(position) }
            if let version = location.relativeFileVersion { place["relativeFileVersion"] = .string(version) }
            tree["location"] = place
        }
        return tree
    }
}

/// The reactions there are.
///
/// Source: CodeCommit API Reference, PutCommentReaction, `reactionValue`.
struct CommentReaction: Sendable {
    let emoji: String
    let code: String
    let unicode: String

    static let all = [
        CommentReaction(emoji: "👍", code: ":thumbsup:", unicode: "U+1F44D"),
        CommentReaction(emoji: "👎", code: ":thumbsdown:", unicode: "U+1F44E"),
        CommentReaction(emoji: "😄", code: ":smile:", unicode: "U+1F604"),
        CommentReaction(emoji: "❤️", code: ":heart:", unicode: "U+2764"),
        CommentReaction(emoji: "😠", code: ":angry:", unicode: "U+1F620"),
        CommentReaction(emoji: "😖", code: ":confounded:", unicode: "U+1F616"),
        CommentReaction(emoji: "😨", code: ":fearful:", unicode: "U+1F628"),
    ]

    /// The one that is meant by emoji, short code or code point.
    static func named(_ text: String) -> CommentReaction? {
        all.first {
            $0.emoji == text || $0.code == text || $0.unicode == text
                || $0.emoji.unicodeScalars.first.map { String($0) } == text
        }
    }

    var shown: JSON { ["emoji": .string(emoji), "shortCode": .string(code), "unicode": .string(unicode)] }
}
