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
            if let text = try await resources?.policy(ofResource: resource) {
                // A policy that cannot be read must not open what it was to close.
                let policy = try? PrincipalPolicies.read(text, as: .resource)
                verdict = verdict.and(policy?.verdict(on: request) ?? .denied)
            }
            guard verdict == .allowed else { throw Self.refusal(call, request, verdict) }
        }
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
        let usesJSON = ["lambda", "ssm", "logs", "codedeploy"].contains(call.service)
        return AWSError(
            usesJSON ? "AccessDeniedException" : "AccessDenied", message,
            status: usesJSON && call.service != "lambda" ? 400 : 403)
    }
}
