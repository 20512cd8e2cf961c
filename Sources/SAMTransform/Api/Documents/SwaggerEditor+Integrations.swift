/// What a method calls.
extension SwaggerEditor {
    /// What a Lambda function's method needs besides path and method.
    struct LambdaCall {
        var uri: PyValue
        /// What the method runs as; nil for the API's own identity.
        var credentials: PyValue?
        var condition: PyText?
        var isStreaming = false
    }

    /// Lets the method call a Lambda function.
    mutating func addLambda(_ path: PyText, _ method: PyText, _ call: LambdaCall) throws {
        let name = APIPaths.normalized(method)
        if try paths.hasIntegration(path, name) {
            throw Fault.document("Lambda integration already exists on Path=\(path.text), Method=\(name.text)")
        }
        try paths.add(path, name)
        let uri = call.condition.map { APIPaths.conditional($0, call.uri) } ?? call.uri
        try paths.editItems(path) { item in
            try Self.editDefinition(&item, name, path, condition: call.condition) { definition in
                var integration = PyDict()
                integration["type"] = "aws_proxy"
                integration["httpMethod"] = "POST"
                integration["uri"] = uri
                if call.isStreaming { integration["responseTransferMode"] = "STREAM" }
                if let credentials = call.credentials { integration["credentials"] = credentials }
                definition[APIPaths.integration] = .dict(integration)
                if !definition.contains("responses") { definition["responses"] = .dict(PyDict()) }
            }
        }
    }

    /// What a state machine's method needs besides path and method.
    struct StateMachineCall {
        var uri: PyValue
        var credentials: PyValue
        var requestTemplates: PyValue
        var condition: PyText?
    }

    /// Lets the method start an execution of a state machine.
    mutating func addStateMachine(_ path: PyText, _ method: PyText, _ call: StateMachineCall) throws {
        let name = APIPaths.normalized(method)
        if try paths.hasIntegration(path, name) {
            throw Fault.document("Integration already exists on Path=\(path.text), Method=\(name.text)")
        }
        try paths.add(path, name)
        let uri = call.condition.map { APIPaths.conditional($0, call.uri) } ?? call.uri
        try paths.editItems(path) { item in
            try Self.editDefinition(&item, name, path, condition: call.condition) { definition in
                var integration = PyDict()
                integration["type"] = "aws"
                integration["httpMethod"] = "POST"
                integration["uri"] = uri
                integration["responses"] = Self.responses("statusCode", ("200", "200"), ("400", "400"))
                integration["credentials"] = call.credentials
                definition[APIPaths.integration] = .dict(integration)
                if !definition.contains("responses") {
                    definition["responses"] = Self.responses("description", ("200", "OK"), ("400", "Bad Request"))
                }
                _ = definition.editDict(APIPaths.integration) {
                    $0.merge([("requestTemplates", call.requestTemplates)])
                }
            }
        }
    }

    private static func responses(_ field: PyText, _ responses: (String, String)...) -> PyValue {
        var result = PyDict()
        for (status, text) in responses {
            result[status] = .dict(PyDict(merging: [(field, .text(PyText(text)))]))
        }
        return .dict(result)
    }

    /// Changes a method's definition, then puts it under the condition if there is one.
    private static func editDefinition(
        _ item: inout PyDict, _ method: PyText, _ path: PyText, condition: PyText?,
        _ change: (inout PyDict) -> Void
    ) throws {
        let found: Void? = item.editDict(method.text, change)
        if found == nil { throw APIPaths.notMap(method, path) }
        if let condition, let definition = item[method.text] {
            item.set(method, APIPaths.conditional(condition, definition))
        }
    }

    /// Limits how long the method may take, in milliseconds.
    mutating func setTimeout(_ path: PyText, _ method: PyText, _ timeout: PyValue) throws {
        try paths.editMethod(path, method) { definition in
            _ = definition.editDict(APIPaths.integration) { $0["timeoutInMillis"] = timeout }
        }
    }

    /// Switches the API's own host name off or on, where the document's version has the extension.
    mutating func setDisableExecuteEndpoint(_ isDisabled: PyValue) throws {
        guard let version = doc["openapi"].truthy, Self.isVersion3(version) else {
            guard Self.setEndpoint(&doc, isDisabled) else {
                throw Fault.document(
                    "Invalid OpenAPI definition: The value of '\(Self.endpointConfiguration)' should be a map.")
            }
            return
        }
        var servers = doc["servers"]?.asList ?? [.dict(PyDict())]
        for place in servers.indices {
            let isSet = servers[place].editDict { Self.setEndpoint(&$0, isDisabled) }
            guard isSet != true else { continue }
            let what = isSet == nil ? "It" : "The value of '\(Self.endpointConfiguration)'"
            throw Fault.document(
                "Invalid OpenAPI definition of 'servers[\(place)]': \(what) should be a map.")
        }
        doc["servers"] = .list(servers)
    }

    private static func setEndpoint(_ members: inout PyDict, _ isDisabled: PyValue) -> Bool {
        if !members.contains(endpointConfiguration) { members[endpointConfiguration] = [:] }
        return members.editDict(endpointConfiguration) { $0["disableExecuteApiEndpoint"] = isDisabled } != nil
    }
}
