import Notation

/// `AWS::Serverless::HttpApi`.
struct HttpApiMacro: Macro {
    var referable: [String: String] {
        ["Stage": "AWS::ApiGatewayV2::Stage", "DomainName": "AWS::ApiGatewayV2::DomainName"]
    }

    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        translation.api.mergeGlobals(translation)
        var builder = try HttpApiBuilder(declaration, translation)
        let api = try builder.httpApi()
        let own = ApiV2Domain(builder.domain?.json, builder.owner, tag: HttpApiBuilder.tag, sharesRecords: true)
        let domain = try own?.resources() ?? []
        let permissions = try builder.authorizerPermissions()
        let stage = try builder.stage()
        let resources = [api] + permissions + domain + (stage.map { [$0] } ?? [])
        // Tags of an API whose document lies elsewhere go nowhere.
        if builder.properties.given("DefinitionBody") != nil, let tags = builder.tags.truthy {
            for resource in resources where resource.isTaggable && resource !== api { resource["Tags"] = tags.json }
        }
        return resources
    }
}

/// What resources of an HTTP or WebSocket API have in common.
struct ApiV2Owner {
    let logicalID: String
    let translation: Translation
    let attributes: JSONObject
    let passedOnAttributes: JSONObject
    let dependsOn: JSON?

    /// - Parameter isPlain: whether what is generated has no condition and policies of the declared resource.
    init(_ declaration: Declaration, _ translation: Translation, isPlain: Bool = false) {
        logicalID = declaration.logicalID
        self.translation = translation
        attributes = isPlain ? [:] : declaration.attributes
        passedOnAttributes = isPlain ? [:] : declaration.passedOnAttributes
        dependsOn = declaration.dependsOn
    }

    /// A fault of this API.
    func fault(_ text: String) -> Fault { .resource(logicalID, text) }

    /// A resource of this API that takes over its condition and policies.
    func resource(_ type: String, _ id: String) throws -> Resource {
        try Resource("AWS::ApiGatewayV2::" + type, id, attributes: passedOnAttributes)
    }

    /// Lets API Gateway call a function that decides who may call the API.
    func authorizerPermission(_ id: String, function: JSON) throws -> Resource {
        let permission = try Resource("AWS::Lambda::Permission", id, attributes: passedOnAttributes)
        permission["Action"] = "lambda:InvokeFunction"
        permission["FunctionName"] = function
        permission["Principal"] = "apigateway.amazonaws.com"
        permission["SourceArn"] = ApiIntegration.source(
            partition: "${AWS::Partition}", resource: "${__ApiId__}/authorizers/*",
            ["__ApiId__": Intrinsics.ref(logicalID)])
        return permission
    }
}
