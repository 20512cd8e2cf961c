import Notation
import Testing

@Suite("API events and implicit APIs")
struct ApiEventTests {
    private static let api = ApiTemplate.resource(
        "Api", "Api",
        "StageName: Prod\nAuth: {DefaultAuthorizer: Mine, Authorizers: {Mine: {UserPoolArn: p}}}\n"
            + "Models: {User: {type: object}}")

    @Test(
        "what an Api event may not say is refused in AWS's words",
        arguments: [
            ("{Path: /a}", "Property 'Method' is required."),
            ("{Method: get}", "Property 'Path' is required."),
            ("{Path: [a], Method: get}", "Property 'Path' should be a string."),
            ("{Path: /a, Method: get, RestApiId: {'Fn::ImportValue': x}}", "Property 'RestApiId' should be a string."),
            (
                "{Path: /a, Method: get, RestApiId: Nothing}",
                "RestApiId must be a valid reference to an 'AWS::Serverless::Api' resource in same template."
            ),
            (
                "{Path: /a, Method: get, Auth: {Authorizer: X}}",
                "Unable to set Authorizer [X] on API method [get] for path [/a] because the related API does not "
                    + "define any "
                    + "Authorizers."
            ),
            (
                "{Path: /a, Method: get, Auth: {Authorizer: NONE}}",
                "Unable to set Authorizer on API method [get] for path [/a] because 'NONE' is only a valid value "
                    + "when a "
                    + "DefaultAuthorizer on the API is specified."
            ),
            (
                "{Path: /a, Method: get, RestApiId: !Ref Api, Auth: {Authorizer: X}}",
                "Unable to set Authorizer [X] on API method [get] for path [/a] because it wasn't defined in the API's "
                    + "Authorizers."
            ),
            (
                "{Path: /a, Method: get, RestApiId: !Ref Api, Auth: {Authorizer: [X]}}",
                "Unable to set Authorizer [['X']] on API method [get] for path [/a]. The method authorizer must be "
                    + "a string with "
                    + "a corresponding dict entry in the api authorizer."
            ),
            (
                "{Path: /a, Method: get, Auth: {ApiKeyRequired: false}}",
                "Unable to set ApiKeyRequired [False] on API method [get] for path [/a] because the related API "
                    + "does not specify "
                    + "any ApiKeyRequired."
            ),
            (
                "{Path: /a, Method: get, RestApiId: !Ref Api, Auth: {AuthorizationScopes: [s]}}",
                "AuthorizationScopes works only when Authorizer is set"
            ),
            (
                "{Path: /a, Method: get, RequestModel: {Model: User}}",
                "Unable to set RequestModel [User] on API method [get] for path [/a] because the related API does "
                    + "not define any "
                    + "Models."
            ),
            (
                "{Path: /a, Method: get, RestApiId: !Ref Api, RequestModel: {Model: Cat}}",
                "Unable to set RequestModel [Cat] on API method [get] for path [/a] because it wasn't defined in "
                    + "the API's "
                    + "Models."
            ),
            (
                "{Path: /a, Method: get, RestApiId: !Ref Api, RequestModel: {Model: User, ValidateBody: x}}",
                "Unable to set Validator to RequestModel [User] on API method [get] for path [/a] ValidateBody and "
                    + "ValidateParameters must be a boolean type, strings or intrinsics are not supported."
            ),
            (
                "{Path: /a, Method: get, RequestParameters: [method.request.body.x]}",
                "Invalid value for 'RequestParameters' property. Keys must be in the format "
                    + "'method.request.[querystring|path|header].{value}', e.g 'method.request.header.Authorization'."
            ),
            (
                "{Path: /a, Method: get, RequestParameters: [1]}",
                "Invalid value for 'RequestParameters' property. Property must be either a string or an object"
            ),
        ])
    func refusals(properties: String, expected: String) throws {
        let function = ApiTemplate.function("E: {Type: Api, Properties: \(properties)}")
        let message = try ApiTemplate.refusal(function + Self.api)
        #expect(
            message == "Resource with id [Fn] is invalid. Event with id [E] is invalid. " + expected)
    }

    @Test("a method that two events want is refused")
    func twice() throws {
        let events = """
            A: {Type: Api, Properties: {Path: /a, Method: get}}
            B: {Type: Api, Properties: {Path: /a, Method: GET}}
            """
        let message = try ApiTemplate.refusal(ApiTemplate.function(events))
        #expect(message?.hasSuffix("API method \"get\" defined multiple times for path \"/a\".") == true)
    }

    @Test("an event without an API makes one, with a permission for its function")
    func implicitRestApi() throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.function("E: {Type: Api, Properties: {Path: '/a/{id}/', Method: any}}"))
        #expect(resources["ServerlessRestApi"]?["Properties"]?["Body"]?["paths"]?["/a/{id}/"] != nil)
        #expect(resources["ServerlessRestApiProdStage"] != nil)
        #expect(
            resources["FnEPermissionProd"]?["Properties"]?["SourceArn"]?["Fn::Sub"]?[0]
                == "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/*/a/*")
    }

    @Test("an API of one's own with the implicit one's name stays when no event wants it")
    func ownRestApi() throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.function("E: {Type: Schedule, Properties: {Schedule: rate(1 day)}}")
                + "ServerlessRestApi: {Type: 'AWS::ApiGateway::RestApi', Properties: {Name: own}}\n")
        #expect(resources["ServerlessRestApi"]?["Properties"] == ["Name": "own"])
    }

    @Test("an implicit API is there under the conditions of its functions")
    func conditions() throws {
        func function(_ id: String, _ condition: String) -> String {
            ApiTemplate.function("E: {Type: Api, Properties: {Path: /\(id), Method: get}}", id: id) + condition
        }
        let template =
            "Conditions: {A: {}, B: {}}\nResources:\n"
            + ApiTemplate.indented(
                function("One", "  Condition: A\n") + function("Two", "  Condition: B\n  DeletionPolicy: Retain\n"))
        let result = try ApiTemplate.transformed(template)
        let api = result["Resources"]?["ServerlessRestApi"]
        #expect(api?["Condition"] == "ServerlessRestApiCondition")
        #expect(api?["DeletionPolicy"] == "Retain")
        #expect(
            result["Conditions"]?["ServerlessRestApiCondition"]
                == ["Fn::Or": [["Condition": "A"], ["Condition": "B"]]])
        #expect(api?["Properties"]?["Body"]?["paths"]?["/One"]?["Fn::If"]?[0] == "A")
    }

    @Test("more than ten conditions are combined in steps")
    func manyConditions() throws {
        let names = (10...22).map { "C\($0)" }
        let functions = names.map {
            ApiTemplate.function("E: {Type: HttpApi, Properties: {Path: /a, Method: \($0)}}", id: "F\($0)")
                + "  Condition: \($0)\n"
        }
        let template =
            "Conditions: {\(names.map { $0 + ": {}" }.joined(separator: ", "))}\nResources:\n"
            + ApiTemplate.indented(functions.joined())
        let conditions = try ApiTemplate.transformed(template)["Conditions"]
        #expect(conditions?["ServerlessHttpApiCondition1"]?["Fn::Or"]?.array?.count == 10)
        #expect(conditions?["ServerlessHttpApiCondition"]?["Fn::Or"]?.array?.count == 4)
    }

    @Test("tags go to the implicit API where they are to be passed on")
    func propagatedTags() throws {
        let function =
            ApiTemplate.function("E: {Type: Api, Properties: {Path: /a, Method: get}}")
            .replacing("Handler:", with: "Tags: {team: orders}\n    PropagateTags: true\n    Handler:")
        let resources = try ApiTemplate.resources(function)
        #expect(
            resources["ServerlessRestApi"]?["Properties"]?["Tags"] == [["Key": "team", "Value": "orders"]])
    }

    @Test(
        "a method called by AWS signatures runs as its caller, unless told otherwise",
        arguments: [
            ("", "arn:aws:iam::*:user/*"), (", InvokeRole: NONE", nil), (", InvokeRole: r", "r"),
            (", InvokeRole: CALLER_CREDENTIALS", "arn:aws:iam::*:user/*"),
        ] as [(String, String?)])
    func credentials(role: String, expected: String?) throws {
        let events = "E: {Type: Api, Properties: {Path: /a, Method: get, Auth: {Authorizer: AWS_IAM\(role)}}}"
        let resources = try ApiTemplate.resources(ApiTemplate.function(events))
        let method = resources["ServerlessRestApi"]?["Properties"]?["Body"]?["paths"]?["/a"]?["get"]
        #expect(method?["x-amazon-apigateway-integration"]?["credentials"]?.string == expected)
        #expect(method?["security"] == [["AWS_IAM": []]])
    }

    @Test("a document of one's own is completed where the two are to be merged")
    func mergedDefinitions() throws {
        let api = ApiTemplate.resource(
            "Api", "Api",
            "StageName: a\nMergeDefinitions: true\n"
                + "DefinitionBody: {swagger: 2.0, paths: {/a: {get: {x-own: 1, responses: {}}}, /b: {}}}")
        let events = "E: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Api}}"
        let paths = try ApiTemplate.resources(ApiTemplate.function(events) + api)["Api"]?["Properties"]?["Body"]?[
            "paths"]
        #expect(paths?["/a"]?["get"]?["x-own"] == 1)
        #expect(paths?["/a"]?["get"]?["x-amazon-apigateway-integration"]?["type"] == "aws_proxy")
        #expect(paths?["/b"] == [:])
    }

    @Test("an HTTP API's routes share the default route's permission")
    func sharedPermission() throws {
        let events = """
            All: {Type: HttpApi}
            One:
              Type: HttpApi
              Properties: {Path: '/a/{id}', Method: get, TimeoutInMillis: 9, PayloadFormatVersion: '1.0'}
            """
        let resources = try ApiTemplate.resources(ApiTemplate.function(events))
        #expect(resources["FnAllPermission"] != nil)
        #expect(resources["FnOnePermission"] == nil)
        let paths = resources["ServerlessHttpApi"]?["Properties"]?["Body"]?["paths"]
        #expect(paths?["$default"]?["x-amazon-apigateway-any-method"]?["isDefaultRoute"] == true)
        let method = paths?["/a/{id}"]?["get"]
        #expect(method?["parameters"] == [["name": "id", "in": "path", "required": true]])
        #expect(method?["x-amazon-apigateway-integration"]?["timeoutInMillis"] == 9)
        #expect(method?["x-amazon-apigateway-integration"]?["payloadFormatVersion"] == "1.0")
    }

    @Test(
        "what an HttpApi event may not say is refused in AWS's words",
        arguments: [
            ("{Path: /a}", "Property 'Method' is required."),
            (
                "{Path: /a, Method: get, Auth: {AuthorizationScopes: [s]}}",
                "'Auth' section requires either an explicit 'Authorizer' set or a 'DefaultAuthorizer' configured on "
                    + "the "
                    + "HttpApi."
            ),
            (
                "{Path: /a, Method: get, Auth: {Authorizer: X}}",
                "Unable to set Authorizer [X] on API method [get] for path [/a] because the related API does not "
                    + "define any "
                    + "Authorizers."
            ),
        ])
    func httpRefusals(properties: String, expected: String) throws {
        let message = try ApiTemplate.refusal(
            ApiTemplate.function("E: {Type: HttpApi, Properties: \(properties)}"))
        #expect(message == "Resource with id [Fn] is invalid. Event with id [E] is invalid. " + expected)
    }

    @Test("a state machine is started with the request's body, by a role of its own", arguments: [true, false])
    func stateMachine(isUnescaped: Bool) throws {
        let machine = """
            Machine:
              Type: AWS::Serverless::StateMachine
              Properties:
                Role: r
                Definition: {StartAt: A}
                Events:
                  E: {Type: Api, Properties: {Path: /a, Method: post, UnescapeMappingTemplate: \(isUnescaped)}}

            """
        let resources = try ApiTemplate.resources(machine)
        let method = resources["ServerlessRestApi"]?["Properties"]?["Body"]?["paths"]?["/a"]?["post"]
        let integration = method?["x-amazon-apigateway-integration"]
        #expect(integration?["credentials"] == ["Fn::GetAtt": ["MachineERole", "Arn"]])
        let template = integration?["requestTemplates"]?["application/json"]?["Fn::Sub"]?.string
        let input = "$util.escapeJavaScript($input.json('$'))" + (isUnescaped ? #".replaceAll("\\'","'")"# : "")
        #expect(template == #"{"input": ""# + input + #"", "stateMachineArn": "${Machine}"}"#)
        #expect(
            resources["MachineERole"]?["Properties"]?["Policies"]?[0]?["PolicyName"]
                == "MachineERoleStartExecutionPolicy")
    }

    @Test("Globals reach implicit APIs too, and what a resource says comes on top")
    func globals() throws {
        let template = """
            Globals:
              Api: {OpenApiVersion: 3.0.1, Variables: {a: global, b: global}, Cors: "'*'"}
            Resources:
            \(ApiTemplate.indented(
                ApiTemplate.function("E: {Type: Api, Properties: {Path: /a, Method: get}}")
                    + ApiTemplate.resource("Own", "Api", "StageName: x\nVariables: {b: own}")))
            """
        let resources = try ApiTemplate.transformed(template)["Resources"]
        #expect(resources?["ServerlessRestApi"]?["Properties"]?["Body"]?["openapi"] == "3.0.1")
        #expect(resources?["ServerlessRestApi"]?["Properties"]?["Body"]?["paths"]?["/a"]?["options"] != nil)
        #expect(resources?["OwnxStage"]?["Properties"]?["Variables"] == ["a": "global", "b": "own"])
    }
}
