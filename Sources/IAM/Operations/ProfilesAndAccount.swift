internal import Cloud
internal import Ledger
internal import Notation

extension IAMService {
    /// Instance profiles.
    var profileOperations: [Operation] {
        [
            Operation("CreateInstanceProfile", enforces: "InstanceProfileName Path Tags", raw: createProfile),
            Operation("GetInstanceProfile", enforces: "InstanceProfileName") { call in
                Reply(["InstanceProfile": try await shown(try await findProfile(IAMRequest(call)))])
            },
            Operation("DeleteInstanceProfile", enforces: "InstanceProfileName", raw: deleteProfile),
            Operation("ListInstanceProfiles", enforces: "PathPrefix" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                return Reply(request.page(try await profiles(request) { _ in true }, as: "InstanceProfiles"))
            },
            Operation("ListInstanceProfilesForRole", enforces: "RoleName" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let role = try await find(.role, request).name
                return Reply(request.page(try await profiles(request) { $0.role == role }, as: "InstanceProfiles"))
            },
            Operation("AddRoleToInstanceProfile", enforces: "InstanceProfileName RoleName") { call in
                let request = IAMRequest(call)
                let role = try await find(.role, request).name
                return try await changeProfile(request) { profile in
                    guard profile.role == nil else {
                        throw IAMError.limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
                    }
                    profile.role = role
                }
            },
            Operation("RemoveRoleFromInstanceProfile", enforces: "InstanceProfileName RoleName") { call in
                let request = IAMRequest(call)
                let role = request.text("RoleName") ?? ""
                return try await changeProfile(request) { profile in
                    guard profile.role?.lowercased() == role.lowercased() else { throw IAMError.missing("role", role) }
                    profile.role = nil
                }
            },
        ]
    }

    private func createProfile(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let name = request.text("InstanceProfileName") ?? ""
        let tags = try request.tags()
        let profile = InstanceProfile(
            account: request.account, name: name, path: request.text("Path") ?? "/",
            id: ledger.surroundings.makeID("AIPA"), created: call.time, tags: tags.isEmpty ? nil : tags)
        try await ledger.write { write in
            guard try write.get(Shelf.profiles, request.key(name)) == nil else {
                throw IAMError.exists("Instance Profile", name)
            }
            try write.put(Shelf.profiles, request.key(name), profile)
        }
        return Reply(["InstanceProfile": try await shown(profile)])
    }

    private func deleteProfile(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let name = try await findProfile(request).name
        try await ledger.write { write in
            guard try write.get(Shelf.profiles, request.key(name))?.value.role == nil else {
                throw IAMError.conflict("Cannot delete entity, must remove roles from instance profile first.")
            }
            try write.delete(Shelf.profiles, request.key(name))
        }
        return Reply()
    }

    private func findProfile(_ request: IAMRequest) async throws -> InstanceProfile {
        let name = request.text("InstanceProfileName") ?? ""
        guard let profile = try await ledger.get(Shelf.profiles, request.key(name))?.value else {
            throw AWSError("NoSuchEntity", "Instance Profile \(name) cannot be found.", status: 404)
        }
        return profile
    }

    private func changeProfile(
        _ request: IAMRequest, _ body: @escaping @Sendable (inout InstanceProfile) throws -> Void
    ) async throws -> Reply {
        let name = try await findProfile(request).name
        try await ledger.write { write in try write.update(Shelf.profiles, request.key(name), body) }
        return Reply()
    }

    private func profiles(_ request: IAMRequest, _ isWanted: (InstanceProfile) -> Bool) async throws -> [JSON] {
        let prefix = request.text("PathPrefix") ?? "/"
        var result: [JSON] = []
        for profile in try await ledger.list(Shelf.profiles, prefix: request.account + "/").map(\.value)
        where profile.path.hasPrefix(prefix) && isWanted(profile) { result.append(try await shown(profile)) }
        return result
    }

    private func shown(_ profile: InstanceProfile) async throws -> JSON {
        var roles: [JSON] = []
        if let name = profile.role, let role = try await ledger.get(Shelf.roles, Shelf.key(profile.account, name)) {
            roles.append(role.value.shown)
        }
        var tree: JSON = [
            "Path": .string(profile.path), "InstanceProfileName": .string(profile.name),
            "InstanceProfileId": .string(profile.id), "Arn": .string(profile.arn),
            "CreateDate": .double(profile.created.seconds.rounded(.down)), "Roles": .array(roles),
        ]
        if let tags = profile.tags { tree["Tags"] = Tag.list(tags) }
        return tree
    }

    /// The account itself.
    var accountOperations: [Operation] {
        [
            Operation("CreateAccountAlias", enforces: "AccountAlias") { call in
                let alias = call.input["AccountAlias"]?.string ?? ""
                try await ledger.write { write in try write.put(Shelf.aliases, call.caller.account, alias) }
                return Reply()
            },
            Operation("DeleteAccountAlias", enforces: "AccountAlias") { call in
                let alias = call.input["AccountAlias"]?.string ?? ""
                try await ledger.write { write in
                    guard try write.get(Shelf.aliases, call.caller.account)?.value == alias else {
                        throw AWSError("NoSuchEntity", "The Account Alias cannot be found.", status: 404)
                    }
                    try write.delete(Shelf.aliases, call.caller.account)
                }
                return Reply()
            },
            Operation("ListAccountAliases", enforces: "Marker MaxItems") { call in
                let alias = try await ledger.get(Shelf.aliases, call.caller.account)?.value
                return Reply(["AccountAliases": .array(alias.map { [.string($0)] } ?? []), "IsTruncated": false])
            },
            Operation("SimulatePrincipalPolicy", enforces: "PolicySourceArn ActionNames ResourceArns ContextEntries") {
                call in
                try await simulate(call)
            },
        ]
    }

    private func simulate(_ call: Call) async throws -> Reply {
        let source = call.input["PolicySourceArn"]?.string ?? ""
        func texts(_ member: String) -> [String] { (call.input[member]?.array ?? []).compactMap(\.string) }
        var context: [String: [String]] = [:]
        for entry in call.input["ContextEntries"]?.array ?? [] {
            context[entry["ContextKeyName"]?.string ?? ""] = (entry["ContextKeyValues"]?.array ?? []).compactMap(
                \.string)
        }
        let policies = try await PrincipalPolicies(ledger: ledger).load(source, account: call.caller.account)
        guard let policies else {
            throw AWSError("NoSuchEntity", "The entity \(source) cannot be found.", status: 404)
        }
        let resources = call.input["ResourceArns"] == nil ? ["*"] : texts("ResourceArns")
        let results = texts("ActionNames").flatMap { action in
            resources.map { resource -> JSON in
                let request = AccessRequest(
                    action: action, resource: resource, principal: source, account: call.caller.account,
                    context: context)
                let decision =
                    switch policies.verdict(on: request) {
                    case .allowed: "allowed"
                    case .denied: "explicitDeny"
                    case .silent: "implicitDeny"
                    }
                return [
                    "EvalActionName": .string(action), "EvalResourceName": .string(resource),
                    "EvalDecision": .string(decision),
                ]
            }
        }
        return Reply(["EvaluationResults": .array(results), "IsTruncated": false])
    }
}
