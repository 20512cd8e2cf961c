import HTTP
import Notation
import Testing

@testable import Wire

@Suite("Answers")
struct AnswerTests {
    private static let names: [WireProtocol: String] = [
        .query: "query", .json10: "json", .json11: "json", .restJSON: "rest-json", .restXML: "rest-xml",
        .cbor: "smithy-rpc-v2-cbor",
    ]

    private static func described(_ response: HTTPResponse, _ case: JSON, _ wireProtocol: WireProtocol) -> JSON {
        var result = `case`
        guard case .bytes(let body) = response.body else { return result }
        result["protocol"] = .string(names[wireProtocol] ?? "")
        result["status"] = .int(response.status)
        result["headers"] = .array(response.fields.all.map { [.string($0.name), .string($0.value)] })
        result["body"] = .string(Base64.encode(body))
        return result
    }

    @Test(
        "botocore reads every operation's answer as what it was written from", .enabled(if: Botocore.isThere),
        arguments: ["1", "2"])
    func everyOperation(seed: String) throws {
        var answers: [JSON] = []
        for value in try Botocore.outputs(seed: seed) {
            guard let id = value["service"]?.string, let name = value["operation"]?.string,
                let service = Models.service(id), name != "GetBucketLocation"
            else { continue }
            let payload = value["payload"]?.string.flatMap { Base64.decode($0) }.map { HTTPBody.bytes($0) }
            for wireProtocol in service.protocols where Fixtures.isKnownToBotocore(id, wireProtocol) {
                let format = AnswerFormat(
                    wireProtocol, service: id, operation: name, isHead: service.operation(name)?.method == "HEAD")
                let response = Fixtures.router.answer(
                    Incoming(service: id, operation: name, format: format), output: value["output"] ?? [:],
                    payload: payload, requestID: "request-1", hostID: "host")
                answers.append(Self.described(response, value, wireProtocol))
            }
        }
        #expect(answers.count > 300)
        for difference in try Botocore.differences(in: answers) { Issue.record("\(difference)") }
    }

    @Test("botocore reads every exception with its code, text and status", .enabled(if: Botocore.isThere))
    func everyException() throws {
        var answers: [JSON] = []
        for service in Models.ids.compactMap({ Models.service($0) }) {
            for operation in service.operations.values.sorted(by: { $0.name < $1.name }).prefix(40) {
                for wireProtocol in service.protocols {
                    let shape = operation.errors.first
                    let code = shape?.name ?? "SomethingWrong"
                    let text = "Nothing is <right> & \"good\"\n é"
                    let fault = Fault(code, text)
                    let format = AnswerFormat(wireProtocol, service: service.id, operation: operation.name)
                    let response = Fixtures.router.answer(fault, to: format, requestID: "request-1")
                    let shown =
                        [.query, .restXML].contains(wireProtocol) || service.isQueryCompatible
                        ? shape?.fault?.code ?? code : code
                    var described = Self.described(
                        response, ["service": .string(service.id), "operation": .string(operation.name)], wireProtocol)
                    described["fault"] = [.string(shown), .string(text), "request-1", .int(response.status)]
                    answers.append(described)
                }
            }
        }
        for difference in try Botocore.differences(in: answers) { Issue.record("\(difference)") }
    }

    @Test("botocore reads streams of events", .enabled(if: Botocore.isThere))
    func events() async throws {
        let cases: [(String, String, WireProtocol, [JSON])] = [
            (
                "lambda", "InvokeWithResponseStream", .restJSON,
                [["PayloadChunk": ["Payload": "aGk="]], ["InvokeComplete": ["LogResult": "log"]]]
            ),
            (
                "logs", "StartLiveTail", .json11,
                [
                    ["sessionStart": ["requestId": "r", "logGroupIdentifiers": ["a"]]],
                    ["sessionUpdate": ["sessionResults": [["message": "m <&> ü", "timestamp": 5]]]],
                ]
            ),
        ]
        for (service, operation, wireProtocol, events) in cases {
            let pieces = AsyncStream { continuation in
                for event in events { continuation.yield(event.bytes()) }
                continuation.finish()
            }
            let streamed = answer(
                service, operation, [:], wireProtocol, payload: .stream(HTTPBodyStream(length: nil, pieces)))
            #expect(streamed.fields["Content-Type"] == "application/vnd.amazon.eventstream")
            let whole = HTTPResponse(
                status: 200, fields: streamed.fields, body: .bytes(try await streamed.body.collected(limit: 10_000)))
            let described = Self.described(
                whole,
                ["service": .string(service), "operation": .string(operation), "events": .array(events)], wireProtocol)
            for difference in try Botocore.differences(in: [described]) { Issue.record("\(difference)") }
        }
    }

    private func answer(
        _ service: String, _ operation: String, _ output: JSON, _ wireProtocol: WireProtocol, payload: HTTPBody? = nil
    ) -> HTTPResponse {
        let format = AnswerFormat(wireProtocol, service: service, operation: operation)
        return Fixtures.router.answer(
            Incoming(service: service, operation: operation, format: format), output: output, payload: payload,
            requestID: "r-1", hostID: "h-1")
    }

    @Test("a Query answer has the wrapper and the request's id")
    func query() {
        let response = answer("sts", "GetCallerIdentity", ["Account": "123456789012", "Extra": "left out"], .query)
        #expect(
            response.text == """
                <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>\
                <Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId>\
                </ResponseMetadata></GetCallerIdentityResponse>
                """)
        #expect(response.fields["Content-Type"] == "text/xml")
        #expect(response.fields["x-amzn-RequestId"] == "r-1")
    }

    @Test("S3's answers have S3's names and ids")
    func s3() {
        let listing = answer(
            "s3", "ListObjectsV2", ["Name": "b", "Contents": [["Key": "a&b", "LastModified": 1_700_000_000.5]]],
            .restXML)
        #expect(
            listing.text == """
                <?xml version="1.0" encoding="UTF-8"?>
                <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Contents><Key>a&amp;b</Key>\
                <LastModified>2023-11-14T22:13:20.500Z</LastModified></Contents><Name>b</Name></ListBucketResult>
                """)
        #expect(listing.fields["x-amz-request-id"] == "r-1")
        #expect(listing.fields["x-amz-id-2"] == "h-1")
        let location = answer("s3", "GetBucketLocation", ["LocationConstraint": "eu-west-1"], .restXML)
        #expect(location.text.hasSuffix(">eu-west-1</LocationConstraint>"))
        #expect(answer("s3", "DeleteObject", [:], .restXML).status == 204)
    }

    @Test("an object is answered with its headers, and a range of it with 206")
    func object() async throws {
        let output: JSON = [
            "ContentLength": 3, "ContentRange": "bytes 0-2/9", "ETag": "\"e\"", "LastModified": 1_700_000_000,
            "Metadata": ["color": "blue"], "ContentType": "text/plain",
        ]
        let response = answer("s3", "GetObject", output, .restXML, payload: .bytes([1, 2, 3]))
        #expect(response.status == 206)
        #expect(response.fields["Last-Modified"] == "Tue, 14 Nov 2023 22:13:20 GMT")
        #expect(response.fields["x-amz-meta-color"] == "blue")
        #expect(response.fields["Content-Length"] == nil)
        #expect(try await response.body.collected(limit: 9) == [1, 2, 3])
        let format = AnswerFormat(.restXML, service: "s3", operation: "HeadObject", isHead: true)
        let head = Fixtures.router.answer(
            Incoming(service: "s3", operation: "HeadObject", format: format), output: output, requestID: "r")
        #expect(head.fields["Content-Length"] == "3")
        #expect(head.body.length == 0)
    }

    @Test("a header cannot be broken out of")
    func headerInjection() {
        let output: JSON = ["Metadata": ["a": "x\r\nSet-Cookie: y"], "ContentType": "t\nu"]
        let response = answer("s3", "GetObject", output, .restXML, payload: .bytes([]))
        for field in response.fields.all { #expect(!field.value.utf8.contains { $0 == 0x0A || $0 == 0x0D }) }
    }

    @Test("Lambda's status comes from the output, and its payload is the body")
    func invoke() async throws {
        let output: JSON = ["StatusCode": 202, "ExecutedVersion": "$LATEST"]
        let response = answer("lambda", "Invoke", output, .restJSON, payload: .bytes([0x7B, 0x7D]))
        #expect(response.status == 202)
        #expect(response.fields["X-Amz-Executed-Version"] == "$LATEST")
        #expect(response.text == "{}")
    }

    @Test("members without a value are left out of JSON")
    func nulls() {
        let response = answer(
            "codedeploy", "GetApplication", ["application": ["applicationName": "a", "createTime": .null]], .json11)
        #expect(response.text == #"{"application":{"applicationName":"a"}}"#)
        #expect(answer("codedeploy", "DeleteApplication", [:], .json11).text.isEmpty)
    }
}

@Suite("Faults on the wire")
struct FaultAnswerTests {
    private func answer(_ fault: Fault, _ format: AnswerFormat) -> HTTPResponse {
        Fixtures.router.answer(fault, to: format, requestID: "r-1", hostID: "h-1")
    }

    @Test("CloudWatch's carry the older code for clients that compare it", arguments: [WireProtocol.json10, .cbor])
    func queryCompatible(wireProtocol: WireProtocol) {
        let response = answer(
            Fault("ResourceNotFoundException", "No such."), AnswerFormat(wireProtocol, service: "cloudwatch"))
        #expect(response.fields["x-amzn-query-error"] == "ResourceNotFoundException;Sender")
        let older = answer(Fault("ResourceNotFound", "No such."), AnswerFormat(wireProtocol, service: "cloudwatch"))
        #expect(older.fields["x-amzn-query-error"] == "ResourceNotFound;Sender")
        let missing = Fault("MissingRequiredParameterException", "The parameter X is required.")
        let response2 = answer(missing, AnswerFormat(wireProtocol, service: "cloudwatch"))
        #expect(response2.fields["x-amzn-query-error"] == "MissingParameter;Sender")
    }

    @Test("Query shows the older code, found by the exception's name")
    func query() {
        let response = answer(Fault("NoSuchEntityException", "No role."), AnswerFormat(.query, service: "iam"))
        #expect(response.status == 404)
        #expect(response.text.contains("<Type>Sender</Type><Code>NoSuchEntity</Code><Message>No role.</Message>"))
    }

    @Test("Lambda's have their type in a header, and say who is to blame")
    func lambda() {
        let response = answer(Fault("ResourceNotFoundException", "No."), AnswerFormat(.restJSON, service: "lambda"))
        #expect(response.status == 404)
        #expect(response.fields["x-amzn-ErrorType"] == "ResourceNotFoundException")
        #expect(response.text == #"{"Type":"User","Message":"No."}"#)
    }

    @Test("S3's hold their members, and none has a body for HEAD or 304")
    func s3() {
        let fault = Fault("NoSuchKey", "The specified key does not exist.", status: 404, members: ["Key": "k"])
        let response = answer(fault, AnswerFormat(.restXML, service: "s3"))
        #expect(
            response.text.contains(
                "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>k</Key>"))
        #expect(response.text.hasSuffix("<RequestId>r-1</RequestId><HostId>h-1</HostId></Error>"))
        #expect(answer(fault, AnswerFormat(.restXML, service: "s3", isHead: true)).text.isEmpty)
        #expect(answer(Fault("NotModified", "", status: 304), AnswerFormat(.restXML, service: "s3")).text.isEmpty)
    }

    @Test("a server's own mistake is a 500")
    func internalFailure() {
        for wireProtocol in [WireProtocol.query, .json11, .restJSON, .restXML, .cbor] {
            #expect(answer(.internalFailure(), AnswerFormat(wireProtocol)).status == 500)
        }
    }
}
