internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// `ImportExistingResources`: what the template names and what stands already is taken over instead of made.
///
/// Source: "Import AWS resources into a CloudFormation stack automatically" in the User Guide.
extension CloudFormationService {
    /// Turns additions of what stands already into imports. A resource that cannot be taken over fails the change set.
    ///
    /// - Throws: ``AWSError`` for requests that cannot be meant, and when a service cannot be asked.
    func takeOver(
        _ changeSet: inout ChangeSet, _ input: CreateChangeSet, _ accepted: TemplateIntake.Accepted, _ stack: Stack,
        _ caller: Caller
    ) async throws {
        guard input.ImportExistingResources == true else { return }
        guard input.type != "IMPORT" else {
            throw AWSError(
                "ValidationError", "ImportExistingResources cannot be specified for a change set of type IMPORT.")
        }
        guard input.IncludeNestedStacks != true else {
            throw AWSError.notImplemented("ImportExistingResources together with IncludeNestedStacks")
        }
        changeSet.importsExisting = true
        let added = changeSet.changes.compactMap { change -> String? in
            change["ResourceChange"]?["Action"] == "Add" ? change["ResourceChange"]?["LogicalResourceId"]?.string : nil
        }
        var found: [String: String] = [:]
        do {
            for name in added { found[name] = try await standing(name, accepted, stack, caller) }
        } catch let error as AWSError where error.code == "ValidationError" {
            changeSet.status = "FAILED"
            changeSet.executionStatus = "UNAVAILABLE"
            changeSet.reason = error.message
            return
        }
        changeSet.plan?.adopted = found
        changeSet.changes = changeSet.changes.map { change in
            guard let name = change["ResourceChange"]?["LogicalResourceId"]?.string, let id = found[name] else {
                return change
            }
            var change = change
            change["ResourceChange"]?["Action"] = "Import"
            change["ResourceChange"]?["PhysicalResourceId"] = .string(id)
            return change
        }
    }

    /// The physical id of the resource that stands under the name which the template gives; nil when there is none, or
    /// when it is not named in a way that this can be asked.
    ///
    /// - Throws: ``AWSError`` `ValidationError` when there is one that cannot be taken over.
    private func standing(
        _ name: String, _ accepted: TemplateIntake.Accepted, _ stack: Stack, _ caller: Caller
    ) async throws -> String? {
        guard let resolved = accepted.resolved[name], let type = catalogue.type(resolved.type),
            type.actions.read != nil, type.actions.update != nil, let property = type.nameProperty,
            let declared = accepted.resolved.template.resources.first(where: { $0.logicalID == name }),
            declared.properties[property]?.literal?.string != nil
        else { return nil }
        let parts = (PublicSchemas.schema(resolved.type)?.identifier ?? []).map { part in
            (part, resolved.properties[part]?.literal?.loose.string)
        }
        guard !parts.isEmpty, parts.allSatisfy({ $0.1 != nil }) else { return nil }
        let named = JSON.object(JSONObject(parts.map { ($0.0, .string($0.1 ?? "")) }))
        let identity = ResourceIdentity(type)
        let identifier = identity.identifier(ofNamed: named)
        do {
            _ = try await CloudControlService.Reader(cloud: cloud).model(type, identifier, caller)
        } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
        guard [.retain, .retainExceptOnCreate].contains(resolved.deletionPolicy) else {
            throw AWSError(
                "ValidationError",
                "Resource [\(name)] exists already as \(identifier). To import it, set its DeletionPolicy to Retain or "
                    + "RetainExceptOnCreate.")
        }
        let id = identity.physicalID(of: identifier)
        let wanted = ResourceToImport(ResourceType: resolved.type, LogicalResourceId: name, ResourceIdentifier: [:])
        try await checkFree(id, of: wanted, stack)
        return id
    }
}
