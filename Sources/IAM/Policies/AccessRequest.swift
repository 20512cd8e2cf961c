/// What is asked for, by whom, under which circumstances: what policies judge.
package struct AccessRequest: Sendable {
    /// The action, such as `s3:GetObject`.
    package var action: String
    /// The ARN of what it is done to; `*` when the action has no resource.
    package var resource: String
    /// The ARN of who asks.
    package var principal: String
    /// The account of who asks.
    package var account: String
    /// The service that asks, such as `lambda.amazonaws.com`; nil when it is no service.
    package var service: String?
    /// The condition keys and their values; names in lower case.
    package var context: [String: [String]]
    /// Whether a policy that names the principal's whole account means the principal. It does not where the policy
    /// alone is to decide: naming the account leaves the decision to the account's own policies.
    var countsAccount = true

    /// A request.
    package init(
        action: String, resource: String = "*", principal: String = "", account: String = "", service: String? = nil,
        context: [String: [String]] = [:]
    ) {
        self.action = action
        self.resource = resource
        self.principal = principal
        self.account = account
        self.service = service
        self.context = context.reduce(into: [:]) { $0[$1.key.lowercased()] = $1.value }
    }

    /// The text with its policy variables (`${aws:username}`) filled in; nil when one has no value here.
    ///
    /// Source: IAM User Guide, "IAM policy elements: Variables and tags".
    func filled(_ text: String) -> String? {
        guard text.contains("${") else { return text }
        var result = ""
        var rest = Substring(text)
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            let parts = rest[start.upperBound..<end].split(separator: ",", maxSplits: 1)
            let name = parts.first.map { $0.filter { $0 != " " } } ?? ""
            let fallback = parts.count > 1 ? parts[1].filter { $0 != "'" && $0 != " " } : nil
            switch name {
            case "*", "?", "$": result += name
            default:
                guard let value = context[name.lowercased()]?.first ?? fallback else { return nil }
                result += value
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}

/// What policies say of a request. An explicit denial counts more than any permission.
package enum Verdict: Sendable, Hashable {
    /// A statement denies it.
    case denied
    /// A statement allows it and none denies it.
    case allowed
    /// No statement speaks of it.
    case silent

    /// The verdict of both together.
    package func and(_ other: Verdict) -> Verdict {
        if self == .denied || other == .denied { return .denied }
        return self == .allowed || other == .allowed ? .allowed : .silent
    }
}
