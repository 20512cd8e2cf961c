package import Cloud
package import Ledger
internal import Notation

/// Where policies of resources are found, such as those of buckets. Owned by IAM, met by the composition root.
package protocol ResourcePolicies: Sendable {
    /// The policy of that resource; nil when it has none.
    func policy(ofResource arn: String) async throws -> String?
}

/// Judges calls by the policies of who makes them.
///
/// The account's root may do everything, and so may services on its behalf. Users and roles may do what their
/// policies allow. Source: IAM User Guide, "Policy evaluation logic".
package struct IAMAuthorizer: Authorizer {
    private let policies: PrincipalPolicies
    private let resources: (any ResourcePolicies)?

    /// Judges by the policies on that ledger, and by those of resources if they are given.
    package init(ledger: Ledger, resources: (any ResourcePolicies)? = nil) {
        policies = PrincipalPolicies(ledger: ledger)
        self.resources = resources
    }

    package func authorize(_ call: Call) async throws {
        let caller = call.caller
        guard !caller.principal.hasSuffix(":root") else { return }
        // Everybody may ask who they are (STS API Reference, GetCallerIdentity).
        guard !(call.service == "sts" && call.operation == "GetCallerIdentity") else { return }
        let access = CallAccess(call)
        let effective = try await policies.load(caller.principal, account: caller.account)
        for resource in access.resources {
            let request = AccessRequest(
                action: access.action, resource: resource, principal: caller.principal, account: caller.account,
                context: access.context)
            var verdict = effective?.verdict(on: request) ?? .silent
            if let text = try await policyText(of: resource, call) {
                verdict = verdict.and(
                    Self.verdict(of: text, on: request, access.action == "sts:AssumeRole" ? .trust : .resource))
            }
            guard verdict == .allowed else { throw Self.refusal(call, request, verdict) }
        }
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
        // A policy that cannot be read must not open what it was to close.
        guard let policy = try? PrincipalPolicies.read(text, as: place), policy.verdict(on: request) != .denied else {
            return .denied
        }
        var named = request
        named.countsAccount = false
        return policy.verdict(on: named)
    }

    private static func refusal(_ call: Call, _ request: AccessRequest, _ verdict: Verdict) -> AWSError {
        let why =
            verdict == .denied
            ? "with an explicit deny in a policy"
            : "because no identity-based policy allows the \(request.action) action"
        let message =
            "User: \(request.principal) is not authorized to perform: \(request.action) on resource: "
            + "\(request.resource) \(why)"
        // The services with JSON protocols have the longer name.
        let usesJSON = ["lambda", "ssm", "logs", "codedeploy", "codecommit", "slipway-codecommit"].contains(call.service)
        return AWSError(
            usesJSON ? "AccessDeniedException" : "AccessDenied", message,
            status: usesJSON && call.service != "lambda" ? 400 : 403)
    }
}
