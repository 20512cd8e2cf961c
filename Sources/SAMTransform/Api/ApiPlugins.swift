import Notation

/// What is done for APIs before anything is translated.
enum ApiPlugins {
    /// Gives APIs without a definition an empty one.
    static func addDefaultDefinitionBodies(to translation: Translation) throws {
        try translation.api.read(translation)
        for kind in ApiKind.allCases {
            for (id, resource) in translation.resources
            where try Macros.isDeclared(resource) && resource["Type"]?.string == kind.resourceType {
                addBody(kind, to: id, in: translation)
            }
        }
    }

    private static func addBody(_ kind: ApiKind, to id: String, in translation: Translation) {
        // A REST API without `Properties` stays without: it lacks its stage's name, and is told so.
        if kind == .rest, translation.api.apis[id] == nil { return }
        var properties = translation.api.apis[id] ?? PyDict(isHashed: false)
        guard !properties["DefinitionBody"].isTruthy, !properties["DefinitionUri"].isTruthy else { return }
        properties["DefinitionBody"] = kind.skeleton
        properties["__MANAGE_SWAGGER"] = true
        translation.api.apis[id] = properties
        translation.resources[id]?["Properties"] = .object(properties.json)
    }

    /// Makes `ServerlessRestApi` where events want it.
    static func addImplicitRestApi(to translation: Translation) throws {
        try ImplicitApi.add(.rest, to: translation)
    }

    /// Makes `ServerlessHttpApi` where events want it.
    static func addImplicitHttpApi(to translation: Translation) throws {
        try ImplicitApi.add(.http, to: translation)
        for (id, events) in translation.api.events {
            guard let type = translation.resources[id]?["Type"]?.string,
                !ApiKind.allCases.contains(where: { $0.resourceType == type })
            else { continue }  // a function whose name an implicit API has taken
            translation.resources[id]?["Properties"]?["Events"] = .object(events.json)
        }
    }
}

/// The two kinds of API whose documents SAM writes.
enum ApiKind: CaseIterable {
    case rest, http

    /// The type of events that belong to such an API, and the name of its `Globals`.
    var eventType: String { self == .rest ? "Api" : "HttpApi" }
    /// The SAM resource type.
    var resourceType: String { "AWS::Serverless::" + eventType }
    /// The property by which events name their API.
    var idProperty: String { self == .rest ? "RestApiId" : "ApiId" }
    /// The API of events that name none.
    var implicitID: String { self == .rest ? "ServerlessRestApi" : "ServerlessHttpApi" }
    /// The least document.
    var skeleton: PyValue { self == .rest ? SwaggerEditor.skeleton() : OpenAPIEditor.skeleton() }

    /// Whether the value is a document of such an API.
    func isValid(_ body: PyValue?) -> Bool {
        self == .rest ? SwaggerEditor.isValid(body) : OpenAPIEditor.isValid(body)
    }

    /// The document after changes to its paths.
    func editing(_ body: PyValue?, _ change: (inout APIPaths) throws -> Void) throws -> PyValue {
        switch self {
        case .rest:
            var editor = try SwaggerEditor(body)
            try change(&editor.paths)
            return editor.document
        case .http:
            var editor = try OpenAPIEditor(body)
            try change(&editor.paths)
            return editor.document
        }
    }
}
