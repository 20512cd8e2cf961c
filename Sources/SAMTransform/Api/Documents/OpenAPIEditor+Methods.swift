/// What methods call, and who may call them.
extension OpenAPIEditor {
    /// Lets the method call a Lambda function, unless it calls something already.
    mutating func addLambda(_ path: PyText, _ method: PyText, uri: PyValue, condition: PyText?) throws {
        let name = APIPaths.normalized(method)
        if try paths.hasIntegration(path, name) { return }
        try paths.add(path, name)
        let uri = condition.map { APIPaths.conditional($0, uri) } ?? uri
        let isDefault = path.text == Self.defaultPath && name.text == APIPaths.anyMethod
        try paths.editItems(path) { item in
            if item[name.text]?.isNull ?? true { item.set(name, .dict(PyDict())) }
            let found: Void? = item.editDict(name.text) { definition in
                var integration = PyDict()
                integration["type"] = "aws_proxy"
                integration["httpMethod"] = "POST"
                integration["payloadFormatVersion"] = "2.0"
                integration["uri"] = uri
                definition[APIPaths.integration] = .dict(integration)
                if isDefault { definition["isDefaultRoute"] = true }
                if !definition.contains("responses") { definition["responses"] = .dict(PyDict()) }
            }
            if found == nil { throw APIPaths.notMap(method, path) }
            if let condition, let definition = item[name.text] {
                item.set(name, APIPaths.conditional(condition, definition))
            }
        }
    }

    /// Whether the method calls that function, and in each of its branches.
    func calls(_ functionID: String, _ path: PyText, _ method: PyText) throws -> Bool {
        guard try paths.hasIntegration(path, method), let item = paths.items[path.text] else { return false }
        let name = APIPaths.normalized(method).text
        for branch in try APIPaths.branches(of: item) {
            for definition in try APIPaths.branches(of: branch[name] ?? .null) {
                let integration = definition[APIPaths.integration] ?? .dict(PyDict())
                try SwaggerEditor.expectMap(
                    integration,
                    "Value of '\(APIPaths.integration)' must be a dictionary according to Swagger spec.")
                guard let uri = integration["uri"], uri.dict != nil else { return false }
                for target in try APIPaths.branches(of: uri)
                where Self.calledFunction(target["Fn::Sub"]?.string ?? "") != functionID { return false }
            }
        }
        return true
    }

    /// The id before the first `.Arn` in a text.
    private static func calledFunction(_ text: String) -> String? {
        var rest = text[...]
        while let end = rest.firstRange(of: ".Arn") {
            let head = rest[..<end.lowerBound]
            let id = head.suffix(
                from: head.lastIndex { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
                    .map { head.index(after: $0) } ?? head.startIndex)
            if !id.isEmpty { return String(id) }
            rest = rest[end.upperBound...]
        }
        return nil
    }

    /// Limits how long the method may take, in milliseconds.
    mutating func setTimeout(_ path: PyText, _ method: PyText, _ timeout: PyValue) throws {
        try setIntegration(path, method, "timeoutInMillis", timeout)
    }

    /// Says which format of events the function takes: `1.0` or `2.0`.
    mutating func setPayloadFormat(_ path: PyText, _ method: PyText, _ version: PyValue) throws {
        try setIntegration(path, method, "payloadFormatVersion", version)
    }

    private mutating func setIntegration(
        _ path: PyText, _ method: PyText, _ name: String, _ value: PyValue
    ) throws {
        try paths.editMethod(path, method) { definition in
            _ = definition.editDict(APIPaths.integration) { $0[name] = value }
        }
    }

    /// Declares the variables in the path as required parameters.
    mutating func addPathParameters(_ path: PyText, _ method: PyText, _ names: [String]) throws {
        try paths.editMethod(path, method) { definition in
            var parameters = definition["parameters"]?.list ?? []
            for name in names {
                if let place = parameters.firstIndex(where: { $0["name"]?.string == name }) {
                    _ = parameters[place].editDict {
                        $0["in"] = "path"
                        $0["required"] = true
                    }
                } else {
                    var parameter = PyDict()
                    parameter["name"] = .text(PyText(name, isUnicode: true))
                    parameter["in"] = "path"
                    parameter["required"] = true
                    parameters.append(.dict(parameter))
                }
            }
            definition["parameters"] = .list(parameters)
        }
    }

    /// Takes authorizers in.
    mutating func addAuthorizers(_ authorizers: [(name: PyText, definition: PyValue)]) {
        _ = securitySchemes.editDict { schemes in
            for (name, definition) in authorizers { schemes.set(name, definition) }
        }
    }

    /// Gives each method of the path the default authorizer, unless it has one.
    mutating func setDefaultAuthorizer(_ path: PyText, _ authorizer: PyText, scopes: PyValue) throws {
        try paths.editItems(path) { item in
            for method in item.keys {
                let name = APIPaths.normalized(method).text
                if name == "parameters" || name == "options" { continue }
                guard item.contains(name) else {
                    throw Fault.document("Could not find \(name) in \(path.text) within DefinitionBody.")
                }
                _ = try item.edit(method.text) { definition in
                    try APIPaths.editBranches(&definition) { branch in
                        let found: Void? = branch.editDict { definition in
                            guard definition[APIPaths.integration].isTruthy, !definition["security"].isTruthy else {
                                return
                            }
                            definition["security"] = .list([Self.entry(authorizer, scopes)])
                        }
                        if found == nil { throw APIPaths.notMap(method, path) }
                    }
                }
            }
        }
    }

    /// Takes an event's authorizer over to its method.
    mutating func addAuth(_ path: PyText, _ method: PyText, auth: PyValue, api: PyDict) throws {
        guard let authorizer = auth["Authorizer"].truthy?.text else { return }
        let authorizers = api["Auth"].truthy?["Authorizers"]
        try paths.editMethod(path, method) { definition in
            var scopes: PyValue = []
            if authorizer.text != "NONE", authorizer.text != "AWS_IAM" {
                let declared = authorizers?[authorizer.text]
                if let declared, declared.dict == nil {
                    throw Fault.document("Type of authorizer '\(authorizer.text)' must be a dictionary")
                }
                let wanted = auth["AuthorizationScopes"].truthy ?? declared?.given("AuthorizationScopes")
                if declared.isTruthy, let wanted = wanted.truthy { scopes = wanted }
            }
            let existing = definition["security"] ?? []
            guard case .list(let entries) = existing else {
                throw Fault.document("Type of security for path \(path.text) method \(method.text) must be a list")
            }
            definition["security"] = .list(entries + [Self.entry(authorizer, scopes)])
        }
    }

    private static func entry(_ authorizer: PyText, _ scopes: PyValue) -> PyValue {
        var entry = PyDict(isHashed: false)
        entry.set(authorizer, scopes)
        return .dict(entry)
    }
}
