/// A room with services: what it offers at the door. The front desk of a service conforms to it.
package protocol CloudService: Sendable {
    /// The id in AWS's models, such as `lambda`.
    var id: String { get }
    /// What it offers.
    var operations: [Operation] { get }
    /// The CloudFormation resource types it runs.
    var resourceTypes: [ResourceType] { get }
}

extension CloudService {
    /// None, for services without resource types.
    package var resourceTypes: [ResourceType] { [] }
}

/// Decides whether a caller may make a call. The IAM service does; without it everything is allowed to whoever has a valid credential.
package protocol Authorizer: Sendable {
    /// Returns when the call is allowed.
    ///
    /// - Throws: ``AWSError`` with `AccessDenied` (or the service's own form of it) when it is not.
    func authorize(_ call: Call) async throws
}
