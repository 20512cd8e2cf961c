/// Who may call a method: `security` of methods, `securityDefinitions` of the document.
extension SwaggerEditor {
    /// Takes authorizers in.
    mutating func addAuthorizers(_ authorizers: [(name: PyText, definition: PyValue)]) throws {
        let found: Void? = securityDefinitions.editDict { definitions in
            for (name, definition) in authorizers { definitions.set(name, definition) }
        }
        if found == nil { throw Self.definitionsNotMap }
    }

    private static var definitionsNotMap: Fault { .template("securityDefinitions must be a dictionary.") }

    /// Defines what methods that want AWS signatures refer to, unless it is defined.
    mutating func addIAMDefinition() {
        var definition = PyDict()
        definition["x-amazon-apigateway-authtype"] = "awsSigv4"
        definition["type"] = "apiKey"
        definition["name"] = "Authorization"
        definition["in"] = "header"
        _ = securityDefinitions.editDict { definitions in
            if !definitions.contains("AWS_IAM") { definitions.merge([("AWS_IAM", .dict(definition))]) }
        }
    }

    /// Defines what methods that want an API key refer to, unless it is defined.
    mutating func addAPIKeyDefinition() throws {
        var definition = PyDict()
        definition["type"] = "apiKey"
        definition["name"] = "x-api-key"
        definition["in"] = "header"
        let found: Void? = securityDefinitions.editDict { definitions in
            if !definitions.contains("api_key") { definitions.merge([("api_key", .dict(definition))]) }
        }
        if found == nil { throw Self.definitionsNotMap }
    }

    /// Gives each method of the path the default authorizer, unless it has one or says `NONE`.
    mutating func setDefaultAuthorizer(
        _ path: PyText, _ authorizer: PyText, known: [PyText], scopes: PyValue, includingPreflight: Bool
    ) throws {
        let names = Set(["AWS_IAM"] + known.map(\.text))
        var usesIAM = false
        try paths.editAllMethods(path, except: Self.pathFields) { method, definition in
            guard includingPreflight || method.text != "options" else { return }
            var (others, own) = try Self.split(definition, names, path, method)
            if let none = others.firstIndex(where: { $0.contains("NONE") }) {
                others.remove(at: none)
                own = []
            } else if own.isEmpty {
                var entry = PyDict()
                entry.set(authorizer, scopes)
                own = [entry]
            }
            let security = others + own
            guard let first = security.first else { return }
            definition["security"] = .list(security.map(PyValue.dict))
            usesIAM = usesIAM || first.contains("AWS_IAM")
        }
        if usesIAM { addIAMDefinition() }
    }

    /// Makes each method of the path want an API key, unless it says that it wants none.
    mutating func setDefaultAPIKey(_ path: PyText, includingPreflight: Bool) throws {
        try paths.editAllMethods(path, except: Self.pathFields) { method, definition in
            let existing = definition["security"] ?? []
            var (others, keys) = try Self.split(definition, ["api_key", "api_key_false"], path, method)
            if let none = keys.firstIndex(where: { $0.contains("api_key_false") }) {
                keys.remove(at: none)
                keys = []
            } else {
                var entry = PyDict()
                entry["api_key"] = []
                keys = [entry]
            }
            if method.text == "options" && !includingPreflight { keys = [] }
            others += keys
            let security = PyValue.list(others.map(PyValue.dict))
            if security != existing { definition["security"] = security }
        }
    }

    /// What a method wants, apart: what does not name one of these, and what does.
    private static func split(
        _ definition: PyDict, _ names: Set<String>, _ path: PyText, _ method: PyText
    ) throws -> (others: [PyDict], own: [PyDict]) {
        var others: [PyDict] = []
        var own: [PyDict] = []
        for entry in try existing(definition, path, method) {
            let members = try expectMap(
                entry,
                "\(entry.printed) in Security for path \(path.text) method \(method.text) is not a valid dictionary.")
            if members.keys.contains(where: { names.contains($0.text) }) {
                own.append(members)
            } else {
                others.append(members)
            }
        }
        return (others, own)
    }

    private static func existing(_ definition: PyDict, _ path: PyText, _ method: PyText) throws -> [PyValue] {
        guard let security = definition["security"] else { return [] }
        guard case .list(let entries) = security else {
            throw Fault.document("Type of security for path \(path.text) method \(method.text) must be a list")
        }
        return entries
    }
}

/// What a single method says of itself.
extension SwaggerEditor {
    /// Takes an event's settings over to its method: the authorizer, and whether an API key is wanted.
    mutating func addAuth(_ path: PyText, _ method: PyText, auth: PyValue, api: PyDict) throws {
        if let authorizer = auth["Authorizer"].truthy {
            let authorizers = api["Auth"].truthy?["Authorizers"]
            try setAuthorizer(path, method, authorizer, authorizers, scopes: auth.given("AuthorizationScopes"))
        }
        if let isRequired = auth.given("ApiKeyRequired") {
            try setAPIKey(path, method, isRequired: isRequired.isTruthy)
        }
    }

    private mutating func setAuthorizer(
        _ path: PyText, _ method: PyText, _ authorizer: PyValue, _ authorizers: PyValue?, scopes: PyValue?
    ) throws {
        guard let name = authorizer.text else { return }
        var usesIAM = false
        try paths.editMethod(path, method) { definition in
            var entry = PyDict()
            entry.set(name, [])
            if name.text != "NONE", let authorizers = authorizers.truthy {
                let declared = authorizers[name.text]
                if let declared, declared.dict == nil {
                    throw Fault.document("Type of authorizer '\(name.text)' must be a dictionary")
                }
                let wanted = scopes ?? declared?.given("AuthorizationScopes")
                if declared != nil, let wanted { entry.set(name, wanted) }
            }
            let security = try Self.existing(definition, path, method) + [.dict(entry)]
            definition["security"] = .list(security)
            usesIAM = usesIAM || security[0].dict?.contains("AWS_IAM") == true
        }
        if usesIAM { addIAMDefinition() }
    }

    private mutating func setAPIKey(_ path: PyText, _ method: PyText, isRequired: Bool) throws {
        var isFound = false
        try paths.editMethod(path, method) { definition in
            isFound = true
            var entry = PyDict()
            // "api_key_false" is a note for the API's default, which takes it out again.
            entry[isRequired ? "api_key" : "api_key_false"] = []
            definition["security"] = .list(try Self.existing(definition, path, method) + [.dict(entry)])
        }
        if isRequired && isFound { try addAPIKeyDefinition() }
    }
}
