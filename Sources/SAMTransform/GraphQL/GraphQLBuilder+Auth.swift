import Notation

extension GraphQLBuilder {
    /// Sets who may call the API.
    ///
    /// - Returns: The functions that authorize calls, which AppSync has to be allowed to call.
    func addAuth(to api: Resource) throws -> [JSON] {
        guard let auth = model["Auth"]?.object else { return [] }
        var functions: [JSON] = []
        let first = try authorizer(auth.filter { key, _ in key != "Additional" }, index: nil)
        api["AuthenticationType"] = auth["Type"]
        if let (name, config) = first {
            api[name] = config
            if let function = config["AuthorizerUri"] { functions.append(function) }
        }
        var others: [JSON] = []
        for (index, value) in (auth["Additional"]?.array ?? []).enumerated() {
            var provider: JSONObject = ["AuthenticationType": value["Type"] ?? .null]
            if let (name, config) = try authorizer(value.object ?? [:], index: index) {
                provider[name] = config
                if let function = config["AuthorizerUri"] { functions.append(function) }
            }
            others.append(.object(provider))
        }
        if !others.isEmpty { api["AdditionalAuthenticationProviders"] = .array(others) }
        return functions
    }

    private func authorizer(_ auth: JSONObject, index: Int?) throws -> (name: String, config: JSON)? {
        guard auth.count <= 2 else {
            let path = index.map { $0 == 0 ? "'Auth'" : "'Auth.Additional.\($0)'" } ?? "'Auth'"
            throw Fault.resource(logicalID, "\(path) has more than one authentication configuration defined.")
        }
        let property: String
        let name: String
        switch auth["Type"] {
        case "AWS_LAMBDA": (property, name) = ("LambdaAuthorizer", "LambdaAuthorizerConfig")
        case "OPENID_CONNECT": (property, name) = ("OpenIDConnect", "OpenIDConnectConfig")
        case "AMAZON_COGNITO_USER_POOLS": (property, name) = ("UserPool", "UserPoolConfig")
        default: return nil
        }
        guard var config = auth[property]?.object else {
            throw Fault.resource(
                logicalID, "'\(property)' must be defined if type is '\(auth["Type"].printed)'.")
        }
        if index != nil, property == "UserPool" { config.remove("DefaultAction") }
        return config.isEmpty ? nil : (name, .object(config))
    }

    /// What lets AppSync call a function that authorizes.
    func authorizerPermissions(_ function: JSON, number: Int) throws -> [Resource] {
        try connector(
            "\(logicalID)ToLambdaAuthConnector\(number)",
            [
                "Source": [
                    "Type": "AWS::AppSync::GraphQLApi", "Arn": Intrinsics.ref(logicalID), "ResourceId": apiID,
                ],
                "Destination": ["Type": "AWS::Lambda::Function", "Arn": function],
                "Permissions": ["Write"],
            ])
    }
}
