internal import Cloud
internal import Ledger

/// Managed policies by their ARNs.
enum ManagedPolicies {
    private static let awsPrefix = "arn:aws:iam::aws:policy/"

    /// Whether the policy is one that AWS wrote.
    static func isAWS(_ arn: String) -> Bool { arn.hasPrefix(awsPrefix) && arn.utf8.count > awsPrefix.utf8.count }

    static func name(of arn: String) -> String { String(arn.split(separator: "/").last ?? "") }

    static func path(of arn: String) -> String {
        let resource = arn.split(separator: ":", maxSplits: 5).last ?? ""
        let path = resource.dropFirst("policy".count).dropLast(name(of: arn).count)
        return path.isEmpty ? "/" : String(path)
    }

    static func key(_ arn: String, for account: String) -> String { Shelf.key(account, name(of: arn)) }

    /// - Throws: `NoSuchEntity` for a policy that is not there, the account's own or AWS's; `PolicyNotAttachable` for those
    ///   that only AWS attaches.
    static func check(_ arn: String, for account: String, _ write: Transaction) throws {
        if isAWS(arn) {
            let name = arn.dropFirst(awsPrefix.utf8.count)
            guard known[name] != nil else { throw IAMError.missingPolicy(arn) }
            guard !name.hasPrefix("aws-service-role/") else {
                throw AWSError("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")
            }
            return
        }
        guard try write.get(Shelf.policies, key(arn, for: account))?.value.arn == arn else {
            throw IAMError.missingPolicy(arn)
        }
    }

    /// The statements of each of AWS's policies about services that Slipway runs, as JSON text, by path and name; empty
    /// for those that say nothing of them.
    ///
    /// Source: AWS Managed Policy Reference.
    private static let known: [Substring: Substring] = {
        var known: [Substring: Substring] = [:]
        for line in silent.split(separator: "\n") {
            // What stands before the first space is the path, if there is one.
            let names = line.split(separator: " ", omittingEmptySubsequences: false)
            for name in names.dropFirst() { known[(names.first ?? "") + name] = "" }
        }
        for line in speaking.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            known[parts[0]] = parts.last
        }
        return known
    }()

    /// The ARNs of those that can be attached, in order.
    static var attachable: [String] {
        known.keys.filter { !$0.hasPrefix("aws-service-role/") }.sorted().map { awsPrefix + $0 }
    }

    /// Whether AWS has a policy of that ARN.
    static func isKnown(_ arn: String) -> Bool { isAWS(arn) && known[arn.dropFirst(awsPrefix.utf8.count)] != nil }

    /// What one of AWS's own policies allows, as far as services that Slipway runs are concerned; nil when it says nothing of
    /// them.
    static func document(_ arn: String) -> String? {
        guard isAWS(arn), let statements = known[arn.dropFirst(awsPrefix.utf8.count)], !statements.isEmpty else {
            return nil
        }
        return "{\"Version\":\"2012-10-17\",\"Statement\":\(statements)}"
    }
}
