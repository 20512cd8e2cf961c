internal import Cloud
internal import CloudFormationTemplate
internal import Ledger
internal import Notation

/// Takes over a resource that stands: only one that is what the template says, so that nothing changes by it.
struct Adoption {
    let type: ResourceType
    let catalogue: TypeCatalogue

    /// Looks at the resource and returns it with its attributes.
    ///
    /// - Throws: ``AWSError`` when there is none, it is something else than the template says, or its type cannot be
    ///   looked at.
    func adopt(_ request: ResourceRequest) async throws -> ResourceState {
        guard let read = type.actions.read, let update = type.actions.update else {
            throw AWSError("InvalidRequest", "Resources of type \(type.name) cannot be imported.")
        }
        let id = request.physicalID ?? ""
        guard let actual = try await read(request) else {
            throw AWSError("NotFound", "Resource of type '\(type.name)' with identifier '\(id)' was not found.")
        }
        let expected = catalogue.coerced(request.properties, for: type.name)
        let drift = ResourceDrift(
            expected: expected, actual: actual, schema: PublicSchemas.schema(type.name),
            time: request.cloud.surroundings.now)
        if let first = drift.differences.first {
            throw AWSError(
                "InvalidRequest",
                "The resource '\(id)' is not what the template says: at \(first.path) it has \(first.actual), not "
                    + "\(first.expected). Change the template to what the resource is, import it, and update it then.")
        }
        // A change to what it is already changes nothing, and returns the attributes.
        return try await update(
            ResourceRequest(
                cloud: request.cloud, caller: request.caller, stackID: request.stackID, stackName: request.stackName,
                logicalID: request.logicalID, properties: request.properties, previous: request.properties,
                physicalID: id, tags: request.tags, key: request.key, suffix: request.suffix, report: request.report))
    }
}
