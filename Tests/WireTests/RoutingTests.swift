import HTTP
import Notation
import Testing

@testable import Wire

@Suite("Which operation a request means")
struct RoutingTests {
    private static let scope = "AWS4-HMAC-SHA256 Credential=K/20260131/eu-west-1/"

    static func request(
        _ line: String, service: String? = "s3", fields: HTTPFields = [:], body: String = ""
    ) -> HTTPRequest {
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        var fields = fields
        if fields["Host"] == nil { fields["Host"] = "127.0.0.1:4566" }
        if let service {
            fields["Authorization"] = "\(scope)\(service)/aws4_request, SignedHeaders=host, Signature=00"
        }
        return HTTPRequest(method: parts[0], target: parts[1], fields: fields, body: .bytes(Array(body.utf8)))
    }

    @Test(
        "S3 tells operations apart by subresource and by what is given",
        arguments: [
            ("GET /", "ListBuckets"), ("GET /b", "ListObjects"), ("GET /b/", "ListObjects"),
            ("GET /b?list-type=2", "ListObjectsV2"), ("GET /b?versions", "ListObjectVersions"),
            ("GET /b?uploads", "ListMultipartUploads"), ("GET /b?location", "GetBucketLocation"),
            ("GET /b?versioning=", "GetBucketVersioning"), ("GET /b?tagging", "GetBucketTagging"),
            ("PUT /b", "CreateBucket"), ("HEAD /b", "HeadBucket"), ("DELETE /b", "DeleteBucket"),
            ("POST /b?delete", "DeleteObjects"), ("PUT /b?lifecycle", "PutBucketLifecycleConfiguration"),
            ("GET /b/k", "GetObject"), ("GET /b//k", "GetObject"), ("GET /b/a/b/c", "GetObject"),
            ("GET /b/k?x-id=GetObject", "GetObject"), ("GET /b/k?uploadId=1", "ListParts"),
            ("GET /b/k?tagging", "GetObjectTagging"), ("GET /b/k?acl", "GetObjectAcl"),
            ("PUT /b/k", "PutObject"), ("PUT /b/k?partNumber=1&uploadId=2", "UploadPart"),
            ("PUT /b/k?tagging", "PutObjectTagging"), ("POST /b/k?uploads", "CreateMultipartUpload"),
            ("POST /b/k?uploadId=1", "CompleteMultipartUpload"), ("DELETE /b/k?uploadId=1", "AbortMultipartUpload"),
            ("DELETE /b/k", "DeleteObject"), ("HEAD /b/k", "HeadObject"),
        ])
    func s3(line: String, operation: String) {
        let format = Fixtures.router.outline(Self.request(line), virtualHosts: [])
        #expect(format.operation == operation)
        #expect(format.wireProtocol == .restXML)
        #expect(format.isHead == line.hasPrefix("HEAD"))
    }

    @Test("a source makes a put a copy")
    func copy() {
        let source: HTTPFields = ["x-amz-copy-source": "/other/key"]
        #expect(
            Fixtures.router.outline(Self.request("PUT /b/k", fields: source), virtualHosts: []).operation
                == "CopyObject")
        let part = Self.request("PUT /b/k?partNumber=1&uploadId=u", fields: source)
        #expect(Fixtures.router.outline(part, virtualHosts: []).operation == "UploadPartCopy")
    }

    @Test(
        "keys come through as they are",
        arguments: [("/b/a%20b+c%2Fd", "a b+c/d"), ("/b//x/", "/x/"), ("/b/%C3%BC/../y", "ü/../y")])
    func keys(target: String, key: String) async throws {
        let incoming = try await Fixtures.parse(Self.request("GET " + target))
        #expect(incoming.input["Key"] == .string(key))
        #expect(incoming.input["Bucket"] == "b")
    }

    @Test(
        "a bucket may be in the host's name",
        arguments: [
            ("my.bucket.s3.example.com:9000", "my.bucket"), ("s3.example.com", nil), ("evil-s3.example.com", nil),
            ("b.localhost", "b"), ("localhost:4566", nil), ("[::1]:80", nil),
        ] as [(String, String?)])
    func virtualHost(host: String, bucket: String?) async throws {
        #expect(Recognition.bucket(host, ["s3.example.com", "localhost"]) == bucket)
        guard let bucket else { return }
        let request = Self.request("GET /a/k", fields: ["Host": host])
        let incoming = try await Fixtures.router.parse(
            request, bodyLimit: 10, virtualHosts: ["s3.example.com", "localhost"])
        #expect(incoming.input == ["Bucket": .string(bucket), "Key": "a/k"])
    }

    @Test("unsigned requests are told apart by what they look like")
    func unsigned() {
        let outline = { Fixtures.router.outline($0, virtualHosts: []) }
        #expect(outline(Self.request("GET /2015-03-31/functions/f", service: nil)).operation == "GetFunction")
        #expect(outline(Self.request("GET /2015-03-31/functions", service: nil)).operation == "ListFunctions")
        #expect(outline(Self.request("GET /bucket/key", service: nil)).service == "s3")
        #expect(
            outline(Self.request("GET /?Action=GetCallerIdentity&Version=2011-06-15", service: nil)).wireProtocol
                == .query)
    }

    @Test("an unsigned Query request is known by its version and action")
    func unsignedQuery() async throws {
        let form: HTTPFields = ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"]
        let body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=r&RoleSessionName=s&WebIdentityToken=t"
        let incoming = try await Fixtures.parse(Self.request("POST /", service: nil, fields: form, body: body))
        #expect(incoming.service == "sts")
        #expect(incoming.operation == "AssumeRoleWithWebIdentity")
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let line: String
        var service: String? = "s3"
        var fields: HTTPFields = [:]
        var body = ""
        let code: String
        let status: Int?
        var testDescription: String { "\(line) \(service ?? "") \(fields.all.map(\.value))" }
    }

    private static let form: HTTPFields = ["Content-Type": "application/x-www-form-urlencoded"]
    private static func target(_ name: String) -> HTTPFields {
        ["X-Amz-Target": name, "Content-Type": "application/x-amz-json-1.1"]
    }

    static let refused = [
        Refused(line: "PATCH /b/k", code: "MethodNotAllowed", status: 405),
        Refused(line: "GET /b?analytics&id=x", code: "NotImplemented", status: 501),
        Refused(line: "POST /b/k?select&select-type=2", code: "NotImplemented", status: 501),
        Refused(line: "GET /", service: "dynamodb", code: "NotImplemented", status: 501),
        Refused(
            line: "POST /", service: "dynamodb", fields: target("DynamoDB_20120810.ListTables"), code: "NotImplemented",
            status: 501),
        Refused(
            line: "POST /", service: "ssm", fields: target("AmazonSSM.Nonsense"), code: "UnknownOperationException",
            status: 400),
        Refused(
            line: "POST /", service: "ssm", fields: target("AmazonSSM.SendCommand"), code: "NotImplemented", status: 501
        ),
        Refused(line: "POST /", service: "ssm", code: "UnknownOperationException", status: 400),
        Refused(line: "GET /2015-03-31/nonsense", service: "lambda", code: "UnknownOperationException", status: 404),
        Refused(line: "GET /2025-11-30/capacity-providers", service: "lambda", code: "NotImplemented", status: 501),
        Refused(
            line: "POST /", service: "iam", fields: form, body: "Action=Nonsense&Version=2010-05-08",
            code: "InvalidAction", status: nil),
        Refused(
            line: "POST /", service: "iam", fields: form, body: "Version=2010-05-08", code: "MissingAction", status: nil
        ),
        Refused(
            line: "POST /", service: "iam", fields: form, body: "Action=ListMFADevices", code: "NotImplemented",
            status: 501),
        Refused(
            line: "POST /", service: "ssm", fields: target("AmazonSSM.GetParameter"), body: "{",
            code: "SerializationException", status: nil),
        Refused(
            line: "POST /", service: "ssm", fields: target("AmazonSSM.GetParameter"), body: #"{"Name":1}"#,
            code: "SerializationException", status: nil),
        Refused(line: "PUT /b", body: "<a><b></a>", code: "MalformedXML", status: nil),
        Refused(line: "PUT /b", body: "<!DOCTYPE x [<!ENTITY a 'b'>]><a/>", code: "MalformedXML", status: nil),
        Refused(line: "GET /b?list-type=2&max-keys=ten", code: "InvalidArgument", status: nil),
        Refused(line: "POST /b?delete", body: "<Delete/>", code: "InvalidRequest", status: nil),
        Refused(
            line: "POST /b?delete", fields: ["Content-MD5": "AAAA"], body: "<Delete/>", code: "BadDigest", status: nil),
    ]

    @Test("what is not offered, unknown or unreadable is refused with AWS's code", arguments: refused)
    func refusal(refused: Refused) async {
        let request = Self.request(refused.line, service: refused.service, fields: refused.fields, body: refused.body)
        let fault = await Fixtures.refusal(request)
        #expect(fault?.code == refused.code)
        #expect(fault?.status == refused.status)
    }

    @Test("a body over the limit is refused, streamed or not")
    func tooLarge() async {
        var request = Self.request("POST /", service: "ssm", fields: Self.target("AmazonSSM.GetParameter"))
        let bytes = [UInt8](repeating: 0x20, count: 1000)
        for body in [
            HTTPBody.bytes(bytes),
            .stream(
                HTTPBodyStream(
                    length: nil,
                    AsyncStream {
                        $0.yield(bytes); $0.finish()
                    })),
        ] {
            request.body = body
            do {
                _ = try await Fixtures.router.parse(request, bodyLimit: 999, virtualHosts: [])
                Issue.record("accepted")
            } catch {
                #expect(error.fault.status == 413)
            }
        }
    }

    @Test("a form's fields may come in any order, and thousands of them quickly")
    func largeForm() async throws {
        let count = 3000
        var fields = (1...count).flatMap {
            ["MetricData.member.\($0).MetricName=m\($0)", "MetricData.member.\($0).Value=\($0)"]
        }
        var generator = SplitMix(seed: 1)
        fields.shuffle(using: &generator)
        let body = "Action=PutMetricData&Version=2010-08-01&Namespace=N&" + fields.joined(separator: "&")
        let request = Self.request("POST /", service: "monitoring", fields: Self.form, body: body)
        let spent = try await ContinuousClock().measure {
            let data = try await Fixtures.parse(request).input["MetricData"]?.array ?? []
            #expect(data.count == count)
            for (index, datum) in data.enumerated() { #expect(datum["Value"] == .double(Double(index + 1))) }
        }
        #expect(spent < .seconds(20))
    }

    @Test("random bytes never crash a reader", arguments: ["lambda", "ssm", "iam", "s3", "cloudwatch"])
    func fuzz(service: String) async {
        var generator = SplitMix(seed: 11)
        let cases = Fixtures.requests.filter { $0.service == service }
        for captured in cases.prefix(60) {
            guard case .bytes(let bytes) = captured.request.body, !bytes.isEmpty else { continue }
            for _ in 0..<20 {
                var changed = bytes
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                if Bool.random(using: &generator) {
                    changed.removeLast(Int.random(in: 0...changed.count, using: &generator))
                }
                var request = captured.request
                request.body = .bytes(changed)
                let fault = await Fixtures.refusal(request)
                if let fault { #expect(!fault.code.isEmpty) }
            }
        }
    }
}
