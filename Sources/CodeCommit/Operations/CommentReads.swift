internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Comments, read.
    var commentReads: [Operation] {
        [
            Operation("GetComment", enforces: "commentId") { call in
                let comment = try await comment(call)
                guard !comment.isDeleted else {
                    throw AWSError("CommentDeletedException", "The comment \(comment.id) was deleted.")
                }
                return Reply(["comment": comment.shown(to: call.caller.principal)])
            },
            Operation(
                "GetCommentsForComparedCommit",
                enforces: "repositoryName beforeCommitId afterCommitId nextToken maxResults"
            ) { call in
                let page = try Page(call)
                let repository = try await repository(call)
                let after = try objectID(call.text("afterCommitId"), "CommitId")
                let before = try call.text("beforeCommitId").map { try objectID($0, "CommitId") }
                let comments = try await ledger.find(
                    Shelf.comments, "place", Comment.place(commit: after, in: repository)
                )
                .map(\.value).filter { before == nil || $0.before == before }
                return Reply(page.cut(Self.threads(comments, repository, call), as: "commentsForComparedCommitData"))
            },
            Operation(
                "GetCommentsForPullRequest",
                enforces: "pullRequestId repositoryName beforeCommitId afterCommitId nextToken maxResults",
                raw: getComments),
        ]
    }

    /// The threads of a pull request, those of one comparison if commits are named.
    private func getComments(_ call: Call) async throws -> Reply {
        let page = try Page(call)
        let request = try await pullRequest(call)
        let repository = try await repository(named: call.text("repositoryName") ?? request.repositoryName, call.caller)
        guard request.repositoryID == repository.id else {
            throw AWSError(
                "RepositoryNotAssociatedWithPullRequestException",
                "Pull request \(request.id) is not about \(repository.name).")
        }
        let after = try call.text("afterCommitId").map { try objectID($0, "CommitId") }
        let before = try call.text("beforeCommitId").map { try objectID($0, "CommitId") }
        let comments = try await ledger.find(Shelf.comments, "place", Comment.place(request)).map(\.value).filter {
            comment in
            (after == nil || comment.after == after) && (before == nil || comment.before == before)
        }
        return Reply(page.cut(Self.threads(comments, repository, call), as: "commentsForPullRequestData"))
    }

    /// The comments by what they are on, oldest first.
    private static func threads(_ comments: [Comment], _ repository: Repository, _ call: Call) -> [JSON] {
        struct Subject: Hashable { let before: ObjectID?, after: ObjectID, location: Comment.Location? }
        var order: [Subject] = []
        var threads: [Subject: [Comment]] = [:]
        for comment in comments.sorted(by: { ($0.created, $0.id) < ($1.created, $1.id) }) {
            let subject = Subject(before: comment.before, after: comment.after, location: comment.location)
            if threads[subject] == nil { order.append(subject) }
            threads[subject, default: []].append(comment)
        }
        return order.compactMap { subject in
            guard let thread = threads[subject], let first = thread.first else { return nil }
            let shown = thread.map { $0.shown(to: call.caller.principal) }
            return first.subject(repository).adding("comments", .array(shown))
        }
    }

    /// The comment that the input names.
    func comment(_ call: Call) async throws -> Comment {
        let id = call.text("commentId") ?? ""
        guard !id.isEmpty else { throw Refusal.required("CommentId", "A comment id is required.") }
        let key = Comment.key(id, call.caller.account, call.caller.region)
        guard let found = try await ledger.get(Shelf.comments, key) else {
            throw AWSError("CommentDoesNotExistException", "The comment \(id) does not exist.")
        }
        return found.value
    }

    /// Reactions to comments.
    var reactionOperations: [Operation] {
        [
            Operation("PutCommentReaction", enforces: "commentId reactionValue", raw: react),
            Operation("GetCommentReactions", enforces: "commentId reactionUserArn nextToken maxResults") { call in
                let page = try Page(call)
                let comment = try await comment(call)
                guard !comment.isDeleted else {
                    throw AWSError("CommentDeletedException", "The comment \(comment.id) was deleted.")
                }
                let wanted = call.text("reactionUserArn")
                let shown = CommentReaction.all.compactMap { reaction -> JSON? in
                    let users = comment.reactions.filter {
                        $0.value == reaction.code && (wanted == nil || $0.key == wanted)
                    }.keys
                    guard !users.isEmpty else { return nil }
                    return [
                        "reaction": reaction.shown, "reactionUsers": .array(users.sorted().map(JSON.string)),
                        "reactionsFromDeletedUsersCount": 0,
                    ]
                }
                return Reply(page.cut(shown, as: "reactionsForComment"))
            },
        ]
    }

    /// Everybody has one reaction to a comment; `none` takes it back.
    private func react(_ call: Call) async throws -> Reply {
        let value = call.text("reactionValue") ?? ""
        let reaction = CommentReaction.named(value)
        guard reaction != nil || value == "none" else {
            throw Refusal.invalid("ReactionValue", "There is no reaction '\(value.prefix(40))'.")
        }
        let user = call.caller.principal
        try await ledger.write { write in
            var comment = try write.livingComment(call.text("commentId") ?? "", call.caller)
            guard comment.reactions[user] != reaction?.code else { return }
            let event = comment.reactions[user] == nil ? "reactionCreated" : "reactionUpdated"
            guard comment.reactions.count < 10_000 || comment.reactions[user] != nil else {
                throw AWSError("ReactionLimitExceededException", "The comment has 10000 reactions already.")
            }
            comment.reactions[user] = reaction?.code
            try write.put(Shelf.comments, comment.key, comment)
            guard let repository = try write.find(Shelf.repositories, "id", comment.repositoryID).first?.value else {
                return
            }
            try write.append(
                LedgerEvent(
                    time: write.now, source: "aws.codecommit", detailType: "CodeCommit Comment Reaction Change",
                    account: comment.account, region: comment.region, resources: [repository.arn],
                    detail: [
                        "event": .string(event), "commentId": .string(comment.id), "callerUserArn": .string(user),
                        "reactionEmojis": .array(reaction.map { [.string($0.emoji)] } ?? []),
                        "reactionShortcodes": .array(reaction.map { [.string($0.code)] } ?? []),
                        "repositoryName": .string(repository.name), "repositoryId": .string(repository.id),
                    ]))
        }
        return Reply()
    }
}
