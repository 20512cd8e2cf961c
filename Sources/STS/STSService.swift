package import Cloud
package import Ledger
internal import Notation

/// A role that STS may hand out a session of.
package struct AssumableRole: Sendable, Hashable {
    /// Its unique id, such as `AROA…`.
    package var id: String
    /// Its name.
    package var name: String
    /// The account it belongs to.
    package var account: String
    /// The longest a session may last, in seconds.
    package var maxSession: Int

    /// A role.
    package init(id: String, name: String, account: String, maxSession: Int) {
        self.id = id
        self.name = name
        self.account = account
        self.maxSession = maxSession
    }
}

/// What STS must know of roles and lasting keys. Owned by STS, met by the composition root with IAM's answers.
package protocol Identities: CredentialSource {
    /// The role, if the caller may assume it.
    ///
    /// - Throws: ``AWSError`` with `AccessDenied`.
    func role(_ arn: String, for caller: Caller, context: [String: [String]]) async throws -> AssumableRole
}

/// The front desk of STS: who somebody is, and temporary keys.
package struct STSService: CloudService, CredentialSource {
    package let id = "sts"
    private let ledger: Ledger
    private let identities: any Identities
    private let sweep: SessionSweep

    /// STS on that ledger.
    package init(cloud: Cloud, ledger: Ledger, identities: any Identities) {
        self.ledger = ledger
        self.identities = identities
        sweep = SessionSweep(ledger: ledger)
    }

    package var operations: [Operation] {
        [
            Operation("GetCallerIdentity", raw: getCallerIdentity),
            Operation(
                "AssumeRole", enforces: "RoleArn RoleSessionName DurationSeconds ExternalId",
                stores: "Tags TransitiveTagKeys SourceIdentity", raw: assumeRole),
            Operation("GetSessionToken", enforces: "DurationSeconds", raw: getSessionToken),
            Operation("GetAccessKeyInfo", enforces: "AccessKeyId") { call in
                let id = call.input["AccessKeyId"]?.string ?? ""
                guard let found = try await anyCredential(id) else {
                    throw AWSError("ValidationError", "Invalid Access Key Id")
                }
                return Reply(["Account": .string(found.account)])
            },
        ]
    }

    /// The temporary credential of that access key, ended or not; nil when STS gave out none of that name.
    package func credential(for accessKeyID: String) async throws -> Credential? {
        try await ledger.get(Session.collection, accessKeyID)?.value.credential
    }

    private func anyCredential(_ id: String) async throws -> Credential? {
        id.hasPrefix("ASIA") ? try await credential(for: id) : try await identities.credential(for: id)
    }

    /// Answered from memory: the credential was looked up a moment ago to check the signature.
    private func getCallerIdentity(_ call: Call) async throws -> Reply {
        let caller = call.caller
        var userID = caller.account
        if !caller.principal.hasSuffix(":root"), let credential = try await anyCredential(caller.accessKeyID) {
            userID = credential.principalID
        }
        return Reply(["UserId": .string(userID), "Account": .string(caller.account), "Arn": .string(caller.principal)])
    }

    private func assumeRole(_ call: Call) async throws -> Reply {
        let arn = call.input["RoleArn"]?.string ?? ""
        let name = call.input["RoleSessionName"]?.string ?? ""
        let role = try await identities.role(arn, for: call.caller, context: Self.context(call, name))
        let seconds = call.input["DurationSeconds"]?.int ?? min(3600, role.maxSession)
        // Keys got with temporary keys of a role last an hour at most (IAM User Guide, "Role chaining").
        let isChained = call.caller.principal.contains(":assumed-role/")
        guard seconds <= role.maxSession else {
            throw AWSError(
                "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        guard !isChained || seconds <= 3600 else {
            throw AWSError(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        }
        let principal = "arn:aws:sts::\(role.account):assumed-role/\(role.name)/\(name)"
        let principalID = role.id + ":" + name
        var session = Session.make(
            account: role.account, principal: principal, principalID: principalID, seconds: seconds, ledger.surroundings
        )
        session.tags = try call.input["Tags"]?.decode()
        session.sourceIdentity = call.input["SourceIdentity"]?.string
        try await keep(session)
        var output: JSON = [
            "Credentials": session.shown,
            "AssumedRoleUser": ["AssumedRoleId": .string(principalID), "Arn": .string(principal)],
        ]
        output["SourceIdentity"] = call.input["SourceIdentity"]
        return Reply(output)
    }

    /// The condition keys a trust policy may ask for (Service Authorization Reference, STS).
    private static func context(_ call: Call, _ name: String) -> [String: [String]] {
        var context = [
            "sts:RoleSessionName": [name], "aws:PrincipalArn": [call.caller.principal],
            "aws:PrincipalAccount": [call.caller.account],
        ]
        if let id = call.input["ExternalId"]?.string { context["sts:ExternalId"] = [id] }
        if let identity = call.input["SourceIdentity"]?.string { context["sts:SourceIdentity"] = [identity] }
        for tag in call.input["Tags"]?.array ?? [] {
            guard let key = tag["Key"]?.string, let value = tag["Value"]?.string else { continue }
            context["aws:RequestTag/" + key] = [value]
            context["aws:TagKeys", default: []].append(key)
        }
        return context
    }

    private func getSessionToken(_ call: Call) async throws -> Reply {
        let caller = call.caller
        guard !caller.principal.contains(":assumed-role/"), !caller.accessKeyID.hasPrefix("ASIA") else {
            throw AWSError("AccessDenied", "Cannot call GetSessionToken with session credentials", status: 403)
        }
        let isRoot = caller.principal.hasSuffix(":root")
        // Twelve hours unless told otherwise, an hour at most for the root (STS API Reference, GetSessionToken).
        let asked = call.input["DurationSeconds"]?.int ?? 43_200
        let known = try await identities.credential(for: caller.accessKeyID)
        let session = Session.make(
            account: caller.account, principal: caller.principal, principalID: known?.principalID ?? caller.account,
            seconds: isRoot ? min(asked, 3600) : asked, ledger.surroundings)
        try await keep(session)
        return Reply(["Credentials": session.shown])
    }

    private func keep(_ session: Session) async throws {
        try await ledger.write { write in try write.insert(Session.collection, session.accessKeyID, session) }
        try await sweep.runIfDue()
    }
}
