import Notation

/// An `Api` event of a function: a method of a REST API that calls it.
struct RestApiEvent: EventSource {
    func link(_ event: Declaration, in translation: Translation) throws {
        _ = try RestApiLink(ApiEvent(.rest, event, in: translation))
    }

    func resources(for event: Declaration, target: EventTarget, in translation: Translation) throws -> [Resource] {
        let method = ApiEvent(.rest, event, in: translation)
        let link = try RestApiLink(method)
        let permission = try permission(for: event, method, target, stage: link.stage)
        let call = RestApiMethod(event: method, stage: .text(link.stage))
        let api = method.api
        if api["__MANAGE_SWAGGER"].isTruthy || api["MergeDefinitions"].isTruthy { try call.add(target) }
        try call.overrideAuth()
        return [permission]
    }

    private func permission(
        for event: Declaration, _ method: ApiEvent, _ target: EventTarget, stage: PyText
    ) throws -> Resource {
        let path = SwaggerEditor.wildcardPath(PyText(ApiEvent.withoutSlash(method.path.text))).text
        let verb = method.method.text == "any" ? "*" : method.method.text.uppercased()
        let source = ApiIntegration.source(
            partition: method.translation.context.partition, resource: "${__ApiId__}/${__Stage__}/\(verb)\(path)",
            ["__ApiId__": method.properties["RestApiId"]?.json ?? .null, "__Stage__": "*"])
        return try ApiIntegration.permission(for: event, target: target, source: source, suffix: stage.text)
    }
}

/// The REST API that an event names.
struct RestApiLink {
    /// What the permission's name ends with: the API's stage where it is a plain name.
    let stage: PyText

    /// - Throws: ``Fault`` when the template has no such API.
    init(_ event: ApiEvent) throws {
        guard let id = event.apiID else {
            stage = "AllStages"
            return
        }
        guard let resource = event.translation.resources[id], resource.object != nil else {
            throw event.fault("RestApiId property of Api event must reference a valid resource in the same template.")
        }
        if let properties = resource["Properties"], properties.object == nil {
            throw Fault.resource(id, "Attribute 'Properties' should be a map.")
        }
        guard let name = event.api["StageName"]?.text else {
            stage = "Stage"
            return
        }
        if name.text.isEmpty { throw Fault.resource(id, "StageName cannot be empty.") }
        stage = name
    }
}

/// A method of a REST API, on its way into the API's document.
struct RestApiMethod {
    let event: ApiEvent
    /// The stage that resource policies name.
    let stage: PyValue

    private var path: PyText { event.path }
    private var method: PyText { event.method }

    /// Adds the method with all that the event says about it.
    func add(_ target: EventTarget) throws {
        guard let apiID = event.apiID, let body = event.body, !body.isNull else { return }
        let isMerging = event.api["MergeDefinitions"].isTruthy
        var editor = try SwaggerEditor(isMerging ? SwaggerEditor.skeleton() : body)
        if try editor.paths.hasIntegration(path, method) {
            throw event.fault("API method \"\(method.text)\" defined multiple times for path \"\(path.text)\".")
        }
        let auth = event.api["Auth"].truthy ?? .dict(PyDict())
        guard auth.dict != nil else { throw Fault.resource(apiID, "Property 'Auth' should be a map.") }
        let isStreaming = event.properties["ResponseTransferMode"]?.string == "RESPONSE_STREAM"
        let state = event.translation.api
        let call = SwaggerEditor.LambdaCall(
            uri: ApiIntegration.uri(
                of: target, partition: event.translation.context.partition, isStreaming: isStreaming, api: state),
            credentials: try credentials(auth),
            condition: target.resource.attributes["Condition"]?.string.map(state.text), isStreaming: isStreaming)
        try editor.addLambda(path, method, call)
        if let auth = event.auth { try addAuth(auth, to: &editor) }
        if let timeout = event.properties["TimeoutInMillis"].truthy { try editor.setTimeout(path, method, timeout) }
        if let model = event.properties["RequestModel"].truthy { try addModel(model, to: &editor) }
        if let parameters = event.properties["RequestParameters"].truthy {
            try editor.addRequestParameters(path, method, try requestParameters(parameters))
        }
        event.body = isMerging ? try merged(body, editor, apiID) : editor.document
    }

    /// What the function is called as, where callers sign their requests.
    private func credentials(_ api: PyValue) throws -> PyValue? {
        let own = event.auth
        guard own?["Authorizer"]?.string == "AWS_IAM" || (own == nil && api["DefaultAuthorizer"]?.string == "AWS_IAM")
        else { return nil }
        func role(_ auth: PyValue?) -> PyValue? {
            guard let declared = auth?["InvokeRole"] else { return nil }
            return declared.truthy ?? "NONE"
        }
        guard let role = try role(own) ?? role(api).map({ try seen($0) }), role.string != "CALLER_CREDENTIALS" else {
            return .text(PyText("arn:\(event.translation.context.partition):iam::*:user/*"))
        }
        return role.string == "NONE" ? nil : role
    }

    /// The API's role as it ends up in the document: where the event has settings of its own, the API's are resolved
    /// once more before the document is copied, all but a plain `Ref`.
    private func seen(_ role: PyValue) throws -> PyValue {
        guard event.auth != nil, role["Ref"] == nil else { return role }
        return try event.translation.api.parameters(event.translation).resolved(role)
    }

    /// Writes the method's authorization into a document that the template gives, where the event asks for it.
    func overrideAuth() throws {
        guard let body = event.body.truthy, let auth = event.auth, auth["OverrideApiAuth"].isTruthy else { return }
        guard ["Authorizer", "ApiKeyRequired", "ResourcePolicy"].contains(where: { auth[$0].isTruthy }) else {
            throw event.fault(
                "Must define one of: Authorizer, ApiKeyRequired or ResourcePolicy when using the OverrideApiAuth "
                    + "property.")
        }
        var editor = try SwaggerEditor(body)
        try addAuth(auth, to: &editor)
        event.body = editor.document
    }
}
