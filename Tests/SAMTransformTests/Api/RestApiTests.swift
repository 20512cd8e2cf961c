import Notation
import Testing

@Suite("AWS::Serverless::Api")
struct RestApiTests {
    private static let body = "DefinitionBody: {swagger: 2.0, paths: {/a: {get: {}}}}\nStageName: Prod\n"

    @Test(
        "what an API may not say is refused in AWS's words",
        arguments: [
            ("Name: x", "Missing required property 'StageName'."),
            (
                "StageName: a\nDefinitionUri: s3://b/k\nDefinitionBody: {a: b}",
                "Specify either 'DefinitionUri' or 'DefinitionBody' property and not both."
            ),
            (
                "StageName: a\nDefinitionUri: http://b/k",
                "'DefinitionUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query "
                    + "parameter."
            ),
            (
                "StageName: a\nDefinitionUri: {Bucket: b}",
                "'DefinitionUri' requires Bucket and Key properties to be specified."
            ),
            (
                "StageName: a\nDefinitionUri: s3://b/k\nMergeDefinitions: true",
                "Cannot set 'MergeDefinitions' to True when using `DefinitionUri`."
            ),
            ("StageName: a\nOpenApiVersion: '4.0'", "The OpenApiVersion value must be of the format '3.0.0'."),
            (
                "StageName: a\nDefinitionUri: s3://b/k\nCors: \"'*'\"",
                "Cors works only with inline Swagger specified in 'DefinitionBody' property."
            ),
            ("StageName: a\nCors: {Foo: 1}", "Invalid key 'Foo' for 'Cors' property."),
            (
                "StageName: a\nCors: {AllowCredentials: true}",
                "Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is "
                    + "\"'*'\" or "
                    + "not set"
            ),
            ("StageName: a\nAuth: {Foo: 1}", "Invalid value for 'Auth' property"),
            (
                "StageName: a\nAuth: {DefaultAuthorizer: X, Authorizers: {Y: {UserPoolArn: arn}}}",
                "Unable to set DefaultAuthorizer because 'X' was not defined in 'Authorizers'."
            ),
            (
                "StageName: a\nAuth: {DefaultAuthorizer: [X], Authorizers: {Y: {UserPoolArn: arn}}}",
                "DefaultAuthorizer is not a string."
            ),
            ("StageName: a\nAuth: {Authorizers: {Y: text}}", "Property 'Auth.Authorizers.Y' should be a map."),
            (
                "StageName: a\nAuth: {Authorizers: {Y: {FunctionArn: f, FunctionPayloadType: X}}}",
                "Y Authorizer has invalid 'FunctionPayloadType': X."
            ),
            (
                "StageName: a\nAuth: {Authorizers: {Y: {FunctionArn: f, FunctionPayloadType: REQUEST, Identity: "
                    + "{Header: h}}}}",
                "Y Authorizer must specify Identity with at least one of Headers, QueryStrings, StageVariables, or "
                    + "Context."
            ),
            (
                "StageName: a\nAuth: {Authorizers: {Y: {FunctionArn: f, AuthorizationScopes: s}}}",
                "Property 'Authorizers.Y.AuthorizationScopes' should be a list."
            ),
            ("StageName: a\nAuth: {UsagePlan: {}}", "'CreateUsagePlan' is a required field for UsagePlan."),
            (
                "StageName: a\nAuth: {UsagePlan: {CreateUsagePlan: X}}",
                "'CreateUsagePlan' accepts one of ['SHARED', 'PER_API', 'NONE']."
            ),
            ("StageName: a\nAuth: {UsagePlan: {CreateUsagePlan: SHARED, Foo: 1}}", "Invalid property for 'UsagePlan'"),
            (
                "StageName: a\nGatewayResponses: {X: {Foo: 1}}",
                "Invalid property 'Foo' in 'GatewayResponses' property 'X'."
            ),
            ("StageName: a\nGatewayResponses: {X: {StatusCode: abc}}", "Property 'StatusCode' must be numeric"),
            ("StageName: a\nModels: {X: text}", "Invalid value for 'Models' property"),
            ("StageName: a\nDomain: {DomainName: x}", "Property 'Domain.CertificateArn' is required."),
            (
                "StageName: a\nDomain: {DomainName: x, CertificateArn: y, EndpointConfiguration: Z}",
                "EndpointConfiguration for Custom Domains must be one of ['EDGE', 'REGIONAL', 'PRIVATE']."
            ),
            (
                "StageName: a\nDomain: {DomainName: x, CertificateArn: y, Route53: {IpV6: true}}",
                "HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains."
            ),
            (
                "StageName: a\nEndpointConfiguration: {Type: PRIVATE, VPCEndpointIds: [a], VpcEndpointIds: [a]}",
                "'VPCEndpointIds' and 'VpcEndpointIds' cannot be used together in EndpointConfiguration."
            ),
        ])
    func refusals(properties: String, expected: String) throws {
        let message = try ApiTemplate.refusal(ApiTemplate.resource("Api", "Api", properties))
        #expect(message == "Resource with id [Api] is invalid. " + expected)
    }

    @Test("the deployment is named after the document, and nothing else")
    func deployment() throws {
        // Known from AWS's own translator.
        let first = try ApiTemplate.resources(ApiTemplate.resource("Api", "Api", Self.body))
        let (name, deployment) = try first.only("AWS::ApiGateway::Deployment")
        #expect(deployment["Properties"]?["StageName"] == "Stage")
        let renamed = try ApiTemplate.resources(ApiTemplate.resource("Api", "Api", Self.body + "Name: other"))
        #expect(try renamed.only("AWS::ApiGateway::Deployment").name == name)
        let changed = try ApiTemplate.resources(
            ApiTemplate.resource("Api", "Api", Self.body.replacing("/a:", with: "/b:")))
        #expect(try changed.only("AWS::ApiGateway::Deployment").name != name)
        #expect(name.hasPrefix("ApiDeployment") && name.count == "ApiDeployment".count + 10)
        let digest = deployment["Properties"]?["Description"]?.string ?? ""
        #expect(digest.hasPrefix("RestApi deployment id: " + name.suffix(10)))
    }

    @Test("AlwaysDeploy names the deployment after the time")
    func alwaysDeploy() throws {
        let resources = try ApiTemplate.resources(ApiTemplate.resource("Api", "Api", Self.body + "AlwaysDeploy: true"))
        // SHA-1 of "1700000000".
        #expect(
            try resources.only("AWS::ApiGateway::Deployment").resource["Properties"]?["Description"]
                == "RestApi deployment id: eaaa8ade9421721d7023bea00c3e411f750844cf")
    }

    @Test("the deployment follows the names of the functions behind the API")
    func functionNames() throws {
        func name(_ function: String) throws -> String {
            let events = "E: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Api}}"
            let template =
                ApiTemplate.function(events).replacing("Handler:", with: "FunctionName: \(function)\n    Handler:")
                + ApiTemplate.resource("Api", "Api", "StageName: Prod")
            return try ApiTemplate.resources(template).only("AWS::ApiGateway::Deployment").name
        }
        #expect(try name("one") == name("one"))
        #expect(try name("one") != name("two"))
    }

    @Test(
        "the stage is named after its own name where that is a word",
        arguments: [
            ("Prod", "ApiProdStage"), ("!Ref Name", "ApiStage"), ("a-b", "ApiStageee4cb3ba05"),
        ])
    func stage(name: String, expected: String) throws {
        let resources = try ApiTemplate.resources(ApiTemplate.resource("Api", "Api", "StageName: \(name)"))
        let (id, stage) = try resources.only("AWS::ApiGateway::Stage")
        #expect(id == expected || name == "a-b" && id.hasPrefix("ApiStage") && id.count == 18)
        #expect(stage["Properties"]?["RestApiId"] == ["Ref": "Api"])
    }

    @Test(
        "in partitions without edge locations APIs are regional",
        arguments: [
            ("aws", nil), ("aws-cn", "REGIONAL"), ("aws-us-gov", "REGIONAL"), ("aws-iso-b", "REGIONAL"),
        ] as [(String, String?)])
    func partitions(partition: String, type: String?) throws {
        let yaml = "Resources:\n" + ApiTemplate.indented(ApiTemplate.resource("Api", "Api", "StageName: a"))
        let api = try ApiTemplate.transformed(yaml, partition: partition)["Resources"]?["Api"]?["Properties"]
        #expect(api?["EndpointConfiguration"]?["Types"]?[0]?.string == type)
        #expect(api?["Parameters"]?["endpointConfigurationTypes"]?.string == type)
    }

    @Test(
        "a function that decides who may call gets leave to be called, unless told otherwise", arguments: [true, false])
    func authorizerPermission(isDisabled: Bool) throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource(
                "Api", "Api",
                "StageName: a\nAuth: {Authorizers: {Y: {FunctionArn: f, DisableFunctionDefaultPermissions: "
                    + "\(isDisabled)}}}"
            ))
        #expect((resources["ApiYAuthorizerPermission"] == nil) == isDisabled)
    }

    @Test(
        "authorizers are defined by what they ask",
        arguments: [
            (
                "{UserPoolArn: p, Identity: {Header: H, ValidationExpression: e}}",
                #"""
                {"type": "apiKey", "name": "H", "in": "header", "x-amazon-apigateway-authtype":
                "cognito_user_pools", "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools",
                "providerARNs": ["p"], "identityValidationExpression": "e"}}
                """#
            ),
            (
                "{FunctionArn: f, FunctionPayloadType: REQUEST, FunctionInvokeRole: r, Identity: {Headers: [A, B], "
                    + "Context: [c], ReauthorizeEvery: 5}}",
                #"""
                {"type": "apiKey", "name": "Unused", "in": "header", "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {"type": "request", "authorizerUri": {"Fn::Sub":
                ["arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations",
                {"__FunctionArn__": "f"}]}, "authorizerResultTtlInSeconds": 5, "authorizerCredentials": "r",
                "identitySource": "method.request.header.A, method.request.header.B, context.c"}}
                """#
            ),
        ])
    func authorizers(declared: String, expected: String) throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource("Api", "Api", "StageName: a\nAuth: {Authorizers: {Y: \(declared)}}"))
        #expect(
            resources["Api"]?["Properties"]?["Body"]?["securityDefinitions"]?["Y"] == (try JSON(parsing: expected)))
    }

    @Test("APIs that share a usage plan share its condition")
    func sharedUsagePlan() throws {
        let plan = "StageName: a\nAuth: {UsagePlan: {CreateUsagePlan: SHARED, Description: d}}"
        let one = ApiTemplate.resource("One", "Api", plan) + "  Condition: A\n"
        let two = ApiTemplate.resource("Two", "Api", plan) + "  Condition: B\n  DeletionPolicy: Retain\n"
        let template =
            "Conditions: {A: {}, B: {}}\nResources:\n" + ApiTemplate.indented(one + two)
        let result = try ApiTemplate.transformed(template)
        let shared = result["Resources"]?["ServerlessUsagePlan"]
        #expect(shared?["Condition"] == "SharedUsagePlanCondition")
        #expect(shared?["DeletionPolicy"] == "Retain")
        #expect(shared?["Properties"]?["ApiStages"]?.array?.count == 2)
        #expect(result["Resources"]?["ServerlessApiKey"]?["DependsOn"] == ["ServerlessUsagePlan"])
        let conditions = result["Conditions"]?["SharedUsagePlanCondition"]?["Fn::Or"]?.array ?? []
        #expect(Set(conditions) == [["Condition": "A"], ["Condition": "B"]])
    }

    @Test("domains in one hosted zone share their record sets, unless they want their own", arguments: [true, false])
    func recordSets(areSeparate: Bool) throws {
        func api(_ id: String) -> String {
            ApiTemplate.resource(
                id, "Api",
                "StageName: a\nDomain: {DomainName: \(id).example.com, CertificateArn: c, Route53: {HostedZoneId: Z, "
                    + "IpV6: true, SeparateRecordSetGroup: \(areSeparate)}}")
        }
        let resources = try ApiTemplate.resources(api("one") + api("two"))
        let groups = (resources.object ?? [:]).filter { $1["Type"] == "AWS::Route53::RecordSetGroup" }
        #expect(groups.values.map { $0["Properties"]?["RecordSets"]?.array?.count } == (areSeparate ? [2, 2] : [4]))
    }

    @Test("base paths lose what is no letter or digit, unless they are to be kept", arguments: [true, false])
    func basePaths(isNormalized: Bool) throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource(
                "Api", "Api",
                "StageName: a\nDomain: {DomainName: d, CertificateArn: c, BasePath: [/a-b, c], NormalizeBasePath: "
                    + "\(isNormalized)}"))
        #expect(
            resources["ApiabBasePathMapping"]?["Properties"]?["BasePath"]?.string == (isNormalized ? "ab" : "/a-b"))
        #expect(resources["ApicBasePathMapping"]?["Properties"]?["BasePath"] == "c")
    }

    @Test("OpenAPI 3 documents have their definitions among the components")
    func openAPI3() throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource(
                "Api", "Api",
                "StageName: a\nOpenApiVersion: 3.0.1\nModels: {User: {type: object}}\nAuth: {ApiKeyRequired: true}"))
        let body = resources["Api"]?["Properties"]?["Body"]
        #expect(body?["openapi"] == "3.0.1")
        #expect(body?["swagger"] == nil)
        #expect(body?["components"]?["schemas"] == ["user": ["type": "object"]])
        #expect(body?["components"]?["securitySchemes"]?["api_key"]?["name"] == "x-api-key")
        #expect(body?["definitions"] == nil && body?["securityDefinitions"] == nil)
    }

    @Test("what the gateway answers itself has prefixed names")
    func gatewayResponses() throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource(
                "Api", "Api",
                "StageName: a\nGatewayResponses: {DEFAULT_4XX: {StatusCode: 401, ResponseParameters: {Headers: {H: v}, "
                    + "QueryStrings: {q: w}}}}"))
        #expect(
            resources["Api"]?["Properties"]?["Body"]?["x-amazon-apigateway-gateway-responses"]?["DEFAULT_4XX"]
                == [
                    "responseParameters": [
                        "gatewayresponse.header.H": "v", "gatewayresponse.querystring.q": "w",
                    ], "responseTemplates": [:], "statusCode": "401",
                ])
    }

    @Test("private domains have resources of their own kind")
    func privateDomain() throws {
        let resources = try ApiTemplate.resources(
            ApiTemplate.resource(
                "Api", "Api",
                "StageName: a\nDomain: {DomainName: d, CertificateArn: c, EndpointConfiguration: PRIVATE, Policy: "
                    + "{a: b}, "
                    + "AccessAssociation: {VpcEndpointId: v}}"))
        let (id, domain) = try resources.only("AWS::ApiGateway::DomainNameV2")
        #expect(domain["Properties"]?["Policy"] == ["a": "b"])
        let mapping = try resources.only("AWS::ApiGateway::BasePathMappingV2").resource
        #expect(mapping["Properties"]?["DomainNameArn"] == ["Ref": .string(id)])
        let association = try resources.only("AWS::ApiGateway::DomainNameAccessAssociation").resource
        #expect(association["Properties"]?["AccessAssociationSource"] == "v")
    }
}
