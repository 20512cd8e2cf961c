/// An authorizer of a REST API: Cognito user pools, a Lambda function, or AWS signatures.
struct RestAuthorizer {
    private enum Kind {
        case iam, cognito, lambda
    }

    private let apiID: String
    private let name: String
    private let declared: PyDict
    private let kind: Kind

    /// What callers have to be allowed to do, by OAuth.
    var scopes: PyValue { declared.given("AuthorizationScopes") ?? [] }
    /// The function that decides.
    var functionArn: PyValue? { declared["FunctionArn"].truthy }
    /// Whether API Gateway is left to be allowed to call the function by others.
    var isWithoutPermission: Bool { declared["DisableFunctionDefaultPermissions"].isTruthy }

    /// The one that stands for AWS signatures.
    init(iamOf apiID: String, name: String) {
        self.apiID = apiID
        self.name = name
        declared = PyDict()
        kind = .iam
    }

    /// - Throws: ``Fault/resource(_:_:)`` when the declaration is not what it has to be.
    init(_ name: String, _ declared: PyValue, of apiID: String) throws {
        guard case .dict(let members) = declared else {
            throw Fault.resource(apiID, "Property 'Auth.Authorizers.\(name)' should be a map.")
        }
        self.apiID = apiID
        self.name = name
        self.declared = members
        kind = members["UserPoolArn"].isTruthy ? .cognito : .lambda
        let type = members.given("FunctionPayloadType")
        if let type, !["TOKEN", "REQUEST"].contains(type.string) {
            throw fault("\(name) Authorizer has invalid 'FunctionPayloadType': \(type.printed).")
        }
        if type?.string == "REQUEST", try isWithoutIdentity() {
            throw fault(
                "\(name) Authorizer must specify Identity with at least one of Headers, QueryStrings, "
                    + "StageVariables, or Context.")
        }
        if let scopes = members.given("AuthorizationScopes"), scopes.list == nil {
            throw fault("Property 'Authorizers.\(name).AuthorizationScopes' should be a list.")
        }
        if let isDisabled = members.given("DisableFunctionDefaultPermissions"), isDisabled.bool == nil {
            throw fault("Property 'Authorizers.\(name).DisableFunctionDefaultPermissions' should be a boolean.")
        }
    }

    private func fault(_ text: String) -> Fault { .resource(apiID, text) }

    private var identity: PyValue? { declared["Identity"].truthy }
    private var payloadType: String { declared["FunctionPayloadType"].truthy?.string ?? "TOKEN" }
    private static let places = [
        ("Headers", "method.request.header."), ("QueryStrings", "method.request.querystring."),
        ("StageVariables", "stageVariables."), ("Context", "context."),
    ]

    /// Whether nothing says by what callers are told apart, and answers are kept for some time.
    private func isWithoutIdentity() throws -> Bool {
        guard let identity else { return true }
        guard case .dict(let members) = identity else {
            throw fault("Property 'Authorizer.\(name).Identity' should be a map.")
        }
        guard !Self.places.contains(where: { members[$0.0].isTruthy }) else { return false }
        switch members["ReauthorizeEvery"] {
        case .int(let seconds): return seconds > 0
        case .bool(let isKept): return isKept
        case .double(let seconds): return seconds >= 1
        case .text(let text): return Int(text.text).map { $0 > 0 } ?? true
        default: return true
        }
    }
}

// MARK: In the document

extension RestAuthorizer {
    /// The authorizer as a security definition.
    func definition(partition: String) throws -> PyValue {
        var result = PyDict()
        result["type"] = "apiKey"
        result["name"] = kind == .lambda && payloadType == "REQUEST" ? "Unused" : try header()
        result["in"] = "header"
        let extensionName = "x-amazon-apigateway-authorizer"
        switch kind {
        case .iam: result["x-amazon-apigateway-authtype"] = "awsSigv4"
        case .cognito:
            result["x-amazon-apigateway-authtype"] = "cognito_user_pools"
            var pool = PyDict()
            pool["type"] = "cognito_user_pools"
            pool["providerARNs"] = .list((declared["UserPoolArn"] ?? .null).asList)
            if let expression { pool["identityValidationExpression"] = expression }
            result[extensionName] = .dict(pool)
        case .lambda:
            result["x-amazon-apigateway-authtype"] = "custom"
            result[extensionName] = .dict(try lambda(partition))
        }
        return .dict(result)
    }

    private var expression: PyValue? { identity?["ValidationExpression"].truthy }

    private func header() throws -> PyValue {
        if let identity, identity.dict == nil {
            throw fault(
                "Auth.Authorizers.<Authorizer>.Identity must be a dict (LambdaTokenAuthorizationIdentity, "
                    + "LambdaRequestAuthorizationIdentity or CognitoAuthorizationIdentity).")
        }
        return identity?["Header"].truthy ?? "Authorization"
    }

    private func lambda(_ partition: String) throws -> PyDict {
        var result = PyDict(merging: [("type", payloadType == "REQUEST" ? "request" : "token")])
        result["authorizerUri"] = .sub(
            PyText(
                "arn:\(partition):apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/"
                    + "invocations"),
            ("__FunctionArn__", declared["FunctionArn"] ?? .null))
        if let seconds = identity?.given("ReauthorizeEvery") { result["authorizerResultTtlInSeconds"] = seconds }
        if let role = declared["FunctionInvokeRole"].truthy, role.string != "NONE" {
            result["authorizerCredentials"] = role
        }
        if payloadType == "REQUEST" {
            if let source = try identitySource() { result["identitySource"] = .text(source) }
        } else if let expression {
            result["identityValidationExpression"] = expression
        }
        return result
    }

    private func identitySource() throws -> PyText? {
        var items: [PyText] = []
        for (place, prefix) in Self.places {
            guard let declared = identity?[place].truthy else { continue }
            let path = "Auth.Authorizers.\(name).Identity.\(place)"
            guard case .list(let values) = declared else { throw fault("Property '\(path)' should be a list.") }
            for (index, value) in values.enumerated() {
                guard let text = value.text else { throw fault("Property '\(path)[\(index)]' should be a string.") }
                items.append(text.with(prefix + text.text))
            }
        }
        guard !items.isEmpty else { return nil }
        return PyText(items.map(\.text).joined(separator: ", "), isUnicode: items.contains(where: \.isUnicode))
    }
}
