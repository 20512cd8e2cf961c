import Notation

/// `AWS::Serverless::WebSocketApi`.
struct WebSocketApiMacro: Macro {
    var referable: [String: String] {
        ["Stage": "AWS::ApiGatewayV2::Stage", "DomainName": "AWS::ApiGatewayV2::DomainName"]
    }

    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        let builder = try WebSocketApiBuilder(declaration, translation)
        let resources = try builder.resources()
        if builder.properties["PropagateTags"].isTruthy, builder.properties["Tags"].isTruthy {
            // These types take tags as an object.
            for resource in resources where resource.isTaggable { resource["Tags"] = .object(builder.tags) }
        }
        return resources
    }
}

/// Makes the resources of one WebSocket API.
struct WebSocketApiBuilder {
    /// The tag by which what SAM made is known.
    private static let tag = "websocketapi:createdBy"
    /// Not `$default`, which is the name of a route.
    private static let defaultStage = "default"

    let properties: JSONObject
    private let owner: ApiV2Owner
    private let routes: JSONObject
    private let auth: JSONObject?
    /// Also of what is no map: that is told of only where there is a route to use it.
    private let hasAuth: Bool
    private let domain: JSON?

    init(_ declaration: Declaration, _ translation: Translation) throws {
        // AWS's transform hands no attributes on here; a condition on such an API is without effect.
        owner = ApiV2Owner(declaration, translation, isPlain: true)
        properties = declaration.properties
        let resolver = translation.resolver
        let declaredAuth = try resolver.resolve(declaration["Auth"]).truthy
        auth = declaredAuth?.object
        hasAuth = declaredAuth != nil
        domain = try resolver.resolve(declaration["Domain"])
        let declaredRoutes = try resolver.resolve(declaration["Routes"]).truthy
        guard let declaredRoutes else { throw owner.fault("WebSocket API must have at least one route.") }
        routes = declaredRoutes.object ?? [:]
        if let type = declaration["IpAddressType"], !type.isIntrinsic, !["ipv4", "dualstack"].contains(type) {
            throw owner.fault("IpAddressType must be 'ipv4' or 'dualstack'.")
        }
        if (domain?["MutualTlsAuthentication"]).isTruthy {
            throw owner.fault("Mutual TLS domain name association is not supported for Websocket APIs.")
        }
    }

    /// All of the API's resources.
    func resources() throws -> [Resource] {
        var resources = [try api()]
        let domain = try ApiV2Domain(domain, owner, tag: Self.tag, sharesRecords: false)?.resources() ?? []
        let stage = try stage()
        var authorizer: Resource?
        var routeIDs: [JSON] = []
        for (key, value) in routes {
            let route = try route(key, value)
            resources += route.all
            routeIDs.append(.string(route.route.logicalID))
            authorizer = route.authorizer ?? authorizer
        }
        // The settings of a route need the route.
        if properties["RouteSettings"].isTruthy { stage.dependsOn = .array(routeIDs) }
        resources += domain + [stage]
        if let authorizer {
            resources.append(authorizer)
            if let permission = try authorizerPermission() { resources.append(permission) }
        }
        return resources
    }

    private func api() throws -> Resource {
        let api = try Resource(
            "AWS::ApiGatewayV2::Api", owner.logicalID, dependsOn: owner.dependsOn, attributes: owner.attributes)
        let passedThrough = [
            "ApiKeySelectionExpression", "Description", "DisableExecuteApiEndpoint", "DisableSchemaValidation",
            "IpAddressType", "RouteSelectionExpression",
        ]
        for name in passedThrough { api[name] = properties[name] }
        if hasAuth, !routes.contains("$connect") {
            throw owner.fault("Authorization is only available if there is a $connect route.")
        }
        // Only a parameter can stand for what is no map; AWS's transform does not foresee it.
        guard !routes.isEmpty else { throw owner.fault("Property 'Routes' should be a map.") }
        api["Name"] = properties.given("Name") ?? .string(owner.logicalID)
        api["Tags"] = .object(tags)
        api["ProtocolType"] = "WEBSOCKET"
        return api
    }

    /// The tags of the API, SAM's own included.
    var tags: JSONObject {
        var tags = properties["Tags"].truthy?.object ?? [:]
        tags[Self.tag] = "SAM"
        return tags
    }

    private func stage() throws -> Resource {
        let name = properties.given("StageName") ?? .string(Self.defaultStage)
        if name == "$default" { throw owner.fault("Stages cannot be named $default for WebSocket APIs.") }
        let prefix = name.string ?? ""
        let word = prefix == Self.defaultStage ? "Default" : prefix
        let stage = try owner.resource("Stage", owner.logicalID + word + "Stage")
        stage["ApiId"] = Intrinsics.ref(owner.logicalID)
        stage["StageName"] = name
        for name in ["StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"] {
            stage[name] = properties[name]
        }
        stage["Tags"] = [Self.tag: "SAM"]
        stage["AutoDeploy"] = true
        return stage
    }
}

// MARK: Routes

extension WebSocketApiBuilder {
    private struct Route {
        let route: Resource
        let integration: Resource
        let permission: Resource
        let authorizer: Resource?

        var all: [Resource] { [route, integration, permission] }
    }

    private func route(_ key: String, _ value: JSON) throws -> Route {
        let word = try word(for: key)
        let base = owner.logicalID + word
        let declared = value.object ?? [:]
        let route = try owner.resource("Route", base + "Route")
        route["RouteKey"] = .string(key)
        route["ApiId"] = Intrinsics.ref(owner.logicalID)
        let passedThrough = [
            "ApiKeyRequired", "ModelSelectionExpression", "OperationName", "RequestModels",
            "RouteResponseSelectionExpression",
        ]
        for name in passedThrough { route[name] = declared[name] }
        if let parameters = declared["RequestParameters"].truthy {
            guard key == "$connect" else {
                throw owner.fault("Request parameters are only supported for the $connect route in WebSocket APIs.")
            }
            route["RequestParameters"] = parameters
        }
        route["Target"] = Intrinsics.join("/", ["integrations", Intrinsics.ref(base + "Integration")])
        let authorizer = try authorize(key, route)
        guard let function = declared["FunctionArn"] else {
            throw owner.fault("Route must have associated function.")
        }
        let integration = try integration(base, function, timeout: declared["IntegrationTimeout"])
        return Route(
            route: route, integration: integration, permission: try permission(base, key, function),
            authorizer: authorizer)
    }

    private func word(for key: String) throws -> String {
        let isSpecial = ["$connect", "$disconnect", "$default"].contains(key)
        guard isSpecial || LogicalID.isAlphanumeric(key) else {
            throw owner.fault(
                "Route key '\(key)' must be alphanumeric. Only $connect, $disconnect, and $default special routes are "
                    + "supported.")
        }
        let word = isSpecial ? key.dropFirst() : key[...]
        return word.prefix(1).uppercased() + word.dropFirst().lowercased()
    }

    private func integration(_ base: String, _ function: JSON, timeout: JSON?) throws -> Resource {
        let integration = try owner.resource("Integration", base + "Integration")
        integration["ApiId"] = Intrinsics.ref(owner.logicalID)
        integration["IntegrationType"] = "AWS_PROXY"
        integration["IntegrationUri"] = Self.invocation("FunctionArn", function)
        integration["TimeoutInMillis"] = timeout
        return integration
    }

    private static func invocation(_ name: String, _ function: JSON) -> JSON {
        Intrinsics.sub(
            "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${\(name)}/invocations",
            [name: function])
    }

    private func permission(_ base: String, _ key: String, _ function: JSON) throws -> Resource {
        let permission = try Resource(
            "AWS::Lambda::Permission", base + "Permission", attributes: owner.passedOnAttributes)
        permission["Action"] = "lambda:InvokeFunction"
        permission["FunctionName"] = function
        permission["Principal"] = "apigateway.amazonaws.com"
        let stage = properties.given("StageName") ?? .string(Self.defaultStage)
        let head =
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${\(owner.logicalID).ApiId}/"
        permission["SourceArn"] =
            if let name = stage.string {
                Intrinsics.sub(head + name + "/" + key)
            } else {
                Intrinsics.sub(head + "${__StageName__}/" + key, ["__StageName__": stage])
            }
        return permission
    }
}

// MARK: Who may connect

extension WebSocketApiBuilder {
    /// Sets who may call a route, which only `$connect` has; gives the authorizer where there is one of the API's own.
    private func authorize(_ key: String, _ route: Resource) throws -> Resource? {
        guard let auth else { return nil }
        try check(auth)
        guard key == "$connect" else { return nil }
        switch auth["AuthType"] {
        case "CUSTOM":
            let authorizer = try authorizer(auth)
            route["AuthorizationType"] = "CUSTOM"
            route["AuthorizerId"] = authorizer.ref
            return authorizer
        case "AWS_IAM": route["AuthorizationType"] = "AWS_IAM"
        default: route["AuthorizationType"] = "NONE"
        }
        return nil
    }

    private func check(_ auth: JSONObject) throws {
        guard let type = auth["AuthType"].truthy?.string?.uppercased() else {
            throw owner.fault("AuthType must be specified for additional auth configurations.")
        }
        guard ["NONE", "AWS_IAM", "CUSTOM"].contains(type) else {
            throw owner.fault("AuthType is not one of AWS_IAM, CUSTOM or NONE.")
        }
        if type == "CUSTOM" {
            guard auth["AuthArn"].isTruthy else {
                throw owner.fault("AuthArn must be specified if AuthType is CUSTOM.")
            }
        } else if auth.count > 1 {
            throw owner.fault("No additional configurations supported for AuthType \(type).")
        }
    }

    private func authorizer(_ auth: JSONObject) throws -> Resource {
        let id = owner.logicalID + "ConnectAuthorizer"
        let authorizer = try owner.resource("Authorizer", id)
        authorizer["ApiId"] = Intrinsics.ref(owner.logicalID)
        authorizer["AuthorizerCredentialsArn"] = auth["InvokeRole"]
        authorizer["AuthorizerType"] = "REQUEST"
        if let function = auth["AuthArn"] { authorizer["AuthorizerUri"] = Self.invocation("AuthArn", function) }
        authorizer["IdentitySource"] = auth["IdentitySource"]
        authorizer["Name"] = auth["Name"].truthy ?? .string(id)
        return authorizer
    }

    /// Lets API Gateway call the function that decides, unless it has a role to do so.
    private func authorizerPermission() throws -> Resource? {
        guard let auth, auth["AuthType"] == "CUSTOM", !auth["InvokeRole"].isTruthy,
            let function = auth["AuthArn"].truthy
        else { return nil }
        return try owner.authorizerPermission(owner.logicalID + "AuthorizerPermission", function: function)
    }
}
