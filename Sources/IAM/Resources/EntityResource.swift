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
        let tags = request.allTags
        let gone = (request.previous?["Tags"]?.array ?? []).compactMap { $0["Key"]?.string }.filter { tags[$0] == nil }
        if !gone.isEmpty { try await call("Untag" + kind.rawValue, name, ["TagKeys": .array(gone.map(JSON.string))]) }
        try await call("Tag" + kind.rawValue, name, ["Tags": Self.tags(of: request)])
    }

    /// A document as text, however the template writes it.
    static func text(_ document: JSON?) -> String { document?.string ?? (document ?? [:]).text() }

    /// Makes the entity, or finds the one that an earlier attempt of this action made: it carries this resource's tags
    /// from its first moment. Groups have no tags; there the generated name tells.
    ///
    /// - Throws: `AlreadyExists` when it is somebody else's.
    func create(_ name: String, _ input: JSONObject) async throws {
        var input = input
        if kind != .group { input["Tags"] = Self.tags(of: request) }
        do { try await call("Create" + kind.rawValue, name, input) } catch let error as AWSError
            where error.code == "EntityAlreadyExists"
        {
            guard try await isOurs(name) else { throw Self.alreadyExists(name) }
        }
    }

    private func isOurs(_ name: String) async throws -> Bool {
        guard kind != .group else { return name.hasSuffix(request.suffix) }
        let answer = try await request.call("iam", "List\(kind.rawValue)Tags", .object([nameMember: .string(name)]))
        return Self.isOurs(answer["Tags"], request)
    }

    /// Whether the tags say that this resource of this stack made what carries them.
    static func isOurs(_ tags: JSON?, _ request: ResourceRequest) -> Bool {
        let list = tags?.array ?? []
        return list.contains(["Key": "aws:cloudformation:stack-id", "Value": .string(request.stackID)])
            && list.contains(["Key": "aws:cloudformation:logical-id", "Value": .string(request.logicalID)])
    }

    static func alreadyExists(_ name: String) -> AWSError {
        AWSError("AlreadyExists", "\(name) already exists. Choose another name, or import the resource.", status: 409)
    }

    static func tags(of request: ResourceRequest) -> JSON {
        Tag.list(request.allTags.sorted { $0.key < $1.key }.map { Tag(Key: $0.key, Value: $0.value) })
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
