internal import Cloud
internal import Crypto
internal import Notation

/// A rule that says how many of whom must approve a pull request before it can be merged.
struct ApprovalRule: Codable, Sendable {
    var id: String
    var name: String
    /// The JSON as it was given.
    var content: String
    var created: Timestamp
    var modified: Timestamp
    var user: String
    /// The template it came from, if it came from one.
    var template: Origin?

    struct Origin: Codable, Sendable {
        var id: String
        var name: String
    }

    /// Whether those who approved are enough.
    func isMet(by users: [String]) -> Bool { (try? RuleContent(parsing: content))?.isMet(by: users) ?? false }

    var shown: JSON {
        var tree: JSON = [
            "approvalRuleId": .string(id), "approvalRuleName": .string(name), "approvalRuleContent": .string(content),
            "ruleContentSha256": .string(RuleContent.digest(content)), "lastModifiedDate": .double(modified.seconds),
            "creationDate": .double(created.seconds), "lastModifiedUser": .string(user),
        ]
        if let template {
            tree["originApprovalRuleTemplate"] = [
                "approvalRuleTemplateId": .string(template.id), "approvalRuleTemplateName": .string(template.name),
            ]
        }
        return tree
    }
}

/// A rule for the pull requests of the repositories it is associated with.
struct RuleTemplate: Codable, Sendable {
    var id: String
    var name: String
    var account: String
    var region: String
    var description: String?
    var content: String
    var created: Timestamp
    var modified: Timestamp
    var user: String
    /// The ids of the repositories.
    var repositories: [String] = []

    var key: String { "\(account)/\(region)/\(name)" }

    var shown: JSON {
        var tree: JSON = [
            "approvalRuleTemplateId": .string(id), "approvalRuleTemplateName": .string(name),
            "approvalRuleTemplateContent": .string(content), "ruleContentSha256": .string(RuleContent.digest(content)),
            "lastModifiedDate": .double(modified.seconds), "creationDate": .double(created.seconds),
            "lastModifiedUser": .string(user),
        ]
        if let description { tree["approvalRuleTemplateDescription"] = .string(description) }
        return tree
    }
}

/// What a rule's JSON says.
///
/// Source: CodeCommit API Reference, CreateApprovalRuleTemplate, `approvalRuleTemplateContent`.
struct RuleContent: Sendable {
    /// Branches, as full names, that it is for; all when nil.
    var destinations: [String]?
    var statements: [Statement]

    struct Statement: Sendable {
        var needed: Int
        /// Who may approve, as patterns; everybody when empty.
        var pool: [String]
    }

    /// That content.
    ///
    /// - Throws: a text that says what is wrong.
    init(parsing text: String) throws(RuleFault) {
        guard let tree = try? JSON(parsing: text), tree.object != nil else { throw RuleFault("it is no JSON object") }
        for (key, _) in tree.object ?? [:] where !["Version", "DestinationReferences", "Statements"].contains(key) {
            throw RuleFault("it has the unknown member '\(key)'")
        }
        guard tree["Version"]?.string == "2018-11-08" else { throw RuleFault("its Version is not 2018-11-08") }
        destinations = try tree["DestinationReferences"].map { list throws(RuleFault) in
            try Self.texts(list, "DestinationReferences")
        }
        guard let list = tree["Statements"]?.array, list.count == 1 else {
            throw RuleFault("it must have one statement")
        }
        statements = []
        for statement in list { statements.append(try Self.statement(statement)) }
    }

    /// - Throws: ``RuleFault`` for statements of another type, and for numbers that nobody can meet.
    private static func statement(_ tree: JSON) throws(RuleFault) -> Statement {
        guard tree["Type"]?.string == "Approvers" else { throw RuleFault("the Type of a statement must be Approvers") }
        guard let needed = tree["NumberOfApprovalsNeeded"]?.int, (1...30).contains(needed) else {
            throw RuleFault("NumberOfApprovalsNeeded must be 1 to 30")
        }
        let pool =
            try tree["ApprovalPoolMembers"].map { list throws(RuleFault) in try texts(list, "ApprovalPoolMembers") }
            ?? []
        guard pool.count <= 100 else { throw RuleFault("ApprovalPoolMembers has more than 100 members") }
        return Statement(needed: needed, pool: pool)
    }

    private static func texts(_ list: JSON, _ name: String) throws(RuleFault) -> [String] {
        guard let elements = list.array, elements.allSatisfy({ $0.string != nil }) else {
            throw RuleFault("\(name) must be a list of texts")
        }
        return elements.compactMap(\.string)
    }

    /// Whether it is for pull requests into that branch.
    func covers(_ destination: RefName) -> Bool { destinations?.contains(destination.full) ?? true }

    /// Whether those who approved are enough.
    func isMet(by users: [String]) -> Bool {
        statements.allSatisfy { statement in
            let counted = Set(users).filter { user in
                statement.pool.isEmpty || statement.pool.contains { Self.matches($0, user) }
            }
            return counted.count >= statement.needed
        }
    }

    /// Whether a pool's member means that user.
    ///
    /// A member is an ARN with `*` for any text, or `CodeCommitApprovers:ACCOUNT:NAME`, which means the user of that
    /// name and whoever holds a session of it (CodeCommit User Guide, "Create an approval rule").
    static func matches(_ member: String, _ user: String) -> Bool {
        guard member.hasPrefix("CodeCommitApprovers:") else { return glob(Array(member.utf8), Array(user.utf8)) }
        let parts = member.split(separator: ":", maxSplits: 2)
        guard parts.count == 3 else { return false }
        let (account, name) = (parts[1], parts[2])
        return [
            "arn:aws:iam::\(account):user/\(name)", "arn:aws:iam::\(account):user/*/\(name)",
            "arn:aws:sts::\(account):federated-user/\(name)", "arn:aws:sts::\(account):assumed-role/\(name)",
            "arn:aws:sts::\(account):\(name)",
        ].contains { glob(Array($0.utf8), Array(user.utf8)) }
    }

    /// `*` stands for any text. Linear in both: it goes back to the last star only.
    private static func glob(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var (p, t, star, mark) = (0, 0, -1, 0)
        while t < text.count {
            if p < pattern.count, pattern[p] == 0x2A {
                (star, mark) = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == text[t] {
                p += 1
                t += 1
            } else if star >= 0 {
                p = star + 1
                mark += 1
                t = mark
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == 0x2A }
    }

    /// The fingerprint that updates may be guarded with.
    static func digest(_ content: String) -> String {
        Hexadecimal.encode(SHA256.hash(data: Array(content.utf8)))
    }
}

/// What is wrong with a rule's content.
struct RuleFault: Error, Sendable {
    let message: String
    init(_ message: String) { self.message = message }
}
