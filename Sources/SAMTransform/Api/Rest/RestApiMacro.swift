import Notation

/// `AWS::Serverless::Api`.
struct RestApiMacro: Macro {
    var referable: [String: String] {
        [
            "Stage": "AWS::ApiGateway::Stage", "Deployment": "AWS::ApiGateway::Deployment",
            "DomainName": "AWS::ApiGateway::DomainName", "DomainNameV2": "AWS::ApiGateway::DomainNameV2",
            "UsagePlan": "AWS::ApiGateway::UsagePlan", "UsagePlanKey": "AWS::ApiGateway::UsagePlanKey",
            "ApiKey": "AWS::ApiGateway::ApiKey",
        ]
    }

    func resources(for declaration: inout Declaration, in translation: Translation) throws -> [Resource] {
        translation.api.mergeGlobals(translation)
        var builder = try RestApiBuilder(declaration, translation)
        let api = try builder.restApi()
        let domain = try builder.domainResources()
        let (deployment, stage) = try builder.deploymentAndStage()
        let resources =
            [api, deployment, stage] + (try builder.authorizerPermissions()) + domain
            + (try builder.usagePlanResources(stage: stage))
        if builder.properties["PropagateTags"].isTruthy {
            Tags.propagate(builder.properties["Tags"]?.json, to: resources)
        }
        return resources
    }
}

/// Makes the resources of one REST API.
struct RestApiBuilder {
    let logicalID: String
    let translation: Translation
    /// Attributes of the API itself, and those that everything generated takes over.
    let attributes: JSONObject
    let passedOnAttributes: JSONObject
    let dependsOn: JSON?
    let properties: PyDict
    /// The API's document, as far as it is made.
    var body: PyValue?
    /// `Auth` and `Domain`, with parameters put in.
    let auth: PyValue?
    var domain: PyValue?

    init(_ declaration: Declaration, _ translation: Translation) throws {
        logicalID = declaration.logicalID
        self.translation = translation
        attributes = declaration.attributes
        passedOnAttributes = declaration.passedOnAttributes
        dependsOn = declaration.dependsOn
        var properties =
            translation.api.apis[declaration.logicalID]
            ?? PyDict(declaration.properties, isTemplate: translation.api.isTemplate)
        let parameters = translation.api.parameters(translation)
        if let types = properties["BinaryMediaTypes"] {
            properties["BinaryMediaTypes"] = try parameters.resolved(types)
        }
        auth = try parameters.resolved(properties.given("Auth"))
        domain = try parameters.resolved(properties.given("Domain"))
        body = properties["DefinitionBody"].truthy
        self.properties = properties
    }

    /// A property, unless it is None.
    func given(_ name: String) -> PyValue? { properties.given(name) }

    /// A property unless Python counts it as false.
    func truthy(_ name: String) -> PyValue? { properties[name].truthy }

    /// A fault of this API.
    func fault(_ text: String) -> Fault { .resource(logicalID, text) }

    /// A resource of this API that takes over its condition and policies.
    func resource(_ type: String, _ id: String, dependsOn: JSON? = nil) throws -> Resource {
        try Resource("AWS::ApiGateway::" + type, id, dependsOn: dependsOn, attributes: passedOnAttributes)
    }

    /// Throws unless there is a document to work on.
    func expectDocument(_ property: String, adding what: String) throws {
        guard body != nil else {
            throw fault("\(property) works only with inline Swagger specified in 'DefinitionBody' property.")
        }
        guard SwaggerEditor.isValid(body) else {
            throw fault(
                "Unable to add \(what) because 'DefinitionBody' does not contain a valid Swagger definition.")
        }
    }
}

// MARK: The API itself

extension RestApiBuilder {
    /// `AWS::ApiGateway::RestApi`, with its document completed.
    mutating func restApi() throws -> Resource {
        try validate()
        let api = try Resource("AWS::ApiGateway::RestApi", logicalID, dependsOn: dependsOn, attributes: attributes)
        api["BinaryMediaTypes"] = given("BinaryMediaTypes")?.json
        api["MinimumCompressionSize"] = given("MinimumCompressionSize")?.json
        if let endpoint = truthy("EndpointConfiguration") {
            try setEndpoint(endpoint, of: api)
        } else if !hasEdge {
            try setEndpoint("REGIONAL", of: api)
        }
        try addCors()
        try addAuth()
        try addGatewayResponses()
        if let types = truthy("BinaryMediaTypes"), body != nil {
            try edit { $0.setBinaryMediaTypes(types) }
        }
        try addModels()
        api["FailOnWarnings"] = truthy("FailOnWarnings")?.json
        if let isDisabled = given("DisableExecuteApiEndpoint") {
            guard body != nil else {
                throw fault("DisableExecuteApiEndpoint works only within 'DefinitionBody' property.")
            }
            try edit { try $0.setDisableExecuteEndpoint(isDisabled) }
        }
        if let location = truthy("DefinitionUri") {
            api["BodyS3Location"] = try bodyLocation(location).json
        } else if let document = body {
            body = try postprocessed(document)
            api["Body"] = body?.json
        }
        let passedThrough = [
            "Name", "Description", "Mode", "ApiKeySourceType", "Policy", "SecurityPolicy", "EndpointAccessMode",
        ]
        for name in passedThrough { api[name] = truthy(name)?.json }
        return api
    }

    /// Changes the document.
    mutating func edit(_ change: (inout SwaggerEditor) throws -> Void) throws {
        var editor = try SwaggerEditor(body)
        try change(&editor)
        body = editor.document
    }

    private func validate() throws {
        if truthy("DefinitionUri") != nil {
            if body != nil {
                throw fault("Specify either 'DefinitionUri' or 'DefinitionBody' property and not both.")
            }
            if truthy("MergeDefinitions") != nil {
                throw fault("Cannot set 'MergeDefinitions' to True when using `DefinitionUri`.")
            }
        }
        if let version = truthy("OpenApiVersion"), !SwaggerEditor.isVersion(version, majors: ["2", "3"]) {
            throw fault("The OpenApiVersion value must be of the format '3.0.0'.")
        }
    }

    /// Whether APIs of this partition are served from the edge unless told otherwise.
    private var hasEdge: Bool {
        let partition = translation.context.partition
        return !partition.hasPrefix("aws-iso") && !["aws-us-gov", "aws-cn", "aws-eusc"].contains(partition)
    }

    private func setEndpoint(_ value: PyValue, of api: Resource) throws {
        guard let type = value["Type"].truthy else {
            api["EndpointConfiguration"] = ["Types": [value.json]]
            api["Parameters"] = ["endpointConfigurationTypes": value.json]
            return
        }
        api["Parameters"] = ["endpointConfigurationTypes": type.json]
        var configuration: JSON = ["Types": [type.json]]
        let (theirs, ours) = (value["VPCEndpointIds"], value["VpcEndpointIds"])
        if theirs != nil, ours != nil {
            throw fault(
                "'VPCEndpointIds' and 'VpcEndpointIds' cannot be used together in EndpointConfiguration.")
        }
        if let endpoints = theirs ?? ours { configuration["VpcEndpointIds"] = endpoints.json }
        if let type = value["IpAddressType"] { configuration["IpAddressType"] = type.json }
        api["EndpointConfiguration"] = configuration
    }

    /// Where the document lies in S3.
    func bodyLocation(_ location: PyValue) throws -> PyValue {
        let pointer: PyDict
        switch location {
        case .dict(let members):
            guard members["Bucket"].isTruthy, members["Key"].isTruthy else {
                throw fault("'DefinitionUri' requires Bucket and Key properties to be specified.")
            }
            pointer = members
        default:
            guard let text = location.text, let parsed = CodeLocation.parse(text.text) else {
                throw fault(
                    "'DefinitionUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId "
                        + "query parameter.")
            }
            pointer = PyDict(parsed, isTemplate: text.isUnicode)
        }
        var result = PyDict()
        for name in ["Bucket", "Key", "Version"] {
            if let value = pointer[name] { result[name] = value }
        }
        return .dict(result)
    }
}
