internal import Cloud
internal import Ledger
internal import Notation

extension IAMService {
    /// User names and passwords for single services.
    var serviceCredentialOperations: [Operation] {
        [
            Operation(
                "CreateServiceSpecificCredential", enforces: "UserName ServiceName", raw: createServiceCredential),
            Operation("ListServiceSpecificCredentials", enforces: "UserName ServiceName" + IAMRequest.paging) { call in
                let request = IAMRequest(call)
                let user = try await owner(request)
                let wanted = request.text("ServiceName")
                let found = try await ledger.find(ServiceCredential.all, "user", request.key(user)).map(\.value)
                let shown = found.filter { wanted == nil || $0.service == wanted }.sorted { $0.created < $1.created }
                    .map(\.shown)
                return Reply(request.page(shown, as: "ServiceSpecificCredentials"))
            },
            Operation("UpdateServiceSpecificCredential", enforces: "UserName ServiceSpecificCredentialId Status") {
                call in
                let request = IAMRequest(call)
                try await change(request) { $0.isActive = request.text("Status") == "Active" }
                return Reply()
            },
            Operation("ResetServiceSpecificCredential", enforces: "UserName ServiceSpecificCredentialId") { call in
                let password = ServiceCredential.password(ledger.surroundings)
                let changed = try await change(IAMRequest(call)) {
                    $0.fingerprint = ServiceCredential.fingerprint(password)
                }
                var shown = changed.shown
                shown["ServicePassword"] = .string(password)
                return Reply(["ServiceSpecificCredential": shown])
            },
            Operation("DeleteServiceSpecificCredential", enforces: "UserName ServiceSpecificCredentialId") { call in
                let request = IAMRequest(call)
                let user = try await owner(request)
                let id = request.text("ServiceSpecificCredentialId") ?? ""
                try await ledger.write { write in
                    _ = try write.serviceCredential(id, user, request.account)
                    try write.delete(ServiceCredential.all, id)
                }
                return Reply()
            },
        ]
    }

    private func createServiceCredential(_ call: Call) async throws -> Reply {
        let request = IAMRequest(call)
        let name = try await owner(request)
        let service = request.text("ServiceName") ?? ""
        guard service == "codecommit.amazonaws.com" else {
            throw AWSError(
                "NotSupportedService", "No such service \(service) supports service-specific credentials.", status: 404)
        }
        let password = ServiceCredential.password(ledger.surroundings)
        let credential = try await ledger.write { write in
            let user = try write.entity(.user, name, request.account)
            let owned = try write.find(ServiceCredential.all, "user", request.key(user.name))
            guard owned.count < 2 else {
                throw IAMError.limit("Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2")
            }
            let taken = Set(owned.map(\.value.userName))
            let first = "\(user.name)-at-\(request.account)"
            let credential = ServiceCredential(
                id: write.surroundings.makeID("ACCA"), account: request.account, user: user.name, service: service,
                userName: taken.contains(first) ? "\(user.name)+1-at-\(request.account)" : first,
                fingerprint: ServiceCredential.fingerprint(password), isActive: true, created: write.now)
            try write.insert(ServiceCredential.all, credential.id, credential)
            return credential
        }
        var shown = credential.shown
        shown["ServicePassword"] = .string(password)
        return Reply(["ServiceSpecificCredential": shown])
    }

    /// Changes the credential that the input names.
    @discardableResult
    private func change(
        _ request: IAMRequest, _ body: @escaping @Sendable (inout ServiceCredential) -> Void
    ) async throws -> ServiceCredential {
        let user = try await owner(request)
        let id = request.text("ServiceSpecificCredentialId") ?? ""
        return try await ledger.write { write in
            var credential = try write.serviceCredential(id, user, request.account)
            body(&credential)
            try write.put(ServiceCredential.all, id, credential)
            return credential
        }
    }

    /// The user that the input names, or who asks.
    private func owner(_ request: IAMRequest) async throws -> String {
        let principal = request.call.caller.principal
        let own = principal.contains(":user/") ? principal.split(separator: "/").last.map(String.init) : nil
        guard let name = request.text("UserName") ?? own else {
            throw AWSError("ValidationError", "Must specify userName when calling with non-User credentials")
        }
        guard let user = try await ledger.get(Shelf.users, request.key(name)) else {
            throw IAMError.missing("user", name)
        }
        return user.value.name
    }
}

extension Transaction {
    /// The credential of that id, if it is that user's.
    ///
    /// - Throws: `NoSuchEntity`.
    fileprivate func serviceCredential(_ id: String, _ user: String, _ account: String) throws -> ServiceCredential {
        guard let found = try get(ServiceCredential.all, id)?.value, found.account == account, found.user == user else {
            throw AWSError("NoSuchEntity", "No such credential \(id) exists", status: 404)
        }
        return found
    }
}
