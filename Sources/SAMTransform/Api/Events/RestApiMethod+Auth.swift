/// Who may call a method of a REST API.
extension RestApiMethod {
    /// Takes over what the event says.
    func addAuth(_ auth: PyValue, to editor: inout SwaggerEditor) throws {
        let api = try resolvedApiAuth()
        if let authorizer = auth["Authorizer"].truthy { try check(authorizer, api) }
        if let scopes = auth["AuthorizationScopes"].truthy {
            guard scopes.list != nil else {
                throw event.fault("Property 'Auth.AuthorizationScopes' should be a list.")
            }
            guard auth["Authorizer"].isTruthy else {
                throw event.fault("AuthorizationScopes works only when Authorizer is set")
            }
        }
        let needsKey = auth.given("ApiKeyRequired")
        if let needsKey, !needsKey.isTruthy, !(api?["ApiKeyRequired"]).isTruthy {
            throw event.fault(
                event.cannotSet("ApiKeyRequired [False]")
                    + " because the related API does not specify any ApiKeyRequired.")
        }
        if auth["Authorizer"].isTruthy || needsKey != nil {
            try editor.addAuth(event.path, event.method, auth: auth, api: event.api)
        }
        guard let policy = auth["ResourcePolicy"].truthy else { return }
        guard case .dict(let members) = policy else {
            throw Fault.resource(event.name, "Property 'Auth.ResourcePolicy' should be a map.")
        }
        try editor.addResourcePolicy(members, event.path, stage: stage)
        if let statements = members["CustomStatements"].truthy { editor.addCustomStatements(statements) }
    }

    /// The API's `Auth` with parameters put in, which stay in.
    private func resolvedApiAuth() throws -> PyValue? {
        guard let auth = event.api["Auth"] else { return nil }
        let resolved = try event.translation.api.parameters(event.translation).resolved(auth)
        if !auth.isIntrinsic, let id = event.apiID { event.translation.api.apis[id]?["Auth"] = resolved }
        return resolved
    }

    private func check(_ authorizer: PyValue, _ api: PyValue?) throws {
        let known = api.truthy?["Authorizers"]
        if let known = known.truthy, known.dict == nil {
            throw Fault.resource(event.apiID ?? "", "Property 'Auth.Authorizers' should be a map.")
        }
        switch authorizer.string {
        case "AWS_IAM": return
        case "NONE":
            guard !(api?["DefaultAuthorizer"]).isTruthy else { return }
            throw event.fault(
                event.cannotSet("Authorizer")
                    + " because 'NONE' is only a valid value when a DefaultAuthorizer on the API is specified.")
        default:
            let what = event.cannotSet("Authorizer [\(authorizer.printed)]")
            guard known.isTruthy else {
                throw event.fault(what + " because the related API does not define any Authorizers.")
            }
            try event.checkAuthorizer(authorizer, known: known)
            guard (known?[authorizer.string ?? ""]).isTruthy else {
                throw event.fault(what + " because it wasn't defined in the API's Authorizers.")
            }
        }
    }
}
