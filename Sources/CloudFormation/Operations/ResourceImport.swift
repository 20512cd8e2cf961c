internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// A resource that a change set shall take over.
struct ResourceToImport: Decodable, Sendable {
    var ResourceType: String
    var LogicalResourceId: String
    var ResourceIdentifier: [String: String]
}

extension CloudFormationService {
    /// The physical ids of the resources to be taken over, by logical id.
    ///
    /// - Throws: ``AWSError`` `ValidationError` when the template does not fit, or somebody has the resource already.
    func adopted(
        _ wanted: [ResourceToImport], _ accepted: TemplateIntake.Accepted, _ stack: Stack
    ) async throws -> [String: String] {
        guard !wanted.isEmpty else {
            throw AWSError("ValidationError", "You must specify ResourcesToImport for a change set of type IMPORT.")
        }
        var adopted: [String: String] = [:]
        for resource in wanted {
            let name = resource.LogicalResourceId
            guard let declared = accepted.resolved[name], declared.type == resource.ResourceType else {
                throw AWSError(
                    "ValidationError",
                    "Resource [\(name)] of type \(resource.ResourceType) to import is not in the template.")
            }
            guard accepted.resolved.template.resources.first(where: { $0.logicalID == name })?.deletionPolicy != nil
            else {
                throw AWSError(
                    "ValidationError",
                    "Resources [\(name)] to import must have DeletionPolicy attribute specified in the template.")
            }
            let id = identifier(resource)
            try await checkFree(id, of: resource, stack)
            adopted[name] = id
        }
        try await checkUntouched(adopted, accepted, stack)
        return adopted
    }

    /// The parts of the identifier in the schema's order; one part for most types.
    private func identifier(_ resource: ResourceToImport) -> String {
        let names = PublicSchemas.schema(resource.ResourceType)?.identifier ?? []
        let parts = names.compactMap { resource.ResourceIdentifier[$0] }
        return parts.isEmpty
            ? resource.ResourceIdentifier.sorted { $0.key < $1.key }.map(\.value).joined(separator: "|")
            : parts.joined(separator: "|")
    }

    func checkFree(_ id: String, of resource: ResourceToImport, _ stack: Stack) async throws {
        for owner in try await ledger.find(StackStore.resources, "physical", id) {
            let stackID = owner.key.split(separator: "|").first.map(String.init) ?? ""
            guard owner.value.type == resource.ResourceType,
                let known = try await ledger.get(StackStore.stacks, stackID)?.value,
                known.scope == stack.scope, known.status != .deleteComplete
            else { continue }
            throw AWSError(
                "ValidationError",
                "Resource [\(id)] is already managed by stack [\(known.id)]. Take it out of that one first.")
        }
    }

    /// An import may change nothing else.
    private func checkUntouched(
        _ adopted: [String: String], _ accepted: TemplateIntake.Accepted, _ stack: Stack
    ) async throws {
        let touched = try await plan(stack, accepted).changes.map(\.logicalID).filter { adopted[$0] == nil }
        guard touched.isEmpty else {
            throw AWSError(
                "ValidationError",
                "As part of the import operation, you cannot modify or add [\(touched.joined(separator: ", "))]")
        }
    }

    /// The changes of an import, as DescribeChangeSet answers them.
    static func importChanges(_ adopted: [String: String], _ accepted: TemplateIntake.Accepted) -> [JSON] {
        accepted.resolved.resources.compactMap { resource in
            adopted[resource.logicalID].map { id in
                var change: JSON = [
                    "Action": "Import", "LogicalResourceId": .string(resource.logicalID),
                    "PhysicalResourceId": .string(id), "ResourceType": .string(resource.type), "Scope": [],
                    "Details": [],
                ]
                change["ModuleInfo"] = accepted.origins[resource.logicalID]
                return ["Type": "Resource", "ResourceChange": change]
            }
        }
    }
}
