package import Cloud
package import Ledger
internal import Notation

/// Where policies of resources are found, such as those of buckets. Owned by IAM, met by the composition root.
package protocol ResourcePolicies: Sendable {
    /// The policy of that resource; nil when it has none.
    func policy(ofResource arn: String) async throws -> String?
}

/// Judges calls by the policies of who makes them, and of what they ask for.
///
/// An account's root may do everything in its account, and so may services on its behalf. Users and roles may do what
/// their policies allow. A service that calls in its own name, and whoever comes from another account, needs the leave
/// of the policy of what is asked for. Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy
/// evaluation logic".
package struct IAMAuthorizer: Authorizer {
    private let policies: PrincipalPolicies
    private let resources: (any ResourcePolicies)?
    private let owners: (any ResourceOwners)?

    /// Judges by the policies on that ledger, and by those of resources if they are given. Without `owners`, calls that
    /// name a thing by its own id alone are judged by `*`.
    package init(
        ledger: Ledger, resources: (any ResourcePolicies)? = nil, owners: (any ResourceOwners)? = nil
    ) {
        policies = PrincipalPolicies(ledger: ledger)
        self.resources = resources
        self.owners = owners
    }

    package func authorize(_ call: Call) async throws {
        let caller = call.caller
        // Everybody may ask who they are (STS API Reference, GetCallerIdentity).
        guard !(call.service == "sts" && call.operation == "GetCallerIdentity") else { return }
        if caller.isService { return try await judgeService(call) }
        let isRoot = caller.principal.hasSuffix(":root")
        let access = CallAccess(call)
        if isRoot, !access.resources.contains(where: { Self.isForeign($0, call) }) { return }
        let effective = isRoot ? nil : try await policies.load(caller.principal, account: caller.account)
        for resource in try await isRoot ? access.resources : judged(access, call) {
            var request = AccessRequest(
                action: access.action, resource: resource, principal: caller.principal, account: caller.account,
                context: access.context)
            let own: Verdict = isRoot ? .allowed : effective?.verdict(on: request) ?? .silent
            // Where the accounts differ, both must agree; a policy that names the other account names its root and all
            // it lets do.
            let isForeign = Self.isForeign(resource, call)
            request.countsAccount = isForeign
            var other = Verdict.silent
            if let text = try await policyText(of: resource, call) {
                other = Self.verdict(of: text, on: request, access.action == "sts:AssumeRole" ? .trust : .resource)
            }
            let verdict =
                isForeign && own != .denied && other != .denied
                ? (own == .allowed && other == .allowed ? .allowed : .silent) : own.and(other)
            guard verdict == .allowed else { throw Self.refusal(call, request, verdict) }
        }
    }

    /// What the call is judged by: the owners of what it names by ids alone, where there are any.
    private func judged(_ access: CallAccess, _ call: Call) async throws -> [String] {
        var found: [String] = []
        for thing in access.owned {
            if let arn = try await owners?.owner(of: thing, for: call.caller) { found.append(arn) }
        }
        return found.isEmpty ? access.resources : found
    }

    /// Only the policy of what is asked for lets a service do something in its own name.
    private func judgeService(_ call: Call) async throws {
        let access = CallAccess(call)
        for resource in access.resources {
            let request = AccessRequest(
                action: access.action, resource: resource, principal: call.caller.principal,
                account: call.caller.account, service: call.caller.principal, context: access.context)
            let text = try await resources?.policy(ofResource: resource)
            let verdict = text.map { Self.verdict(of: $0, on: request, .resource) } ?? .silent
            guard verdict == .allowed else { throw Self.refusal(call, request, verdict) }
        }
    }

    /// Whether the resource is another account's. Roles and buckets are judged elsewhere: their ARNs' accounts, if any,
    /// are none to compare.
    private static func isForeign(_ resource: String, _ call: Call) -> Bool {
        let parts = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, !["iam", "s3"].contains(parts[2]), parts[4].utf8.count == 12 else { return false }
        return parts[4] != call.caller.account && parts[4] != "aws"
    }

    /// The policy of what is asked for; that of a role is the one that says who may assume it.
    private func policyText(of resource: String, _ call: Call) async throws -> String? {
        guard call.service == "sts", call.operation == "AssumeRole" else {
            return try await resources?.policy(ofResource: resource)
        }
        return try await policies.trust(of: resource)
    }

    /// What a resource's policy adds: it denies to whomever it means, but allows only whom it names itself. One that
    /// names the account as a whole leaves the decision to the identity's own policies.
    private static func verdict(of text: String, on request: AccessRequest, _ place: Policy.Place) -> Verdict {
        var widest = request
        widest.countsAccount = true
        // A policy that cannot be read must not open what it was to close.
        guard let policy = try? PrincipalPolicies.read(text, as: place), policy.verdict(on: widest) != .denied else {
            return .denied
        }
        return policy.verdict(on: request)
    }

    private static func refusal(_ call: Call, _ request: AccessRequest, _ verdict: Verdict) -> AWSError {
        let kind = call.caller.isService || isForeign(request.resource, call) ? "resource" : "identity"
        let why =
            verdict == .denied
            ? "with an explicit deny in a policy"
            : "because no \(kind)-based policy allows the \(request.action) action"
        let message =
            "User: \(request.principal) is not authorized to perform: \(request.action) on resource: "
            + "\(request.resource) \(why)"
        if call.service == "sns" { return AWSError("AuthorizationError", message, status: 403) }
        // The services with JSON protocols have the longer name.
        let usesJSON = [
            "lambda", "ssm", "logs", "codedeploy", "events", "sqs", "secretsmanager", "codebuild", "codepipeline",
            "codecommit", "slipway-codecommit", "codeconnections", "codestar-connections", "cloudcontrol",
        ].contains(call.service)
        return AWSError(
            usesJSON ? "AccessDeniedException" : "AccessDenied", message,
            status: usesJSON && call.service != "lambda" ? 400 : 403)
    }
}
