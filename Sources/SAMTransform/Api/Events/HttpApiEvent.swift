import Notation

/// An `HttpApi` event of a function: a route of an HTTP API that calls it.
struct HttpApiEvent: EventSource {
    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let route = ApiEvent(.http, event, in: translation)
        let permission = try permission(for: event, route, target)
        try add(route, target)
        return permission.map { [$0] } ?? []
    }

    /// Lets API Gateway call the function; nil where the function is called by the API's default route, which covers
    /// all.
    private func permission(for event: Declaration, _ route: ApiEvent, _ target: EventTarget) throws -> Resource? {
        var path = ApiEvent.withoutSlash(route.path.text)
        if path == OpenAPIEditor.defaultPath {
            _ = try editor(route)
            path = ""
        } else if try editor(route)?.calls(
            target.resource.logicalID, PyText(OpenAPIEditor.defaultPath), PyText(APIPaths.anyMethod)) ?? false
        {
            return nil
        }
        path = OpenAPIEditor.wildcardPath(path)
        let method = route.method.text
        let verb = method == "any" || method == APIPaths.anyMethod ? "*" : method.uppercased()
        let isDefault = method == "any" && path == "/" + OpenAPIEditor.defaultPath
        let source = ApiIntegration.source(
            partition: "${AWS::Partition}",
            resource: "${__ApiId__}/${__Stage__}" + (isDefault ? path : "/\(verb)\(path)"),
            ["__ApiId__": route.properties["ApiId"]?.json ?? .null, "__Stage__": "*"])
        return try ApiIntegration.permission(for: event, target: target, source: source)
    }

    private func editor(_ route: ApiEvent) throws -> OpenAPIEditor? {
        guard let body = route.body.truthy else { return nil }
        do {
            return try OpenAPIEditor(body)
        } catch let fault as Fault {
            throw Fault.resource(route.apiID ?? "None", fault.parts.map(\.message).joined(separator: " "))
        }
    }

    private func add(_ route: ApiEvent, _ target: EventTarget) throws {
        guard let body = route.body, !body.isNull else { return }
        var editor = try OpenAPIEditor(body)
        let (path, method) = (route.path, route.method)
        if route.api["__MANAGE_SWAGGER"].isTruthy, try editor.paths.hasIntegration(path, method) {
            throw route.fault("API method '\(method.text)' defined multiple times for path '\(path.text)'.")
        }
        let state = route.translation.api
        let uri = ApiIntegration.uri(of: target, partition: "${AWS::Partition}", isStreaming: false, api: state)
        let condition = target.resource.attributes["Condition"]?.string.map(state.text)
        try editor.addLambda(path, method, uri: uri, condition: condition)
        if let auth = route.auth { try addAuth(auth, route, to: &editor) }
        if let timeout = route.properties["TimeoutInMillis"].truthy { try editor.setTimeout(path, method, timeout) }
        let variables = Self.variables(in: path.text)
        if !variables.isEmpty { try editor.addPathParameters(path, method, variables) }
        if let version = route.properties["PayloadFormatVersion"].truthy {
            try editor.setPayloadFormat(path, method, version)
        }
        route.body = editor.document
    }

    /// What stands in braces.
    private static func variables(in path: String) -> [String] {
        var names: [String] = []
        var rest = path[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            names.append(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return names
    }

    private func addAuth(_ declared: PyValue, _ route: ApiEvent, to editor: inout OpenAPIEditor) throws {
        var auth = declared
        guard case .dict(let api) = route.api["Auth"] ?? [:] else {
            throw Fault.resource(route.apiID ?? "None", "Property 'Auth' should be a map.")
        }
        guard let authorizer = auth["Authorizer"].truthy ?? api["DefaultAuthorizer"].truthy else {
            throw route.fault(
                "'Auth' section requires either an explicit 'Authorizer' set or a 'DefaultAuthorizer' configured on "
                    + "the HttpApi.")
        }
        _ = auth.editDict { $0["Authorizer"] = authorizer }
        try check(authorizer, api, route)
        if let scopes = auth["AuthorizationScopes"].truthy, scopes.list == nil {
            throw route.fault(
                route.cannotSet("Authorizer") + " because 'AuthorizationScopes' must be a list of strings.")
        }
        try editor.addAuth(route.path, route.method, auth: auth, api: route.api)
    }

    private func check(_ authorizer: PyValue, _ api: PyDict, _ route: ApiEvent) throws {
        let known = api.isEmpty ? [:] : api["Authorizers"]  // what AWS's message tells apart
        let isBuiltIn = authorizer.string == "AWS_IAM" && api["EnableIamAuthorizer"] == true
        if authorizer.string == "NONE" {
            guard !api["DefaultAuthorizer"].isTruthy else { return }
            throw route.fault(
                route.cannotSet("Authorizer")
                    + " because 'NONE' is only a valid value when a DefaultAuthorizer on the API is specified.")
        }
        if isBuiltIn { return }
        try route.checkAuthorizer(authorizer, known: known)
        let what = route.cannotSet("Authorizer [\(authorizer.printed)]")
        guard known.isTruthy else {
            throw route.fault(what + " because the related API does not define any Authorizers.")
        }
        guard (known?[authorizer.string ?? ""]).isTruthy else {
            throw route.fault(what + " because it wasn't defined in the API's Authorizers.")
        }
    }
}
