import Cloud
import FoundationEssentials
import HTTP
import Notation

/// A request to a function URL as its function sees it: payload format 2.0.
struct URLEvent {
    let request: HTTPRequest
    let path: String
    let body: [UInt8]
    let url: FunctionURL
    let id: String
    let now: Timestamp
    /// Who signed it; nil for URLs open to everybody.
    let caller: Caller?

    var json: JSON {
        var event: JSON = [
            "version": "2.0", "routeKey": "$default", "rawPath": .string(PercentEncoding.decode(path)),
            "rawQueryString": .string(String(request.query)), "headers": headers, "requestContext": context,
            "isBase64Encoded": .bool(!isText && !body.isEmpty),
        ]
        let cookies = request.fields.values(of: "Cookie").flatMap { $0.split(separator: ";") }
            .map { JSON.string(String($0.drop { $0 == " " })) }
        if !cookies.isEmpty { event["cookies"] = .array(cookies) }
        if !request.query.isEmpty { event["queryStringParameters"] = query }
        if !body.isEmpty {
            event["body"] = .string(isText ? String(decoding: body, as: UTF8.self) : Data(body).base64EncodedString())
        }
        return event
    }

    private var headers: JSON {
        var joined = JSONObject()
        for field in request.fields.all where !HTTPFields.same(field.name, "Cookie") {
            let name = field.name.lowercased()
            joined[name] = .string((joined[name]?.string).map { "\($0),\(field.value)" } ?? field.value)
        }
        joined["x-forwarded-for"] = .string(address)
        joined["x-forwarded-proto"] = joined["x-forwarded-proto"] ?? "http"
        joined["x-forwarded-port"] = joined["x-forwarded-port"] ?? .string(port)
        return .object(joined)
    }

    private var address: String { String(request.peer.split(separator: ":").dropLast().joined(separator: ":")) }

    private var port: String {
        let parts = (request.fields["Host"] ?? "").split(separator: ":")
        return parts.count > 1 ? String(parts[parts.count - 1]) : "80"
    }

    private var query: JSON {
        var joined = JSONObject()
        for pair in request.query.split(separator: "&") {
            let name = PercentEncoding.decode(String(pair.prefix { $0 != "=" }), isForm: true)
            let value = PercentEncoding.decode(String(pair.drop { $0 != "=" }.dropFirst()), isForm: true)
            joined[name] = .string((joined[name]?.string).map { "\($0),\(value)" } ?? value)
        }
        return .object(joined)
    }

    private var context: JSON {
        let host = request.fields["Host"] ?? ""
        var context: JSON = [
            "accountId": caller.map { .string($0.account) } ?? "anonymous", "apiId": .string(url.id),
            "domainName": .string(host), "domainPrefix": .string(url.id),
            "http": [
                "method": .string(request.method), "path": .string(PercentEncoding.decode(path)),
                "protocol": "HTTP/1.1",
                "sourceIp": .string(address), "userAgent": .string(request.fields["User-Agent"] ?? ""),
            ],
            "requestId": .string(id), "routeKey": "$default", "stage": "$default",
            "time": .string(Self.commonLogTime(now)), "timeEpoch": .int(Int(now.milliseconds)),
        ]
        if let caller {
            context["authorizer"] = [
                "iam": [
                    "accessKey": .string(caller.accessKeyID), "accountId": .string(caller.account),
                    "callerId": .string(caller.accessKeyID), "cognitoIdentity": .null, "principalOrgId": .null,
                    "userArn": .string(caller.principal), "userId": .string(caller.accessKeyID),
                ]
            ]
        }
        return context
    }

    /// Whether the body goes to the function as it is, and not as base64.
    private var isText: Bool {
        let type = (request.fields["Content-Type"] ?? "text/plain").lowercased()
        let kinds = ["text/", "application/json", "application/xml", "application/javascript", "+json", "+xml"]
        return kinds.contains { type.contains($0) } && String(validating: body, as: UTF8.self) != nil
    }

    /// As Apache writes times: `23/Nov/2026:09:30:00 +0000`.
    private static func commonLogTime(_ time: Timestamp) -> String {
        let date = CivilDate(time)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(date.day))/\(months[date.month - 1])/\(date.year):\(two(date.hour)):\(two(date.minute)):"
            + "\(two(date.second)) +0000"
    }
}

/// A function's answer as HTTP: an object with a `statusCode` says all itself, anything else is the body.
struct URLAnswer {
    private let payload: [UInt8]

    init(_ payload: [UInt8]) { self.payload = payload }

    var response: HTTPResponse {
        guard let answer = try? JSON(parsing: payload) else {
            return FunctionURLResponder.message(502, "Internal Server Error")
        }
        guard answer.object != nil,
            let status = answer["statusCode"]?.int ?? answer["statusCode"]?.string.flatMap({ Int($0) })
        else {
            let text = answer.string.map { Array($0.utf8) } ?? payload
            return HTTPResponse(status: 200, fields: ["Content-Type": "application/json"], body: .bytes(text))
        }
        guard (100...599).contains(status) else {
            return FunctionURLResponder.message(502, "Internal Server Error")
        }
        var fields = HTTPFields()
        for (name, value) in answer["headers"]?.object ?? [:] where Self.isField(name, value.asText) {
            fields.add(name, value.asText)
        }
        for cookie in answer["cookies"]?.array ?? [] where Self.isField("Set-Cookie", cookie.asText) {
            fields.add("Set-Cookie", cookie.asText)
        }
        if fields["Content-Type"] == nil { fields.add("Content-Type", "application/json") }
        var body = Array((answer["body"]?.asText ?? "").utf8)
        if answer["isBase64Encoded"]?.bool == true {
            guard let data = Data(base64Encoded: String(decoding: body, as: UTF8.self)) else {
                return FunctionURLResponder.message(502, "Internal Server Error")
            }
            body = Array(data)
        }
        return HTTPResponse(status: status, fields: fields, body: .bytes(body))
    }

    /// Whether a field can be written: no line's end in it, no name that would change how the message is read.
    private static func isField(_ name: String, _ value: String) -> Bool {
        let hop = ["content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "date"]
        return !name.isEmpty && !hop.contains(name.lowercased())
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
            && !value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
    }
}

extension JSON {
    /// A header's or body's value: texts as they are, anything else as JSON.
    fileprivate var asText: String { string ?? (isNull ? "" : text()) }
}

/// What a function URL answers to browsers of other origins.
struct URLCors {
    private let settings: JSON

    init(_ settings: JSON?) { self.settings = settings ?? .null }

    private func list(_ member: String) -> String {
        (settings[member]?.array ?? []).compactMap(\.string).joined(separator: ",")
    }

    /// The fields of an ordinary answer; none when the origin is not among those allowed.
    func fields(origin: String?) -> HTTPFields {
        let allowed = (settings["AllowOrigins"]?.array ?? []).compactMap(\.string)
        guard let origin, allowed.contains("*") || allowed.contains(origin) else { return [:] }
        var fields: HTTPFields = ["Access-Control-Allow-Origin": allowed.contains("*") ? "*" : origin]
        if !allowed.contains("*") { fields.add("Vary", "Origin") }
        if settings["AllowCredentials"]?.bool == true { fields.add("Access-Control-Allow-Credentials", "true") }
        if !list("ExposeHeaders").isEmpty { fields.add("Access-Control-Expose-Headers", list("ExposeHeaders")) }
        return fields
    }

    /// The fields of the answer to a browser that asks beforehand.
    func preflight(origin: String?) -> HTTPFields {
        var fields = fields(origin: origin)
        guard !fields.all.isEmpty else { return [:] }
        if !list("AllowMethods").isEmpty { fields.add("Access-Control-Allow-Methods", list("AllowMethods")) }
        if !list("AllowHeaders").isEmpty { fields.add("Access-Control-Allow-Headers", list("AllowHeaders")) }
        if let age = settings["MaxAge"]?.int { fields.add("Access-Control-Max-Age", "\(age)") }
        return fields
    }
}
