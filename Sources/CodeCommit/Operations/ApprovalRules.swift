internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Approval rules of single pull requests.
    var ruleOperations: [Operation] {
        [
            Operation(
                "CreatePullRequestApprovalRule", enforces: "pullRequestId approvalRuleName approvalRuleContent",
                raw: createRule),
            Operation(
                "UpdatePullRequestApprovalRuleContent",
                enforces: "pullRequestId approvalRuleName newRuleContent existingRuleContentSha256", raw: updateRule),
            Operation("DeletePullRequestApprovalRule", enforces: "pullRequestId approvalRuleName", raw: deleteRule),
        ]
    }

    /// Adds a rule to an open request. Approvals that were given already count for it.
    ///
    /// - Throws: `ApprovalRuleNameAlreadyExistsException`, `NumberOfRulesExceededException`,
    ///   `PullRequestAlreadyClosedException`.
    private func createRule(_ call: Call) async throws -> Reply {
        let id = try pullRequestID(call)
        let name = try Self.ruleName(call)
        let content = try Self.ruleContent(call, "approvalRuleContent")
        let rule = try await ledger.write { write in
            var request = try write.openPullRequest(id, call.caller)
            guard !request.rules.contains(where: { $0.name == name }) else {
                throw AWSError("ApprovalRuleNameAlreadyExistsException", "The approval rule \(name) already exists.")
            }
            guard request.rules.count < 30 else {
                throw AWSError("NumberOfRulesExceededException", "A pull request may have at most 30 approval rules.")
            }
            let rule = ApprovalRule(
                id: write.surroundings.chance.uuid(), name: name, content: content, created: write.now,
                modified: write.now,
                user: call.caller.principal)
            request.rules.append(rule)
            try write.noteRule("CREATED", rule, of: &request, call.caller)
            return rule
        }
        return Reply(["approvalRule": rule.shown])
    }

    /// Changes a rule's content, if it is still the one that the client has seen.
    ///
    /// - Throws: `CannotModifyApprovalRuleFromTemplateException`, `InvalidRuleContentSha256Exception`.
    private func updateRule(_ call: Call) async throws -> Reply {
        let id = try pullRequestID(call)
        let name = try Self.ruleName(call)
        let content = try Self.ruleContent(call, "newRuleContent")
        let guardText = call.text("existingRuleContentSha256")
        let rule = try await ledger.write { write in
            var request = try write.openPullRequest(id, call.caller)
            guard let place = request.rules.firstIndex(where: { $0.name == name }) else {
                throw AWSError("ApprovalRuleDoesNotExistException", "The approval rule \(name) does not exist.")
            }
            guard request.rules[place].template == nil else {
                throw AWSError(
                    "CannotModifyApprovalRuleFromTemplateException",
                    "The approval rule \(name) comes from a template. Override it instead.")
            }
            try Self.check(guardText, request.rules[place].content)
            request.rules[place].content = content
            request.rules[place].modified = write.now
            request.rules[place].user = call.caller.principal
            let rule = request.rules[place]
            try write.noteRule("UPDATED", rule, of: &request, call.caller)
            return rule
        }
        return Reply(["approvalRule": rule.shown])
    }

    /// - Throws: `InvalidRuleContentSha256Exception` when the content is another than the client has seen.
    static func check(_ digest: String?, _ content: String) throws {
        guard let digest, digest.lowercased() != RuleContent.digest(content) else { return }
        throw Refusal.invalid("RuleContentSha256", "The content of the rule was changed since: its SHA-256 is another.")
    }

    /// Removes a rule.
    ///
    /// - Throws: `CannotDeleteApprovalRuleFromTemplateException`.
    private func deleteRule(_ call: Call) async throws -> Reply {
        let id = try pullRequestID(call)
        let name = try Self.ruleName(call)
        let rule = try await ledger.write { write -> ApprovalRule? in
            var request = try write.openPullRequest(id, call.caller)
            guard let place = request.rules.firstIndex(where: { $0.name == name }) else { return nil }
            guard request.rules[place].template == nil else {
                throw AWSError(
                    "CannotDeleteApprovalRuleFromTemplateException",
                    "The approval rule \(name) comes from a template. Override it instead.")
            }
            let rule = request.rules.remove(at: place)
            try write.noteRule("DELETED", rule, of: &request, call.caller)
            return rule
        }
        // There is no error for a rule that is not there (CodeCommit API Reference, DeletePullRequestApprovalRule).
        return Reply(["approvalRuleId": .string(rule?.id ?? "")])
    }

    private static func ruleName(_ call: Call) throws -> String {
        guard let name = call.text("approvalRuleName"), !name.isEmpty else {
            throw Refusal.required("ApprovalRuleName", "An approval rule name is required.")
        }
        return name
    }

    /// - Throws: `InvalidApprovalRuleContentException`.
    private static func ruleContent(_ call: Call, _ member: String) throws -> String {
        let text = call.text(member) ?? ""
        do { _ = try RuleContent(parsing: text) } catch {
            throw Refusal.invalid(
                "ApprovalRuleContent", "The content of the approval rule is not valid: \(error.message).")
        }
        return text
    }
}

extension Transaction {
    /// Notes what happened to a rule, and stores the request.
    fileprivate func noteRule(_ what: String, _ rule: ApprovalRule, of request: inout PullRequest, _ caller: Caller)
        throws
    {
        let event = PullRequestEvent(
            time: now, type: "PULL_REQUEST_APPROVAL_RULE_\(what)", actor: caller.principal,
            member: "approvalRuleEventMetadata",
            metadata: [
                "approvalRuleName": .string(rule.name), "approvalRuleId": .string(rule.id),
                "approvalRuleContent": .string(rule.content),
            ])
        try note(event, of: &request)
        let name = "pullRequestApprovalRule" + what.prefix(1) + what.dropFirst().lowercased()
        try append(
            request.notice(
                name, by: caller.principal, now: now,
                adding: [
                    "approvalRuleName": .string(rule.name), "approvalRuleId": .string(rule.id),
                    "approvalRuleContentSha256": .string(RuleContent.digest(rule.content)),
                ]))
    }
}
