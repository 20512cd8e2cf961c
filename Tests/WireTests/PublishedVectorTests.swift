import HTTP
import Notation
import Testing

@testable import Wire

/// The worked examples of AWS's documentation ("Signature calculations for the authorization header" in the Amazon S3
/// API reference, and "Create a signed AWS API request" in the IAM user guide).
@Suite("Published signatures")
struct PublishedVectorTests {
    private static let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    private static let scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
    private static let now = 1_369_353_600

    private func verify(_ request: HTTPRequest) async throws -> VerifiedRequest {
        let format = AnswerFormat(.restXML, service: "s3", operation: "PutObject")
        return try await SignatureVerifier(bodyLimit: 1 << 20).verify(request, format: format, now: Self.now) { _ in
            Credential(secret: Self.secret)
        }
    }

    @Test("a GET with a range")
    func get() async throws {
        let request = HTTPRequest(
            method: "GET", target: "/test.txt",
            fields: [
                "Host": "examplebucket.s3.amazonaws.com", "Range": "bytes=0-9",
                "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "x-amz-date": "20130524T000000Z",
                "Authorization": "AWS4-HMAC-SHA256 Credential=\(Self.scope),"
                    + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                    + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ])
        #expect(try await verify(request).identity?.region == "us-east-1")
    }

    @Test("a presigned URL")
    func presigned() async throws {
        let signer = RequestSigner(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", credential: Credential(secret: Self.secret), region: "us-east-1",
            service: "s3")
        let request = HTTPRequest(
            method: "GET", target: "/test.txt", fields: ["Host": "examplebucket.s3.amazonaws.com"])
        let signed = signer.presign(request, now: Self.now, expires: 86_400)
        #expect(
            signed.target.hasSuffix("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
        #expect(try await verify(signed).identity?.isPresigned == true)
    }

    private static func chunk(_ count: Int, _ signature: String) -> String {
        String(count, radix: 16) + ";chunk-signature=\(signature)\r\n" + String(repeating: "a", count: count) + "\r\n"
    }

    private static func chunked(_ hash: String, signed: String, seed: String, extra: HTTPFields, body: String)
        -> HTTPRequest
    {
        var fields = extra
        fields["Host"] = "s3.amazonaws.com"
        fields["x-amz-date"] = "20130524T000000Z"
        fields["x-amz-storage-class"] = "REDUCED_REDUNDANCY"
        fields["x-amz-content-sha256"] = hash
        fields["Content-Encoding"] = "aws-chunked"
        fields["x-amz-decoded-content-length"] = "66560"
        fields["Authorization"] =
            "AWS4-HMAC-SHA256 Credential=\(scope),SignedHeaders=\(signed),Signature=\(seed)"
        return HTTPRequest(
            method: "PUT", target: "/examplebucket/chunkObject.txt", fields: fields, body: .bytes(Array(body.utf8)))
    }

    static let signedChunks = chunked(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        signed:
            "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
            + "x-amz-decoded-content-length;x-amz-storage-class",
        seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", extra: ["Content-Length": "66824"],
        body: chunk(65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648")
            + chunk(1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497")
            + chunk(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"))

    static let signedTrailer = chunked(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        signed:
            "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
            + "x-amz-storage-class;x-amz-trailer",
        seed: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        extra: ["x-amz-trailer": "x-amz-checksum-crc32c"],
        body: chunk(65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2")
            + chunk(1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7")
            + "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
            + "x-amz-checksum-crc32c:sOO8/Q==\n\r\n"
            + "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\n\r\n")

    @Test("a body in signed chunks, with a signed trailer or without", arguments: [signedChunks, signedTrailer])
    func chunks(request: HTTPRequest) async throws {
        let verified = try await verify(request)
        let content = try await verified.request.body.collected(limit: 100_000)
        #expect(content == [UInt8](repeating: 0x61, count: 66560))
        #expect(verified.request.fields["Content-Encoding"] == nil)
        #expect(verified.request.fields["Content-Length"] == "66560")
    }

    @Test("a changed byte in any part of it is found out", arguments: [signedChunks, signedTrailer])
    func changed(request: HTTPRequest) async throws {
        guard case .bytes(let bytes) = request.body else { return }
        for place in [10, 30, 500, 65_700, 66_700, bytes.count - 90, bytes.count - 12] {
            var changed = request
            var body = bytes
            body[place] ^= 1
            changed.body = .bytes(body)
            await #expect(throws: Fault.self) { try await verify(changed).request.body.collected(limit: 100_000) }
        }
    }

    @Test("the example of the IAM user guide")
    func example() {
        let request = HTTPRequest(
            method: "GET", target: "/?Action=ListUsers&Version=2010-05-08",
            fields: [
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Host": "iam.amazonaws.com",
                "X-Amz-Date": "20150830T123600Z",
            ])
        let canonical = CanonicalRequest(
            request, signedHeaders: ["content-type", "host", "x-amz-date"], payloadHash: CanonicalRequest.emptyHash,
            isS3: false)
        let text = canonical.stringToSign(date: "20150830T123600Z", scope: "20150830/us-east-1/iam/aws4_request")
        #expect(
            String(decoding: text, as: UTF8.self).hasSuffix(
                "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"))
        let key = SigningKeys.key(
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", day: "20150830", region: "us-east-1", service: "iam")
        let signature = String(decoding: SigningKeys.signature(text, key), as: UTF8.self)
        #expect(signature == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
    }

    @Test("what the signer signs, the verifier believes", arguments: ["s3", "ssm", "lambda"])
    func roundTrip(service: String) async throws {
        let credential = Credential(secret: "secret", sessionToken: "token==")
        let signer = RequestSigner(accessKeyID: "K/1", credential: credential, region: "r-1", service: service)
        let request = HTTPRequest(
            method: "POST", target: "/a%20b//c/../d?x=1&y=&z=ü%2F+", fields: ["Host": "h:1", "X-Two": "a   b"],
            body: .bytes(Array("body".utf8)))
        let format = AnswerFormat(.json11, service: service)
        let verifier = SignatureVerifier(bodyLimit: 100)
        for signed in [
            signer.sign(request, now: 1000), signer.presign(request, now: 1000, expires: 5),
        ] {
            let verified = try await verifier.verify(signed, format: format, now: 1001) { _ in credential }
            #expect(verified.identity?.accessKeyID == "K/1")
            #expect(try await verified.request.body.collected(limit: 10) == Array("body".utf8))
        }
    }
}
