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
        changeSet.importsExisting = true
        let added = changeSet.changes.compactMap { change -> String? in
            change["ResourceChange"]?["Action"] == "Add" ? change["ResourceChange"]?["LogicalResourceId"]?.string : nil
        }
        let found: [String: String]
        do {
            found = try await existing(added, accepted, stack, caller)
        } catch let error as AWSError where error.code == "ValidationError" {
            return changeSet.fail(error.message)
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

    /// The physical ids of those among the resources that stand already, by logical id.
    ///
    /// - Throws: ``AWSError`` `ValidationError` when there is one that cannot be taken over.
    func existing(
        _ names: [String], _ accepted: TemplateIntake.Accepted, _ stack: Stack, _ caller: Caller
    ) async throws -> [String: String] {
        var found: [String: String] = [:]
        for name in names {
            guard let resolved = accepted.resolved[name],
                let existing = try await standing(name, accepted, caller, isChangeable: true)
            else { continue }
            guard [.retain, .retainExceptOnCreate].contains(resolved.deletionPolicy) else {
                throw AWSError(
                    "ValidationError",
                    "Resource [\(name)] exists already as \(existing.identifier). To import it, set its DeletionPolicy "
                        + "to Retain or RetainExceptOnCreate.")
            }
            let wanted = ResourceToImport(ResourceType: resolved.type, LogicalResourceId: name, ResourceIdentifier: [:])
            try await checkFree(existing.physicalID, of: wanted, stack)
            found[name] = existing.physicalID
        }
        return found
    }

    /// What a nested stack's operation takes over, when the operation on its parent is to; nil when that is not so.
    ///
    /// - Parameter key: what the parent has noted it under.
    func nestedImport(
        _ key: String, _ accepted: TemplateIntake.Accepted, _ stack: Stack, _ caller: Caller
    ) async throws -> [String: String]? {
        guard try await ledger.get(Nesting.importing, key) != nil else { return nil }
        let known = Set(try await resources(of: stack.id).filter { $0.current != nil }.map(\.logicalID))
        let new = accepted.resolved.resources.map(\.logicalID).filter { !known.contains($0) }
        return try await existing(new, accepted, stack, caller)
    }

    /// The resource that stands under the name which the template gives; nil when there is none, or when it is not named
    /// in a way that this can be asked.
    ///
    /// - Parameter isChangeable: whether only types count that can be changed in place.
    func standing(
        _ name: String, _ accepted: TemplateIntake.Accepted, _ caller: Caller, isChangeable: Bool = false
    ) async throws -> (identifier: String, physicalID: String)? {
        guard let resolved = accepted.resolved[name], let type = catalogue.type(resolved.type),
            type.actions.read != nil, !isChangeable || type.actions.update != nil, let property = type.nameProperty,
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
            _ = try await ResourceReader(cloud: cloud).model(type, identifier, caller)
        } catch let error as AWSError where error.code == "ResourceNotFoundException" { return nil }
        return (identifier, identity.physicalID(of: identifier))
    }
}
