import Notation

/// An API event, as the document of its API takes it up.
struct ApiEvent {
    let kind: ApiKind
    let translation: Translation
    /// The event's own name, under which its faults are told.
    let name: String
    /// The properties; what the plugins changed included.
    var properties: PyDict
    /// The API's name; nil when the event does not name one plainly.
    let apiID: String?

    init(_ kind: ApiKind, _ event: Declaration, in translation: Translation) {
        self.kind = kind
        self.translation = translation
        name = event.eventID
        translation.api.mergeGlobals(translation)
        let owner = String(event.logicalID.dropLast(name.count))
        properties =
            translation.api.events[owner]?[name]?["Properties"]?.dict
            ?? PyDict(event.properties, isTemplate: translation.api.isTemplate)
        let id = properties[kind.idProperty]
        apiID = (id?["Ref"] ?? id)?.string
    }

    /// Where the event's method stands.
    var path: PyText { properties["Path"]?.text ?? "" }
    /// The method, in lower case: `GET` and `get` are the same.
    var method: PyText {
        let method = properties["Method"]?.text ?? ""
        return method.with(method.text.lowercased())
    }
    /// What the event says about who may call it, if anything.
    var auth: PyValue? { properties["Auth"].truthy }

    /// The properties of the event's API, whether SAM writes its document or not.
    var api: PyDict {
        guard let apiID else { return PyDict(isHashed: false) }
        if let properties = translation.api.apis[apiID] { return properties }
        let declared = translation.resources[apiID]?["Properties"]?.object ?? [:]
        return PyDict(declared, isTemplate: false)
    }

    /// The API's document.
    var body: PyValue? {
        get { api["DefinitionBody"] }
        nonmutating set {
            if let apiID { translation.api.apis[apiID]?["DefinitionBody"] = newValue }
        }
    }

    /// A fault of this event.
    func fault(_ text: String) -> Fault { .event(name, text) }

    /// How messages about the authorizer begin, up to the method's place.
    func cannotSet(_ what: String) -> String {
        "Unable to set \(what) on API method [\(method.text)] for path [\(path.text)]"
    }

    /// Throws unless the authorizer is a name, and the API has authorizers.
    func checkAuthorizer(_ authorizer: PyValue, known: PyValue?) throws {
        guard authorizer.text != nil, known?.dict != nil else {
            throw fault(
                cannotSet("Authorizer [\(authorizer.printed)]") + ". The method authorizer must be a string with a "
                    + "corresponding dict entry in the api authorizer.")
        }
    }

    /// The path as permissions name it, but for its variables: without a slash at the end.
    static func withoutSlash(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}

/// What API Gateway calls, and is let to call.
enum ApiIntegration {
    /// The URI by which API Gateway calls a function or its alias.
    static func uri(of target: EventTarget, partition: String, isStreaming: Bool, api: ApiState) -> PyValue {
        let version = isStreaming ? "2021-11-15" : "2015-03-31"
        let action = isStreaming ? "response-streaming-invocations" : "invocations"
        let words = target.arn["Fn::GetAtt"]?.array?.compactMap(\.string)
        let reference = words?.joined(separator: ".") ?? target.arn["Ref"]?.string ?? ""
        let text =
            "arn:\(partition):apigateway:${AWS::Region}:lambda:path/\(version)/functions/${\(reference)}/\(action)"
        // A function's name is the template's, an alias's the transform's.
        let isTemplate = words != nil && api.isTemplate
        return .dict(PyDict(merging: [("Fn::Sub", .text(PyText(text, isUnicode: isTemplate)))]))
    }

    /// Lets API Gateway call an event's function.
    static func permission(
        for event: Declaration, target: EventTarget, source: JSON, suffix: String = ""
    ) throws -> Resource {
        let prefix = event.logicalID + "Permission"
        let id = LogicalID.isAlphanumeric(suffix) ? prefix + suffix : LogicalID.make(prefix, over: .string(suffix))
        let permission = try Resource("AWS::Lambda::Permission", id, attributes: target.passedOnAttributes)
        permission["Action"] = "lambda:InvokeFunction"
        permission["FunctionName"] = target.name
        permission["Principal"] = "apigateway.amazonaws.com"
        permission["SourceArn"] = source
        return permission
    }

    /// The ARN of calls through an API.
    static func source(partition: String, resource: String, _ variables: JSONObject) -> JSON {
        Intrinsics.sub("arn:\(partition):execute-api:${AWS::Region}:${AWS::AccountId}:\(resource)", variables)
    }
}
