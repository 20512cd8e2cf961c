internal import Cloud
internal import Ledger
internal import Notation

extension IAMService {
    /// What users, roles and groups have in common: listing, looking at, tagging, removing.
    func entityOperations(of kind: EntityKind) -> [Operation] {
        let name = kind.nameMember
        var operations = [
            Operation("List\(kind.rawValue)s", enforces: "PathPrefix" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let prefix = request.text("PathPrefix") ?? "/"
                let all = try await ledger.list(kind.collection, prefix: request.account + "/").map(\.value)
                let shown = all.filter { $0.path.hasPrefix(prefix) }.map(\.shown)
                return Reply(request.page(shown, as: kind.rawValue + "s"))
            },
            Operation("Delete" + kind.rawValue, enforces: name) { call in try await delete(kind, IAMRequest(call)) },
        ]
        guard kind != .group else { return operations }
        operations += [
            Operation("Tag" + kind.rawValue, enforces: name + " Tags") { call in
                let request = IAMRequest(call)
                let tags = try request.tags()
                return try await change(kind, request) { $0.tags = try Tag.merge($0.tags, tags) }
            },
            Operation("Untag" + kind.rawValue, enforces: name + " TagKeys") { call in
                let request = IAMRequest(call)
                let keys = Set((request["TagKeys"]?.array ?? []).compactMap(\.string))
                return try await change(kind, request) { $0.tags?.removeAll { keys.contains($0.Key) } }
            },
            Operation("List\(kind.rawValue)Tags", enforces: name + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let entity = try await find(kind, request)
                return Reply(request.page(Tag.list(entity.tags ?? []).array ?? [], as: "Tags"))
            },
            Operation("Put\(kind.rawValue)PermissionsBoundary", enforces: name + " PermissionsBoundary") { call in
                let request = IAMRequest(call)
                let arn = request.text("PermissionsBoundary") ?? ""
                _ = try await document(of: arn, for: request.account)
                return try await change(kind, request) { $0.boundary = arn }
            },
            Operation("Delete\(kind.rawValue)PermissionsBoundary", enforces: name) { call in
                try await change(kind, IAMRequest(call)) { $0.boundary = nil }
            },
        ]
        return operations
    }

    /// The entity that the input names.
    ///
    /// - Throws: `NoSuchEntity`.
    func find(_ kind: EntityKind, _ request: IAMRequest) async throws -> Entity {
        let name = request.text(kind.nameMember) ?? ""
        guard let entity = try await ledger.get(kind.collection, request.key(name))?.value else {
            throw IAMError.missing(kind.rawValue.lowercased(), name)
        }
        return entity
    }

    /// Changes the entity that the input names.
    func change(
        _ kind: EntityKind, _ request: IAMRequest, _ body: @escaping @Sendable (inout Entity) throws -> Void
    ) async throws -> Reply {
        let name = request.text(kind.nameMember) ?? ""
        try await ledger.write { write in
            var entity = try write.entity(kind, name, request.account)
            try body(&entity)
            try write.put(entity)
        }
        return Reply()
    }

    /// Makes an entity of what all kinds' inputs have.
    func create(
        _ kind: EntityKind, _ call: Call, _ body: @escaping @Sendable (inout Entity) throws -> Void = { _ in }
    ) async throws -> Reply {
        let request = IAMRequest(call)
        let name = request.text(kind.nameMember) ?? ""
        let boundary = request.text("PermissionsBoundary")
        if let boundary { _ = try await document(of: boundary, for: request.account) }
        let tags = try request.tags()
        var entity = Entity(
            kind: kind, account: request.account, name: name, path: request.text("Path") ?? "/",
            id: ledger.surroundings.makeID(kind.idPrefix), created: call.time)
        entity.boundary = boundary
        if !tags.isEmpty { entity.tags = try Tag.merge(nil, tags) }
        try body(&entity)
        let new = entity
        try await ledger.write { write in
            guard try write.get(kind.collection, request.key(name)) == nil else {
                throw IAMError.exists(kind.rawValue, name)
            }
            try write.put(new)
        }
        return Reply(.object([kind.rawValue: new.shown]))
    }

    private func delete(_ kind: EntityKind, _ request: IAMRequest) async throws -> Reply {
        let name = request.text(kind.nameMember) ?? ""
        try await ledger.write { write in
            let entity = try write.entity(kind, name, request.account)
            guard entity.attached.isEmpty else {
                throw IAMError.conflict("Cannot delete entity, must detach all policies first.")
            }
            guard entity.inline.isEmpty else {
                throw IAMError.conflict("Cannot delete entity, must delete policies first.")
            }
            try Self.checkUse(of: entity, write)
            try write.delete(kind.collection, request.key(name))
        }
        return Reply()
    }

    private static func checkUse(of entity: Entity, _ write: Transaction) throws {
        let key = Shelf.key(entity.account, entity.name)
        switch entity.kind {
        case .user:
            guard try write.find(Shelf.keys, "user", key, limit: 1).isEmpty else {
                throw IAMError.conflict("Cannot delete entity, must delete access keys first.")
            }
            guard try write.find(ServiceCredential.all, "user", key, limit: 1).isEmpty else {
                throw IAMError.conflict("Cannot delete entity, must delete service specific credentials first.")
            }
            guard entity.groups?.isEmpty ?? true else {
                throw IAMError.conflict("Cannot delete entity, must remove users from group first.")
            }
        case .group:
            guard try write.find(Shelf.users, "group", key, limit: 1).isEmpty else {
                throw IAMError.conflict("Cannot delete entity, must remove users from group first.")
            }
        case .role:
            let isUsed = try write.list(Shelf.profiles, prefix: entity.account + "/").contains { profile in
                profile.value.role?.lowercased() == entity.name.lowercased()
            }
            guard !isUsed else {
                throw IAMError.conflict("Cannot delete entity, must remove roles from instance profile first.")
            }
        }
    }
}
