internal import Cloud
internal import Ledger
internal import Notation

/// Source of the facts: AWS CloudFormation Template Reference, AWS::IAM::AccessKey, AWS::IAM::InstanceProfile.
extension IAMService {
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
                },
                read: { request in
                    guard let id = request.physicalID, let key = try await ledger.get(Shelf.keys, id)?.value,
                        key.account == request.caller.account, let user = key.user
                    else { return nil }
                    return [
                        "Id": .string(id), "UserName": .string(user), "Status": key.isActive ? "Active" : "Inactive",
                    ]
                },
                list: { request in
                    var found: [ResourceState] = []
                    for user in try await request.pages("iam", "ListUsers", of: "Users", token: "Marker") {
                        let keys = try await request.pages(
                            "iam", "ListAccessKeys", ["UserName": user["UserName"] ?? ""], of: "AccessKeyMetadata",
                            token: "Marker")
                        found += keys.map { ResourceState($0["AccessKeyId"]?.string ?? "") }
                    }
                    return found
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
            .init(
                create: makeProfile, update: { try await setRole($0.physicalID ?? "", $0) }, delete: removeProfile,
                read: { request in
                    let input: JSON = ["InstanceProfileName": .string(request.physicalID ?? "")]
                    do {
                        let found = try await request.call("iam", "GetInstanceProfile", input)["InstanceProfile"]
                        var properties: JSON = [:]
                        for name in ["InstanceProfileName", "Path", "Arn"] { properties[name] = found?[name] }
                        properties["Roles"] = .array((found?["Roles"]?.array ?? []).compactMap { $0["RoleName"] })
                        return properties
                    } catch let error as AWSError where error.code == "NoSuchEntity" { return nil }
                },
                list: { request in
                    try await request.pages(
                        "iam", "ListInstanceProfiles", of: "InstanceProfiles", token: "Marker"
                    ).map { ResourceState($0["InstanceProfileName"]?.string ?? "") }
                })
        ).withinLedger()
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
