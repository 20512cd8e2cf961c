import Notation
import Testing

@Suite("AWS::Serverless::HttpApi and WebSocketApi")
struct HttpApiTests {
    @Test(
        "what an HTTP API may not say is refused in AWS's words",
        arguments: [
            (
                "DefinitionUri: s3://b/k\nDefinitionBody: {a: b}",
                "Specify either 'DefinitionUri' or 'DefinitionBody' property and not both."
            ),
            (
                "DefinitionUri: s3://b/k\nTags: {a: b}",
                "Tags works only with inline OpenApi specified in the 'DefinitionBody' property."
            ),
            (
                "DefinitionUri: s3://b/k\nName: x",
                "Name works only with inline OpenApi specified in the 'DefinitionBody' property."
            ),
            (
                "DefinitionUri: s3://b/k\nDescription: x",
                "Description works only with inline OpenApi specified in the 'DefinitionBody' property."
            ),
            (
                "DefinitionUri: s3://b/k\nCorsConfiguration: true",
                "Cors works only with inline OpenApi specified in 'DefinitionBody' property."
            ),
            (
                "DefinitionUri: text",
                "'DefinitionUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query "
                    + "parameter."
            ),
            ("CorsConfiguration: {Foo: 1}", "Invalid key 'Foo' for 'Cors' property."),
            (
                "CorsConfiguration: {AllowOrigins: ['*'], AllowCredentials: true}",
                "Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is "
                    + "\"'*'\" or "
                    + "not set."
            ),
            ("Auth: {Foo: 1}", "Invalid value for 'Auth' property"),
            (
                "Auth: {DefaultAuthorizer: X}",
                "Unable to set DefaultAuthorizer because 'X' was not defined in 'Authorizers'."
            ),
            (
                "Auth: {Authorizers: {X: {OpenIdConnectUrl: u}}}",
                "'OpenIdConnectUrl' is no longer a supported property for authorizer 'X'. Please refer to the AWS SAM "
                    + "documentation."
            ),
            (
                "Auth: {Authorizers: {X: {JwtConfiguration: {issuer: i}}}}",
                "X OAuth2 Authorizer must define 'IdentitySource'."
            ),
            (
                "Auth: {Authorizers: {X: {JwtConfiguration: {issuer: i}, IdentitySource: s, Identity: {}}}}",
                "Identity is only supported for Lambda Authorizer."
            ),
            (
                "Auth: {Authorizers: {X: {FunctionArn: f}}}",
                "X Lambda Authorizer must define 'AuthorizerPayloadFormatVersion'."
            ),
            (
                "Auth: {Authorizers: {X: {AuthorizerPayloadFormatVersion: 2.0}}}",
                "X Lambda Authorizer must define 'FunctionArn'."
            ),
            (
                "Auth: {Authorizers: {X: {FunctionArn: f, IdentitySource: s}}}",
                "IdentitySource is only supported for OAuth2 Authorizer. For Lambda Authorizer, use the 'Identity' "
                    + "property "
                    + "instead."
            ),
            (
                "Domain: {DomainName: d}",
                "Custom Domains only works if both DomainName and CertificateArn are provided."
            ),
            (
                "Domain: {DomainName: d, CertificateArn: c, EndpointConfiguration: EDGE}",
                "EndpointConfiguration for Custom Domains must be one of ['REGIONAL']."
            ),
            ("Domain: {DomainName: d, CertificateArn: c, BasePath: 'a b'}", "Invalid Basepath name provided."),
            ("Domain: {DomainName: d, CertificateArn: c, BasePath: [1]}", "Basepath must be a string."),
        ])
    func refusals(properties: String, expected: String) throws {
        let message = try ApiTemplate.refusal(ApiTemplate.resource("Api", "HttpApi", properties))
        #expect(message == "Resource with id [Api] is invalid. " + expected)
    }

    @Test("the document carries SAM's tag and the API's own")
    func tags() throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource("Api", "HttpApi", "Tags: {team: orders}\nStageName: live\nName: n\nDescription: d"))
        let body = resources["Api"]?["Properties"]?["Body"]
        #expect(body?["info"] == ["version": "1.0", "title": "n", "description": "d"])
        let tags = Set((body?["tags"]?.array ?? []).compactMap { $0["name"]?.string })
        #expect(tags == ["team", "httpapi:createdBy"])
        #expect(
            resources["ApiliveStage"]?["Properties"]?["Tags"] == ["team": "orders", "httpapi:createdBy": "SAM"])
    }

    @Test(
        "CORS has the document's names, in functions too",
        arguments: [
            ("true", #"{"allowOrigins": ["*"]}"#),
            (
                "{AllowOrigins: [a], AllowMethods: [GET], MaxAge: 0, ExposeHeaders: [x]}",
                #"{"allowOrigins": ["a"], "allowMethods": ["GET"], "exposeHeaders": ["x"], "maxAge": 0}"#
            ),
            (
                "{'Fn::If': [C, {AllowOrigins: [a]}, {AllowHeaders: [b]}]}",
                #"{"Fn::If": ["C", {"allowOrigins": ["a"]}, {"allowHeaders": ["b"]}]}"#
            ),
        ])
    func cors(declared: String, expected: String) throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource("Api", "HttpApi", "CorsConfiguration: \(declared)"))
        #expect(
            resources["Api"]?["Properties"]?["Body"]?["x-amazon-apigateway-cors"] == (try JSON(parsing: expected)))
    }

    @Test("a default path is renamed where warnings fail the deployment")
    func defaultPath() throws {
        let event = "E: {Type: HttpApi, Properties: {ApiId: !Ref Api}}"
        let resources = try ApiTemplate.resources(
            ApiTemplate.function(event) + ApiTemplate.resource("Api", "HttpApi", "FailOnWarnings: true"))
        let paths = resources["Api"]?["Properties"]?["Body"]?["paths"]?.object
        #expect(paths?.keys == ["/$default"])
    }

    private static let routes = "Routes: {$connect: {FunctionArn: f}, chat: {FunctionArn: g, IntegrationTimeout: 9}}\n"

    @Test("a WebSocket API has a route, an integration and a permission for each key")
    func webSocket() throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource(
                "Api", "WebSocketApi",
                Self.routes + "RouteSelectionExpression: $request.body.action\nRouteSettings: {chat: {a: b}}"))
        #expect(resources["Api"]?["Properties"]?["ProtocolType"] == "WEBSOCKET")
        #expect(resources["ApiChatRoute"]?["Properties"]?["RouteKey"] == "chat")
        #expect(resources["ApiConnectRoute"]?["Properties"]?["RouteKey"] == "$connect")
        #expect(resources["ApiChatIntegration"]?["Properties"]?["TimeoutInMillis"] == 9)
        #expect(resources["ApiChatPermission"]?["Properties"]?["FunctionName"] == "g")
        #expect(resources["ApiDefaultStage"]?["DependsOn"] == ["ApiConnectRoute", "ApiChatRoute"])
    }

    @Test(
        "what a WebSocket API may not say is refused in AWS's words",
        arguments: [
            ("Routes: {}", "WebSocket API must have at least one route."),
            (
                "Routes: {a-b: {FunctionArn: f}}",
                "Route key 'a-b' must be alphanumeric. Only $connect, $disconnect, and $default special routes are "
                    + "supported."
            ),
            ("Routes: {a: {}}", "Route must have associated function."),
            (
                "Routes: {a: {FunctionArn: f, RequestParameters: {x: y}}}",
                "Request parameters are only supported for the $connect route in WebSocket APIs."
            ),
            (
                "Routes: {a: {FunctionArn: f}}\nStageName: $default",
                "Stages cannot be named $default for WebSocket APIs."
            ),
            ("Routes: {a: {FunctionArn: f}}\nIpAddressType: ipv6", "IpAddressType must be 'ipv4' or 'dualstack'."),
            (
                "Routes: {a: {FunctionArn: f}}\nAuth: {AuthType: NONE}",
                "Authorization is only available if there is a $connect route."
            ),
            (
                "Routes: {$connect: {FunctionArn: f}}\nAuth: {AuthArn: a}",
                "AuthType must be specified for additional auth configurations."
            ),
            (
                "Routes: {$connect: {FunctionArn: f}}\nAuth: {AuthType: X}",
                "AuthType is not one of AWS_IAM, CUSTOM or NONE."
            ),
            (
                "Routes: {$connect: {FunctionArn: f}}\nAuth: {AuthType: CUSTOM}",
                "AuthArn must be specified if AuthType is CUSTOM."
            ),
            (
                "Routes: {$connect: {FunctionArn: f}}\nAuth: {AuthType: AWS_IAM, AuthArn: a}",
                "No additional configurations supported for AuthType AWS_IAM."
            ),
            (
                "Routes: {a: {FunctionArn: f}}\nDomain: {DomainName: d, CertificateArn: c, MutualTlsAuthentication: "
                    + "{a: b}}",
                "Mutual TLS domain name association is not supported for Websocket APIs."
            ),
        ])
    func webSocketRefusals(properties: String, expected: String) throws {
        let message = try ApiTemplate.refusal(
            ApiTemplate.resource("Api", "WebSocketApi", properties + "\nRouteSelectionExpression: e"))
        #expect(message == "Resource with id [Api] is invalid. " + expected)
    }

    @Test("a function that decides who may connect is called by a role or by leave", arguments: [true, false])
    func webSocketAuthorizer(hasRole: Bool) throws {
        let role = hasRole ? ", InvokeRole: r" : ""
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource(
                "Api", "WebSocketApi",
                Self.routes + "RouteSelectionExpression: e\nAuth: {AuthType: CUSTOM, AuthArn: a\(role)}"))
        #expect(resources["ApiConnectRoute"]?["Properties"]?["AuthorizerId"] == ["Ref": "ApiConnectAuthorizer"])
        #expect((resources["ApiAuthorizerPermission"] == nil) == hasRole)
        #expect(resources["ApiChatRoute"]?["Properties"]?["AuthorizationType"] == nil)
    }
}
