package import Cloud
package import Notation

/// Lists the resources of a type, for Cloud Control and for scans.
package struct ResourceListing: Sendable {
    /// A resource that stands.
    package struct Found: Sendable {
        /// What tells it apart.
        package var identifier: String
        /// What `Ref` would return.
        package var physicalID: String
        /// What the listing says of it, at least what identifies it.
        package var model: JSON
    }

    private let cloud: Cloud

    /// One that asks through that door.
    package init(cloud: Cloud) { self.cloud = cloud }

    /// All of them, by identifier.
    ///
    /// - Parameter given: the properties that a listing of the type needs to know, as JSON text.
    /// - Throws: ``AWSError`` `UnsupportedActionException` when the type has no listing.
    package func all(_ type: ResourceType, given: String?, _ caller: Caller) async throws -> [Found] {
        guard let list = type.actions.list else { throw ResourceRefusal.unsupported(type, "LIST") }
        let properties = try given.map { text -> JSON in
            guard let model = try? JSON(parsing: text), model.object != nil else {
                throw AWSError("InvalidRequestException", "ResourceModel must be a JSON object.")
            }
            return model
        }
        let request = ResourceRequest(
            cloud: cloud, caller: caller, stackID: "", stackName: "", logicalID: "", properties: properties ?? [:],
            key: "list", suffix: "")
        let identity = ResourceIdentity(type)
        do {
            return try await list(request).map { state in
                var model = JSON.object(state.attributes)
                let identifier = identity.identifier(state.physicalID, model, state.attributes)
                for (name, value) in identity.parts(of: identifier) where model[name] == nil { model[name] = value }
                return Found(identifier: identifier, physicalID: state.physicalID, model: model)
            }.sorted { $0.identifier < $1.identifier }
        } catch let error as AWSError { throw ResourceRefusal.exception(error) }
    }
}
