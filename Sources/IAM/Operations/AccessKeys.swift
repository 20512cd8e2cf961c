internal import Cloud
internal import Ledger
internal import Notation

extension IAMService {
    /// The key pairs of users.
    var keyOperations: [Operation] {
        [
            Operation("CreateAccessKey", enforces: "UserName", raw: createKey),
            Operation("ListAccessKeys", enforces: "UserName" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let name = try await userName(request)
                let keys = try await ledger.find(Shelf.keys, "user", request.key(name)).map(\.value)
                let shown = keys.sorted { $0.created < $1.created }.map { key -> JSON in
                    [
                        "UserName": .string(name), "AccessKeyId": .string(key.id),
                        "Status": .string(key.isActive ? "Active" : "Inactive"),
                        "CreateDate": .double(key.created.seconds.rounded(.down)),
                    ]
                }
                return Reply(request.page(shown, as: "AccessKeyMetadata"))
            },
            Operation("UpdateAccessKey", enforces: "UserName AccessKeyId Status") { call in
                let request = IAMRequest(call)
                let id = try await ownKey(request)
                try await ledger.write { write in
                    try write.update(Shelf.keys, id) { $0.isActive = request.text("Status") == "Active" }
                }
                return Reply()
            },
            Operation("DeleteAccessKey", enforces: "UserName AccessKeyId") { call in
                let id = try await ownKey(IAMRequest(call))
                try await ledger.write { write in _ = try write.delete(Shelf.keys, id) }
                return Reply()
            },
        ]
    }

    private func createKey(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let name = try await userName(request)
        let key = AccessKey.make(account: request.account, user: name, ledger.surroundings)
        try await ledger.write { write in
            let user = try write.entity(.user, name, request.account)
            guard try write.find(Shelf.keys, "user", request.key(user.name)).count < 2 else {
                throw IAMError.limit("Cannot exceed quota for AccessKeysPerUser: 2")
            }
            try write.insert(Shelf.keys, key.id, key)
        }
        return Reply([
            "AccessKey": [
                "UserName": .string(name), "AccessKeyId": .string(key.id), "SecretAccessKey": .string(key.secret),
                "Status": "Active", "CreateDate": .double(key.created.seconds.rounded(.down)),
            ]
        ])
    }

    /// The user that the input names, or who asks.
    private func userName(_ request: IAMRequest) async throws -> String {
        if request.text("UserName") != nil { return try await find(.user, request).name }
        let principal = request.call.caller.principal
        guard principal.contains(":user/"), let name = principal.split(separator: "/").last else {
            throw AWSError("ValidationError", "Must specify userName when calling with non-User credentials")
        }
        return String(name)
    }

    /// The access key that the input names, if it is that user's.
    private func ownKey(_ request: IAMRequest) async throws -> String {
        let name = try await userName(request)
        let id = request.text("AccessKeyId") ?? ""
        guard let key = try await ledger.get(Shelf.keys, id)?.value, key.account == request.account, key.user == name
        else {
            throw AWSError("NoSuchEntity", "The Access Key with id \(id) cannot be found.", status: 404)
        }
        return id
    }
}

extension AccessKey {
    /// A new pair. Source of the forms: IAM User Guide, "Manage access keys for IAM users".
    static func make(account: String, user: String?, _ surroundings: Surroundings) -> AccessKey {
        AccessKey(
            id: "AKIA" + surroundings.chance.text(16, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
            secret: surroundings.chance.text(
                40, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
            account: account, user: user, isActive: true, created: surroundings.now)
    }
}
