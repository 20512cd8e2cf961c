/// CORS: an `OPTIONS` method that answers without calling anything. See "Enable CORS for a resource" in the API Gateway
/// developer guide.
extension SwaggerEditor {
    /// What browsers are told.
    struct Cors {
        var methods: PyValue?
        var headers: PyValue?
        var origin: PyValue?
        var maxAge: PyValue?
        var allowsCredentials = false
    }

    /// Adds the method to the path, unless it has one.
    mutating func addCors(_ path: PyText, _ cors: Cors) throws {
        var methods = cors.methods
        try paths.editItems(path) { item in
            guard !item.contains("options") else { return }
            guard cors.origin.isTruthy else {
                throw Fault.template("Invalid input. Value for AllowedOrigins is required")
            }
            if !methods.isTruthy { methods = .text(PyText("'\(Self.allowedMethods(of: item))'")) }
            item["options"] = Self.optionsMethod(cors, methods: methods)
        }
    }

    /// The path's methods and `OPTIONS`, or all there are when one stands for all; sorted.
    private static func allowedMethods(of item: PyDict) -> String {
        let names = item.keys.map(\.text)
        let methods =
            names.contains(APIPaths.anyMethod)
            ? ["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"] : names + ["options"]
        return Set(methods.map { $0.uppercased() }).sorted().joined(separator: ",")
    }

    private static func optionsMethod(_ cors: Cors, methods: PyValue?) -> PyValue {
        let (parameters, headers) = responseHeaders(cors, methods: methods)
        var fallback = PyDict()
        fallback["statusCode"] = "200"
        fallback["responseParameters"] = .dict(parameters)
        fallback["responseTemplates"] = ["application/json": "{}\n"]
        var answers = PyDict()
        answers["default"] = .dict(fallback)
        var integration = PyDict()
        integration["type"] = "mock"
        integration["requestTemplates"] = ["application/json": "{\n  \"statusCode\" : 200\n}\n"]
        integration["responses"] = .dict(answers)
        var success = PyDict()
        success["description"] = "Default response for CORS method"
        success["headers"] = .dict(headers)
        var responses = PyDict()
        responses["200"] = .dict(success)
        var method = PyDict()
        method["summary"] = "CORS support"
        method["consumes"] = ["application/json"]
        method["produces"] = ["application/json"]
        method[APIPaths.integration] = .dict(integration)
        method["responses"] = .dict(responses)
        return .dict(method)
    }

    private static func responseHeaders(_ cors: Cors, methods: PyValue?) -> (parameters: PyDict, headers: PyDict) {
        let origin = "Access-Control-Allow-Origin"
        var parameters = PyDict(merging: [(PyText("method.response.header." + origin), cors.origin ?? .null)])
        var headers = PyDict(merging: [(PyText(origin), ["type": "string"])])
        func add(_ name: String, _ value: PyValue, type: PyValue) {
            parameters["method.response.header." + name] = value
            headers[name] = ["type": type]
        }
        if let allowed = cors.headers.truthy { add("Access-Control-Allow-Headers", allowed, type: "string") }
        if let methods = methods.truthy { add("Access-Control-Allow-Methods", methods, type: "string") }
        if let maxAge = cors.maxAge, !maxAge.isNull { add("Access-Control-Max-Age", maxAge, type: "integer") }
        if cors.allowsCredentials { add("Access-Control-Allow-Credentials", "'true'", type: "string") }
        return (parameters, headers)
    }

    /// Names the types that are bodies of bytes; `~1` in them stands for `/`, as in JSON pointers.
    mutating func setBinaryMediaTypes(_ types: PyValue) {
        doc[Self.binaryMediaTypes] = Self.unescaped(types)
    }

    private static func unescaped(_ value: PyValue) -> PyValue {
        switch value {
        case .text(let text): return .text(unescaped(text))
        case .list(let elements): return .list(elements.map(unescaped))
        case .dict(let members):
            var result = PyDict()
            for (key, value) in members.pairs { result.set(unescaped(key), unescaped(value)) }
            return .dict(result)
        default: return value
        }
    }

    private static func unescaped(_ text: PyText) -> PyText {
        PyText(text.text.replacing("~1", with: "/"), isUnicode: true)
    }
}
