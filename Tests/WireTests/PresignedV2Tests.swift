import HTTP
import Testing

@testable import Wire

@Suite("Presigned URLs of the older kind")
struct PresignedV2Tests {
    /// Made by botocore 1.43.11 at 1,789,996,400 + 3,600 seconds for the keys of AWS's documentation.
    static let get =
        "/b/a/%C3%BC%20b?response-content-type=text%2Fx&versionId=null&AWSAccessKeyId=AKIDEXAMPLE"
        + "&Signature=attdW1fa%2BqCh29fsqQW5QyOAi0Q%3D&x-amz-security-token=tok%2Fen%3D&Expires=1790003600"
    static let put =
        "/b/k?AWSAccessKeyId=AKIDEXAMPLE&Signature=e7HSfmzROrll1N4tvYHNfNWg6vE%3D&content-type=text%2Fplain"
        + "&Expires=1790003600"

    private func verify(
        _ method: String, _ target: String, fields: HTTPFields = [:], now: Int = 1_790_000_000, token: String? = nil
    ) async -> String? {
        var fields = fields
        fields["Host"] = "127.0.0.1:4566"
        let request = HTTPRequest(method: method, target: target, fields: fields)
        let format = AnswerFormat(.restXML, service: "s3")
        do {
            let verified = try await SignatureVerifier(bodyLimit: 0).verify(request, format: format, now: now) { key in
                guard key == "AKIDEXAMPLE" else { return nil }
                return Credential(secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: token)
            }
            #expect(verified.identity?.isPresigned == true)
            return nil
        } catch { return error.code }
    }

    @Test("are verified, with and without a session")
    func verified() async {
        #expect(await verify("GET", Self.get, token: "tok/en=") == nil)
        #expect(await verify("PUT", Self.put) == nil)
        #expect(await verify("PUT", Self.put, fields: ["Content-Type": "text/plain"]) == nil)
    }

    @Test("are refused when anything signed was changed, when they ended, and with another session")
    func refused() async {
        #expect(await verify("PUT", Self.get, token: "tok/en=") == "SignatureDoesNotMatch")
        #expect(await verify("PUT", Self.put, fields: ["Content-Type": "text/html"]) == "SignatureDoesNotMatch")
        #expect(await verify("PUT", Self.put, fields: ["x-amz-acl": "public-read"]) == "SignatureDoesNotMatch")
        for change in [("1790003600", "1790009999"), ("null", "other"), ("/b/", "/c/"), ("attdW1", "attdW2")] {
            let target = Self.get.replacing(change.0, with: change.1)
            #expect(await verify("GET", target, token: "tok/en=") == "SignatureDoesNotMatch")
        }
        #expect(await verify("PUT", Self.put, now: 1_790_003_601) == "AccessDenied")
        #expect(await verify("GET", Self.get, token: "other") == "InvalidToken")
        #expect(await verify("PUT", Self.put, token: "other") == "InvalidToken")
        #expect(await verify("PUT", Self.put.replacing("AKIDEXAMPLE", with: "AKIDOTHER")) == "InvalidAccessKeyId")
    }
}
