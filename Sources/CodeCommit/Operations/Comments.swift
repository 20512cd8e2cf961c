internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    private static let members = "repositoryName beforeCommitId afterCommitId location content clientRequestToken"

    /// Comments, written.
    var commentOperations: [Operation] {
        [
            Operation("PostCommentForComparedCommit", enforces: Self.members) { call in
                let repository = try await repository(call)
                return try await post(call, repository, nil)
            },
            Operation("PostCommentForPullRequest", enforces: Self.members + " pullRequestId") { call in
                let repository = try await repository(call)
                let request = try await pullRequest(call)
                guard request.repositoryID == repository.id else {
                    throw AWSError(
                        "RepositoryNotAssociatedWithPullRequestException",
                        "Pull request \(request.id) is not about \(repository.name).")
                }
                return try await post(call, repository, request)
            },
            Operation("PostCommentReply", enforces: "inReplyTo clientRequestToken content", raw: reply),
            Operation("UpdateComment", enforces: "commentId content", raw: updateComment),
            Operation("DeleteCommentContent", enforces: "commentId", raw: deleteComment),
        ]
    }

    /// Bytes a comment may have (CodeCommit API Reference, CommentContentSizeLimitExceededException: 10,240
    /// characters).
    private static let contentLimit = 10_240

    private static func content(_ call: Call) throws -> String {
        guard let content = call.text("content"), !content.isEmpty else {
            throw Refusal.required("CommentContent", "The comment is empty.")
        }
        guard content.count <= contentLimit else {
            throw AWSError(
                "CommentContentSizeLimitExceededException", "A comment may have at most \(contentLimit) characters.")
        }
        return content
    }

    /// Writes a comment on two commits, or on a line of a file in one of them.
    ///
    /// - Throws: `BeforeCommitIdAndAfterCommitIdAreSameException`, `CommitDoesNotExistException`,
    ///   `PathDoesNotExistException`.
    private func post(_ call: Call, _ repository: Repository, _ request: PullRequest?) async throws -> Reply {
        let content = try Self.content(call)
        let after = try objectID(call.text("afterCommitId"), "CommitId")
        let before = try call.text("beforeCommitId").map { try objectID($0, "CommitId") }
        guard before != after else {
            throw AWSError("BeforeCommitIdAndAfterCommitIdAreSameException", "The two commits are the same, \(after).")
        }
        let objects = objects(repository)
        let ids = [after] + (before.map { [$0] } ?? [])
        for (id, header) in zip(ids, try await objects.headers(ids.map(\.hex))) where header?.type != "commit" {
            throw Refusal.noCommit(id.hex)
        }
        let (location, blobs) = try await place(call, before, after, objects)
        let surroundings = ledger.surroundings
        let draft = Comment(
            id: surroundings.chance.uuid(), account: repository.account, region: repository.region, content: content,
            author: call.caller.principal, created: surroundings.now, modified: surroundings.now,
            token: call.text("clientRequestToken"),
            place: request.map { Comment.place($0) } ?? Comment.place(commit: after, in: repository),
            repositoryID: repository.id,
            pullRequestID: request?.id, before: before, after: after, beforeBlob: blobs.before, afterBlob: blobs.after,
            location: location)
        let comment = try await ledger.write { write in try Self.store(draft, call, repository, in: write) }
        return Reply(comment.subject(repository).adding("comment", comment.shown(to: call.caller.principal)))
    }

    /// The line that a comment is on, and the file's forms.
    ///
    /// - Throws: `InvalidFileLocationException`, `PathDoesNotExistException`.
    private func place(
        _ call: Call, _ before: ObjectID?, _ after: ObjectID, _ objects: Objects
    ) async throws -> (Comment.Location?, (before: ObjectID?, after: ObjectID?)) {
        guard let tree = call.input["location"], tree.object != nil else { return (nil, (nil, nil)) }
        guard let text = tree["filePath"]?.string else { throw Refusal.required("Path", "A location names a file.") }
        let path = try FilePath(parsing: text)
        if let position = tree["filePosition"]?.int, position < 0 {
            throw Refusal.invalid("FilePosition", "The position in a file cannot be below 0.")
        }
        let now = try await objects.entries([path], at: after)[path]?.id
        let then = try await before.asyncMap { try await objects.entries([path], at: $0)[path]?.id } ?? nil
        guard now != nil || then != nil else {
            throw AWSError("PathDoesNotExistException", "The path \(path) does not exist in either commit.")
        }
        let location = Comment.Location(
            filePath: path.text, filePosition: tree["filePosition"]?.int,
            relativeFileVersion: tree["relativeFileVersion"]?.string)
        return (location, (then, now))
    }

    /// Stores a new comment. The same client's token gives the same comment.
    private static func store(_ draft: Comment, _ call: Call, _ repository: Repository?, in write: Transaction) throws
        -> Comment
    {
        var input = call.input
        input["clientRequestToken"] = nil
        if let known = try write.known(draft.token, input, "comment", call.caller) {
            return try write.comment(known, call.caller)
        }
        try write.put(Shelf.comments, draft.key, draft)
        try write.remember(draft.token, input, "comment", draft.id, call.caller)
        try write.tell("Created", draft, by: call.caller.principal)
        return draft
    }

    /// Answers a comment: same place, same thread. A deleted comment may still be answered.
    private func reply(_ call: Call) async throws -> Reply {
        let content = try Self.content(call)
        guard let first = call.text("inReplyTo") else {
            throw Refusal.required("CommentId", "A comment id is required.")
        }
        let comment = try await ledger.write { write in
            var draft = try write.comment(first, call.caller)
            draft.id = write.surroundings.chance.uuid()
            draft.inReplyTo = first
            draft.content = content
            draft.author = call.caller.principal
            draft.created = write.now
            draft.modified = write.now
            draft.isDeleted = false
            draft.reactions = [:]
            draft.token = call.text("clientRequestToken")
            return try Self.store(draft, call, nil, in: write)
        }
        return Reply(["comment": comment.shown(to: call.caller.principal)])
    }

    /// - Throws: `CommentNotCreatedByCallerException`, `CommentDeletedException`.
    private func updateComment(_ call: Call) async throws -> Reply {
        let content = try Self.content(call)
        let comment = try await ledger.write { write in
            var comment = try write.livingComment(call.text("commentId") ?? "", call.caller)
            guard comment.author == call.caller.principal else {
                throw AWSError("CommentNotCreatedByCallerException", "Only who wrote a comment can change it.")
            }
            comment.content = content
            comment.modified = write.now
            try write.put(Shelf.comments, comment.key, comment)
            try write.tell("Updated", comment, by: call.caller.principal)
            return comment
        }
        return Reply(["comment": comment.shown(to: call.caller.principal)])
    }

    /// Takes the words away; the comment's place in the thread stays.
    private func deleteComment(_ call: Call) async throws -> Reply {
        let comment = try await ledger.write { write in
            var comment = try write.livingComment(call.text("commentId") ?? "", call.caller)
            comment.content = ""
            comment.isDeleted = true
            comment.modified = write.now
            try write.put(Shelf.comments, comment.key, comment)
            try write.tell("Updated", comment, by: call.caller.principal)
            return comment
        }
        return Reply(["comment": comment.shown(to: call.caller.principal)])
    }
}

extension Transaction {
    /// The comment of that id.
    ///
    /// - Throws: `CommentDoesNotExistException`.
    func comment(_ id: String, _ caller: Caller) throws -> Comment {
        guard let found = try get(Shelf.comments, Comment.key(id, caller.account, caller.region)) else {
            throw AWSError("CommentDoesNotExistException", "The comment \(id) does not exist.")
        }
        return found.value
    }

    /// The same, if it still has its words.
    ///
    /// - Throws: `CommentDeletedException` too.
    func livingComment(_ id: String, _ caller: Caller) throws -> Comment {
        let comment = try comment(id, caller)
        guard !comment.isDeleted else { throw AWSError("CommentDeletedException", "The comment \(id) was deleted.") }
        return comment
    }

    /// `CodeCommit Comment on Commit` or `CodeCommit Comment on Pull Request`.
    func tell(_ what: String, _ comment: Comment, by principal: String) throws {
        guard let repository = try find(Shelf.repositories, "id", comment.repositoryID).first?.value else { return }
        let subject = comment.pullRequestID == nil ? "Commit" : "PullRequest"
        var detail: JSON = [
            "event": .string("commentOn\(subject)\(what)"), "repositoryName": .string(repository.name),
            "repositoryId": .string(repository.id), "commentId": .string(comment.id),
            "callerUserArn": .string(principal),
            "afterCommitId": .string(comment.after.hex),
            "notificationBody": .string("\(principal) commented in the repository \(repository.name)."),
        ]
        if let before = comment.before { detail["beforeCommitId"] = .string(before.hex) }
        if let first = comment.inReplyTo { detail["inReplyTo"] = .string(first) }
        if let id = comment.pullRequestID { detail["pullRequestId"] = .string(id) }
        try append(
            LedgerEvent(
                time: now, source: "aws.codecommit",
                detailType: "CodeCommit Comment on " + (comment.pullRequestID == nil ? "Commit" : "Pull Request"),
                account: comment.account, region: comment.region, resources: [repository.arn], detail: detail))
    }
}
