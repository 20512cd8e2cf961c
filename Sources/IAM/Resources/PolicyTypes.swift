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
                }, delete: removeManagedPolicy, read: readManagedPolicy,
                list: { request in
                    try await request.pages("iam", "ListPolicies", ["Scope": "Local"], of: "Policies", token: "Marker")
                        .map { ResourceState($0["Arn"]?.string ?? "", attributes: ["PolicyArn": $0["Arn"] ?? ""]) }
                })
        ).withinLedger()
    }

    @Sendable private func readManagedPolicy(_ request: ResourceRequest) async throws -> JSON? {
        let arn = request.physicalID ?? ""
        let account = request.caller.account
        guard let policy = try await ledger.get(Shelf.policies, ManagedPolicies.key(arn, for: account))?.value,
            policy.arn == arn
        else { return nil }
        var properties: JSON = [
            "ManagedPolicyName": .string(ManagedPolicies.name(of: arn)), "Path": .string(policy.path),
            "PolicyArn": .string(arn), "PolicyDocument": try JSON(parsing: policy.document),
        ]
        properties["Description"] = policy.description.map(JSON.string)
        for (property, kind) in Self.holders {
            let holders = try await ledger.find(kind.collection, "policy", Shelf.key(account, arn)).map(\.value.name)
            properties[property] = .array(holders.sorted().map(JSON.string))
        }
        return properties
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
                delete: { try await erasePolicy($0, from: $0.properties) { _, _ in true } }, read: readInlinePolicy)
        ).withinLedger()
    }

    /// The policy as those have it that shall have it: one that differs, if any does. Nil when nobody has it.
    @Sendable private func readInlinePolicy(_ request: ResourceRequest) async throws -> JSON? {
        let name = request.properties["PolicyName"]?.string ?? request.physicalID ?? ""
        let wanted = request.properties["PolicyDocument"]
        var properties: JSON = ["PolicyName": .string(name)]
        var documents: [JSON] = []
        for (property, kind) in Self.holders {
            var present: [JSON] = []
            for holder in request.properties[property]?.array ?? [] {
                let key = Shelf.key(request.caller.account, holder.string ?? "")
                guard let entity = try await ledger.get(kind.collection, key)?.value,
                    let policy = entity.inline.first(where: { $0.name == name })
                else { continue }
                present.append(holder)
                documents.append(try JSON(parsing: policy.document))
            }
            if request.properties[property] != nil { properties[property] = .array(present) }
        }
        properties["PolicyDocument"] = documents.first { $0 != wanted } ?? documents.first
        return documents.isEmpty ? nil : properties
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
}
