import Cloud
import CloudTesting
import FoundationEssentials
import HTTP
import Notation
import Testing

@testable import Lambda

@Suite("Function URLs", .timeLimit(.minutes(2)))
struct URLTests {
    private static let echo = [
        "app.py": """
        def handler(event, context):
            if event["rawPath"] == "/event": return event
            if event["rawPath"] == "/plain": return "just text"
            if event["rawPath"] == "/raise": raise ValueError("no")
            if event["rawPath"] == "/bad": return {"statusCode": 1}
            return {"statusCode": 201, "headers": {
                    "X-Kind": "made", "Content-Type": "text/plain", "Connection": "close",
                    "X-Evil": "a\\r\\nb: c"}, "cookies": ["a=1", "b=2"], "body": "aGVsbG8=", "isBase64Encoded": True}
        """
    ]

    private func url(_ f: LambdaFixture, _ more: JSON = [:], open: Bool = true) async throws -> String {
        try await f.create("web", Self.echo)
        var input: JSON = ["FunctionName": "web", "AuthType": "NONE"]
        for (key, value) in more.object ?? [:] { input[key] = value }
        let made = try await f.test.call("lambda", "CreateFunctionUrlConfig", input)
        if open {
            try await f.test.call(
                "lambda", "AddPermission",
                [
                    "FunctionName": "web", "StatementId": "all", "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
                    "FunctionUrlAuthType": "NONE",
                ])
        }
        let text = made["FunctionUrl"]?.string ?? ""
        #expect(text.hasPrefix("http://127.0.0.1:4566/_slipway/url/") && text.hasSuffix("/"))
        return String(text.dropFirst("http://127.0.0.1:4566".count).dropLast())
    }

    private func get(
        _ f: LambdaFixture, _ target: String, method: String = "GET", fields: HTTPFields = [:], body: String = ""
    ) async throws -> (status: Int, fields: HTTPFields, text: String) {
        let request = HTTPRequest(
            method: method, target: target, fields: fields, body: .bytes(Array(body.utf8)), peer: "10.1.2.3:999")
        let response = try #require(await f.service.http(request))
        return (
            response.status, response.fields,
            String(decoding: try await response.body.collected(limit: 1 << 20), as: UTF8.self)
        )
    }

    @Test("A request becomes an event of format 2.0")
    func event() async throws {
        try await withLambda { f in
            let place = try await url(f)
            let answer = try await get(
                f, place + "/event?a=1&a=2&b=x%20y+z", method: "POST",
                fields: [
                    "Host": "me:80", "Cookie": "s=1; t=2", "X-One": "1", "x-one": "2",
                    "Content-Type": "application/json",
                ],
                body: #"{"n": 1}"#)
            #expect(answer.status == 200)
            let event = try JSON(parsing: answer.text)
            #expect(event["version"] == "2.0" && event["rawPath"] == "/event")
            #expect(event["queryStringParameters"] == ["a": "1,2", "b": "x y z"])
            #expect(event["cookies"] == ["s=1", "t=2"])
            #expect(event["headers"]?["x-one"] == "1,2")
            #expect(event["body"] == #"{"n": 1}"# && event["isBase64Encoded"] == false)
            #expect(event["requestContext"]?["http"]?["method"] == "POST")
            #expect(event["requestContext"]?["http"]?["sourceIp"] == "10.1.2.3")
            let binary = try await get(
                f, place + "/event", method: "PUT", fields: ["Content-Type": "image/png"], body: "png")
            #expect(try JSON(parsing: binary.text)["body"] == "cG5n")
            #expect(try JSON(parsing: binary.text)["isBase64Encoded"] == true)
        }
    }

    @Test("An answer is taken apart; what cannot be sent is left out or refused")
    func answers() async throws {
        try await withLambda { f in
            let place = try await url(f)
            let made = try await get(f, place + "/")
            #expect(made.status == 201 && made.text == "hello")
            #expect(made.fields["X-Kind"] == "made" && made.fields["Content-Type"] == "text/plain")
            #expect(made.fields.values(of: "Set-Cookie") == ["a=1", "b=2"])
            #expect(made.fields["Connection"] == nil && made.fields["X-Evil"] == nil)
            let plain = try await get(f, place + "/plain")
            #expect(plain.status == 200 && plain.text == "just text")
            #expect(plain.fields["Content-Type"] == "application/json")
            #expect(try await get(f, place + "/raise").status == 502)
            #expect(try await get(f, place + "/bad").status == 502)
        }
    }

    @Test("The host form leads to the same function")
    func host() async throws {
        try await withLambda { f in
            let id = try await url(f).split(separator: "/").last ?? ""
            let answer = try await get(f, "/plain", fields: ["Host": "\(id).lambda-url.eu-west-1.localhost:4566"])
            #expect(answer.text == "just text")
            #expect(await f.service.http(HTTPRequest(method: "GET", target: "/elsewhere")) == nil)
        }
    }

    @Test("A URL that nobody may call is forbidden, one for signers asks who signed")
    func authorization() async throws {
        try await withLambda { f in
            let place = try await url(f, open: false)
            #expect(try await get(f, place + "/plain").status == 403)
            try await f.test.call(
                "lambda", "UpdateFunctionUrlConfig", ["FunctionName": "web", "AuthType": "AWS_IAM"])
            #expect(try await get(f, place + "/plain").status == 403)
            #expect(try await get(f, "/_slipway/url/unknown/").status == 403)
            #expect(f.service.environmentCount == 0)
        }
    }

    @Test("Browsers of allowed origins are told so, before and after")
    func cors() async throws {
        try await withLambda { f in
            let cors: JSON = ["AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 60]
            let place = try await url(f, ["Cors": cors])
            let before = try await get(
                f, place + "/", method: "OPTIONS",
                fields: ["Origin": "https://a.example", "Access-Control-Request-Method": "GET"])
            #expect(before.status == 200 && before.fields["Access-Control-Allow-Methods"] == "GET")
            #expect(before.fields["Access-Control-Max-Age"] == "60")
            #expect(f.service.environmentCount == 0)
            let after = try await get(f, place + "/plain", fields: ["Origin": "https://a.example"])
            #expect(after.fields["Access-Control-Allow-Origin"] == "https://a.example")
            let other = try await get(f, place + "/plain", fields: ["Origin": "https://b.example"])
            #expect(other.fields["Access-Control-Allow-Origin"] == nil)
        }
    }

    @Test("A function has one URL for each qualifier")
    func one() async throws {
        try await withLambda { f in
            _ = try await url(f)
            let twice = try await f.test.refusal(
                "lambda", "CreateFunctionUrlConfig", ["FunctionName": "web", "AuthType": "NONE"])
            #expect(twice?.code == "ResourceConflictException")
            let version = try await f.test.refusal(
                "lambda", "CreateFunctionUrlConfig", ["FunctionName": "web:1", "AuthType": "NONE"])
            #expect(version?.code == "ValidationException")
            try await f.test.call("lambda", "DeleteFunctionUrlConfig", ["FunctionName": "web"])
            let gone = try await f.test.refusal("lambda", "GetFunctionUrlConfig", ["FunctionName": "web"])
            #expect(gone?.status == 404)
        }
    }
}
