internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Approval rule templates.
    var templateOperations: [Operation] {
        [
            Operation(
                "CreateApprovalRuleTemplate",
                enforces: "approvalRuleTemplateName approvalRuleTemplateContent approvalRuleTemplateDescription",
                raw: createTemplate),
            Operation("GetApprovalRuleTemplate", enforces: "approvalRuleTemplateName") { call in
                Reply(["approvalRuleTemplate": try await template(call).shown])
            },
            Operation("ListApprovalRuleTemplates", enforces: "nextToken maxResults") { call in
                let page = try Page(call)
                let names = try await ledger.list(Shelf.templates, prefix: call.caller.scope).map {
                    JSON.string($0.value.name)
                }
                return Reply(page.cut(names, as: "approvalRuleTemplateNames"))
            },
            Operation("DeleteApprovalRuleTemplate", enforces: "approvalRuleTemplateName", raw: deleteTemplate),
            Operation(
                "UpdateApprovalRuleTemplateContent",
                enforces: "approvalRuleTemplateName newRuleContent existingRuleContentSha256"
            ) { call in
                let content = try Self.templateContent(call, "newRuleContent")
                let digest = call.text("existingRuleContentSha256")
                return try await changeTemplate(call) { template in
                    try Self.check(digest, template.content)
                    template.content = content
                }
            },
            Operation(
                "UpdateApprovalRuleTemplateDescription",
                enforces: "approvalRuleTemplateName approvalRuleTemplateDescription"
            ) { call in
                try await changeTemplate(call) { $0.description = call.text("approvalRuleTemplateDescription") }
            },
            Operation(
                "UpdateApprovalRuleTemplateName", enforces: "oldApprovalRuleTemplateName newApprovalRuleTemplateName",
                raw: renameTemplate),
        ]
    }

    static func noTemplate(_ name: String) -> AWSError {
        AWSError("ApprovalRuleTemplateDoesNotExistException", "The approval rule template \(name) does not exist.")
    }

    /// The template that the input names.
    func template(_ call: Call) async throws -> RuleTemplate {
        let name = call.text("approvalRuleTemplateName") ?? ""
        guard let found = try await ledger.get(Shelf.templates, call.caller.key(name)) else {
            throw Self.noTemplate(name)
        }
        return found.value
    }

    private static func templateContent(_ call: Call, _ member: String) throws -> String {
        let text = call.text(member) ?? ""
        do { _ = try RuleContent(parsing: text) } catch {
            throw Refusal.invalid(
                "ApprovalRuleTemplateContent", "The content of the template is not valid: \(error.message).")
        }
        return text
    }

    private static func exists(_ name: String) -> AWSError {
        AWSError("ApprovalRuleTemplateNameAlreadyExistsException", "The approval rule template \(name) already exists.")
    }

    /// - Throws: `ApprovalRuleTemplateNameAlreadyExistsException`, `InvalidApprovalRuleTemplateContentException`.
    private func createTemplate(_ call: Call) async throws -> Reply {
        let name = call.text("approvalRuleTemplateName") ?? ""
        let content = try Self.templateContent(call, "approvalRuleTemplateContent")
        let template = try await ledger.write { write in
            let template = RuleTemplate(
                id: write.surroundings.chance.uuid(), name: name, account: call.caller.account,
                region: call.caller.region,
                description: call.text("approvalRuleTemplateDescription"), content: content, created: write.now,
                modified: write.now, user: call.caller.principal)
            guard try write.get(Shelf.templates, template.key) == nil else { throw Self.exists(name) }
            guard try write.list(Shelf.templates, prefix: call.caller.scope, limit: 1000).count < 1000 else {
                throw AWSError(
                    "NumberOfRuleTemplatesExceededException", "There are 1000 approval rule templates already.")
            }
            try write.put(Shelf.templates, template.key, template)
            try write.append(template.notice("approvalRuleTemplateCreated", by: call.caller.principal, now: write.now))
            return template
        }
        return Reply(["approvalRuleTemplate": template.shown])
    }

    /// Changes a template. Pull requests that are open keep the rule they got.
    private func changeTemplate(_ call: Call, _ body: @escaping @Sendable (inout RuleTemplate) throws -> Void)
        async throws -> Reply
    {
        let name = call.text("approvalRuleTemplateName") ?? ""
        let template = try await ledger.write { write in
            guard var template = try write.get(Shelf.templates, call.caller.key(name))?.value else {
                throw Self.noTemplate(name)
            }
            try body(&template)
            template.modified = write.now
            template.user = call.caller.principal
            try write.put(Shelf.templates, template.key, template)
            try write.append(template.notice("approvalRuleTemplateUpdated", by: call.caller.principal, now: write.now))
            return template
        }
        return Reply(["approvalRuleTemplate": template.shown])
    }

    /// Gives a template another name; its associations stay.
    private func renameTemplate(_ call: Call) async throws -> Reply {
        let old = call.text("oldApprovalRuleTemplateName") ?? ""
        let new = call.text("newApprovalRuleTemplateName") ?? ""
        let template = try await ledger.write { write in
            guard var template = try write.get(Shelf.templates, call.caller.key(old))?.value else {
                throw Self.noTemplate(old)
            }
            guard old != new else { return template }
            guard try write.get(Shelf.templates, call.caller.key(new)) == nil else { throw Self.exists(new) }
            try write.delete(Shelf.templates, template.key)
            template.name = new
            template.modified = write.now
            template.user = call.caller.principal
            try write.put(Shelf.templates, template.key, template)
            try write.append(template.notice("approvalRuleTemplateUpdated", by: call.caller.principal, now: write.now))
            return template
        }
        return Reply(["approvalRuleTemplate": template.shown])
    }

    /// - Throws: `ApprovalRuleTemplateInUseException` while repositories are associated with it.
    private func deleteTemplate(_ call: Call) async throws -> Reply {
        let name = call.text("approvalRuleTemplateName") ?? ""
        let id = try await ledger.write { write in
            // One that is gone is no error (CodeCommit API Reference, DeleteApprovalRuleTemplate).
            guard let template = try write.get(Shelf.templates, call.caller.key(name))?.value else { return "" }
            guard template.repositories.isEmpty else {
                throw AWSError(
                    "ApprovalRuleTemplateInUseException", "The template \(name) is associated with repositories.")
            }
            try write.delete(Shelf.templates, template.key)
            try write.append(template.notice("approvalRuleTemplateDeleted", by: call.caller.principal, now: write.now))
            return template.id
        }
        return Reply(["approvalRuleTemplateId": .string(id)])
    }
}

extension RuleTemplate {
    /// `CodeCommit Approval Rule Template Change`.
    func notice(_ event: String, by principal: String, now: Timestamp, adding more: JSON = [:]) -> LedgerEvent {
        var detail: JSON = [
            "event": .string(event), "approvalRuleTemplateName": .string(name), "approvalRuleTemplateId": .string(id),
            "approvalRuleTemplateContentSha256": .string(RuleContent.digest(content)),
            "callerUserArn": .string(principal),
            "creationDate": .string(created.iso8601()), "lastModifiedDate": .string(modified.iso8601()),
            "notificationBody": .string("An approval rule template event occurred: \(event). The template is \(name)."),
        ]
        for (member, value) in more.object ?? [:] { detail[member] = value }
        return LedgerEvent(
            time: now, source: "aws.codecommit", detailType: "CodeCommit Approval Rule Template Change",
            account: account,
            region: region, detail: detail)
    }
}
