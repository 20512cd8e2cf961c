import Notation

/// Changes the OpenAPI 3 document of an `AWS::Serverless::HttpApi`.
struct OpenAPIEditor {
    static let cors = "x-amazon-apigateway-cors"
    static let endpointConfiguration = "x-amazon-apigateway-endpoint-configuration"
    static let tagValue = "x-amazon-apigateway-tag-value"
    /// The path that stands for all that have none of their own.
    static let defaultPath = "$default"

    var doc: PyDict
    var paths: APIPaths
    var securitySchemes: PyValue
    var tags: PyValue
    var info: PyValue

    /// Starts with a document.
    ///
    /// - Throws: A document fault when it is no OpenAPI 3 document, or a part of it is no map.
    init(_ body: PyValue?) throws {
        guard let body, Self.isValid(body), case .dict(let doc) = body.deepCopied(), let items = doc["paths"]?.dict
        else {
            throw Fault.document(
                "Invalid OpenApi document. Invalid values or missing keys for 'openapi' or 'paths' in "
                    + "'DefinitionBody'.")
        }
        self.doc = doc
        paths = APIPaths(items: items)
        let components = doc.given("components")
        if let components, components.dict == nil {
            throw Fault.document("Invalid OpenApi document: The value of 'components' should be a map")
        }
        securitySchemes = components?["securitySchemes"].truthy ?? .dict(PyDict())
        tags = doc["tags"].truthy ?? []
        info = doc["info"].truthy ?? .dict(PyDict())
    }

    /// The document with all changes.
    var document: PyValue {
        var result = doc
        result["paths"] = .dict(paths.items)
        if tags.isTruthy { result["tags"] = tags }
        if securitySchemes.isTruthy {
            if !result["components"].isTruthy { result["components"] = .dict(PyDict()) }
            _ = result.editDict("components") { $0["securitySchemes"] = securitySchemes }
        }
        if info.isTruthy { result["info"] = info }
        return .dict(result.deepCopied())
    }

    /// Whether the value has what makes an OpenAPI 3 document.
    static func isValid(_ value: PyValue?) -> Bool {
        guard let value, value.isTruthy, value["paths"]?.dict != nil, let version = value["openapi"].truthy else {
            return false
        }
        return SwaggerEditor.isVersion3(version)
    }

    /// The least document there is.
    static func skeleton() -> PyValue {
        var info = PyDict()
        info["version"] = "1.0"
        info["title"] = defaultTitle
        var skeleton = PyDict()
        skeleton["openapi"] = "3.0.1"
        skeleton["info"] = .dict(info)
        skeleton["paths"] = .dict(PyDict())
        return .dict(skeleton)
    }

    /// The title of documents that SAM makes: the stack's name.
    static let defaultTitle = PyValue.ref("AWS::StackName")

    /// The path with `*` for its variables; of greedy ones only `{proxy+}`.
    static func wildcardPath(_ path: String) -> String {
        SwaggerEditor.wildcards(path) { $0 == "proxy" }
    }
}

/// The document's own settings.
extension OpenAPIEditor {
    /// Sets tags by name, in place of ones with the same name.
    mutating func addTags(_ values: PyDict) throws {
        for (name, value) in values.pairs {
            guard case .list(var list) = tags else {
                throw Fault.document(
                    "Tags in OpenApi DefinitionBody needs to be a list. \(tags.printed) is a \(tags.pythonType) not a "
                        + "list.")
            }
            if let place = list.firstIndex(where: { $0["name"]?.string == name.text }) {
                _ = list[place].editDict { $0[Self.tagValue] = value }
            } else {
                var tag = PyDict()
                tag["name"] = .text(name)
                tag[Self.tagValue] = value
                list.append(.dict(tag))
            }
            tags = .list(list)
        }
    }

    /// Switches the API's own host name off or on.
    mutating func setDisableExecuteEndpoint(_ isDisabled: PyValue) throws {
        var servers = doc["servers"]?.asList ?? [.dict(PyDict())]
        for place in servers.indices {
            let found: Void? = servers[place].editDict { server in
                var configuration = server[Self.endpointConfiguration] ?? [:]
                _ = configuration.editDict { $0["disableExecuteApiEndpoint"] = isDisabled }
                server[Self.endpointConfiguration] = configuration
            }
            if found == nil {
                throw Fault.document("Value of 'servers' item must be a dictionary according to Swagger spec.")
            }
        }
        doc["servers"] = .list(servers)
    }

    /// What browsers are told.
    struct Cors {
        var origins: PyValue?
        /// Everything else, by the name it has in the document.
        var others: [(name: String, value: PyValue)] = []
    }

    /// Sets what browsers are told, beside what the document says.
    mutating func addCors(_ cors: Cors) throws {
        guard case .dict(var settings) = doc[Self.cors] ?? [:] else {
            throw Fault.document("Value of '\(Self.cors)' must be a dictionary according to Swagger spec.")
        }
        if let function = cors.origins.truthy, function.isIntrinsic {
            // A function stands for the whole object: the names in it are those of the template.
            for (name, value) in Self.renamed(function).dict?.pairs ?? [] { settings.set(name, value) }
        } else {
            if let origins = cors.origins.truthy { settings["allowOrigins"] = origins }
            for (name, value) in cors.others { settings[name] = value }
        }
        doc[Self.cors] = .dict(settings)
    }

    private static let corsNames = [
        "allowOrigins", "allowHeaders", "allowMethods", "exposeHeaders", "maxAge", "allowCredentials",
    ]

    private static func renamed(_ function: PyValue) -> PyValue {
        switch function {
        case .text(let text): return .text(text.with(renamed(text.text)))
        case .list(let elements): return .list(elements.map(renamed))
        case .dict(let members):
            var result = PyDict(isHashed: members.isHashed)
            for (name, value) in members.pairs { result.set(name.with(renamed(name.text)), renamed(value)) }
            return .dict(result)
        default: return function
        }
    }

    private static func renamed(_ text: String) -> String {
        corsNames.reduce(text) { text, name in
            text.replacing(name.prefix(1).uppercased() + name.dropFirst(), with: name)
        }
    }

    /// Sets the description, unless there is one.
    mutating func setDescription(_ description: PyValue) {
        _ = info.editDict { if !$0["description"].isTruthy { $0["description"] = description } }
    }

    /// Sets the title in place of the one that SAM gives.
    mutating func setTitle(_ title: PyValue) {
        _ = info.editDict { if $0["title"] == Self.defaultTitle { $0["title"] = title } }
    }
}

extension PyValue {
    /// What Python calls the value's type.
    var pythonType: String {
        switch self {
        case .null: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .text(let text): text.isUnicode ? "Py27UniStr" : "str"
        case .list: "list"
        case .dict(let members): members.isHashed ? "Py27Dict" : "dict"
        }
    }
}
