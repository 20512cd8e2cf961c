package import Cloud
internal import Ledger
internal import Notation
internal import Synchronization

/// On whose behalf a stack's actions are carried out: who asked for the operation, or the role the stack has.
///
/// A session of a role is used for as long as it lasts. Nothing is stored: after a crash there are new sessions.
package final class ActingCaller: Sendable {
    /// The principal that roles trust.
    package static let service = "cloudformation.amazonaws.com"
    /// How long before its end a session is not used any more.
    private static let margin = Duration.seconds(300)

    private let cloud: Cloud
    private let sessions = Mutex<[String: RoleSession]>([:])

    init(cloud: Cloud) { self.cloud = cloud }

    /// Who acts in that operation.
    ///
    /// - Throws: ``AWSError`` with `AccessDenied` when the role cannot be assumed (any more).
    func caller(for subject: OperationSubject) async throws -> Caller {
        let caller = Caller(account: subject.account, region: subject.region, principal: subject.principal)
        return try await self.caller(for: caller, as: subject.roleARN)
    }

    /// Who acts for that caller: the caller, or the role when there is one.
    ///
    /// - Throws: ``AWSError`` with `AccessDenied` when the role cannot be assumed (any more).
    package func caller(for caller: Caller, as role: String?) async throws -> Caller {
        guard let role else { return caller }
        let key = "\(caller.scope)\(role)"
        let now = cloud.surroundings.now
        if let known = sessions.withLock({ $0[key] }), known.expires > now + Self.margin { return known.caller }
        let session = try await cloud.assume(role, session: "AWSCloudFormation", for: Self.service, as: caller)
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value.expires > now }
            sessions[key] = session
        }
        return session.caller
    }

    /// Whether the caller is that role already: a nested stack's parent hands on what it acts as itself.
    private static func isSession(_ caller: Caller, of role: String) -> Bool {
        let name = role.split(separator: "/").last ?? ""
        let session = "arn:aws:sts::\(caller.account):assumed-role/\(name)/"
        return caller.invokedBy == service && caller.principal.hasPrefix(session)
    }

    /// Asks, before anything is touched, whether the caller may hand over that role and CloudFormation may assume it.
    ///
    /// - Throws: ``AWSError`` `AccessDenied` without `iam:PassRole`, `ValidationError` when the role cannot be assumed.
    package func check(_ role: String?, _ caller: Caller) async throws {
        guard let role, !Self.isSession(caller, of: role) else { return }
        try await cloud.checkPassing(role, to: Self.service, as: caller)
        do {
            _ = try await cloud.assume(role, session: "AWSCloudFormation", for: Self.service, as: caller)
        } catch let error as AWSError where error.code == "AccessDenied" {
            throw AWSError("ValidationError", "Role \(role) is invalid or cannot be assumed")
        }
    }
}
