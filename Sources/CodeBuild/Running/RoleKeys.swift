internal import Cloud
internal import Ledger
internal import Notation
internal import Synchronization

/// The keys of a build's service role, renewed before they end.
final class RoleKeys: Sendable {
    private let cloud: Cloud
    private let role: String
    private let session: String
    private let owner: Caller
    private let known = Mutex<RoleSession?>(nil)
    /// Renewed so long before their end: no command of ours takes longer.
    private static let margin = Duration.seconds(600)

    init(cloud: Cloud, role: String, session: String, owner: Caller) {
        self.cloud = cloud
        self.role = role
        self.session = session
        self.owner = owner
    }

    /// Keys that are good for a while.
    ///
    /// - Throws: ``AWSError`` with `AccessDenied` when there is no such role or it does not trust CodeBuild.
    func current() async throws -> RoleSession {
        if let known = known.withLock({ $0 }), known.expires - Self.margin > cloud.surroundings.now { return known }
        let fresh = try await cloud.assume(role, session: session, for: "codebuild.amazonaws.com", as: owner)
        known.withLock { $0 = fresh }
        return fresh
    }

    /// Calls an operation as the role.
    @discardableResult
    func call(_ service: String, _ operation: String, _ input: JSON) async throws -> JSON {
        try await cloud.call(service, operation, input, as: try await current().caller)
    }
}
