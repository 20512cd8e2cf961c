@testable import CodeCommit
import Cloud
import Notation
import Testing

@Suite("Pull requests")
struct PullRequestTests {
    /// A repository with a request from `topic` into `main`; its answer.
    static func open(_ desk: Desk, token: String? = nil) async throws -> JSON {
        if try await desk.head() == nil {
            let base = try await desk.put("a", "1")
            try await desk.branch("topic", at: base)
            try await desk.put("b", "1", on: "topic")
        }
        var input: JSON = [
            "title": "Add b", "description": "D",
            "targets": [["repositoryName": "orders", "sourceReference": "topic"]],
        ]
        if let token { input["clientRequestToken"] = .string(token) }
        return try await desk.call("CreatePullRequest", input)["pullRequest"] ?? [:]
    }

    static func id(_ request: JSON) -> JSON { request["pullRequestId"] ?? "" }

    @Test("from opening to merging")
    func course() async throws {
        try await withRepository { desk, _ in
            let request = try await Self.open(desk)
            #expect(request["pullRequestId"] == "1" && request["pullRequestStatus"] == "OPEN")
            #expect(request["pullRequestTargets"]?[0]?["destinationReference"] == "refs/heads/main")
            let input: JSON = ["pullRequestId": "1", "repositoryName": "orders"]
            let wrong = input.adding("sourceCommitId", .string(String(repeating: "1", count: 40)))
            #expect(
                try await desk.refusal("MergePullRequestBySquash", wrong) == "TipOfSourceReferenceIsDifferentException")
            let merged = try await desk.call("MergePullRequestBySquash", input)["pullRequest"]
            #expect(merged?["pullRequestStatus"] == "CLOSED")
            let metadata = merged?["pullRequestTargets"]?[0]?["mergeMetadata"]
            #expect(metadata?["isMerged"] == true && metadata?["mergeOption"] == "SQUASH_MERGE")
            #expect(metadata?["mergeCommitId"]?.string == (try await desk.head()))
            #expect(try await desk.refusal("MergePullRequestBySquash", input) == "PullRequestAlreadyClosedException")
            let events =
                try await desk.call("DescribePullRequestEvents", ["pullRequestId": "1"])["pullRequestEvents"]?.array
                ?? []
            #expect(
                events.map { $0["pullRequestEventType"]?.string } == [
                    "PULL_REQUEST_CREATED", "PULL_REQUEST_MERGE_STATE_CHANGED",
                ])
            let told = try await desk.events("CodeCommit Pull Request State Change").map { $0["event"]?.string }
            #expect(told == ["pullRequestCreated", "pullRequestMergeStatusUpdated"])
        }
    }

    @Test("closing is for good; titles and descriptions change until then")
    func closing() async throws {
        try await withRepository { desk, _ in
            let id = Self.id(try await Self.open(desk))
            let changed = try await desk.call("UpdatePullRequestTitle", ["pullRequestId": id, "title": "Other"])[
                "pullRequest"]
            #expect(changed?["title"] == "Other")
            try await desk.call("UpdatePullRequestDescription", ["pullRequestId": id, "description": "New"])
            try await desk.call("UpdatePullRequestStatus", ["pullRequestId": id, "pullRequestStatus": "CLOSED"])
            let open: JSON = ["pullRequestId": id, "pullRequestStatus": "OPEN"]
            #expect(
                try await desk.refusal("UpdatePullRequestStatus", open) == "InvalidPullRequestStatusUpdateException")
            #expect(
                try await desk.refusal("UpdatePullRequestTitle", ["pullRequestId": id, "title": "X"])
                    == "PullRequestAlreadyClosedException")
            let list = try await desk.call(
                "ListPullRequests", ["repositoryName": "orders", "pullRequestStatus": "CLOSED"])
            #expect(list["pullRequestIds"]?.array == [id])
            #expect(
                try await desk.refusal("GetPullRequest", ["pullRequestId": "99"]) == "PullRequestDoesNotExistException")
            #expect(try await desk.refusal("GetPullRequest", ["pullRequestId": "x"]) == "InvalidPullRequestIdException")
        }
    }

    @Test("a client's token makes one request, however often it is sent")
    func token() async throws {
        try await withRepository { desk, _ in
            let first = try await Self.open(desk, token: "t")
            #expect(try await Self.open(desk, token: "t")["pullRequestId"] == first["pullRequestId"])
            let other: JSON = [
                "title": "Other", "clientRequestToken": "t",
                "targets": [["repositoryName": "orders", "sourceReference": "topic"]],
            ]
            #expect(try await desk.refusal("CreatePullRequest", other) == "IdempotencyParameterMismatchException")
            let same: JSON = ["title": "T", "targets": [["repositoryName": "orders", "sourceReference": "main"]]]
            #expect(try await desk.refusal("CreatePullRequest", same) == "SourceAndDestinationAreSameException")
            let gone: JSON = ["title": "T", "targets": [["repositoryName": "orders", "sourceReference": "none"]]]
            #expect(try await desk.refusal("CreatePullRequest", gone) == "ReferenceDoesNotExistException")
        }
    }

    static let twoOfTeam =
        #"{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":2,"ApprovalPoolMembers":["arn:aws:iam::123456789012:user/*"]}]}"#

    @Test("rules hold a merge back until they are met; a push makes approvals old; an override sets them aside")
    func rules() async throws {
        try await withRepository { desk, _ in
            let id = Self.id(try await Self.open(desk))
            try await desk.call(
                "CreatePullRequestApprovalRule",
                ["pullRequestId": id, "approvalRuleName": "team", "approvalRuleContent": .string(Self.twoOfTeam)])
            func revision() async throws -> JSON {
                try await desk.call("GetPullRequest", ["pullRequestId": id])["pullRequest"]?["revisionId"] ?? ""
            }
            func approved() async throws -> JSON? {
                let input: JSON = ["pullRequestId": id, "revisionId": try await revision()]
                return try await desk.call("EvaluatePullRequestApprovalRules", input)["evaluation"]?["approved"]
            }
            let merge: JSON = ["pullRequestId": id, "repositoryName": "orders"]
            let old = try await revision()
            let approval: JSON = ["pullRequestId": id, "revisionId": old, "approvalState": "APPROVE"]
            #expect(
                try await desk.refusal("UpdatePullRequestApprovalState", approval)
                    == "PullRequestCannotBeApprovedByAuthorException")
            try await desk.call("UpdatePullRequestApprovalState", approval, as: "ann")
            #expect(
                try await desk.refusal("MergePullRequestBySquash", merge)
                    == "PullRequestApprovalRulesNotSatisfiedException")
            try await desk.call("UpdatePullRequestApprovalState", approval, as: "bob")
            #expect(try await approved() == true)
            try await desk.put("b", "2", on: "topic")
            #expect(try await revision() != old)
            #expect(try await approved() == false)
            #expect(try await desk.refusal("UpdatePullRequestApprovalState", approval) == "RevisionNotCurrentException")
            let override: JSON = [
                "pullRequestId": id, "revisionId": try await revision(), "overrideStatus": "OVERRIDE",
            ]
            try await desk.call("OverridePullRequestApprovalRules", override)
            #expect(
                try await desk.refusal("OverridePullRequestApprovalRules", override) == "OverrideAlreadySetException")
            let state = try await desk.call(
                "GetPullRequestOverrideState", ["pullRequestId": id, "revisionId": try await revision()])
            #expect(state["overridden"] == true)
            try await desk.call("MergePullRequestByThreeWay", merge)
            #expect(try await desk.text("b") == "2")
        }
    }

    @Test("a template's rule comes with every request into its branches, and only an override gets past it")
    func templates() async throws {
        try await withRepository { desk, _ in
            let content =
                #"{"Version":"2018-11-08","DestinationReferences":["refs/heads/main"],"#
                + #""Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":1}]}"#
            let name: JSON = ["approvalRuleTemplateName": "one"]
            try await desk.call(
                "CreateApprovalRuleTemplate", name.adding("approvalRuleTemplateContent", .string(content)))
            try await desk.call("AssociateApprovalRuleTemplateWithRepository", name.adding("repositoryName", "orders"))
            #expect(try await desk.refusal("DeleteApprovalRuleTemplate", name) == "ApprovalRuleTemplateInUseException")
            let request = try await Self.open(desk)
            #expect(request["approvalRules"]?[0]?["originApprovalRuleTemplate"]?["approvalRuleTemplateName"] == "one")
            let rule: JSON = ["pullRequestId": Self.id(request), "approvalRuleName": "one"]
            #expect(
                try await desk.refusal("DeletePullRequestApprovalRule", rule)
                    == "CannotDeleteApprovalRuleFromTemplateException")
            let list = try await desk.call("ListRepositoriesForApprovalRuleTemplate", name)
            #expect(list["repositoryNames"]?.array == ["orders"])
            let many = try await desk.call(
                "BatchDisassociateApprovalRuleTemplateFromRepositories",
                name.adding("repositoryNames", ["orders", "none"]))
            #expect(
                many["disassociatedRepositoryNames"]?.array == ["orders"]
                    && many["errors"]?[0]?["repositoryName"] == "none")
            try await desk.call(
                "UpdateApprovalRuleTemplateName",
                ["oldApprovalRuleTemplateName": "one", "newApprovalRuleTemplateName": "two"])
            let update: JSON = [
                "approvalRuleTemplateName": "two", "newRuleContent": .string(content),
                "existingRuleContentSha256": "00",
            ]
            #expect(
                try await desk.refusal("UpdateApprovalRuleTemplateContent", update)
                    == "InvalidRuleContentSha256Exception")
            try await desk.call("DeleteApprovalRuleTemplate", ["approvalRuleTemplateName": "two"])
        }
    }

    @Test("comments, replies and reactions")
    func comments() async throws {
        try await withRepository { desk, _ in
            let request = try await Self.open(desk)
            let target = request["pullRequestTargets"]?[0]
            let post: JSON = [
                "pullRequestId": Self.id(request), "repositoryName": "orders",
                "beforeCommitId": target?["destinationCommit"] ?? "",
                "afterCommitId": target?["sourceCommit"] ?? "", "content": "Why?",
                "location": ["filePath": "b", "filePosition": 1, "relativeFileVersion": "AFTER"],
            ]
            let comment = try await desk.call("PostCommentForPullRequest", post)
            #expect(comment["afterBlobId"] != nil && comment["beforeBlobId"] == nil)
            let id = comment["comment"]?["commentId"] ?? ""
            try await desk.call("PostCommentReply", ["inReplyTo": id, "content": "Because."], as: "ann")
            try await desk.call("PutCommentReaction", ["commentId": id, "reactionValue": "👍"], as: "ann")
            let threads = try await desk.call("GetCommentsForPullRequest", ["pullRequestId": Self.id(request)])[
                "commentsForPullRequestData"]
            #expect(threads?.array?.count == 1 && threads?[0]?["comments"]?.array?.count == 2)
            #expect(threads?[0]?["comments"]?[0]?["reactionCounts"]?[":thumbsup:"] == 1)
            let reactions = try await desk.call("GetCommentReactions", ["commentId": id])["reactionsForComment"]
            #expect(reactions?[0]?["reaction"]?["unicode"] == "U+1F44D")
            let reply = threads?[0]?["comments"]?[1]?["commentId"] ?? ""
            #expect(
                try await desk.refusal("UpdateComment", ["commentId": reply, "content": "X"])
                    == "CommentNotCreatedByCallerException")
            try await desk.call("DeleteCommentContent", ["commentId": id])
            #expect(try await desk.refusal("GetComment", ["commentId": id]) == "CommentDeletedException")
            let none = post.adding("location", ["filePath": "none"])
            #expect(try await desk.refusal("PostCommentForPullRequest", none) == "PathDoesNotExistException")
        }
    }
}
