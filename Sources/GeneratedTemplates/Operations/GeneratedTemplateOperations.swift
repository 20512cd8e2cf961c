internal import Cloud
internal import CloudFormation
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Templates made from resources that stand: read at once, so each is complete when its call answers.
extension GeneratedTemplateService {
    var generatedTemplateOperations: [Operation] {
        [
            Operation(
                "CreateGeneratedTemplate", enforces: "GeneratedTemplateName Resources StackName TemplateConfiguration",
                raw: createGenerated),
            Operation(
                "UpdateGeneratedTemplate",
                enforces: "GeneratedTemplateName NewGeneratedTemplateName AddResources RemoveResources "
                    + "RefreshAllResources TemplateConfiguration", raw: updateGenerated),
            Operation("DescribeGeneratedTemplate", enforces: "GeneratedTemplateName", raw: describeGenerated),
            Operation("GetGeneratedTemplate", enforces: "GeneratedTemplateName Format", raw: getGenerated),
            Operation("ListGeneratedTemplates", enforces: "NextToken MaxResults", raw: listGenerated),
            Operation("DeleteGeneratedTemplate", enforces: "GeneratedTemplateName", raw: deleteGenerated),
        ]
    }

    private func generated(_ call: Call) async throws -> GeneratedTemplate {
        let name = call.input["GeneratedTemplateName"]?.string ?? ""
        if name.hasPrefix("arn:") {
            let all = try await ledger.list(GeneratedTemplate.collection, prefix: call.caller.scope).map(\.value)
            if let found = all.first(where: { $0.id == name }) { return found }
        } else if let found = try await ledger.get(GeneratedTemplate.collection, call.caller.scope + name)?.value {
            return found
        }
        throw AWSError("GeneratedTemplateNotFoundException", "Generated template \(name) does not exist.", status: 404)
    }

    private func add(_ entries: [JSON], to template: inout GeneratedTemplate, _ caller: Caller) async throws {
        let generator = TemplateGenerator(cloud: cloud, catalogue: catalogue, caller: caller)
        for entry in entries {
            let taken = Set(template.parts.map(\.logicalID))
            let part = try await generator.part(entry, taken: taken)
            guard !taken.contains(part.logicalID) else {
                throw AWSError("ValidationError", "There are two resources named \(part.logicalID).")
            }
            template.parts.append(part)
        }
        guard template.parts.count <= stacks.intake.limits.resources else {
            throw AWSError("LimitExceededException", "A template may have \(stacks.intake.limits.resources) resources.")
        }
    }

    private func createGenerated(_ call: Call) async throws -> Reply {
        let settings = call.input["TemplateConfiguration"]
        var template = GeneratedTemplate(
            id: call.caller.arn("cloudformation", "generatedTemplate/\(cloud.surroundings.chance.uuid())"),
            name: call.input["GeneratedTemplateName"]?.string ?? "", created: call.time, updated: call.time,
            deletionPolicy: Self.policy(settings?["DeletionPolicy"]) ?? "Retain",
            replacePolicy: Self.policy(settings?["UpdateReplacePolicy"]) ?? "Retain")
        var entries: [JSON] = []
        if let name = call.input["StackName"]?.string {
            let stack = try await stacks.stack(name, call.caller)
            template.stackID = stack.id
            for resource in try await stacks.resources(of: stack.id) {
                guard let current = resource.current, let type = catalogue.type(current.type) else { continue }
                let attributes = current.attributes.object ?? [:]
                let identity = ResourceIdentity(type)
                var entry: JSON = [
                    "ResourceType": .string(current.type), "LogicalResourceId": .string(resource.logicalID),
                ]
                entry["ResourceIdentifier"] = identity.named(
                    identity.identifier(current.physicalID, current.properties, attributes))
                entries.append(entry)
            }
        }
        try await add(entries + (call.input["Resources"]?.array ?? []), to: &template, call.caller)
        let made = template
        try await ledger.write { transaction in
            guard try transaction.get(GeneratedTemplate.collection, call.caller.scope + made.name) == nil else {
                throw AWSError("AlreadyExistsException", "Generated template \(made.name) exists already.", status: 409)
            }
            try transaction.put(GeneratedTemplate.collection, call.caller.scope + made.name, made)
        }
        return Reply(["GeneratedTemplateId": .string(made.id)])
    }

    private static func policy(_ value: JSON?) -> String? {
        value?.string.map { $0 == "DELETE" ? "Delete" : "Retain" }
    }

    private func updateGenerated(_ call: Call) async throws -> Reply {
        let known = try await generated(call)
        var template = known
        let gone = Set(call.input["RemoveResources"]?.array?.compactMap(\.string) ?? [])
        template.parts.removeAll { gone.contains($0.logicalID) }
        if call.input["RefreshAllResources"]?.bool == true {
            let entries = template.parts.map { part -> JSON in
                var entry = Self.named(part.type, part.identifier, cloud)
                entry["LogicalResourceId"] = .string(part.logicalID)
                return entry
            }
            template.parts = []
            try await add(entries, to: &template, call.caller)
        }
        try await add(call.input["AddResources"]?.array ?? [], to: &template, call.caller)
        let settings = call.input["TemplateConfiguration"]
        template.deletionPolicy = Self.policy(settings?["DeletionPolicy"]) ?? template.deletionPolicy
        template.replacePolicy = Self.policy(settings?["UpdateReplacePolicy"]) ?? template.replacePolicy
        template.name = call.input["NewGeneratedTemplateName"]?.string ?? template.name
        template.updated = call.time
        let changed = template
        try await ledger.write { transaction in
            if changed.name != known.name {
                guard try transaction.get(GeneratedTemplate.collection, call.caller.scope + changed.name) == nil else {
                    throw AWSError(
                        "AlreadyExistsException", "Generated template \(changed.name) exists already.", status: 409)
                }
                try transaction.delete(GeneratedTemplate.collection, call.caller.scope + known.name)
            }
            try transaction.put(GeneratedTemplate.collection, call.caller.scope + changed.name, changed)
        }
        return Reply(["GeneratedTemplateId": .string(changed.id)])
    }

    private func describeGenerated(_ call: Call) async throws -> Reply {
        let template = try await generated(call)
        let failed = template.parts.count { $0.properties == nil }
        var view = Self.summary(template)
        view["Resources"] = .array(
            template.parts.map { part in
                var view = Self.named(part.type, part.identifier, cloud)
                view["LogicalResourceId"] = .string(part.logicalID)
                view["ResourceStatus"] = part.properties == nil ? "FAILED" : "COMPLETE"
                view["ResourceStatusReason"] = part.reason.map(JSON.string)
                if !part.missing.isEmpty {
                    view["Warnings"] = [
                        [
                            "Type": "UNSUPPORTED_PROPERTIES",
                            "Properties": .array(part.missing.map { ["PropertyPath": .string($0), "Required": true] }),
                        ]
                    ]
                }
                return view
            })
        view["Progress"] = [
            "ResourcesSucceeded": .int(template.parts.count - failed), "ResourcesFailed": .int(failed),
            "ResourcesProcessing": 0, "ResourcesPending": 0,
        ]
        view["StackId"] = template.stackID.map(JSON.string)
        view["TemplateConfiguration"] = [
            "DeletionPolicy": .string(template.deletionPolicy.uppercased()),
            "UpdateReplacePolicy": .string(template.replacePolicy.uppercased()),
        ]
        view["TotalWarnings"] = .int(template.parts.count { !$0.missing.isEmpty })
        view["NumberOfResources"] = Optional.none
        return Reply(view)
    }

    private static func summary(_ template: GeneratedTemplate) -> JSON {
        [
            "GeneratedTemplateId": .string(template.id), "GeneratedTemplateName": .string(template.name),
            "Status": .string(template.status), "CreationTime": .double(template.created.seconds),
            "LastUpdatedTime": .double(template.updated.seconds), "NumberOfResources": .int(template.parts.count),
        ]
    }

    private func getGenerated(_ call: Call) async throws -> Reply {
        let template = try await generated(call)
        let isYAML = call.input["Format"]?.string == "YAML"
        let text = isYAML ? YAMLText(template.body).text : template.body.text(.pretty)
        return Reply(["Status": .string(template.status), "TemplateBody": .string(text)])
    }

    private func listGenerated(_ call: Call) async throws -> Reply {
        let all = try await ledger.list(GeneratedTemplate.collection, prefix: call.caller.scope).map(\.value)
        let page = try Page(all, call.input["NextToken"]?.string, call.input["MaxResults"]?.int ?? 50)
        return Reply(page.answer("Summaries", Self.summary))
    }

    private func deleteGenerated(_ call: Call) async throws -> Reply {
        let template = try await generated(call)
        try await ledger.write { try $0.delete(GeneratedTemplate.collection, call.caller.scope + template.name) }
        return Reply()
    }
}
