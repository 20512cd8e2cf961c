/// What requests have to look like: models, validators, parameters; and how the gateway answers by itself.
extension SwaggerEditor {
    /// Takes models in, under their names in lower case.
    mutating func addModels(_ models: PyDict) throws {
        var definitions = self.definitions.truthy?.dict ?? PyDict()
        for (name, schema) in models.pairs {
            guard schema["type"].isTruthy else {
                throw Fault.document("'Models' schema is missing 'type'.")
            }
            definitions.set(name.with(name.text.lowercased()), schema)
        }
        self.definitions = .dict(definitions)
    }

    /// Takes answers of the gateway in.
    mutating func addGatewayResponses(_ responses: PyDict) {
        _ = gatewayResponses.editDict { known in
            for (name, response) in responses.pairs { known.set(name, response) }
        }
    }

    /// Makes the method's body one of a model.
    mutating func addRequestModel(_ path: PyText, _ method: PyText, model: String, isRequired: PyValue?) throws {
        let name = model.lowercased()
        let isSwagger = doc.given("swagger") != nil
        let isOpenAPI = doc["openapi"].truthy.map(Self.isVersion3) ?? false
        try paths.editMethod(path, method) { definition in
            if isSwagger {
                var parameter = PyDict()
                parameter["in"] = "body"
                parameter["name"] = .text(PyText(name, isUnicode: true))
                parameter["schema"] = ["$ref": .text(PyText("#/definitions/\(name)"))]
                if let isRequired { parameter["required"] = isRequired }
                definition["parameters"] = .list((definition["parameters"]?.list ?? []) + [.dict(parameter)])
            } else if isOpenAPI {
                let schema: PyValue = ["$ref": .text(PyText("#/components/schemas/\(name)"))]
                definition["requestBody"] = ["content": ["application/json": ["schema": schema]]]
                if let isRequired { _ = definition.editDict("requestBody") { $0["required"] = isRequired } }
            }
        }
    }

    /// Makes the method check the body, the parameters, both or neither.
    mutating func addRequestValidator(_ path: PyText, _ method: PyText, body: Bool, parameters: Bool) throws {
        let name: PyText =
            switch (body, parameters) {
            case (true, true): "body-and-params"
            case (true, false): "body-only"
            case (false, true): "params-only"
            case (false, false): "no-validation"
            }
        var validator = PyDict()
        validator["validateRequestBody"] = .bool(body)
        validator["validateRequestParameters"] = .bool(parameters)
        if !doc[Self.requestValidators].isTruthy { doc[Self.requestValidators] = .dict(PyDict()) }
        _ = doc.editDict(Self.requestValidators) { validators in
            if !validators[name.text].isTruthy { validators.merge([(name, .dict(validator))]) }
        }
        try paths.editMethod(path, method) { definition in
            definition.merge([(PyText(Self.requestValidator), .text(name))])
        }
    }

    /// One parameter of requests, as an event declares it.
    struct RequestParameter {
        /// `method.request.`, where it is found, and its name.
        var name: PyText
        var isRequired: PyValue
        var isCached: PyValue
    }

    /// Declares parameters of the method's requests.
    mutating func addRequestParameters(_ path: PyText, _ method: PyText, _ parameters: [RequestParameter]) throws {
        try paths.editMethod(path, method) { definition in
            var declared = definition["parameters"]?.list ?? []
            for parameter in parameters {
                let place = parameter.name.text.replacing("method.request.", with: "")
                let words = place.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
                guard words.count == 2 else { continue }
                var entry = PyDict()
                entry["in"] = words[0] == "querystring" ? "query" : .text(parameter.name.with(String(words[0])))
                entry["name"] = .text(parameter.name.with(String(words[1])))
                entry["required"] = parameter.isRequired
                entry["type"] = "string"
                declared.append(.dict(entry))
                guard parameter.isCached.isTruthy else { continue }
                _ = definition.editDict(APIPaths.integration) { integration in
                    let keys = integration["cacheKeyParameters"]?.list ?? []
                    integration["cacheKeyParameters"] = .list(keys + [.text(parameter.name)])
                }
            }
            definition["parameters"] = .list(declared)
        }
    }
}
