internal import Cloud
internal import Notation

/// A policy document, read and ready to judge. Pure: the same request always gets the same verdict.
///
/// Source: IAM User Guide, "IAM JSON policy reference" and "Policy evaluation logic".
package struct Policy: Sendable {
    /// What kind of place a policy stands in: who is meant must be said in some and must not in others.
    package enum Place: Sendable {
        /// Attached to a user, group or role.
        case identity
        /// A role's trust policy.
        case trust
        /// A resource's policy.
        case resource
    }

    let statements: [Statement]

    /// Reads a document.
    ///
    /// - Throws: ``AWSError`` with `MalformedPolicyDocument`.
    package init(parsing text: String, as place: Place) throws {
        guard let tree = try? JSON(parsing: text), let object = tree.object else {
            throw Self.malformed("Syntax errors in policy.")
        }
        for name in object.keys where !["Version", "Id", "Statement"].contains(name) {
            throw Self.malformed("Syntax errors in policy.")
        }
        if let version = tree["Version"], version != "2012-10-17", version != "2008-10-17" {
            throw Self.malformed("The policy must contain a valid version string")
        }
        let list = tree["Statement"].map { $0.array ?? [$0] } ?? []
        guard !list.isEmpty else { throw Self.malformed("Syntax errors in policy.") }
        statements = try list.map { try Statement($0, place) }
        let ids = statements.compactMap(\.id)
        guard Set(ids).count == ids.count else {
            throw Self.malformed("Statement IDs (SID) in a single policy must be unique.")
        }
    }

    static func malformed(_ message: String) -> AWSError { AWSError("MalformedPolicyDocument", message) }

    /// What the document says of the request.
    package func verdict(on request: AccessRequest) -> Verdict {
        statements.reduce(.silent) { verdict, statement in
            verdict == .denied ? .denied : verdict.and(statement.verdict(on: request))
        }
    }
}

/// One statement of a policy.
struct Statement: Sendable {
    /// Patterns, of which one must fit or, negated, none may.
    struct Patterns: Sendable {
        let list: [String]
        let isNegated: Bool

        func covers(_ fits: (String) -> Bool) -> Bool { list.contains(where: fits) != isNegated }
    }

    let id: String?
    private let allows: Bool
    private let actions: Patterns
    private let resources: Patterns?
    private let principals: Principals?
    private let conditions: [Condition]

    init(_ tree: JSON, _ place: Policy.Place) throws {
        let known = [
            "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition",
        ]
        guard let object = tree.object, object.keys.allSatisfy(known.contains) else {
            throw Policy.malformed("Syntax errors in policy.")
        }
        id = tree["Sid"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        guard let effect = tree["Effect"]?.string, ["Allow", "Deny"].contains(effect) else {
            throw Policy.malformed("Syntax errors in policy.")
        }
        allows = effect == "Allow"
        guard let actions = try Self.patterns("Action", tree) else {
            throw Policy.malformed("Policy statement must contain actions.")
        }
        self.actions = actions
        for action in actions.list where action != "*" && !action.contains(":") {
            throw Policy.malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        }
        resources = try Self.patterns("Resource", tree)
        principals = try Principals(tree)
        switch place {
        case .identity:
            guard principals == nil else { throw Policy.malformed("Policy document should not specify a principal.") }
            guard let resources else { throw Policy.malformed("Policy statement must contain resources.") }
            for resource in resources.list where resource != "*" && !resource.hasPrefix("arn:") {
                throw Policy.malformed("Resource \(resource) must be in ARN format or \"*\".")
            }
        case .trust:
            guard resources == nil else { throw Policy.malformed("Has prohibited field Resource") }
            guard principals != nil else { throw Policy.malformed("Missing required field Principal") }
        case .resource:
            guard principals != nil else { throw Policy.malformed("Missing required field Principal") }
        }
        conditions = try Condition.read(tree["Condition"])
    }

    private static func patterns(_ name: String, _ tree: JSON) throws -> Patterns? {
        guard tree[name] == nil || tree["Not" + name] == nil else { throw Policy.malformed("Syntax errors in policy.") }
        guard let value = tree[name] ?? tree["Not" + name] else { return nil }
        let list = value.array ?? [value]
        let texts = list.compactMap(\.string)
        guard texts.count == list.count, !texts.isEmpty else { throw Policy.malformed("Syntax errors in policy.") }
        return Patterns(list: texts, isNegated: tree[name] == nil)
    }

    func verdict(on request: AccessRequest) -> Verdict {
        guard actions.covers({ Wildcard.matches($0, request.action, ignoringCase: true) }),
            principals?.covers(request) ?? true,
            resources?.covers({ pattern in
                request.filled(pattern).map { Wildcard.matches($0, request.resource) } ?? false
            }) ?? true,
            conditions.allSatisfy({ $0.holds(for: request) })
        else { return .silent }
        return allows ? .allowed : .denied
    }
}

/// Who a statement of a trust or resource policy means.
struct Principals: Sendable {
    private let isNegated: Bool
    private let accounts: [String]
    private let services: [String]

    init?(_ tree: JSON) throws {
        guard let value = tree["Principal"] ?? tree["NotPrincipal"] else { return nil }
        isNegated = tree["Principal"] == nil
        func texts(_ value: JSON?) -> [String] { (value?.array ?? value.map { [$0] } ?? []).compactMap(\.string) }
        if value == "*" {
            accounts = ["*"]
            services = ["*"]
            return
        }
        guard let object = value.object, !object.isEmpty,
            object.keys.allSatisfy({ ["AWS", "Service", "Federated", "CanonicalUser"].contains($0) })
        else { throw Policy.malformed("Invalid principal in policy.") }
        accounts = texts(value["AWS"])
        services = texts(value["Service"])
        for account in accounts where account != "*" && !account.hasPrefix("arn:") && Int(account) == nil {
            throw Policy.malformed("Invalid principal in policy: \"AWS\":\"\(account)\"")
        }
    }

    func covers(_ request: AccessRequest) -> Bool {
        let isMeant: Bool
        if let service = request.service {
            // Everybody is also every service; some services go by a name in each region.
            isMeant =
                services.contains { $0 == "*" || $0 == service || Self.regional($0, service) }
                || accounts.contains("*")
        } else {
            isMeant = accounts.contains { Self.means($0, request) }
        }
        return isMeant != isNegated
    }

    /// Whether a name such as `logs.eu-west-1.amazonaws.com` means the service `logs.amazonaws.com`.
    private static func regional(_ name: String, _ service: String) -> Bool {
        let parts = name.split(separator: ".")
        return parts.count == 4 && "\(parts[0]).\(parts[2]).\(parts[3])" == service && parts[1].contains("-")
    }

    private static func means(_ name: String, _ request: AccessRequest) -> Bool {
        if name == "*" || name == request.principal { return true }
        // The account as a whole: whoever in it has a permission of its own.
        let isAccount = name == request.account || name == "arn:aws:iam::\(request.account):root"
        if isAccount { return request.countsAccount || request.principal == name }
        // A role means all its sessions.
        guard name.contains(":role/"), request.principal.contains(":assumed-role/") else { return false }
        let role = name.split(separator: "/").last
        let parts = request.principal.split(separator: "/")
        return parts.count >= 2 && parts[1] == role ?? "" && name.hasPrefix("arn:aws:iam::\(request.account):")
    }
}
