internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Change sets of nested stacks: one for each that stands, below the change set of its parent.
///
/// They are for looking at: executing the root updates every nested stack to what its own change set shows. A nested
/// stack that is new is told of as an addition. Source: "Change sets for nested stacks" in the User Guide.
extension CloudFormationService {
    /// Makes a change set for each nested stack that stands and stays.
    ///
    /// - Returns: those that change something or could not be made, by logical id.
    /// - Throws: ``AWSError`` when a nested stack's template cannot be taken in.
    func nestChangeSets(
        below parent: ChangeSet, _ asked: CreateChangeSet, _ stack: Stack, _ accepted: TemplateIntake.Accepted,
        _ caller: Caller
    ) async throws -> [String: ChangeSet] {
        let standing = Dictionary(
            try await resources(of: stack.id).compactMap { resource in resource.current.map { (resource.logicalID, $0) }
            }
        ) { first, _ in first }
        var resolved = accepted.resolved
        resolved.know { name, attribute in
            guard let current = standing[name] else { return nil }
            return attribute.map(current.attribute) ?? .string(current.physicalID)
        }
        var made: [String: ChangeSet] = [:]
        for resource in resolved.resources where resource.type == "AWS::CloudFormation::Stack" {
            guard let child = standing[resource.logicalID]?.physicalID else { continue }
            var input = submission(resource, resolved.evaluator, child, parent)
            input["ImportExistingResources"] = asked.ImportExistingResources.map(JSON.bool)
            input["DisableValidation"] = asked.submission.DisableValidation.map(JSON.bool)
            let id = try await cloud.call("cloudformation", "CreateChangeSet", input, as: caller)["Id"]?.string ?? ""
            made[resource.logicalID] = try await ledger.write { transaction in
                guard try transaction.get(StackStore.changeSets, id) != nil else { return nil }
                let child = try transaction.update(StackStore.changeSets, id) { $0.parentID = parent.id }.value
                guard child.reason == ChangeSet.noChanges else { return child }
                // Nothing changes inside: there is nothing to look at.
                try transaction.delete(StackStore.changeSets, id)
                try transaction.delete(StackStore.templates, child.revision.templateKey)
                return nil
            }
        }
        return made
    }

    private func submission(
        _ resource: ResolvedTemplate.Resource, _ evaluator: Evaluator, _ child: String, _ parent: ChangeSet
    ) -> JSON {
        let properties = (try? evaluator.reduce(resource.properties)) ?? resource.properties
        let members = Dictionary((properties.members ?? []).map { ($0.name, $0.value) }) { first, _ in first }
        let parameters = (members["Parameters"]?.members ?? []).map { member -> JSON in
            let value = ((try? evaluator.reduce(member.value)) ?? member.value).literal
            let text = value.map { value in
                value.array.map { $0.compactMap(\.loose.string).joined(separator: ",") } ?? value.loose.string ?? ""
            }
            // What is known only after other changes counts as it is now.
            guard let text else { return ["ParameterKey": .string(member.name), "UsePreviousValue": true] }
            return ["ParameterKey": .string(member.name), "ParameterValue": .string(text)]
        }
        let mark = StableID.suffix(parent.id, resource.logicalID)
        return [
            "StackName": .string(child), "TemplateURL": members["TemplateURL"]?.literal ?? "",
            "ChangeSetName": .string("\(parent.name.prefix(80))-\(resource.logicalID.prefix(30))-\(mark)"),
            "Parameters": .array(parameters), "IncludeNestedStacks": true,
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        ]
    }

    /// The root of those that the change set is below; nil for one that stands alone or is the root itself.
    func rootID(of changeSet: ChangeSet) async throws -> String? {
        var id = changeSet.parentID
        var root = id
        while let above = id, let parent = try await ledger.get(StackStore.changeSets, above)?.value {
            root = above
            id = parent.parentID
        }
        return root
    }

    /// Deletes the change sets below that one, as part of that write.
    func deleteNested(below id: String, _ transaction: Transaction) throws {
        for child in try transaction.find(StackStore.changeSets, "parent", id) {
            try deleteNested(below: child.key, transaction)
            try transaction.delete(StackStore.changeSets, child.key)
            guard child.value.operationID == nil else { continue }
            try transaction.delete(StackStore.templates, child.value.revision.templateKey)
        }
    }
}
