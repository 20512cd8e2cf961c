internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Which repositories a template's rule is for.
    var associationOperations: [Operation] {
        let one = "approvalRuleTemplateName repositoryName"
        let many = "approvalRuleTemplateName repositoryNames"
        return [
            Operation("AssociateApprovalRuleTemplateWithRepository", enforces: one) { call in
                try await associate(true, call.text("repositoryName") ?? "", call)
                return Reply()
            },
            Operation("DisassociateApprovalRuleTemplateFromRepository", enforces: one) { call in
                try await associate(false, call.text("repositoryName") ?? "", call)
                return Reply()
            },
            Operation("BatchAssociateApprovalRuleTemplateWithRepositories", enforces: many) { call in
                try await associateAll(true, call, "associatedRepositoryNames")
            },
            Operation("BatchDisassociateApprovalRuleTemplateFromRepositories", enforces: many) { call in
                try await associateAll(false, call, "disassociatedRepositoryNames")
            },
            Operation(
                "ListRepositoriesForApprovalRuleTemplate", enforces: "approvalRuleTemplateName nextToken maxResults"
            ) { call in
                let page = try Page(call)
                var names: [String] = []
                for id in try await template(call).repositories {
                    if let found = try await ledger.find(Shelf.repositories, "id", id).first {
                        names.append(found.value.name)
                    }
                }
                return Reply(page.cut(names.sorted().map(JSON.string), as: "repositoryNames"))
            },
            Operation(
                "ListAssociatedApprovalRuleTemplatesForRepository", enforces: "repositoryName nextToken maxResults"
            ) { call in
                let page = try Page(call)
                let repository = try await repository(call)
                let templates = try await ledger.find(Shelf.templates, "repository", repository.id)
                return Reply(page.cut(templates.map { .string($0.value.name) }, as: "approvalRuleTemplateNames"))
            },
        ]
    }

    /// Templates a repository may have (CodeCommit User Guide, "Quotas").
    private static let templateLimit = 25

    /// Associates or disassociates one repository. Doing so again changes nothing.
    private func associate(_ isWanted: Bool, _ repositoryName: String, _ call: Call) async throws {
        let name = call.text("approvalRuleTemplateName") ?? ""
        try await ledger.write { write in
            guard var template = try write.get(Shelf.templates, call.caller.key(name))?.value else {
                throw Self.noTemplate(name)
            }
            let repository = try write.repository(repositoryName, call.caller)
            guard template.repositories.contains(repository.id) != isWanted else { return }
            if isWanted {
                guard try write.find(Shelf.templates, "repository", repository.id).count < Self.templateLimit else {
                    throw AWSError(
                        "MaximumRuleTemplatesAssociatedWithRepositoryException",
                        "\(repositoryName) has \(Self.templateLimit) approval rule templates already.")
                }
                template.repositories.append(repository.id)
            } else {
                template.repositories.removeAll { $0 == repository.id }
            }
            try write.put(Shelf.templates, template.key, template)
            let event =
                isWanted
                ? "approvalRuleTemplateAssociatedWithRepository" : "approvalRuleTemplateDisassociatedFromRepository"
            try write.append(
                template.notice(
                    event, by: call.caller.principal, now: write.now,
                    adding: ["repositories": .object(JSONObject([(repository.id, .string(repository.name))]))]))
        }
    }

    /// Each repository by itself: one that fails is told, and the others are done.
    private func associateAll(_ isWanted: Bool, _ call: Call, _ member: String) async throws -> Reply {
        let names = call.texts("repositoryNames")
        guard !names.isEmpty else {
            throw Refusal.required("RepositoryNames", "At least one repository name is required.")
        }
        guard names.count <= 100 else {
            throw AWSError(
                "MaximumRepositoryNamesExceededException", "At most 100 repositories can be named at a time.")
        }
        _ = try await template(call)
        var done: [JSON] = []
        var errors: [JSON] = []
        for name in names {
            do {
                try await associate(isWanted, name, call)
                done.append(.string(name))
            } catch let error as AWSError {
                errors.append([
                    "repositoryName": .string(name), "errorCode": .string(error.code),
                    "errorMessage": .string(error.message),
                ])
            }
        }
        return Reply([member: .array(done), "errors": .array(errors)])
    }
}
