internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Approvals of pull requests, and what follows from them.
    var approvalOperations: [Operation] {
        [
            Operation(
                "UpdatePullRequestApprovalState", enforces: "pullRequestId revisionId approvalState", raw: approve),
            Operation(
                "OverridePullRequestApprovalRules", enforces: "pullRequestId revisionId overrideStatus", raw: setAside),
            Operation("GetPullRequestApprovalStates", enforces: "pullRequestId revisionId") { call in
                let (request, revision) = try await revision(call)
                let users = request.approvals.filter { $0.revision == revision }.map(\.user)
                return Reply([
                    "approvals": .array(users.map { ["userArn": .string($0), "approvalState": "APPROVE"] })
                ])
            },
            Operation("GetPullRequestOverrideState", enforces: "pullRequestId revisionId") { call in
                let (request, revision) = try await revision(call)
                let found = request.overrides.first { $0.revision == revision }
                var output: JSON = ["overridden": .bool(found != nil)]
                if let found { output["overrider"] = .string(found.user) }
                return Reply(output)
            },
            Operation("EvaluatePullRequestApprovalRules", enforces: "pullRequestId revisionId") { call in
                let (request, revision) = try await revision(call)
                guard revision == request.revision else { throw Refusal.notCurrent(revision) }
                let verdict = request.evaluate(revision)
                return Reply([
                    "evaluation": [
                        "approved": .bool(verdict.approved), "overridden": .bool(verdict.overridden),
                        "approvalRulesSatisfied": .array(verdict.met.map(JSON.string)),
                        "approvalRulesNotSatisfied": .array(verdict.unmet.map(JSON.string)),
                    ]
                ])
            },
        ]
    }

    /// The request and the revision that the input names.
    private func revision(_ call: Call) async throws -> (PullRequest, String) {
        let request = try await pullRequest(call)
        guard let revision = call.text("revisionId"), !revision.isEmpty else {
            throw Refusal.required("RevisionId", "A revision id is required.")
        }
        guard revision.utf8.count == 64, revision.utf8.allSatisfy({ ObjectID.isHexadecimal($0) }) else {
            throw Refusal.invalid("RevisionId", "The revision id is not valid.")
        }
        return (request, revision)
    }

    /// Approves the revision, or takes that back. Doing so again changes nothing and tells nothing.
    ///
    /// - Throws: `RevisionNotCurrentException`, `PullRequestCannotBeApprovedByAuthorException`.
    private func approve(_ call: Call) async throws -> Reply {
        let (seen, revision) = try await revision(call)
        let state = call.text("approvalState") ?? ""
        let user = call.caller.principal
        try await ledger.write { write in
            var request = try write.openPullRequest(seen.id, call.caller)
            guard request.revision == revision else { throw Refusal.notCurrent(revision) }
            guard request.author != user || state == "REVOKE" else {
                throw AWSError(
                    "PullRequestCannotBeApprovedByAuthorException",
                    "A pull request cannot be approved by who made it, \(user).")
            }
            let approval = PullRequest.Approval(revision: revision, user: user)
            let isThere = request.approvals.contains(approval)
            guard isThere == (state == "REVOKE") else { return }
            guard isThere || request.approvals.count < 1000 else {
                throw AWSError(
                    "MaximumNumberOfApprovalsExceededException", "The pull request has 1000 approvals already.")
            }
            if isThere { request.approvals.removeAll { $0 == approval } } else { request.approvals.append(approval) }
            let event = PullRequestEvent(
                time: write.now, type: "PULL_REQUEST_APPROVAL_STATE_CHANGED", actor: user,
                member: "approvalStateChangedEventMetadata",
                metadata: ["revisionId": .string(revision), "approvalStatus": .string(state)])
            try write.note(event, of: &request)
            try write.append(
                request.notice(
                    "pullRequestApprovalStateChanged", by: user, now: write.now,
                    adding: ["approvalStatus": .string(state)]))
        }
        return Reply()
    }

    /// Sets the rules aside for the revision, or puts them in force again.
    ///
    /// - Throws: `OverrideAlreadySetException`, `RevisionNotCurrentException`.
    private func setAside(_ call: Call) async throws -> Reply {
        let (seen, revision) = try await revision(call)
        let status = call.text("overrideStatus") ?? ""
        let user = call.caller.principal
        try await ledger.write { write in
            var request = try write.openPullRequest(seen.id, call.caller)
            guard request.revision == revision else { throw Refusal.notCurrent(revision) }
            let isThere = request.overrides.contains { $0.revision == revision }
            guard status != "OVERRIDE" || !isThere else {
                throw AWSError(
                    "OverrideAlreadySetException",
                    "The approval rules of pull request \(seen.id) are set aside already.")
            }
            if status == "OVERRIDE" {
                request.overrides.append(.init(revision: revision, user: user))
            } else {
                request.overrides.removeAll { $0.revision == revision }
            }
            let event = PullRequestEvent(
                time: write.now, type: "PULL_REQUEST_APPROVAL_RULE_OVERRIDDEN", actor: user,
                member: "approvalRuleOverriddenEventMetadata",
                metadata: ["revisionId": .string(revision), "overrideStatus": .string(status)])
            try write.note(event, of: &request)
            try write.append(
                request.notice(
                    "pullRequestApprovalRuleOverridden", by: user, now: write.now,
                    adding: ["overrideStatus": .string(status)]))
        }
        return Reply()
    }
}
