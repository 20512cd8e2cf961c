internal import Cloud
internal import Ledger
internal import Notation

/// Source of the facts: AWS CloudFormation Template Reference, AWS::IAM::*.
extension IAMService {
    private static let holders: [(property: String, kind: EntityKind)] = [
        ("Groups", .group), ("Roles", .role), ("Users", .user),
    ]

    var managedPolicyType: ResourceType {
        ResourceType(
            "AWS::IAM::ManagedPolicy", enforces: "Groups ManagedPolicyName Path PolicyDocument Roles Users",
            stores: "Description",
            requires: "PolicyDocument", replacedBy: "Description ManagedPolicyName Path", attributes: "PolicyArn",
            nameProperty: "ManagedPolicyName",
            .init(
                create: { request in
                    let name = request.properties["ManagedPolicyName"]?.string ?? request.generatedName(limit: 128)
                    let path = request.properties["Path"]?.string ?? "/"
                    let arn = "arn:aws:iam::\(request.caller.account):policy\(path)\(name)"
                    var input: JSON = [
                        "PolicyName": .string(name), "Path": .string(path),
                        "PolicyDocument": .string(EntityResource.text(request.properties["PolicyDocument"])),
                    ]
                    input["Description"] = request.properties["Description"]
                    input["Tags"] = EntityResource.tags(of: request)
                    do { try await request.call("iam", "CreatePolicy", input) } catch let error as AWSError
                        where error.code == "EntityAlreadyExists"
                    {
                        let answer = try await request.call("iam", "ListPolicyTags", ["PolicyArn": .string(arn)])
                        guard EntityResource.isOurs(answer["Tags"], request) else {
                            throw EntityResource.alreadyExists(name)
                        }
                    }
                    try await attach(arn, request)
                    return ResourceState(arn, attributes: ["PolicyArn": .string(arn)])
                },
                update: { request in
                    let arn = request.physicalID ?? ""
                    if request.properties["PolicyDocument"] != request.previous?["PolicyDocument"] {
                        try await replaceDocument(arn, request)
                    }
                    try await attach(arn, request)
                    return ResourceState(arn, attributes: ["PolicyArn": .string(arn)])
                }, delete: removeManagedPolicy))
    }

    /// A new version in place of all others, as CloudFormation keeps it.
    private func replaceDocument(_ arn: String, _ request: ResourceRequest) async throws {
        let document = EntityResource.text(request.properties["PolicyDocument"])
        try await removeOldVersions(arn, request)
        try await request.call(
            "iam", "CreatePolicyVersion",
            ["PolicyArn": .string(arn), "PolicyDocument": .string(document), "SetAsDefault": true])
        try await removeOldVersions(arn, request)
    }

    private func removeOldVersions(_ arn: String, _ request: ResourceRequest) async throws {
        let list = try await request.call("iam", "ListPolicyVersions", ["PolicyArn": .string(arn)])
        for version in list["Versions"]?.array ?? [] where version["IsDefaultVersion"] == false {
            try await request.call(
                "iam", "DeletePolicyVersion", ["PolicyArn": .string(arn), "VersionId": version["VersionId"] ?? ""])
        }
    }

    private func attach(_ arn: String, _ request: ResourceRequest) async throws {
        for (property, kind) in Self.holders {
            let wanted = (request.properties[property]?.array ?? []).compactMap(\.string)
            let present = (request.previous?[property]?.array ?? []).compactMap(\.string)
            let entity = EntityResource(kind: kind, request: request)
            for name in wanted where !present.contains(name) {
                try await entity.call("Attach\(kind.rawValue)Policy", name, ["PolicyArn": .string(arn)])
            }
            for name in present where !wanted.contains(name) {
                try await ignoringMissing {
                    try await entity.call("Detach\(kind.rawValue)Policy", name, ["PolicyArn": .string(arn)])
                }
            }
        }
    }

    @Sendable private func removeManagedPolicy(_ request: ResourceRequest) async throws {
        guard let arn = request.physicalID else { return }
        try await ignoringMissing {
            for (property, kind) in Self.holders {
                let entity = EntityResource(kind: kind, request: request)
                for name in (request.properties[property]?.array ?? []).compactMap(\.string) {
                    try await ignoringMissing {
                        try await entity.call("Detach\(kind.rawValue)Policy", name, ["PolicyArn": .string(arn)])
                    }
                }
            }
            try await removeOldVersions(arn, request)
            try await request.call("iam", "DeletePolicy", ["PolicyArn": .string(arn)])
        }
    }

    /// AWS::IAM::Policy: an inline policy written into several identities.
    var policyType: ResourceType {
        ResourceType(
            "AWS::IAM::Policy", enforces: "Groups PolicyDocument PolicyName Roles Users",
            requires: "PolicyDocument PolicyName",
            .init(
                create: writePolicy, update: writePolicy,
                delete: { try await erasePolicy($0, from: $0.properties) { _, _ in true } }))
    }

    @Sendable private func writePolicy(_ request: ResourceRequest) async throws -> ResourceState {
        let name = request.properties["PolicyName"]?.string ?? ""
        let document = EntityResource.text(request.properties["PolicyDocument"])
        for (property, kind) in Self.holders {
            let entity = EntityResource(kind: kind, request: request)
            for holder in (request.properties[property]?.array ?? []).compactMap(\.string) {
                try await entity.call(
                    "Put\(kind.rawValue)Policy", holder,
                    ["PolicyName": .string(name), "PolicyDocument": .string(document)])
            }
        }
        if let previous = request.previous {
            let isRenamed = previous["PolicyName"] != request.properties["PolicyName"]
            try await erasePolicy(request, from: previous) { property, holder in
                isRenamed || request.properties[property]?.array?.contains(.string(holder)) != true
            }
        }
        return ResourceState(name)
    }

    private func erasePolicy(
        _ request: ResourceRequest, from properties: JSON, where isGone: (String, String) -> Bool
    ) async throws {
        let name = properties["PolicyName"] ?? ""
        for (property, kind) in Self.holders {
            let entity = EntityResource(kind: kind, request: request)
            for holder in (properties[property]?.array ?? []).compactMap(\.string) where isGone(property, holder) {
                try await ignoringMissing {
                    try await entity.call("Delete\(kind.rawValue)Policy", holder, ["PolicyName": name])
                }
            }
        }
    }

    var accessKeyType: ResourceType {
        ResourceType(
            "AWS::IAM::AccessKey", enforces: "Serial Status UserName", requires: "UserName",
            replacedBy: "Serial UserName",
            attributes: "SecretAccessKey",
            .init(
                create: { request in
                    let user = request.properties["UserName"] ?? ""
                    let key = try await makeKey(user.string ?? "", request)
                    let id = key.id
                    if request.properties["Status"] == "Inactive" {
                        try await request.call(
                            "iam", "UpdateAccessKey",
                            ["UserName": user, "AccessKeyId": .string(id), "Status": "Inactive"])
                    }
                    return ResourceState(id, attributes: ["SecretAccessKey": .string(key.secret)])
                },
                update: { request in
                    let id = request.physicalID ?? ""
                    try await request.call(
                        "iam", "UpdateAccessKey",
                        [
                            "UserName": request.properties["UserName"] ?? "", "AccessKeyId": .string(id),
                            "Status": request.properties["Status"] ?? "Active",
                        ])
                    return ResourceState(id, attributes: request.attributes)
                },
                delete: { request in
                    guard let id = request.physicalID else { return }
                    try await ignoringMissing {
                        try await request.call(
                            "iam", "DeleteAccessKey",
                            ["UserName": request.properties["UserName"] ?? "", "AccessKeyId": .string(id)])
                    }
                }))
    }

    /// The key of this request, made once however often it is asked for: a second one would be left over, and only
    /// two are allowed. CreateAccessKey knows no token, so this does what it does, after the same question whether it
    /// is allowed.
    private func makeKey(_ user: String, _ request: ResourceRequest) async throws -> AccessKey {
        let call = Call(
            service: "iam", operation: "CreateAccessKey",
            caller: request.caller.through("cloudformation.amazonaws.com"),
            requestID: request.key, time: ledger.surroundings.now, input: ["UserName": .string(user)],
            endpoint: request.cloud.endpoint)
        try await IAMAuthorizer(ledger: ledger).authorize(call)
        let account = request.caller.account
        var fresh = AccessKey.make(account: account, user: user, ledger.surroundings)
        fresh.request = request.key
        let new = fresh
        return try await ledger.write { write in
            let name = try write.entity(.user, user, account).name
            let present = try write.find(Shelf.keys, "user", Shelf.key(account, name)).map(\.value)
            if let made = present.first(where: { $0.request == new.request }) { return made }
            guard present.count < 2 else { throw IAMError.limit("Cannot exceed quota for AccessKeysPerUser: 2") }
            try write.insert(Shelf.keys, new.id, new)
            return new
        }
    }

    var instanceProfileType: ResourceType {
        ResourceType(
            "AWS::IAM::InstanceProfile", enforces: "InstanceProfileName Path Roles", requires: "Roles",
            replacedBy: "InstanceProfileName Path", attributes: "Arn", nameProperty: "InstanceProfileName",
            .init(create: makeProfile, update: { try await setRole($0.physicalID ?? "", $0) }, delete: removeProfile))
    }

    @Sendable private func makeProfile(_ request: ResourceRequest) async throws -> ResourceState {
        let name = request.properties["InstanceProfileName"]?.string ?? request.generatedName(limit: 128)
        var input: JSON = ["InstanceProfileName": .string(name)]
        input["Path"] = request.properties["Path"]
        input["Tags"] = EntityResource.tags(of: request)
        do { try await request.call("iam", "CreateInstanceProfile", input) } catch let error as AWSError
            where error.code == "EntityAlreadyExists"
        {
            let answer = try await request.call("iam", "GetInstanceProfile", ["InstanceProfileName": .string(name)])
            guard EntityResource.isOurs(answer["InstanceProfile"]?["Tags"], request) else {
                throw EntityResource.alreadyExists(name)
            }
        }
        return try await setRole(name, request)
    }

    private func setRole(_ name: String, _ request: ResourceRequest) async throws -> ResourceState {
        let answer = try await request.call("iam", "GetInstanceProfile", ["InstanceProfileName": .string(name)])
        let profile = answer["InstanceProfile"]
        let present = profile?["Roles"]?[0]?["RoleName"]
        let wanted = request.properties["Roles"]?[0]
        if let present, present != wanted {
            try await request.call(
                "iam", "RemoveRoleFromInstanceProfile", ["InstanceProfileName": .string(name), "RoleName": present])
        }
        if let wanted, present != wanted {
            try await request.call(
                "iam", "AddRoleToInstanceProfile", ["InstanceProfileName": .string(name), "RoleName": wanted])
        }
        return ResourceState(name, attributes: ["Arn": profile?["Arn"] ?? ""])
    }

    @Sendable private func removeProfile(_ request: ResourceRequest) async throws {
        guard let name = request.physicalID else { return }
        try await ignoringMissing {
            let answer = try await request.call("iam", "GetInstanceProfile", ["InstanceProfileName": .string(name)])
            if let role = answer["InstanceProfile"]?["Roles"]?[0]?["RoleName"] {
                try await request.call(
                    "iam", "RemoveRoleFromInstanceProfile", ["InstanceProfileName": .string(name), "RoleName": role])
            }
            try await request.call("iam", "DeleteInstanceProfile", ["InstanceProfileName": .string(name)])
        }
    }
}
