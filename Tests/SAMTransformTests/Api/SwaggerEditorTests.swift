import Notation
import Testing

@testable import SAMTransform

@Suite("Swagger documents of REST APIs")
struct SwaggerEditorTests {
    private func editor(_ paths: JSON, _ more: JSONObject = [:]) throws -> SwaggerEditor {
        var document: JSONObject = ["swagger": "2.0", "paths": paths]
        document.merge(more)
        return try SwaggerEditor(PyValue(.object(document), isTemplate: true))
    }

    private static let called: JSON = ["x-amazon-apigateway-integration": ["uri": "a"]]

    private func message(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch let fault as Fault {
            return fault.message
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "what counts as a version of OpenAPI 3",
        arguments: [
            ("3.0", true), ("3.0.1", true), ("3.1.0", true), ("3", false), ("2.0", false), ("3.0.10", false),
            ("3.0.1.2", false), ("3.x", false), ("13.0", false), ("", false),
        ])
    func versions(text: String, expected: Bool) {
        #expect(SwaggerEditor.isVersion3(.text(PyText(text))) == expected)
        #expect(SwaggerEditor.isVersion3(.double(3.0)))
    }

    @Test(
        "what counts as a document",
        arguments: [
            (#"{"swagger": 2.0, "paths": {}}"#, true), (#"{"openapi": "3.0.1", "paths": {}}"#, true),
            (#"{"openapi": "2.9", "paths": {}}"#, false), (#"{"swagger": "", "paths": {}}"#, false),
            (#"{"swagger": 2.0, "paths": []}"#, false), (#"{"swagger": 2.0}"#, false), ("[]", false), ("null", false),
        ])
    func validity(json: String, expected: Bool) throws {
        let value = PyValue(try JSON(parsing: json), isTemplate: true)
        #expect(SwaggerEditor.isValid(value) == expected)
        #expect((message { _ = try SwaggerEditor(value) } == nil) == expected)
    }

    @Test(
        "permissions name paths with stars",
        arguments: [
            ("/", "/"), ("/a/{id}", "/a/*"), ("/{proxy+}", "/*"), ("/{a.b-c_d}/x/{rest+}", "/*/x/*"), ("/{}", "/{}"),
            ("/{a b}", "/{a b}"), ("/{open", "/{open"), ("/a{b}c", "/a*c"),
        ])
    func wildcards(path: String, expected: String) {
        #expect(SwaggerEditor.wildcardPath(PyText(path)).text == expected)
    }

    @Test("HTTP APIs have a star for greedy variables only when they are called proxy")
    func greedyVariables() {
        #expect(OpenAPIEditor.wildcardPath("/{proxy+}/{id}") == "/*/*")
        #expect(OpenAPIEditor.wildcardPath("/{rest+}") == "/{rest+}")
    }

    @Test("a path that is no map is refused when the document is opened")
    func pathItems() throws {
        let text = message { _ = try editor(["/a": "text"]) }
        #expect(
            text == "Structure of the SAM template is invalid. Value of '/a' path must be a dictionary according to "
                + "Swagger spec.")
        #expect(message { _ = try editor(["/a": ["Fn::If": ["C", [:], ["Ref": "AWS::NoValue"]]]]) } == nil)
        #expect(
            message { _ = try editor(["/a": ["Fn::If": "text"]]) }?.hasSuffix("Value of Fn::If must be a list.") == true
        )
    }

    @Test("a function's method is added once, and under its condition")
    func lambda() throws {
        var editor = try editor([:])
        let call = SwaggerEditor.LambdaCall(uri: "uri", condition: "Big")
        try editor.addLambda("/a", "ANY", call)
        let method = editor.document.json["paths"]?["/a"]?["x-amazon-apigateway-any-method"]
        #expect(method?["Fn::If"]?[0] == "Big")
        #expect(
            method?["Fn::If"]?[1]?["x-amazon-apigateway-integration"]?["uri"]
                == ["Fn::If": ["Big", "uri", ["Ref": "AWS::NoValue"]]])
        #expect(method?["Fn::If"]?[2] == ["Ref": "AWS::NoValue"])
        #expect(try editor.paths.hasIntegration("/a", "any"))
        #expect(message { try editor.addLambda("/a", "any", call) } != nil)
    }

    @Test("both branches of a conditional path get the method")
    func conditionalPath() throws {
        var editor = try editor(["/a": ["Fn::If": ["C", ["get": [:]], ["post": [:]]]]])
        try editor.addLambda("/a", "put", SwaggerEditor.LambdaCall(uri: "uri", credentials: "role", isStreaming: true))
        let branches = editor.document.json["paths"]?["/a"]?["Fn::If"]
        for branch in 1...2 {
            let integration = branches?[branch]?["put"]?["x-amazon-apigateway-integration"]
            #expect(integration?["credentials"] == "role")
            #expect(integration?["responseTransferMode"] == "STREAM")
        }
        #expect(try editor.paths.has("/a", "get") == false)
    }

    @Test("a state machine's method has its templates and answers")
    func stateMachine() throws {
        var editor = try editor([:])
        try editor.addStateMachine(
            "/a", "post", .init(uri: "uri", credentials: "role", requestTemplates: ["application/json": "t"]))
        let method = editor.document.json["paths"]?["/a"]?["post"]
        #expect(method?["responses"]?["400"] == ["description": "Bad Request"])
        #expect(
            method?["x-amazon-apigateway-integration"]?["responses"]
                == ["200": ["statusCode": "200"], "400": ["statusCode": "400"]])
        #expect(method?["x-amazon-apigateway-integration"]?["requestTemplates"] == ["application/json": "t"])
    }

    @Test(
        "CORS names the path's methods, or all when one stands for all",
        arguments: [
            (["get", "post"], "'GET,OPTIONS,POST'"),
            (["x-amazon-apigateway-any-method"], "'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'"),
        ])
    func corsMethods(methods: [String], expected: String) throws {
        var editor = try editor(["/a": .object(JSONObject(methods.map { ($0, [:]) }))])
        try editor.addCors("/a", .init(origin: "'*'", maxAge: 0, allowsCredentials: true))
        let options = editor.document.json["paths"]?["/a"]?["options"]
        let parameters = options?["x-amazon-apigateway-integration"]?["responses"]?["default"]?["responseParameters"]
        #expect(parameters?["method.response.header.Access-Control-Allow-Methods"]?.string == expected)
        #expect(parameters?["method.response.header.Access-Control-Max-Age"] == 0)
        #expect(parameters?["method.response.header.Access-Control-Allow-Credentials"] == "'true'")
        #expect(options?["responses"]?["200"]?["headers"]?["Access-Control-Max-Age"] == ["type": "integer"])
    }

    @Test("CORS leaves a path alone that answers OPTIONS itself")
    func corsKeepsOptions() throws {
        var editor = try editor(["/a": ["options": ["own": true]]])
        try editor.addCors("/a", .init(origin: "'*'"))
        #expect(editor.document.json["paths"]?["/a"]?["options"] == ["own": true])
    }

    @Test("the default authorizer goes to methods that have none and do not say NONE")
    func defaultAuthorizer() throws {
        func method(_ security: JSON?) -> JSON {
            var method = Self.called
            method["security"] = security
            return method
        }
        var editor = try editor([
            "/a": [
                "get": method(nil), "post": method([["NONE": []]]), "put": method([["Mine": ["s"]]]),
                "patch": method([["api_key": []]]), "options": method(nil), "delete": ["uncalled": true],
            ]
        ])
        try editor.setDefaultAuthorizer(
            "/a", "Default", known: ["Default", "Mine"], scopes: ["r"], includingPreflight: false)
        let item = editor.document.json["paths"]?["/a"]
        #expect(item?["get"]?["security"] == [["Default": ["r"]]])
        #expect(item?["post"]?["security"] == [["NONE": []]])
        #expect(item?["put"]?["security"] == [["Mine": ["s"]]])
        #expect(item?["patch"]?["security"] == [["api_key": []], ["Default": ["r"]]])
        #expect(item?["options"]?["security"] == nil)
        #expect(item?["delete"]?["security"] == nil)
        #expect(editor.document.json["securityDefinitions"] == nil)
    }

    @Test("AWS signatures as the default define themselves")
    func defaultIAM() throws {
        var editor = try editor(["/a": ["get": Self.called]])
        try editor.setDefaultAuthorizer("/a", "AWS_IAM", known: [], scopes: [], includingPreflight: true)
        let definition = editor.document.json["securityDefinitions"]?["AWS_IAM"]
        #expect(definition?["x-amazon-apigateway-authtype"] == "awsSigv4")
    }

    @Test("an API key is wanted of every method that does not refuse it")
    func defaultAPIKey() throws {
        var refused = Self.called
        refused["security"] = [["api_key_false": []], ["Mine": []]]
        var editor = try editor(["/a": ["get": Self.called, "post": refused, "options": Self.called]])
        try editor.setDefaultAPIKey("/a", includingPreflight: false)
        let item = editor.document.json["paths"]?["/a"]
        #expect(item?["get"]?["security"] == [["api_key": []]])
        #expect(item?["post"]?["security"] == [["Mine": []]])
        #expect(item?["options"]?["security"] == nil)
    }

    @Test(
        "security that is no list, or has what is no map in it, is refused",
        arguments: [
            (#""text""#, "Type of security for path /a method get must be a list"),
            (#"["x"]"#, "x in Security for path /a method get is not a valid dictionary."),
        ])
    func malformedSecurity(security: String, expected: String) throws {
        var method = Self.called
        method["security"] = try JSON(parsing: security)
        var editor = try editor(["/a": ["get": method]])
        let text = message { try editor.setDefaultAPIKey("/a", includingPreflight: true) }
        #expect(text == "Structure of the SAM template is invalid. " + expected)
    }

    @Test("resource policies allow all but where they deny")
    func resourcePolicy() throws {
        var editor = try editor(["/a/{id}": ["get": [:], "x-amazon-apigateway-any-method": [:]]])
        var policy = PyDict()
        policy["IpRangeBlacklist"] = "10.0.0.0/8"
        policy["SourceVpcWhitelist"] = ["vpc-1", "vpce-2", "other"]
        policy["AwsAccountWhitelist"] = ["123"]
        try editor.addResourcePolicy(policy, "/a/{id}", stage: "Prod")
        let statements = try #require(
            editor.document.json["x-amazon-apigateway-policy"]?["Statement"]?.array)
        #expect(statements.count == 4)  // the "Allow" of both kinds is the same one
        #expect(statements[0]["Principal"] == ["AWS": ["123"]])
        #expect(statements[2]["Condition"] == ["IpAddress": ["aws:SourceIp": ["10.0.0.0/8"]]])
        #expect(
            statements[3]["Condition"]
                == ["StringNotEquals": ["aws:SourceVpc": ["vpc-1"], "aws:SourceVpce": ["vpce-2"]]])
        let resources = Set((statements[1]["Resource"]?.array ?? []).compactMap { $0["Fn::Sub"]?[0]?.string })
        #expect(resources == ["execute-api:/${__Stage__}/GET/a/*", "execute-api:/${__Stage__}/*/a/*"])
    }

    @Test("lists of networks take functions only where they are meant to")
    func resolvedNetworks() throws {
        var editor = try editor(["/": ["get": [:]]])
        var policy = PyDict()
        policy["SourceVpcBlacklist"] = [["Ref": "Vpc"]]
        #expect(
            message { try editor.addResourcePolicy(policy, "/", stage: "Prod") }?.contains(
                "Use IntrinsicVpcBlacklist instead") == true)
        policy.remove("SourceVpcBlacklist")
        policy["IntrinsicVpcBlacklist"] = [["Ref": "Vpc"]]
        try editor.addResourcePolicy(policy, "/", stage: "Prod")
        #expect(editor.resourcePolicy["Statement"]?.list?.count == 2)
    }

    @Test("custom statements are added once each")
    func customStatements() throws {
        var editor = try editor(["/": [:]])
        let statement = PyValue(["Effect": "Deny"], isTemplate: true)
        editor.addCustomStatements(statement)
        editor.addCustomStatements(.list([statement, ["Effect": "Allow"]]))
        #expect(
            editor.document.json["x-amazon-apigateway-policy"]?["Statement"] == [
                ["Effect": "Deny"], ["Effect": "Allow"],
            ])
    }

    @Test(
        "validators are named after what they check",
        arguments: [
            (true, true, "body-and-params"), (true, false, "body-only"), (false, true, "params-only"),
            (false, false, "no-validation"),
        ])
    func validators(body: Bool, parameters: Bool, name: String) throws {
        var editor = try editor(["/": ["get": Self.called]])
        try editor.addRequestValidator("/", "get", body: body, parameters: parameters)
        let document = editor.document.json
        #expect(document["paths"]?["/"]?["get"]?["x-amazon-apigateway-request-validator"]?.string == name)
        #expect(
            document["x-amazon-apigateway-request-validators"]?[name]
                == ["validateRequestBody": .bool(body), "validateRequestParameters": .bool(parameters)])
    }

    @Test("a cached parameter is a key of the cache")
    func requestParameters() throws {
        var editor = try editor(["/": ["get": Self.called]])
        try editor.addRequestParameters(
            "/", "get",
            [
                .init(name: "method.request.querystring.q", isRequired: true, isCached: true),
                .init(name: "method.request.header.X.Y", isRequired: false, isCached: false),
            ])
        let method = editor.document.json["paths"]?["/"]?["get"]
        #expect(
            method?["parameters"]
                == [
                    ["in": "query", "name": "q", "required": true, "type": "string"],
                    ["in": "header", "name": "X.Y", "required": false, "type": "string"],
                ])
        #expect(
            method?["x-amazon-apigateway-integration"]?["cacheKeyParameters"] == ["method.request.querystring.q"])
    }

    @Test("models go by their name in lower case, where the document's version has them")
    func models() throws {
        var swagger = try editor(["/": ["post": Self.called]])
        try swagger.addModels(PyDict(["User": ["type": "object"]], isTemplate: true))
        try swagger.addRequestModel("/", "post", model: "User", isRequired: true)
        #expect(swagger.document.json["definitions"]?["user"] == ["type": "object"])
        #expect(
            swagger.document.json["paths"]?["/"]?["post"]?["parameters"]
                == [["in": "body", "name": "user", "schema": ["$ref": "#/definitions/user"], "required": true]])
        #expect(
            message { try swagger.addModels(PyDict(["A": [:]], isTemplate: true)) }?.hasSuffix(
                "'Models' schema is missing 'type'.") == true)
    }

    @Test("binary types have slashes for ~1")
    func binaryTypes() throws {
        var editor = try editor([:])
        editor.setBinaryMediaTypes(["image~1png", "a"])
        #expect(editor.document.json["x-amazon-apigateway-binary-media-types"] == ["image/png", "a"])
    }

    @Test("the API's own host name is switched off where the version has a place for it")
    func disablingTheEndpoint() throws {
        var swagger = try editor([:])
        try swagger.setDisableExecuteEndpoint(true)
        #expect(
            swagger.document.json["x-amazon-apigateway-endpoint-configuration"] == ["disableExecuteApiEndpoint": true])
        let body: JSON = ["openapi": "3.0.1", "paths": [:], "servers": [["url": "a"]]]
        var openAPI = try SwaggerEditor(PyValue(body, isTemplate: true))
        try openAPI.setDisableExecuteEndpoint(true)
        #expect(
            openAPI.document.json["servers"]?[0]?["x-amazon-apigateway-endpoint-configuration"]
                == ["disableExecuteApiEndpoint": true])
    }
}
