internal import Cloud
internal import Ledger
internal import Notation

/// The three kinds of identities that policies are given to.
enum EntityKind: String, Codable, Sendable, CaseIterable {
    case user = "User"
    case role = "Role"
    case group = "Group"

    /// What ids of the kind begin with (IAM User Guide, "IAM identifiers").
    var idPrefix: String {
        switch self {
        case .user: "AIDA"
        case .role: "AROA"
        case .group: "AGPA"
        }
    }

    /// How much its inline policies may hold, without white space (IAM User Guide, "IAM and AWS STS quotas").
    var inlineLimit: Int {
        switch self {
        case .user: 2048
        case .role: 10_240
        case .group: 5120
        }
    }

    var collection: Collection<Entity> {
        switch self {
        case .user: Shelf.users
        case .role: Shelf.roles
        case .group: Shelf.groups
        }
    }

    /// The input member that names one.
    var nameMember: String { rawValue + "Name" }
}

/// A user, role or group.
struct Entity: Codable, Sendable {
    var kind: EntityKind
    var account: String
    var name: String
    var path: String
    var id: String
    var created: Timestamp
    var inline: [InlinePolicy] = []
    var attached: [String] = []
    var tags: [Tag]?
    var boundary: String?
    var groups: [String]?
    var trust: String?
    var maxSession: Int?
    var description: String?

    struct InlinePolicy: Codable, Sendable {
        var name: String
        var document: String
    }

    var arn: String { "arn:aws:iam::\(account):\(kind.rawValue.lowercased())\(path)\(name)" }

    /// The members that answers show.
    var shown: JSON {
        var tree: JSON = [
            "Path": .string(path), kind.nameMember: .string(name), kind.rawValue + "Id": .string(id),
            "Arn": .string(arn), "CreateDate": .double(created.seconds.rounded(.down)),
        ]
        if let trust { tree["AssumeRolePolicyDocument"] = .string(PercentEncoding.encode(trust)) }
        if let maxSession { tree["MaxSessionDuration"] = .int(maxSession) }
        if let description { tree["Description"] = .string(description) }
        if let boundary {
            tree["PermissionsBoundary"] = [
                "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": .string(boundary),
            ]
        }
        if let tags, !tags.isEmpty { tree["Tags"] = Tag.list(tags) }
        return tree
    }
}

/// A tag as IAM writes it.
struct Tag: Codable, Sendable, Hashable {
    var Key: String
    var Value: String

    static func list(_ tags: [Tag]) -> JSON {
        .array(tags.map { ["Key": .string($0.Key), "Value": .string($0.Value)] })
    }

    /// The old tags with the new ones over them.
    ///
    /// - Throws: `LimitExceeded` beyond 50.
    static func merge(_ old: [Tag]?, _ new: [Tag]) throws -> [Tag] {
        let tags = (old ?? []).filter { tag in !new.contains { $0.Key == tag.Key } } + new
        guard tags.count <= 50 else { throw IAMError.limit("The number of tags has reached the maximum limit.") }
        return tags
    }
}

/// A key pair of a user, or of the account's root.
struct AccessKey: Codable, Sendable {
    var id: String
    var secret: String
    var account: String
    /// Nil for the root's.
    var user: String?
    var isActive: Bool
    var created: Timestamp
    /// The key of the stack engine's request that made it, if one did.
    var request: String?
}

/// A managed policy of the account's own.
struct ManagedPolicy: Codable, Sendable {
    var account: String
    var name: String
    var path: String
    var id: String
    var created: Timestamp
    var updated: Timestamp
    var description: String?
    var tags: [Tag]?
    var versions: [Version]
    var defaultVersion: String
    /// The number of the next version: numbers are not used twice.
    var nextVersion: Int

    struct Version: Codable, Sendable {
        var id: String
        var document: String
        var created: Timestamp
    }

    var arn: String { "arn:aws:iam::\(account):policy\(path)\(name)" }
    var document: String { versions.first { $0.id == defaultVersion }?.document ?? "" }

    func shown(attachments: Int) -> JSON {
        var tree: JSON = [
            "PolicyName": .string(name), "PolicyId": .string(id), "Arn": .string(arn), "Path": .string(path),
            "DefaultVersionId": .string(defaultVersion), "AttachmentCount": .int(attachments), "IsAttachable": true,
            "PermissionsBoundaryUsageCount": 0, "CreateDate": .double(created.seconds.rounded(.down)),
            "UpdateDate": .double(updated.seconds.rounded(.down)),
        ]
        if let description { tree["Description"] = .string(description) }
        if let tags, !tags.isEmpty { tree["Tags"] = Tag.list(tags) }
        return tree
    }
}

/// A role's wrapping for machines.
struct InstanceProfile: Codable, Sendable {
    var account: String
    var name: String
    var path: String
    var id: String
    var created: Timestamp
    var role: String?
    var tags: [Tag]?

    var arn: String { "arn:aws:iam::\(account):instance-profile\(path)\(name)" }
}

/// The documents of IAM. Names are one whatever their case, so keys are in lower case.
enum Shelf {
    static let users = Collection<Entity>("iam.user", lookups: lookups)
    static let roles = Collection<Entity>("iam.role", lookups: lookups)
    static let groups = Collection<Entity>("iam.group", lookups: lookups)
    static let keys = Collection<AccessKey>("iam.accessKey", lookups: ["user": { [key($0.account, $0.user ?? "")] }])
    static let policies = Collection<ManagedPolicy>("iam.policy")
    static let profiles = Collection<InstanceProfile>("iam.instanceProfile")
    static let aliases = Collection<String>("iam.accountAlias")

    private static let lookups: [String: @Sendable (Entity) -> [String]] = [
        "policy": { entity in entity.attached.map { key(entity.account, $0) } },
        "group": { entity in (entity.groups ?? []).map { key(entity.account, $0) } },
    ]

    static func key(_ account: String, _ name: String) -> String { account + "/" + name.lowercased() }
}

/// IAM's refusals. Source: IAM API Reference, "Common errors" and those of each operation.
enum IAMError {
    static func missing(_ kind: String, _ name: String) -> AWSError {
        AWSError("NoSuchEntity", "The \(kind) with name \(name) cannot be found.", status: 404)
    }
    static func missingPolicy(_ arn: String) -> AWSError {
        AWSError("NoSuchEntity", "Policy \(arn) does not exist or is not attachable.", status: 404)
    }
    static func exists(_ kind: String, _ name: String) -> AWSError {
        AWSError("EntityAlreadyExists", "\(kind) with name \(name) already exists.", status: 409)
    }
    static func conflict(_ message: String) -> AWSError { AWSError("DeleteConflict", message, status: 409) }
    static func limit(_ message: String) -> AWSError { AWSError("LimitExceeded", message, status: 409) }
}
