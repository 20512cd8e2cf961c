/// What requests to a method of a REST API have to look like.
extension RestApiMethod {
    /// Takes over the model of the method's body, and whether it is checked.
    func addModel(_ model: PyValue, to editor: inout SwaggerEditor) throws {
        guard model.dict != nil else { throw event.fault("Property 'RequestModel' should be a map.") }
        guard let declared = model["Model"].truthy else { return }
        let models = event.api["Models"].truthy
        func fault(_ reason: String) -> Fault {
            event.fault(event.cannotSet("RequestModel [\(declared.printed)]") + " because " + reason)
        }
        guard let models else { throw fault("the related API does not define any Models.") }
        guard models.dict != nil else { throw fault("the related API Models defined is of invalid type.") }
        guard let name = declared.string else { throw fault("the related API does not contain valid Models.") }
        guard models[name].isTruthy else { throw fault("it wasn't defined in the API's Models.") }
        try editor.addRequestModel(event.path, event.method, model: name, isRequired: model.given("Required"))
        try addValidator(model, name, to: &editor)
    }

    private func addValidator(_ model: PyValue, _ name: String, to editor: inout SwaggerEditor) throws {
        let body = model.given("ValidateBody")
        let parameters = model.given("ValidateParameters")
        guard body != nil || parameters != nil else { return }
        guard let body = (body ?? false).bool, let parameters = (parameters ?? false).bool else {
            throw event.fault(
                "Unable to set Validator to RequestModel [\(name)] on API method [\(event.method.text)] for path "
                    + "[\(event.path.text)] ValidateBody and ValidateParameters must be a boolean type, strings or "
                    + "intrinsics are not supported.")
        }
        try editor.addRequestValidator(event.path, event.method, body: body, parameters: parameters)
    }

    /// The parameters that the event lists, each a name or a name with settings.
    func requestParameters(_ declared: PyValue) throws -> [SwaggerEditor.RequestParameter] {
        try declared.asList.map { parameter in
            switch parameter {
            case .text(let name):
                try checkName(name)
                return .init(name: name, isRequired: false, isCached: false)
            case .dict(let members):
                guard let (name, settings) = members.pairs.first else { throw malformed }
                try checkName(name)
                guard case .dict(let settings) = settings,
                    settings.keys.allSatisfy({ $0.text == "Required" || $0.text == "Caching" })
                else {
                    throw event.fault(
                        "Invalid value for 'RequestParameters' property. Values must be an object, "
                            + "e.g { Required: true, Caching: false }")
                }
                return .init(
                    name: name, isRequired: settings["Required"] ?? false, isCached: settings["Caching"] ?? false)
            default: throw malformed
            }
        }
    }

    private var malformed: Fault {
        event.fault(
            "Invalid value for 'RequestParameters' property. Property must be either a string or an object")
    }

    private func checkName(_ name: PyText) throws {
        let places = ["querystring", "path", "header"].map { "method.request.\($0)." }
        guard places.contains(where: name.text.hasPrefix) else {
            throw event.fault(
                "Invalid value for 'RequestParameters' property. Keys must be in the format "
                    + "'method.request.[querystring|path|header].{value}', e.g 'method.request.header.Authorization'.")
        }
    }
}

/// `MergeDefinitions`: documents that are the template's and SAM's at once.
extension RestApiMethod {
    /// The template's document with the method that SAM wrote; where both say something, SAM's holds.
    func merged(_ source: PyValue, _ editor: SwaggerEditor, _ apiID: String) throws -> PyValue {
        guard var result = source.dict?.copied() else { return source }
        let (path, method) = (event.path, event.method)
        guard let declared = result["paths"].truthy else { return .dict(result) }
        func invalid(_ what: String) -> Fault {
            .resource(apiID, "Property 'DefinitionBody' is invalid: \(what) should be a map")
        }
        guard case .dict(var paths) = declared else { throw invalid("It") }
        if let item = paths.given(path.text), item.dict == nil { throw invalid("The value of '\(path.text)'") }
        guard case .dict(let own) = paths[path.text]?[method.text].truthy ?? [:] else {
            throw Fault.resource(
                apiID, "Property 'DefinitionBody.paths.\(path.text).\(method.text)' should be a map.")
        }
        let generated = editor.document["paths"]?[path.text]?[APIPaths.normalized(method).text]?.dict
        var definition = PyDict(isHashed: false)
        for (name, value) in own.pairs + (generated?.pairs ?? []) { definition.set(name, value) }
        if !paths.contains(path.text) { paths.set(path, [:]) }
        _ = paths.editDict(path.text) { $0.set(method, .dict(definition)) }
        result["paths"] = .dict(paths)
        return .dict(result)
    }
}
