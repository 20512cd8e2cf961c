internal import Cloud
internal import Notation

/// What the resource types of users, roles and groups have in common: policies inline and attached, tags, a boundary.
struct EntityResource: Sendable {
    let kind: EntityKind
    let request: ResourceRequest

    private var nameMember: String { kind.nameMember }

    func call(_ operation: String, _ name: String, _ input: JSONObject = [:]) async throws {
        var input = input
        input[nameMember] = .string(name)
        try await request.call("iam", operation, .object(input))
    }

    /// Brings policies, tags and boundary from the previous properties to the new ones.
    func configure(_ name: String) async throws {
        let (new, old) = (request.properties, request.previous ?? [:])
        try await inline(name, new["Policies"]?.array ?? [], old["Policies"]?.array ?? [])
        let wanted = Set((new["ManagedPolicyArns"]?.array ?? []).compactMap(\.string))
        let present = Set((old["ManagedPolicyArns"]?.array ?? []).compactMap(\.string))
        for arn in wanted.subtracting(present).sorted() {
            try await call("Attach\(kind.rawValue)Policy", name, ["PolicyArn": .string(arn)])
        }
        for arn in present.subtracting(wanted).sorted() {
            try await ignoringMissing {
                try await call("Detach\(kind.rawValue)Policy", name, ["PolicyArn": .string(arn)])
            }
        }
        guard kind != .group else { return }
        try await tags(name)
        if let boundary = new["PermissionsBoundary"] {
            try await call("Put\(kind.rawValue)PermissionsBoundary", name, ["PermissionsBoundary": boundary])
        } else if old["PermissionsBoundary"] != nil {
            try await call("Delete\(kind.rawValue)PermissionsBoundary", name)
        }
    }

    private func inline(_ name: String, _ new: [JSON], _ old: [JSON]) async throws {
        for policy in new where !old.contains(policy) {
            try await call(
                "Put\(kind.rawValue)Policy", name,
                [
                    "PolicyName": policy["PolicyName"] ?? "",
                    "PolicyDocument": .string(Self.text(policy["PolicyDocument"])),
                ])
        }
        let kept = Set(new.compactMap { $0["PolicyName"]?.string })
        for policy in old.compactMap({ $0["PolicyName"]?.string }) where !kept.contains(policy) {
            try await ignoringMissing {
                try await call("Delete\(kind.rawValue)Policy", name, ["PolicyName": .string(policy)])
            }
        }
    }

    private func tags(_ name: String) async throws {
        // IAM takes no tags that begin with `aws:`; CloudFormation leaves them out here.
        let tags = request.allTags.filter { !$0.key.hasPrefix("aws:") }.sorted { $0.key < $1.key }
        let gone = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }
            .filter { key in !tags.contains { $0.key == key } }
        if !gone.isEmpty { try await call("Untag" + kind.rawValue, name, ["TagKeys": .array(gone.map(JSON.string))]) }
        guard !tags.isEmpty else { return }
        let list = tags.map { JSON.object(["Key": .string($0.key), "Value": .string($0.value)]) }
        try await call("Tag" + kind.rawValue, name, ["Tags": .array(list)])
    }

    /// A document as text, however the template writes it.
    static func text(_ document: JSON?) -> String { document?.string ?? (document ?? [:]).text() }

    /// Makes the entity, or finds the one that a repeat of this action made before.
    func create(_ name: String, _ input: JSONObject) async throws {
        do { try await call("Create" + kind.rawValue, name, input) } catch let error as AWSError
            where error.code == "EntityAlreadyExists" && request.physicalID == name
        {}
    }

    /// Removes policies, keys and memberships, and then the entity.
    func delete(_ ledgerEntity: Entity?) async throws {
        guard let entity = ledgerEntity else { return }
        for arn in entity.attached {
            try await call("Detach\(kind.rawValue)Policy", entity.name, ["PolicyArn": .string(arn)])
        }
        let own = Set((request.properties["Policies"]?.array ?? []).compactMap { $0["PolicyName"]?.string })
        for policy in entity.inline where own.contains(policy.name) {
            try await call("Delete\(kind.rawValue)Policy", entity.name, ["PolicyName": .string(policy.name)])
        }
        for group in entity.groups ?? [] {
            try await call("RemoveUserFromGroup", entity.name, ["GroupName": .string(group)])
        }
        try await ignoringMissing { try await call("Delete" + kind.rawValue, entity.name) }
    }
}

/// Runs the call; that there is no such thing is as good as having removed it.
func ignoringMissing(_ call: () async throws -> Void) async throws {
    do { try await call() } catch let error as AWSError where error.code == "NoSuchEntity" {}
}
