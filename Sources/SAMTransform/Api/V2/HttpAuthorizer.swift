/// An authorizer of an HTTP API: JSON web tokens, a Lambda function, or AWS signatures.
struct HttpAuthorizer {
    private enum Kind {
        case iam, jwt, lambda
    }

    private let name: String
    private let declared: PyDict
    private let kind: Kind

    /// The one that stands for AWS signatures.
    static let iam = HttpAuthorizer()

    private init() {
        name = "AWS_IAM"
        declared = PyDict(isHashed: false)
        kind = .iam
    }

    /// - Throws: ``Fault/resource(_:_:)`` when the declaration is not what it has to be.
    init(_ name: String, _ declared: PyValue, of owner: ApiV2Owner) throws {
        guard case .dict(let members) = declared else {
            throw owner.fault("Property 'Auth.Authorizers.\(name)' should be a map.")
        }
        if members.contains("OpenIdConnectUrl") {
            throw owner.fault(
                "'OpenIdConnectUrl' is no longer a supported property for authorizer '\(name)'. Please refer to the "
                    + "AWS SAM documentation.")
        }
        self.name = name
        self.declared = members
        let tokens = members["JwtConfiguration"].truthy
        if let tokens, tokens.dict == nil { throw owner.fault("Property 'JwtConfiguration' should be a map.") }
        kind = tokens == nil ? .lambda : .jwt
        try check(owner)
    }

    /// What callers have to be allowed to do, by OAuth.
    var scopes: PyValue? { declared.given("AuthorizationScopes") }

    /// The function that API Gateway is to be allowed to call, if it is.
    var permittedFunction: PyValue? {
        declared["EnableFunctionDefaultPermissions"].isTruthy ? declared["FunctionArn"].truthy : nil
    }

    private static let jwtOnly = [
        ("AuthorizationScopes", "OAuth2 Authorizer"), ("JwtConfiguration", "OAuth2 Authorizer"),
        ("IdentitySource", "OAuth2 Authorizer. For Lambda Authorizer, use the 'Identity' property instead"),
    ]
    private static let lambdaOnly = [
        "FunctionArn", "FunctionInvokeRole", "Identity", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses",
        "EnableFunctionDefaultPermissions",
    ]

    private func check(_ owner: ApiV2Owner) throws {
        if let scopes, scopes.list == nil { throw owner.fault("AuthorizationScopes must be a list.") }
        let misplaced =
            kind == .jwt ? Self.lambdaOnly.map { ($0, "Lambda Authorizer") } : Self.jwtOnly
        for (property, place) in misplaced where given(property) != nil {
            throw owner.fault("\(property) is only supported for \(place).")
        }
        switch kind {
        case .iam: break
        case .jwt:
            if !declared["IdentitySource"].isTruthy {
                throw owner.fault("\(name) OAuth2 Authorizer must define 'IdentitySource'.")
            }
        case .lambda:
            for property in ["FunctionArn", "AuthorizerPayloadFormatVersion"] where !declared[property].isTruthy {
                throw owner.fault("\(name) Lambda Authorizer must define '\(property)'.")
            }
        }
        if let isEnabled = declared.given("EnableFunctionDefaultPermissions"), isEnabled.bool == nil {
            throw owner.fault("Property 'Authorizers.\(name).EnableFunctionDefaultPermissions' should be a boolean.")
        }
    }

    /// A property; an empty `JwtConfiguration` counts as none.
    private func given(_ property: String) -> PyValue? {
        property == "JwtConfiguration" ? declared[property].truthy : declared.given(property)
    }
}

// MARK: In the document

extension HttpAuthorizer {
    private static let key = "x-amazon-apigateway-authorizer"

    /// The authorizer as a security scheme.
    func definition(_ owner: ApiV2Owner) throws -> PyValue {
        switch kind {
        case .iam:
            return [
                "type": "apiKey", "name": "Authorization", "in": "header",
                "x-amazon-apigateway-authtype": "awsSigv4",
            ]
        case .jwt:
            var configuration = PyDict(isHashed: false)
            for (name, value) in declared["JwtConfiguration"]?.dict?.pairs ?? [] {
                configuration.set(name.with(name.text.lowercased()), value)
            }
            return [
                "type": "oauth2",
                "x-amazon-apigateway-authorizer": [
                    "jwtConfiguration": .dict(configuration),
                    "identitySource": declared["IdentitySource"] ?? .null, "type": "jwt",
                ],
            ]
        case .lambda:
            return [
                "type": "apiKey", "name": "Unused", "in": "header",
                "x-amazon-apigateway-authorizer": .dict(try lambda(owner)),
            ]
        }
    }

    private func lambda(_ owner: ApiV2Owner) throws -> PyDict {
        var result = PyDict(isHashed: false)
        result["type"] = "request"
        let partition = owner.translation.context.partition
        result["authorizerUri"] = .sub(
            PyText(
                "arn:\(partition):apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/"
                    + "invocations"),
            ("__FunctionArn__", declared["FunctionArn"] ?? .null))
        if let role = declared["FunctionInvokeRole"].truthy, role.string != "NONE" {
            result["authorizerCredentials"] = role
        }
        if let identity = declared["Identity"].truthy {
            guard case .dict(let members) = identity else {
                throw owner.fault("Property 'Auth.Authorizers.\(name).Identity' should be a map.")
            }
            if let seconds = members.given("ReauthorizeEvery") { result["authorizerResultTtlInSeconds"] = seconds }
            result["identitySource"] = .list(try identitySource(members, owner))
        }
        result["authorizerPayloadFormatVersion"] = declared["AuthorizerPayloadFormatVersion"] ?? .null
        if let isSimple = declared["EnableSimpleResponses"].truthy { result["enableSimpleResponses"] = isSimple }
        return result
    }

    private func identitySource(_ identity: PyDict, _ owner: ApiV2Owner) throws -> [PyValue] {
        let places = [
            ("$request.header.", "Headers"), ("$request.querystring.", "QueryStrings"),
            ("$stageVariables.", "StageVariables"), ("$context.", "Context"),
        ]
        var result: [PyValue] = []
        for (prefix, place) in places {
            guard let declared = identity[place].truthy else { continue }
            let path = "Authorizers.\(name).Identity.\(place)"
            guard case .list(let values) = declared else { throw owner.fault("Property '\(path)' should be a list.") }
            for (index, value) in values.enumerated() {
                guard let text = value.string else {
                    throw owner.fault("Property '\(path)[\(index)]' should be a string.")
                }
                result.append(.text(PyText(prefix + text)))
            }
        }
        return result
    }
}
