import Notation

/// The API that events belong to which name none, and the paths of all events in their API's document.
///
/// Whatever calls the API's methods is added later, when functions are translated; here only paths and methods.
struct ImplicitApi {
    let kind: ApiKind
    let translation: Translation
    /// The condition of each event's function, if it has one: by API, path and method.
    var conditions: [String: [String: [String: String?]]] = [:]
    /// What the functions of the implicit API's events say of being deleted and replaced.
    var deletionPolicies: [JSON?] = []
    var replacePolicies: [JSON?] = []

    private init(_ kind: ApiKind, _ translation: Translation) {
        self.kind = kind
        self.translation = translation
    }

    /// Adds the API, and takes it out again when no event wanted it.
    ///
    /// - Throws: A document fault with everything that is wrong with events.
    static func add(_ kind: ApiKind, to translation: Translation) throws {
        var implicit = ImplicitApi(kind, translation)
        let existing = implicit.place()
        var faults: [Fault] = []
        for (id, resource) in translation.resources {
            guard try Macros.isDeclared(resource), let type = resource["Type"]?.string,
                type == "AWS::Serverless::Function" || type == "AWS::Serverless::StateMachine"
            else { continue }
            do {
                try implicit.takeEvents(of: id, resource)
            } catch let fault as Fault {
                guard case .event = fault else { throw Fault.document([fault]) }
                faults.append(fault.ofResource(id))
            }
        }
        implicit.addAttributes()
        try implicit.makePathsConditional()
        implicit.removeUnused(existing)
        guard faults.isEmpty else { throw Fault.document(faults) }
    }

    /// What the template has under the name already.
    private struct Existing {
        var resource: JSON?
        var properties: PyDict?
    }

    private func place() -> Existing {
        let id = kind.implicitID
        let existing = Existing(resource: translation.resources[id], properties: translation.api.apis[id])
        var properties = PyDict(isHashed: false)
        if kind == .rest { properties["StageName"] = "Prod" }
        properties["DefinitionBody"] = kind.skeleton
        properties["__MANAGE_SWAGGER"] = true
        translation.api.apis[id] = properties
        translation.resources[id] = ["Type": .string(kind.resourceType), "Properties": .object(properties.json)]
        translation.api.names[id] = .null
        translation.api.order(translation)
        return existing
    }

    private func removeUnused(_ existing: Existing) {
        let id = kind.implicitID
        guard let paths = translation.api.apis[id]?["DefinitionBody"]?["paths"]?.dict, paths.isEmpty else { return }
        translation.api.apis[id] = existing.properties
        translation.resources[id] = existing.resource
        if existing.resource == nil { translation.api.names.remove(id) }
        translation.api.order(translation)
    }
}

// MARK: Events

extension ImplicitApi {
    private mutating func takeEvents(of id: String, _ resource: JSON) throws {
        guard let events = translation.api.events[id] else { return }
        var own = PyDict()
        for (name, event) in events.pairs where event["Type"]?.string == kind.eventType { own.set(name, event) }
        guard !own.isEmpty else { return }
        for (name, event) in own.pairs {
            guard let changed = try take(name.text, event, of: resource) else { continue }
            own.set(name, changed)
        }
        translation.api.events[id]?.merge(own.pairs.map { ($0.key, $0.value) })
    }

    /// The event with the defaults it leaves out; nil when it says nothing at all.
    private mutating func take(_ name: String, _ event: PyValue, of resource: JSON) throws -> PyValue? {
        let declared = event["Properties"]
        if kind == .rest, !declared.isTruthy { return nil }
        guard case .dict(var properties) = declared ?? [:] else {
            throw Fault.event(name, "Properties should be a map.")
        }
        if !properties.contains(kind.idProperty) {
            addTags(of: resource)
            properties[kind.idProperty] = .ref(PyText(kind.implicitID))
        }
        if kind == .http, !properties["Path"].isTruthy, !properties["Method"].isTruthy {
            properties["Path"] = .text(PyText(OpenAPIEditor.defaultPath))
            properties["Method"] = .text(PyText(APIPaths.anyMethod))
        }
        let (api, path, method) = try place(name, properties)
        conditions[api.text, default: [:]][path.text, default: [:]][method.text] = .some(resource["Condition"]?.string)
        if api.text == kind.implicitID {
            deletionPolicies.append(resource["DeletionPolicy"])
            replacePolicies.append(resource["UpdateReplacePolicy"])
        }
        try addPath(name, api.text, path, method)
        if kind == .http, properties.contains("RouteSettings") {
            try addRouteSettings(name, api.text, properties, condition: resource["Condition"]?.string)
        }
        var event = event
        _ = event.editDict { $0["Properties"] = .dict(properties) }
        return event
    }

    private func place(_ name: String, _ properties: PyDict) throws -> (api: PyText, path: PyText, method: PyText) {
        for property in ["Path", "Method"] where properties.given(property) == nil {
            throw Fault.event(name, "Property '\(property)' is required.")
        }
        let declared = properties[kind.idProperty]
        guard let api = (declared?["Ref"] ?? declared)?.text else {
            throw Fault.event(name, "Property '\(kind.idProperty)' should be a string.")
        }
        guard let path = properties["Path"]?.text else {
            throw Fault.event(name, "Property 'Path' should be a string.")
        }
        guard let method = properties["Method"]?.text else {
            throw Fault.event(name, "Property 'Method' should be a string.")
        }
        return (api, path, method)
    }

    /// Adds path and method to the API's document, where it is SAM that writes it.
    private func addPath(_ name: String, _ api: String, _ path: PyText, _ method: PyText) throws {
        guard let resource = translation.resources[api],
            !(resource["Type"]?.string == ApiKind.http.resourceType && kind == .rest)
        else {
            throw Fault.event(
                name,
                "\(kind.idProperty) must be a valid reference to an '\(kind.resourceType)' resource in same template.")
        }
        guard let properties = translation.api.apis[api], kind.isValid(properties["DefinitionBody"]),
            properties["__MANAGE_SWAGGER"].isTruthy
        else { return }
        let body = try kind.editing(properties["DefinitionBody"]) { try $0.add(path, method) }
        translation.api.apis[api]?["DefinitionBody"] = body
    }

    private func addTags(of resource: JSON) {
        let properties = resource["Properties"]
        let type = resource["Type"]?.string?.split(separator: ":").last.map(String.init) ?? ""
        let globals = translation.sections["Globals"]?[type]
        let isWanted = (properties?["PropagateTags"].truthy ?? globals?["PropagateTags"]).isTruthy
        guard isWanted, let tags = (properties?["Tags"].truthy ?? globals?["Tags"]).truthy?.object else { return }
        var merged = translation.api.apis[kind.implicitID]?["Tags"]?.dict ?? PyDict(isHashed: false)
        for (name, value) in tags { merged[name] = PyValue(plain: value) }
        translation.api.apis[kind.implicitID]?["Tags"] = .dict(merged)
        translation.api.apis[kind.implicitID]?["PropagateTags"] = true
    }

    private func addRouteSettings(
        _ name: String, _ api: String, _ properties: PyDict, condition: String?
    ) throws {
        guard let path = properties["Path"]?.string, let method = properties["Method"]?.string else { return }
        let route = method == APIPaths.anyMethod ? path : "\(method.uppercased()) \(path)"
        let declared = translation.api.apis[api]?["RouteSettings"]
        guard case .dict(var settings) = declared ?? [:] else {
            throw Fault.document([.resource(api, "Property 'RouteSettings' should be a map.")])
        }
        var own = properties["RouteSettings"] ?? [:]
        if let condition { own = APIPaths.conditional(translation.api.text(condition), own) }
        guard case .dict(let members) = own else {
            throw Fault.event(name, "Property 'RouteSettings' should be a map.")
        }
        if !settings.contains(route) { settings[route] = [:] }
        _ = settings.editDict(route) { $0.merge(members.pairs.map { ($0.key, $0.value) }) }
        translation.api.apis[api]?["RouteSettings"] = .dict(settings)
    }
}
