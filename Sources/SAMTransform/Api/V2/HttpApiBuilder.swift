import Notation

/// Makes the resources of one HTTP API.
struct HttpApiBuilder {
    /// The tag by which what SAM made is known.
    static let tag = "httpapi:createdBy"
    private static let defaultStage = "$default"

    let owner: ApiV2Owner
    let properties: PyDict
    let domain: PyValue?
    /// The API's tags, SAM's included once the document is made.
    private(set) var tags: PyValue?
    private var body: PyValue?
    private let cors: PyValue?

    init(_ declaration: Declaration, _ translation: Translation) throws {
        owner = ApiV2Owner(declaration, translation)
        properties =
            translation.api.apis[declaration.logicalID]
            ?? PyDict(declaration.properties, isTemplate: translation.api.isTemplate)
        let parameters = translation.api.parameters(translation)
        domain = try parameters.resolved(properties.given("Domain"))
        cors = try parameters.resolved(properties.given("CorsConfiguration"))
        tags = properties.given("Tags")
        body = properties["DefinitionBody"].truthy
    }

    /// A property unless Python counts it as false.
    private func truthy(_ name: String) -> PyValue? { properties[name].truthy }

    /// `AWS::ApiGatewayV2::Api`, with its document completed.
    mutating func httpApi() throws -> Resource {
        let api = try Resource(
            "AWS::ApiGatewayV2::Api", owner.logicalID, dependsOn: owner.dependsOn, attributes: owner.attributes)
        let location = truthy("DefinitionUri")
        if location != nil, body != nil {
            throw owner.fault("Specify either 'DefinitionUri' or 'DefinitionBody' property and not both.")
        }
        try addCors()
        try addAuth()
        try addTags()
        api["FailOnWarnings"] = truthy("FailOnWarnings")?.json
        if let isDisabled = properties.given("DisableExecuteApiEndpoint") {
            guard body != nil else {
                throw owner.fault("DisableExecuteApiEndpoint works only within 'DefinitionBody' property.")
            }
            try edit { try $0.setDisableExecuteEndpoint(isDisabled) }
        }
        try addTitle()
        try addDescription()
        renameDefaultPath()
        if let location {
            api["BodyS3Location"] = try bodyLocation(location)
        } else if let body {
            api["Body"] = body.json
        } else {
            throw owner.fault(
                "'DefinitionUri' or 'DefinitionBody' are required properties of an 'AWS::Serverless::HttpApi'. Add a "
                    + "value for one of these properties or add a 'HttpApi' event to an 'AWS::Serverless::Function'.")
        }
        return api
    }

    private mutating func edit(_ change: (inout OpenAPIEditor) throws -> Void) throws {
        var editor = try OpenAPIEditor(body)
        try change(&editor)
        body = editor.document
    }

    /// Throws unless there is a document to work on.
    private func expectDocument(_ property: String, _ place: String, adding what: String) throws {
        guard body != nil else {
            throw owner.fault("\(property) works only with inline OpenApi specified in \(place).")
        }
        guard OpenAPIEditor.isValid(body) else {
            throw owner.fault(
                "Unable to add \(what) because 'DefinitionBody' does not contain a valid OpenApi definition.")
        }
    }
}

// MARK: The document

extension HttpApiBuilder {
    private mutating func addCors() throws {
        guard let cors = cors.truthy else { return }
        let place = "'DefinitionBody' property"
        guard body != nil else {
            throw owner.fault("Cors works only with inline OpenApi specified in \(place).")
        }
        var settings = OpenAPIEditor.Cors()
        if cors.bool != nil {
            settings.origins = ["*"]
        } else if cors.isIntrinsic {
            settings.origins = cors
        } else if case .dict(let members) = cors {
            settings = try corsSettings(members)
        } else {
            throw owner.fault("Invalid value for 'Cors' property.")
        }
        try expectDocument("Cors", place, adding: "Cors configuration")
        if cors["AllowCredentials"] == true, settings.origins == ["*"] {
            throw owner.fault(
                "Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is "
                    + "\"'*'\" or not set.")
        }
        try edit { try $0.addCors(settings) }
    }

    private func corsSettings(_ members: PyDict) throws -> OpenAPIEditor.Cors {
        let known = ["AllowMethods", "AllowHeaders", "AllowOrigins", "MaxAge", "ExposeHeaders", "AllowCredentials"]
        for key in members.keys where !known.contains(key.text) {
            throw owner.fault("Invalid key '\(key.text)' for 'Cors' property.")
        }
        var settings = OpenAPIEditor.Cors(origins: members["AllowOrigins"])
        for (property, name) in [
            ("AllowHeaders", "allowHeaders"), ("AllowMethods", "allowMethods"), ("ExposeHeaders", "exposeHeaders"),
        ] {
            if let value = members[property].truthy { settings.others.append((name, value)) }
        }
        if let age = members.given("MaxAge") { settings.others.append(("maxAge", age)) }
        if members["AllowCredentials"] == true { settings.others.append(("allowCredentials", true)) }
        return settings
    }

    private mutating func addAuth() throws {
        guard let auth = truthy("Auth"), case .dict(let members) = auth else { return }
        let place = "the 'DefinitionBody' property"
        guard body != nil else {
            throw owner.fault("Auth works only with inline OpenApi specified in \(place).")
        }
        let known = ["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"]
        guard members.keys.allSatisfy({ known.contains($0.text) }) else {
            throw owner.fault("Invalid value for 'Auth' property")
        }
        try expectDocument("Auth", place, adding: "Auth configuration")
        let authorizers = try authorizers()
        var editor = try OpenAPIEditor(body)
        editor.addAuthorizers(try authorizers.map { ($0.name, try $0.authorizer.definition(owner)) })
        if let declared = members["DefaultAuthorizer"].truthy, !declared.isNoValue {
            guard let name = declared.text else {
                throw owner.fault("Property 'Auth.DefaultAuthorizer' should be a string.")
            }
            guard let authorizer = authorizers.first(where: { $0.name == name })?.authorizer else {
                throw owner.fault(
                    "Unable to set DefaultAuthorizer because '\(name.text)' was not defined in 'Authorizers'.")
            }
            for path in editor.paths.names {
                try editor.setDefaultAuthorizer(path, name, scopes: authorizer.scopes ?? [])
            }
        }
        body = editor.document
    }

    private func authorizers() throws -> [(name: PyText, authorizer: HttpAuthorizer)] {
        var result: [(name: PyText, authorizer: HttpAuthorizer)] = []
        let auth = truthy("Auth")
        if auth?["EnableIamAuthorizer"] == true { result.append(("AWS_IAM", HttpAuthorizer.iam)) }
        guard let config = auth?["Authorizers"].truthy else { return result }
        guard case .dict(let members) = config else {
            throw owner.fault("Property 'Auth.Authorizers' should be a map.")
        }
        for (name, declared) in members.pairs {
            let authorizer = try HttpAuthorizer(name.text, declared, of: owner)
            result.removeAll { $0.name == name }
            result.append((name, authorizer))
        }
        return result
    }

    private mutating func addTags() throws {
        guard !tags.isTruthy || body != nil else {
            throw owner.fault("Tags works only with inline OpenApi specified in the 'DefinitionBody' property.")
        }
        guard body != nil else { return }
        guard OpenAPIEditor.isValid(body) else {
            guard tags.isTruthy else { return }
            throw owner.fault(
                "Unable to add `Tags` because 'DefinitionBody' does not contain a valid OpenApi definition.")
        }
        var all = tags?.dict ?? PyDict(isHashed: false)
        all[Self.tag] = "SAM"
        tags = .dict(all)
        try edit { try $0.addTags(all) }
    }

    private mutating func addTitle() throws {
        guard let name = truthy("Name") else { return }
        guard let body else {
            throw owner.fault("Name works only with inline OpenApi specified in the 'DefinitionBody' property.")
        }
        if let info = body.given("info"), info.dict == nil {
            throw owner.fault("Invalid 'DefinitionBody': The value of 'info' should be a map.")
        }
        guard body["info"]?["title"] == OpenAPIEditor.defaultTitle else {
            throw owner.fault(
                "Unable to set Name because it is already defined within inline OpenAPI specified in the "
                    + "'DefinitionBody' property.")
        }
        try edit { $0.setTitle(name) }
    }

    private mutating func addDescription() throws {
        guard let description = truthy("Description") else { return }
        guard let body else {
            throw owner.fault("Description works only with inline OpenApi specified in the 'DefinitionBody' property.")
        }
        if let info = body.given("info"), info.dict == nil {
            throw owner.fault("Invalid 'DefinitionBody': The value of 'info' should be a map'.")
        }
        guard !(body["info"]?["description"]).isTruthy else {
            throw owner.fault(
                "Unable to set Description because it is already defined within inline OpenAPI specified in the "
                    + "'DefinitionBody' property.")
        }
        try edit { $0.setDescription(description) }
    }

    /// API Gateway warns of the path `$default`, which is no path, and fails where warnings do.
    private mutating func renameDefaultPath() {
        guard truthy("FailOnWarnings") != nil else { return }
        _ = body?.editDict { document in
            document.editDict("paths") { paths in
                guard let item = paths[OpenAPIEditor.defaultPath] else { return }
                paths.remove(OpenAPIEditor.defaultPath)
                paths["/" + OpenAPIEditor.defaultPath] = item
            }
        }
    }

    private func bodyLocation(_ location: PyValue) throws -> JSON {
        let pointer: JSONObject
        if case .dict(let members) = location {
            guard members["Bucket"].isTruthy, members["Key"].isTruthy else {
                throw owner.fault("'DefinitionUri' requires Bucket and Key properties to be specified.")
            }
            pointer = members.json
        } else {
            guard let text = location.string, let parsed = CodeLocation.parse(text) else {
                throw owner.fault(
                    "'DefinitionUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId "
                        + "query parameter.")
            }
            pointer = parsed
        }
        return .object(pointer.filter { name, _ in ["Bucket", "Key", "Version"].contains(name) })
    }
}

// MARK: What stands around the API

extension HttpApiBuilder {
    /// Lets API Gateway call the functions that decide who may call the API, where that is wanted.
    func authorizerPermissions() throws -> [Resource] {
        guard truthy("Auth") != nil else { return [] }
        return try authorizers().compactMap { name, authorizer in
            guard let function = authorizer.permittedFunction else { return nil }
            return try owner.authorizerPermission(
                owner.logicalID + name.text + "AuthorizerPermission", function: function.json)
        }
    }

    /// The stage; nil where nothing is said of it, when API Gateway's own will do.
    func stage() throws -> Resource? {
        let name = truthy("StageName") ?? .text(PyText(Self.defaultStage))
        let prefix = name.string ?? ""
        let id =
            if LogicalID.isAlphanumeric(prefix) {
                owner.logicalID + prefix + "Stage"
            } else if prefix == Self.defaultStage {
                owner.logicalID + "ApiGatewayDefaultStage"
            } else {
                LogicalID.make(owner.logicalID + "Stage", over: .string(prefix))
            }
        let stage = try owner.resource("Stage", id)
        stage["ApiId"] = Intrinsics.ref(owner.logicalID)
        stage["StageName"] = name.json
        for name in ["StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"] {
            stage[name] = properties.given(name)?.json
        }
        stage["Tags"] = tags?.json
        stage["AutoDeploy"] = true
        return stage
    }
}
