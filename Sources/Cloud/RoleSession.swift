internal import Ledger
package import Notation

/// What a service holds while it acts as a role: a caller with the role's rights, and keys for programs it starts.
package struct RoleSession: Sendable, Hashable {
    /// Calls at the door are made as this one.
    package let caller: Caller
    /// The public half of the keys.
    package let accessKeyID: String
    /// The secret half.
    package let secret: String
    /// What must come with every request signed with them.
    package let sessionToken: String
    /// When they end.
    package let expires: Timestamp
}

extension Cloud {
    /// Asks whether the caller may hand the role to a service, without doing it: AWS's `iam:PassRole`, asked wherever a
    /// role is given to one.
    ///
    /// - Throws: ``AWSError`` with `AccessDenied` when no policy allows it.
    package func checkPassing(_ role: String, to service: String, as caller: Caller) async throws {
        try await authorize(
            Call(
                service: "iam", operation: "PassRole", caller: caller, requestID: surroundings.chance.uuid(),
                time: surroundings.now, input: ["RoleName": .string(role), "PassedToService": .string(service)],
                endpoint: endpoint))
    }

    /// Judges a role that a service is to be given, before anything is kept: the caller may pass it, and its trust policy
    /// lets the service assume it. AWS asks both when the setting is made (IAM User Guide, "Grant a user permissions to
    /// pass a role to an AWS service").
    ///
    /// - Parameters:
    ///   - refusal: What the service answers when the role cannot be assumed, in its own words.
    ///   - status: The status of its `AccessDeniedException`.
    /// - Throws: ``AWSError`` with `AccessDeniedException` when the caller may not pass the role; the refusal.
    @discardableResult
    package func judge(
        _ role: String, for service: String, as caller: Caller, else refusal: AWSError, status: Int = 400
    ) async throws -> RoleSession {
        try await judgePassing(role, to: service, as: caller, status: status)
        do {
            return try await assume(role, session: "role-check", for: service, as: caller)
        } catch let error as AWSError where error.isSender { throw refusal }
    }

    /// The first half of it, for roles that are assumed by another role or much later.
    package func judgePassing(_ role: String, to service: String, as caller: Caller, status: Int = 400) async throws {
        do { try await checkPassing(role, to: service, as: caller) } catch let error as AWSError where error.isSender {
            throw AWSError("AccessDeniedException", error.message, status: status)
        }
    }

    /// Asks whether the caller may make a call, without making it.
    ///
    /// - Throws: ``AWSError``, as the call itself would be refused.
    package func checkLeave(
        _ service: String, _ operation: String, _ input: JSON, as caller: Caller
    ) async throws {
        try await authorize(
            Call(
                service: service, operation: operation, caller: caller, requestID: surroundings.chance.uuid(),
                time: surroundings.now, input: input, endpoint: endpoint))
    }

    /// Lets a service act as a role, as on AWS: STS hands out a session if the role's trust policy names the service.
    ///
    /// A second call gives a second session. Nothing is kept here; after a crash, ask again.
    ///
    /// - Parameters:
    ///   - role: The role's ARN.
    ///   - name: The session's name, as CloudTrail would show it; cut and padded to what STS takes (2 to 64 characters).
    ///   - service: Who acts, such as `codebuild.amazonaws.com`.
    ///   - caller: On whose behalf; gives account and region.
    /// - Throws: ``AWSError`` with `AccessDenied` when there is no such role or it does not trust the service.
    package func assume(
        _ role: String, session name: String, for service: String, as caller: Caller
    ) async throws -> RoleSession {
        let root = Caller.root(account: caller.account, region: caller.region)
        return try await assume(role, name, service, as: root.through(service))
    }

    /// Lets who acts as a role go on to another, if that one's trust policy names the first: as a pipeline's role assumes an action's.
    ///
    /// - Throws: ``AWSError`` with `AccessDenied` when there is no such role or it does not trust the first.
    package func assume(_ role: String, session name: String, from session: RoleSession) async throws -> RoleSession {
        try await assume(role, name, session.caller.invokedBy, as: session.caller)
    }

    private func assume(
        _ role: String, _ name: String, _ service: String?, as caller: Caller
    ) async throws -> RoleSession {
        let allowed = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_=,.@-".contains($0)) ? $0 : "-" }
        let session = String(allowed.prefix(64)) + (allowed.count < 2 ? "--" : "")
        let answer = try await call(
            "sts", "AssumeRole", ["RoleArn": .string(role), "RoleSessionName": .string(session)], as: caller)
        let keys = answer["Credentials"]
        let id = keys?["AccessKeyId"]?.string ?? ""
        let end = keys?["Expiration"]
        let moment = end?.double.map { Timestamp(seconds: $0) } ?? end?.string.flatMap { Timestamp(parsing: $0) }
        var acting = Caller(
            account: caller.account, region: caller.region,
            principal: answer["AssumedRoleUser"]?["Arn"]?.string ?? role, accessKeyID: id)
        acting.invokedBy = service
        return RoleSession(
            caller: acting, accessKeyID: id, secret: keys?["SecretAccessKey"]?.string ?? "",
            sessionToken: keys?["SessionToken"]?.string ?? "", expires: moment ?? surroundings.now + .seconds(3600))
    }
}
