import Notation

/// What the API's properties add to its document.
extension RestApiBuilder {
    /// `Cors`: an `OPTIONS` method for each path.
    mutating func addCors() throws {
        guard let declared = truthy("Cors") else { return }
        guard body != nil else {
            throw fault("Cors works only with inline Swagger specified in 'DefinitionBody' property.")
        }
        let cors = try cors(declared)
        try expectDocument("Cors", adding: "Cors configuration")
        if cors.allowsCredentials, cors.origin?.string == "'*'" {
            throw fault(
                "Unable to add Cors configuration because 'AllowCredentials' can not be true when "
                    + "'AllowOrigin' is \"'*'\" or not set")
        }
        var editor = try SwaggerEditor(body)
        var done: Set<String> = []
        for path in editor.paths.names {
            // API Gateway takes a path with a slash at its end for the same as one without.
            var plain = path.text
            while plain.hasSuffix("/"), path.text != "/" { plain.removeLast() }
            guard done.insert(plain).inserted else { continue }
            do {
                try editor.addCors(path, cors)
            } catch let error as Fault {
                guard case .template = error else { throw error }
                throw fault(error.message)
            }
        }
        body = editor.document
    }

    private func cors(_ declared: PyValue) throws -> SwaggerEditor.Cors {
        if declared.text != nil || declared.isIntrinsic { return SwaggerEditor.Cors(origin: declared) }
        guard case .dict(let members) = declared else { throw fault("Invalid value for 'Cors' property") }
        let known = ["AllowMethods", "AllowHeaders", "AllowOrigin", "MaxAge", "AllowCredentials"]
        for key in members.keys where !known.contains(key.text) {
            throw fault("Invalid key '\(key.text)' for 'Cors' property.")
        }
        return SwaggerEditor.Cors(
            methods: members["AllowMethods"], headers: members["AllowHeaders"],
            origin: members["AllowOrigin"] ?? "'*'", maxAge: members["MaxAge"],
            allowsCredentials: members["AllowCredentials"] == true)
    }

    /// `GatewayResponses`: what the gateway answers by itself.
    mutating func addGatewayResponses() throws {
        guard let declared = truthy("GatewayResponses"), case .dict(let responses) = declared else { return }
        guard body != nil else {
            throw fault("GatewayResponses works only with inline Swagger specified in 'DefinitionBody' property.")
        }
        for (name, response) in responses.pairs { try checkGatewayResponse(name.text, response) }
        try expectDocument("GatewayResponses", adding: "Auth configuration")
        let statuses = try responses.pairs.map { try gatewayStatus($0.key.text, $0.value) }
        var made = PyDict()
        for ((name, response), status) in zip(responses.pairs, statuses) {
            made.set(name, .dict(try gatewayResponse(response, status: status)))
        }
        try edit { $0.addGatewayResponses(made) }
    }

    private func checkGatewayResponse(_ name: String, _ response: PyValue) throws {
        if response.isIntrinsic {
            throw fault(
                "Unable to set GatewayResponses attribute because intrinsic functions are not supported for this "
                    + "field.")
        }
        guard case .dict(let members) = response else {
            throw fault(
                "Invalid property type '\(response.pythonType)' for GatewayResponses. Expected an object of type "
                    + "'GatewayResponse'.")
        }
        for key in members.keys where !["ResponseParameters", "ResponseTemplates", "StatusCode"].contains(key.text) {
            throw fault("Invalid property '\(key.text)' in 'GatewayResponses' property '\(name)'.")
        }
    }

    /// A response's status code, once everything about the response but its parameters' values has been looked at.
    private func gatewayStatus(_ name: String, _ response: PyValue) throws -> PyText? {
        if let declared = response["ResponseParameters"].truthy {
            guard case .dict(let parameters) = declared else {
                throw fault("Property 'GatewayResponses.\(name).ResponseParameters' should be a map.")
            }
            for key in parameters.keys where !["Headers", "Paths", "QueryStrings"].contains(key.text) {
                throw fault("Invalid gateway response parameter '\(key.text)'")
            }
        }
        guard let status = response.given("StatusCode") else { return nil }
        let text = status.printed
        let isNumber = (1...3).contains(text.count) && text.allSatisfy { $0.isASCII && $0.isNumber }
        if status.isTruthy, !isNumber { throw fault("Property 'StatusCode' must be numeric") }
        return text.isEmpty ? nil : PyText(text)  // `str()` of a template's text is plain
    }

    private func gatewayResponse(_ response: PyValue, status: PyText?) throws -> PyDict {
        var prefixed = PyDict()
        let parameters = response["ResponseParameters"].truthy
        for (place, prefix) in [("Headers", "header."), ("Paths", "path."), ("QueryStrings", "querystring.")] {
            guard case .dict(let values) = parameters?[place] ?? [:] else {
                throw fault("Property 'ResponseParameters.\(place)' should be a map.")
            }
            for (key, value) in values.pairs { prefixed.set(key.with("gatewayresponse." + prefix + key.text), value) }
        }
        var result = PyDict()
        result["responseParameters"] = .dict(prefixed)
        result["responseTemplates"] = response["ResponseTemplates"].truthy ?? .dict(PyDict())
        if let status { result["statusCode"] = .text(status) }
        return result
    }

    /// `Models`: schemas for bodies.
    mutating func addModels() throws {
        guard let declared = truthy("Models"), case .dict(let models) = declared else { return }
        try expectDocument("Models", adding: "Models definitions")
        guard models.pairs.allSatisfy({ $0.value.dict != nil }) else {
            throw fault("Invalid value for 'Models' property")
        }
        try edit { try $0.addModels(models) }
        body = try body.map(postprocessed)
    }
}

// MARK: OpenAPI 3

extension RestApiBuilder {
    /// The document with OpenAPI 3's places for what Swagger has elsewhere, where it is one of OpenAPI 3.
    ///
    /// Done after each step, as AWS's transform does: each time, the headers of `OPTIONS` get another `schema` around.
    func postprocessed(_ document: PyValue) throws -> PyValue {
        guard case .dict(var doc) = document, doc.given("swagger") == nil, let version = version(of: doc),
            SwaggerEditor.isVersion3(version)
        else { return document }
        Self.move("securityDefinitions", to: "securitySchemes", in: &doc)
        Self.move("definitions", to: "schemas", in: &doc)
        if let paths = doc["paths"].truthy {
            try SwaggerEditor.expectMap(paths, "Value of paths must be a dictionary according to Swagger spec.")
            _ = try doc.editDict("paths") { paths in
                for path in paths.keys {
                    let found: Void? = try paths.editDict(path.text) { try Self.adaptOptions(&$0, path) }
                    if found == nil { throw APIPaths.notMap(path) }
                }
            }
        }
        return .dict(doc)
    }

    private func version(of doc: PyDict) -> PyValue? {
        let declared = given("OpenApiVersion")
        if translation.context.allFeatures { return (doc["openapi"] ?? declared).truthy }
        return (declared == nil ? doc.given("openapi") : declared).truthy
    }

    private static func move(_ name: String, to place: String, in doc: inout PyDict) {
        guard let value = doc[name].truthy else { return }
        var components = doc["components"].truthy?.dict ?? PyDict()
        components[place] = value
        doc["components"] = .dict(components)
        doc.remove(name)
    }

    private static func adaptOptions(_ item: inout PyDict, _ path: PyText) throws {
        guard item["options"].isTruthy else { return }
        let found: Void? = try item.editDict("options") { options in
            for field in options.copied().keys.map(\.text) {
                if field == "produces" || field == "consumes" { options.remove(field) }
                if field == "responses" { try adaptHeaders(&options, path) }
            }
        }
        if found == nil {
            throw Fault.document(
                "Value of options method for path \(path.text) must be a dictionary according to Swagger spec.")
        }
    }

    private static func adaptHeaders(_ options: inout PyDict, _ path: PyText) throws {
        func invalid(_ what: String) -> Fault {
            .document("Invalid responses in options method for path \(path.text): \(what) should be a map.")
        }
        guard let responses = options.given("responses") else { return }
        guard let members = responses.dict else { throw invalid("It") }
        guard let success = members.given("200") else { return }
        guard let headers = try map(success, invalid("The value of '200'"))["headers"].truthy else {
            return
        }
        try SwaggerEditor.expectMap(
            headers,
            "Value of response's headers in options method for path \(path.text) must be a dictionary according to "
                + "Swagger spec.")
        _ = options.editDict("responses") { responses in
            _ = responses.editDict("200") { success in
                _ = success.edit("headers") { headers in
                    headers =
                        headers.dict.map { members in
                            .dict(members.mapValues { .dict(PyDict(single: "schema", $0)) })
                        } ?? headers
                }
            }
        }
    }

    private static func map(_ value: PyValue, _ fault: Fault) throws -> PyDict {
        guard let members = value.dict else { throw fault }
        return members
    }
}

extension PyDict {
    /// A hashed dictionary of one member.
    init(single name: String, _ value: PyValue) {
        self.init()
        self[name] = value
    }
}
