package import Cloud
internal import CloudFormationTemplate
package import Notation

/// Reads single resources.
package struct ResourceReader: Sendable {
    private let cloud: Cloud

    /// One that reads through that door.
    package init(cloud: Cloud) { self.cloud = cloud }

    /// The resource's properties as they are now, those included that only its service sets and its type reads.
    ///
    /// - Throws: ``AWSError`` `UnsupportedActionException` when the type cannot be read,
    ///   `ResourceNotFoundException`.
    package func model(_ type: ResourceType, _ identifier: String, _ caller: Caller) async throws -> JSON {
        guard let read = type.actions.read else { throw ResourceRefusal.unsupported(type, "READ") }
        let identity = ResourceIdentity(type)
        let parts = identity.parts(of: identifier)
        let request = ResourceRequest(
            cloud: cloud, caller: caller, stackID: "", stackName: "", logicalID: "", properties: .object(parts),
            physicalID: identity.physicalID(of: identifier), key: "read", suffix: "")
        let found: JSON?
        do { found = try await read(request) } catch let error as AWSError {
            throw ResourceRefusal.exception(error)
        }
        guard var model = found else { throw ResourceRefusal.missing(type, identifier) }
        for (name, value) in parts where model[name] == nil { model[name] = value }
        return model
    }
}

/// Refusals of what is asked of a resource, as Cloud Control words them.
package enum ResourceRefusal {
    /// The type has no such action.
    package static func unsupported(_ type: ResourceType, _ action: String) -> AWSError {
        AWSError("UnsupportedActionException", "Resource type \(type.name) does not support \(action) action.")
    }

    /// There is no such resource.
    package static func missing(_ type: ResourceType, _ identifier: String) -> AWSError {
        AWSError(
            "ResourceNotFoundException",
            "Resource of type '\(type.name)' with identifier '\(identifier)' was not found.", status: 404)
    }

    /// A service's refusal as Cloud Control passes it on.
    package static func exception(_ error: AWSError) -> AWSError {
        let names = [
            "NotFound": "ResourceNotFoundException", "InvalidRequest": "InvalidRequestException",
            "AlreadyExists": "AlreadyExistsException", "Throttling": "ThrottlingException",
            "ServiceLimitExceeded": "ServiceLimitExceededException", "NotStabilized": "NotStabilizedException",
            "InternalFailure": "HandlerInternalFailureException",
        ]
        let code = HandlerCode(error).name
        return AWSError(names[code] ?? "GeneralServiceException", "\(error.code): \(error.message)")
    }
}
