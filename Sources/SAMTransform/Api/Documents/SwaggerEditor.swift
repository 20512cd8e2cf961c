/// Changes the Swagger (or OpenAPI 3) document of an `AWS::Serverless::Api`.
///
/// Works on a deep copy and gives a deep copy, like AWS's own: each copying can change the order in which Python 2.7
/// goes through the members, and with it the id of the API's deployment.
struct SwaggerEditor {
    static let binaryMediaTypes = "x-amazon-apigateway-binary-media-types"
    static let gatewayResponsesKey = "x-amazon-apigateway-gateway-responses"
    static let policyKey = "x-amazon-apigateway-policy"
    static let requestValidators = "x-amazon-apigateway-request-validators"
    static let requestValidator = "x-amazon-apigateway-request-validator"
    static let endpointConfiguration = "x-amazon-apigateway-endpoint-configuration"
    static let securityKey = "securityDefinitions"
    /// Fields of a path that are no methods.
    static let pathFields = ["summary", "description", "parameters"]

    /// The document but for the parts below, which are written back when it is given out.
    var doc: PyDict
    var paths: APIPaths
    var securityDefinitions: PyValue
    var gatewayResponses: PyValue
    var resourcePolicy: PyDict
    var definitions: PyValue

    /// Starts with a document.
    ///
    /// - Throws: A document fault when it is no Swagger document or a path item is no map.
    init(_ body: PyValue?) throws {
        guard let body, Self.isValid(body), case .dict(let doc) = body.deepCopied(), let items = doc["paths"]?.dict
        else {
            throw Fault.document(
                "Invalid Swagger document or the Swagger document is not explicitly defined in 'DefinitionBody'.")
        }
        self.doc = doc
        paths = APIPaths(items: items)
        securityDefinitions = doc[Self.securityKey].truthy ?? .dict(PyDict())
        gatewayResponses = doc[Self.gatewayResponsesKey].truthy ?? .dict(PyDict())
        resourcePolicy = doc[Self.policyKey].truthy?.dict ?? PyDict()
        definitions = doc["definitions"] ?? .dict(PyDict())
        try paths.checkItems()
    }

    /// The document with all changes.
    var document: PyValue {
        var result = doc
        result["paths"] = .dict(paths.items)
        if securityDefinitions.isTruthy { result[Self.securityKey] = securityDefinitions }
        if gatewayResponses.isTruthy { result[Self.gatewayResponsesKey] = gatewayResponses }
        if definitions.isTruthy { result["definitions"] = definitions }
        return .dict(result.deepCopied())
    }
}

extension SwaggerEditor {
    /// Whether the value has what makes a Swagger or OpenAPI 3 document.
    static func isValid(_ value: PyValue?) -> Bool {
        guard let value, value.isTruthy, value["paths"]?.dict != nil else { return false }
        if value["swagger"].isTruthy { return true }
        guard let version = value["openapi"].truthy else { return false }
        return isVersion3(version)
    }

    /// Whether the value is an OpenAPI version such as `3.0` or `3.0.1`.
    static func isVersion3(_ value: PyValue) -> Bool { isVersion(value, majors: ["3"]) }

    /// Whether the value is a version of one of these majors: one or two more numbers of one digit.
    static func isVersion(_ value: PyValue, majors: [Substring]) -> Bool {
        var text = value.printed
        if text.last == "\n" { text.removeLast() }
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(words.count), majors.contains(words[0]) else { return false }
        return words.dropFirst().allSatisfy { $0.count == 1 && $0.allSatisfy(\.isNumber) }
    }

    /// The least document there is: a version, a title, no paths.
    static func skeleton() -> PyValue {
        var info = PyDict()
        info["version"] = "1.0"
        info["title"] = .ref("AWS::StackName")
        var skeleton = PyDict()
        skeleton["swagger"] = "2.0"
        skeleton["info"] = .dict(info)
        skeleton["paths"] = .dict(PyDict())
        return .dict(skeleton)
    }

    /// The path with `*` for its variables, as permissions name it: `{id}`, `{id+}` and `{proxy+}` where they stand.
    static func wildcardPath(_ path: PyText) -> PyText { path.with(wildcards(path.text) { _ in true }) }

    /// Puts `*` for each `{name}`, and for `{name+}` where the greedy name is let through.
    static func wildcards(_ path: String, greedy: (Substring) -> Bool) -> String {
        var result = ""
        var rest = path[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            rest = rest[open...]
            let inner = rest.dropFirst()
            guard let close = inner.firstIndex(of: "}") else { break }
            var name = inner[..<close]
            let isGreedy = name.last == "+"
            if isGreedy { name = name.dropLast() }
            let isName =
                !name.isEmpty
                && name.utf8.allSatisfy {
                    $0.isAlphanumeric || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
                }
            if isName, !isGreedy || greedy(name) {
                result += "*"
                rest = rest[rest.index(after: close)...]
            } else {
                result += "{"
                rest = inner
            }
        }
        return result + rest
    }

    /// Throws a document fault of this text unless the value is a dictionary.
    @discardableResult
    static func expectMap(_ value: PyValue?, _ text: @autoclosure () -> String) throws -> PyDict {
        guard let members = value?.dict else { throw Fault.document(text()) }
        return members
    }
}
