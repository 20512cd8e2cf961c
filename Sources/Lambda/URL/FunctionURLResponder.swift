import Cloud
import FoundationEssentials
import HTTP
import Ledger
import Logging
import Notation

/// Answers function URLs and downloads of code.
///
/// Source of the rules: AWS Lambda Developer Guide, "Function URLs".
struct FunctionURLResponder: Sendable {
    /// The largest request and answer (Lambda quotas).
    private static let bodyLimit = 6_291_456

    let parts: LambdaParts
    let signer: (@Sendable (HTTPRequest) async -> Caller?)?

    /// The answer; nil when the request is for somebody else.
    func respond(_ request: HTTPRequest) async -> HTTPResponse? {
        let path = request.path
        if path.hasPrefix("/_slipway/code/") { return await download(path.dropFirst(15)) }
        guard let (id, rest) = Self.address(request) else { return nil }
        do {
            guard let url = try await parts.ledger.get(LambdaStore.urls, id)?.value else {
                return Self.message(403, "Forbidden")
            }
            return try await answer(request, path: rest, url)
        } catch {
            parts.log.error("a function URL failed", metadata: ["url": "\(id)", "error": "\(error)"])
            return Self.message(500, "Internal Server Error")
        }
    }

    /// The URL's id and the path below it, from the path form or the host form.
    static func address(_ request: HTTPRequest) -> (id: String, path: String)? {
        let prefix = "/_slipway/url/"
        if request.path.hasPrefix(prefix) {
            let rest = request.path.dropFirst(prefix.count)
            let id = rest.prefix { $0 != "/" }
            let path = rest.dropFirst(id.count)
            return (String(id), path.isEmpty ? "/" : String(path))
        }
        let labels = (request.fields["Host"] ?? "").split(separator: ".")
        guard labels.count > 2, labels[1] == "lambda-url" else { return nil }
        return (String(labels[0]), String(request.path))
    }

    private func download(_ name: Substring) async -> HTTPResponse {
        let hash = name.hasSuffix(".zip") ? String(name.dropLast(4)) : ""
        let code = parts.code
        guard let bytes = await code.zip(hash) else { return Self.message(404, "Not Found") }
        return HTTPResponse(status: 200, fields: ["Content-Type": "application/zip"], body: .bytes(bytes))
    }

    static func message(_ status: Int, _ text: String) -> HTTPResponse {
        let body: JSON = ["Message": .string(text)]
        return HTTPResponse(status: status, fields: ["Content-Type": "application/json"], body: .bytes(body.bytes()))
    }

    // MARK: One request

    private func answer(_ request: HTTPRequest, path: String, _ url: FunctionURL) async throws -> HTTPResponse {
        let cors = URLCors(url.cors)
        let origin = request.fields["Origin"]
        if request.method == "OPTIONS", request.fields["Access-Control-Request-Method"] != nil, url.cors != nil {
            return HTTPResponse(status: 200, fields: cors.preflight(origin: origin))
        }
        var response = try await invoke(request, path: path, url)
        for field in cors.fields(origin: origin).all where response.fields[field.name] == nil {
            response.fields.add(field.name, field.value)
        }
        return response
    }

    private func invoke(_ request: HTTPRequest, path: String, _ url: FunctionURL) async throws -> HTTPResponse {
        guard let function = try await parts.ledger.get(LambdaStore.functions, url.target.key)?.value else {
            return Self.message(403, "Forbidden")
        }
        var caller: Caller?
        if url.authType == "AWS_IAM" {
            caller = await signer?(request)
            guard caller != nil else { return Self.message(403, "Forbidden") }
        } else if !function.allowsPublicURL(url.qualifier) {
            return Self.message(
                403,
                "Forbidden. For troubleshooting Function URL authorization issues, see: "
                    + "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html")
        }
        let body: [UInt8]
        do { body = try await request.body.collected(limit: Self.bodyLimit) } catch {
            return Self.message(413, "Request must be smaller than \(Self.bodyLimit) bytes")
        }
        let id = parts.surroundings.chance.uuid()
        let event = URLEvent(
            request: request, path: path, body: body, url: url, id: id, now: parts.surroundings.now, caller: caller)
        do {
            let target = try await parts.store.target(url.target, draw: parts.surroundings.chance.fraction())
            let result = try await parts.invoker.invoke(
                Invoker.Request(id: id, target: target, payload: event.json.bytes()))
            var response =
                result.functionError == nil
                ? URLAnswer(result.payload).response : Self.message(502, "Internal Server Error")
            response.fields.add("x-amzn-RequestId", id)
            response.fields.add("x-amz-executed-version", result.version)
            return response
        } catch let error as AWSError where error.code == "TooManyRequestsException" {
            return Self.message(429, error.message)
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return Self.message(404, error.message)
        }
    }
}

extension Function {
    /// Whether the function's policy lets everybody call the URL of that qualifier.
    func allowsPublicURL(_ qualifier: String?) -> Bool {
        (policies[qualifier ?? ""]?.statements ?? []).contains { statement in
            let actions = statement["Action"]?.string ?? ""
            let type = statement["Condition"]?["StringEquals"]?["lambda:FunctionUrlAuthType"]?.string
            return statement["Effect"]?.string == "Allow" && statement["Principal"]?.string == "*"
                && ["lambda:InvokeFunctionUrl", "lambda:*", "*"].contains(actions) && (type == nil || type == "NONE")
        }
    }
}
