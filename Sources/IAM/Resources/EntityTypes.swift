internal import Cloud
internal import Ledger
internal import Notation

/// Source of the facts: AWS CloudFormation Template Reference, AWS::IAM::*.
extension IAMService {
    var roleType: ResourceType {
        ResourceType(
            "AWS::IAM::Role",
            enforces:
                "AssumeRolePolicyDocument ManagedPolicyArns MaxSessionDuration Path PermissionsBoundary "
                + "Policies RoleName Tags",
            stores: "Description", requires: "AssumeRolePolicyDocument", replacedBy: "Path RoleName",
            attributes: "Arn RoleId",
            nameProperty: "RoleName",
            .init(
                create: { request in
                    let name = request.properties["RoleName"]?.string ?? request.generatedName()
                    var input = Self.members("Path Description MaxSessionDuration", of: request)
                    let trust = EntityResource.text(request.properties["AssumeRolePolicyDocument"])
                    input["AssumeRolePolicyDocument"] = .string(trust)
                    return try await make(.role, name, input, request)
                },
                update: { request in
                    let name = request.physicalID ?? ""
                    let role = EntityResource(kind: .role, request: request)
                    let trust = EntityResource.text(request.properties["AssumeRolePolicyDocument"])
                    try await role.call("UpdateAssumeRolePolicy", name, ["PolicyDocument": .string(trust)])
                    let description = request.properties["Description"] ?? ""
                    let session = Self.number(request.properties["MaxSessionDuration"]) ?? 3600
                    try await role.call(
                        "UpdateRole", name, ["Description": description, "MaxSessionDuration": session])
                    try await role.configure(name)
                    return try await state(.role, name, request)
                }, delete: { try await remove(.role, $0) }, read: { try await read(.role, $0) },
                list: { try await Self.names($0, "ListRoles", "Roles", "RoleName") })
        ).withinLedger()
    }

    var userType: ResourceType {
        ResourceType(
            "AWS::IAM::User", enforces: "Groups ManagedPolicyArns Path PermissionsBoundary Policies Tags UserName",
            replacedBy: "UserName", attributes: "Arn", nameProperty: "UserName",
            .init(
                create: { request in
                    let name = request.properties["UserName"]?.string ?? request.generatedName()
                    let state = try await make(.user, name, Self.members("Path", of: request), request)
                    try await join(name, request)
                    return state
                },
                update: { request in
                    let name = request.physicalID ?? ""
                    let user = EntityResource(kind: .user, request: request)
                    let path = request.properties["Path"] ?? "/"
                    if path != request.previous?["Path"] ?? "/" {
                        try await user.call("UpdateUser", name, ["NewPath": path])
                    }
                    try await user.configure(name)
                    try await join(name, request)
                    return try await state(.user, name, request)
                }, delete: { try await remove(.user, $0) }, read: { try await read(.user, $0) },
                list: { try await Self.names($0, "ListUsers", "Users", "UserName") }))
    }

    var groupType: ResourceType {
        ResourceType(
            "AWS::IAM::Group", enforces: "GroupName ManagedPolicyArns Path Policies", replacedBy: "GroupName",
            attributes: "Arn",
            nameProperty: "GroupName",
            .init(
                create: { request in
                    let name = request.properties["GroupName"]?.string ?? request.generatedName(limit: 128)
                    return try await make(.group, name, Self.members("Path", of: request), request)
                },
                update: { request in
                    let name = request.physicalID ?? ""
                    let group = EntityResource(kind: .group, request: request)
                    let path = request.properties["Path"] ?? "/"
                    if path != request.previous?["Path"] ?? "/" {
                        try await group.call("UpdateGroup", name, ["NewPath": path])
                    }
                    try await group.configure(name)
                    return try await state(.group, name, request)
                }, delete: { try await remove(.group, $0) }, read: { try await read(.group, $0) },
                list: { try await Self.names($0, "ListGroups", "Groups", "GroupName") })
        ).withinLedger()
    }

    private static func names(
        _ request: ResourceRequest, _ operation: String, _ member: String, _ name: String
    ) async throws -> [ResourceState] {
        try await request.pages("iam", operation, of: member, token: "Marker").map {
            ResourceState($0[name]?.string ?? "")
        }
    }

    private static func members(_ names: String, of request: ResourceRequest) -> JSONObject {
        var input: JSONObject = [:]
        for name in names.split(separator: " ").map(String.init) {
            input[name] = name == "MaxSessionDuration" ? number(request.properties[name]) : request.properties[name]
        }
        return input
    }

    /// A number that a template may write as text.
    private static func number(_ value: JSON?) -> JSON? {
        (value?.int ?? value?.string.flatMap { Int($0) }).map(JSON.int)
    }

    private func make(
        _ kind: EntityKind, _ name: String, _ input: JSONObject, _ request: ResourceRequest
    ) async throws -> ResourceState {
        let entity = EntityResource(kind: kind, request: request)
        try await entity.create(name, input)
        try await entity.configure(name)
        return try await state(kind, name, request)
    }

    private func state(_ kind: EntityKind, _ name: String, _ request: ResourceRequest) async throws -> ResourceState {
        guard let entity = try await ledger.get(kind.collection, Shelf.key(request.caller.account, name))?.value else {
            throw IAMError.missing(kind.rawValue.lowercased(), name)
        }
        var attributes: JSONObject = ["Arn": .string(entity.arn)]
        if kind == .role { attributes["RoleId"] = .string(entity.id) }
        return ResourceState(entity.name, attributes: attributes)
    }

    private func remove(_ kind: EntityKind, _ request: ResourceRequest) async throws {
        guard let name = request.physicalID else { return }
        let entity = try await ledger.get(kind.collection, Shelf.key(request.caller.account, name))?.value
        try await EntityResource(kind: kind, request: request).delete(entity)
    }

    /// Puts the user into the groups of the template, and out of those that were in it before.
    private func join(_ name: String, _ request: ResourceRequest) async throws {
        let user = EntityResource(kind: .user, request: request)
        let wanted = (request.properties["Groups"]?.array ?? []).compactMap(\.string)
        let present = (request.previous?["Groups"]?.array ?? []).compactMap(\.string)
        for group in wanted where !present.contains(group) {
            try await user.call("AddUserToGroup", name, ["GroupName": .string(group)])
        }
        for group in present where !wanted.contains(group) {
            try await ignoringMissing {
                try await user.call("RemoveUserFromGroup", name, ["GroupName": .string(group)])
            }
        }
    }

    private func read(_ kind: EntityKind, _ request: ResourceRequest) async throws -> JSON? {
        guard let name = request.physicalID,
            let entity = try await ledger.get(kind.collection, Shelf.key(request.caller.account, name))?.value
        else { return nil }
        var properties: JSON = [kind.nameMember: .string(entity.name), "Path": .string(entity.path)]
        if let trust = entity.trust {
            properties["AssumeRolePolicyDocument"] = try JSON(parsing: trust)
            properties["MaxSessionDuration"] = .int(entity.maxSession ?? 3600)
        }
        if let description = entity.description, !description.isEmpty {
            properties["Description"] = .string(description)
        }
        properties["Arn"] = .string(entity.arn)
        if kind == .role { properties["RoleId"] = .string(entity.id) }
        properties["PermissionsBoundary"] = entity.boundary.map(JSON.string)
        // That there are none is said to those who expect some.
        func shows(_ name: String, _ isEmpty: Bool) -> Bool { !isEmpty || request.properties[name] != nil }
        if shows("ManagedPolicyArns", entity.attached.isEmpty) {
            properties["ManagedPolicyArns"] = .array(entity.attached.map(JSON.string))
        }
        if kind == .user, shows("Groups", entity.groups?.isEmpty != false) {
            properties["Groups"] = .array((entity.groups ?? []).map(JSON.string))
        }
        if shows("Policies", entity.inline.isEmpty) {
            properties["Policies"] = .array(
                try entity.inline.map {
                    ["PolicyName": .string($0.name), "PolicyDocument": try JSON(parsing: $0.document)]
                })
        }
        let tags = (entity.tags ?? []).filter { !$0.Key.hasPrefix("aws:") }
        if shows("Tags", tags.isEmpty), kind != .group { properties["Tags"] = Tag.list(tags) }
        return properties
    }
}
