import Notation

/// Who may call the API.
extension RestApiBuilder {
    private static let authProperties = [
        "Authorizers", "DefaultAuthorizer", "InvokeRole", "AddDefaultAuthorizerToCorsPreflight",
        "AddApiKeyRequiredToCorsPreflight", "ApiKeyRequired", "ResourcePolicy", "UsagePlan",
    ]

    /// `Auth`: authorizers, API keys and the resource policy, in the document.
    mutating func addAuth() throws {
        guard let given = auth.truthy else { return }
        guard body != nil else {
            throw fault("Auth works only with inline Swagger specified in 'DefinitionBody' property.")
        }
        guard let auth = given.dict else { throw fault("Invalid value for 'Auth' property") }
        guard auth.keys.allSatisfy({ Self.authProperties.contains($0.text) }) else {
            throw fault("Invalid value for 'Auth' property")
        }
        try expectDocument("Auth", adding: "Auth configuration")
        var editor = try SwaggerEditor(body)
        if let authorizers = try authorizers(default: auth.given("DefaultAuthorizer")) {
            let partition = translation.context.partition
            try editor.addAuthorizers(authorizers.map { ($0.name, try $0.authorizer.definition(partition: partition)) })
            try setDefault(auth, authorizers, in: &editor)
        }
        if auth["ApiKeyRequired"].isTruthy {
            try editor.addAPIKeyDefinition()
            let includesPreflight = auth["AddApiKeyRequiredToCorsPreflight"] ?? true
            for path in editor.paths.names {
                try editor.setDefaultAPIKey(path, includingPreflight: includesPreflight.isTruthy)
            }
        }
        if let policy = auth["ResourcePolicy"].truthy {
            let members = try SwaggerEditor.expectMap(
                policy, "ResourcePolicy must be a map (ResourcePolicyStatement).")
            for path in editor.paths.names {
                try editor.addResourcePolicy(members, path, stage: properties["StageName"] ?? .null)
            }
            if let statements = members["CustomStatements"].truthy { editor.addCustomStatements(statements) }
        }
        body = try postprocessed(editor.document)
    }

    private func setDefault(
        _ auth: PyDict, _ authorizers: [(name: PyText, authorizer: RestAuthorizer)], in editor: inout SwaggerEditor
    ) throws {
        guard let declared = auth["DefaultAuthorizer"].truthy else { return }
        guard let name = declared.text else { throw fault("DefaultAuthorizer is not a string.") }
        let authorizer = authorizers.first { $0.name == name }?.authorizer
        guard authorizer != nil || name.text == "AWS_IAM" else {
            throw fault("Unable to set DefaultAuthorizer because '\(name.text)' was not defined in 'Authorizers'.")
        }
        let includesPreflight = auth["AddDefaultAuthorizerToCorsPreflight"] ?? true
        for path in editor.paths.names {
            try editor.setDefaultAuthorizer(
                path, name, known: authorizers.map(\.name), scopes: authorizer?.scopes ?? [],
                includingPreflight: includesPreflight.isTruthy)
        }
    }

    /// The API's authorizers in Python's order; nil when there are none.
    private func authorizers(
        default declared: PyValue?
    ) throws -> [(name: PyText, authorizer: RestAuthorizer)]? {
        var order = PyDict()
        var made: [RestAuthorizer] = []
        func add(_ name: PyText, _ authorizer: RestAuthorizer) {
            order.set(name, .int(made.count))
            made.append(authorizer)
        }
        if let name = declared?.text, name.text == "AWS_IAM" {
            add(name, RestAuthorizer(iamOf: logicalID, name: name.text))
        }
        if let config = auth?["Authorizers"].truthy {
            guard case .dict(let members) = config else {
                throw fault("Property 'Auth.Authorizers' should be a map.")
            }
            for (name, authorizer) in members.pairs {
                add(name, try RestAuthorizer(name.text, authorizer, of: logicalID))
            }
        }
        guard !order.isEmpty else { return nil }
        return order.pairs.compactMap { name, place in
            guard case .int(let place) = place else { return nil }
            return (name, made[place])
        }
    }

    /// Lets API Gateway call the functions that decide who may call the API.
    func authorizerPermissions() throws -> [Resource] {
        guard auth.isTruthy else { return [] }
        let source = ApiIntegration.source(
            partition: translation.context.partition, resource: "${__ApiId__}/authorizers/*",
            ["__ApiId__": Intrinsics.ref(logicalID)])
        return try (authorizers(default: nil) ?? []).compactMap { name, authorizer in
            guard let function = authorizer.functionArn, !authorizer.isWithoutPermission else { return nil }
            let permission = try Resource(
                "AWS::Lambda::Permission", logicalID + name.text + "AuthorizerPermission",
                attributes: passedOnAttributes)
            permission["Action"] = "lambda:InvokeFunction"
            permission["FunctionName"] = function.json
            permission["Principal"] = "apigateway.amazonaws.com"
            permission["SourceArn"] = source
            return permission
        }
    }
}
