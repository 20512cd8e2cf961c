internal import Cloud
internal import Ledger
internal import Notation

extension IAMService {
    /// What only users have.
    var userOperations: [Operation] {
        [
            Operation("CreateUser", enforces: "UserName Path Tags PermissionsBoundary") { call in
                try await create(.user, call)
            },
            Operation("GetUser", enforces: "UserName") { call in
                let request = IAMRequest(call)
                if request.text("UserName") != nil { return Reply(["User": try await find(.user, request).shown]) }
                return Reply(["User": try await ownUser(call)])
            },
            Operation("UpdateUser", enforces: "UserName NewUserName NewPath") { call in
                try await rename(.user, IAMRequest(call))
            },
            Operation("AddUserToGroup", enforces: "UserName GroupName") { call in
                let request = IAMRequest(call)
                let (user, group) = (request.text("UserName") ?? "", request.text("GroupName") ?? "")
                try await ledger.write { write in
                    let name = try write.entity(.group, group, request.account).name
                    var entity = try write.entity(.user, user, request.account)
                    if entity.groups?.contains(name) != true { entity.groups = (entity.groups ?? []) + [name] }
                    guard (entity.groups ?? []).count <= 10 else {
                        throw IAMError.limit("Cannot exceed quota for GroupsPerUser: 10")
                    }
                    try write.put(entity)
                }
                return Reply()
            },
            Operation("RemoveUserFromGroup", enforces: "UserName GroupName") { call in
                let request = IAMRequest(call)
                let group = request.text("GroupName") ?? ""
                return try await change(.user, request) { user in
                    guard user.groups?.contains(group) == true else { throw IAMError.missing("group", group) }
                    user.groups?.removeAll { $0 == group }
                }
            },
            Operation("ListGroupsForUser", enforces: "UserName" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                var groups: [JSON] = []
                for name in try await find(.user, request).groups ?? [] {
                    if let group = try await ledger.get(Shelf.groups, request.key(name)) {
                        groups.append(group.value.shown)
                    }
                }
                return Reply(request.page(groups, as: "Groups"))
            },
        ]
    }

    /// Whoever asks, as a user.
    private func ownUser(_ call: Call) async throws -> JSON {
        let principal = call.caller.principal
        if principal.hasSuffix(":root") {
            return [
                "Path": "/", "UserId": .string(call.caller.account), "Arn": .string(principal), "CreateDate": 0,
            ]
        }
        guard principal.contains(":user/"), let name = principal.split(separator: "/").last,
            let user = try await ledger.get(Shelf.users, Shelf.key(call.caller.account, String(name)))?.value
        else { throw AWSError("ValidationError", "Must specify userName when calling with non-User credentials") }
        return user.shown
    }

    /// Gives a user or group another name or path. Keys and memberships go along.
    private func rename(_ kind: EntityKind, _ request: IAMRequest) async throws -> Reply {
        let old = request.text(kind.nameMember) ?? ""
        try await ledger.write { write in
            var entity = try write.entity(kind, old, request.account)
            let oldName = entity.name
            if let path = request.text("NewPath") { entity.path = path }
            guard let name = request.text("New" + kind.nameMember) else { return try write.put(entity) }
            let isSame = name.lowercased() == oldName.lowercased()
            guard try isSame || write.get(kind.collection, request.key(name)) == nil else {
                throw IAMError.exists(kind.rawValue, name)
            }
            try write.delete(kind.collection, request.key(oldName))
            entity.name = name
            try write.put(entity)
            for key in kind == .user ? try write.find(Shelf.keys, "user", request.key(oldName)) : [] {
                try write.update(Shelf.keys, key.key) { $0.user = name }
            }
            for member in kind == .group ? try write.find(Shelf.users, "group", request.key(oldName)) : [] {
                try write.update(Shelf.users, member.key) { user in
                    user.groups = user.groups?.map { $0 == oldName ? name : $0 }
                }
            }
        }
        return Reply()
    }

    /// What only groups have.
    var groupOperations: [Operation] {
        [
            Operation("CreateGroup", enforces: "GroupName Path") { call in try await create(.group, call) },
            Operation("UpdateGroup", enforces: "GroupName NewGroupName NewPath") { call in
                try await rename(.group, IAMRequest(call))
            },
            Operation("GetGroup", enforces: "GroupName" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let group = try await find(.group, request)
                let users = try await ledger.find(Shelf.users, "group", request.key(group.name)).map(\.value.shown)
                var output = request.page(users, as: "Users")
                output["Group"] = group.shown
                return Reply(output)
            },
        ]
    }

    /// What only roles have.
    var roleOperations: [Operation] {
        [
            Operation(
                "CreateRole",
                enforces: "RoleName Path AssumeRolePolicyDocument MaxSessionDuration Tags PermissionsBoundary",
                stores: "Description"
            ) { call in
                let trust = call.input["AssumeRolePolicyDocument"]?.string ?? ""
                _ = try Policy(parsing: trust, as: .trust)
                return try await create(.role, call) { role in
                    role.trust = trust
                    role.maxSession = call.input["MaxSessionDuration"]?.int ?? 3600
                    role.description = call.input["Description"]?.string
                }
            },
            Operation("GetRole", enforces: "RoleName") { call in
                var role = try await find(.role, IAMRequest(call)).shown
                // When the role was last used is not recorded; AWS answers like this for roles never used.
                role["RoleLastUsed"] = [:]
                return Reply(["Role": role])
            },
            Operation("UpdateAssumeRolePolicy", enforces: "RoleName PolicyDocument") { call in
                let trust = call.input["PolicyDocument"]?.string ?? ""
                _ = try Policy(parsing: trust, as: .trust)
                return try await change(.role, IAMRequest(call)) { $0.trust = trust }
            },
            Operation("UpdateRole", enforces: "RoleName MaxSessionDuration", stores: "Description") { call in
                try await change(.role, IAMRequest(call)) { role in
                    role.description = call.input["Description"]?.string ?? role.description
                    role.maxSession = call.input["MaxSessionDuration"]?.int ?? role.maxSession
                }
            },
            Operation("UpdateRoleDescription", enforces: "RoleName", stores: "Description") { call in
                let request = IAMRequest(call)
                _ = try await change(.role, request) { $0.description = call.input["Description"]?.string }
                return Reply(["Role": try await find(.role, request).shown])
            },
        ]
    }
}
