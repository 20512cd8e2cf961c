import HTTP
import Notation
import Testing

@testable import Wire

@Suite("Signatures of botocore")
struct SignatureVerifierTests {
    private let verifier = SignatureVerifier(bodyLimit: 1 << 24)

    private func verify(
        _ request: HTTPRequest, now: Int = Fixtures.now, credential: Credential? = Credential(secret: Fixtures.secret)
    ) async throws -> VerifiedRequest {
        let format = Fixtures.router.outline(request, virtualHosts: Fixtures.virtualHosts)
        return try await verifier.verify(request, format: format, now: now) { id in
            id == Fixtures.accessKeyID ? credential : nil
        }
    }

    private func fault(_ body: () async throws -> some Any) async -> Fault? {
        do {
            _ = try await body()
            return nil
        } catch { return error as? Fault }
    }

    private static func streamed(_ request: HTTPRequest, cut: Int) -> HTTPRequest {
        guard case .bytes(let bytes) = request.body else { return request }
        var request = request
        let pieces = stride(from: 0, to: bytes.count, by: cut).map { Array(bytes[$0..<min($0 + cut, bytes.count)]) }
        request.body = .stream(
            HTTPBodyStream(
                length: bytes.count,
                AsyncStream { continuation in
                    for piece in pieces { continuation.yield(piece) }
                    continuation.finish()
                }))
        return request
    }

    @Test("every operation's request verifies", arguments: Models.ids)
    func everyOperation(service: String) async throws {
        for captured in Fixtures.requests where captured.service == service {
            guard Models.service(service)?.operation(captured.operation)?.isUnsigned == false else { continue }
            let verified = await fault { try await verify(captured.request) }
            #expect(verified == nil, "\(captured.name)")
        }
    }

    @Test("every way of signing verifies, and the operation gets what was meant", arguments: Fixtures.signed)
    func everyWay(captured: CapturedRequest) async throws {
        let credential = Credential(secret: Fixtures.secret, sessionToken: captured.token)
        let verified = try await verify(captured.request, credential: credential)
        #expect(verified.identity?.accessKeyID == Fixtures.accessKeyID)
        #expect(verified.identity?.region == "eu-west-1")
        let incoming = try await Fixtures.parse(verified.request)
        #expect(incoming.operation == captured.operation)
        for (name, value) in captured.input.object ?? [:] { #expect(incoming.input[name] == value) }
        if let payload = captured.payload {
            #expect(try await incoming.payload?.collected(limit: 1 << 20) ?? [] == payload)
        }
    }

    @Test("bodies that arrive in pieces of any size verify", arguments: Fixtures.signed, [1, 7, 64, 1000])
    func inPieces(captured: CapturedRequest, cut: Int) async throws {
        let credential = Credential(secret: Fixtures.secret, sessionToken: captured.token)
        let verified = try await verify(Self.streamed(captured.request, cut: cut), credential: credential)
        let body = try await verified.request.body.collected(limit: 1 << 20)
        if let payload = captured.payload { #expect(body == payload) }
    }

    @Test("a changed byte is found out, whole or in pieces", arguments: Fixtures.signed)
    func changedBody(captured: CapturedRequest) async throws {
        guard case .bytes(var bytes) = captured.request.body, !bytes.isEmpty else { return }
        let isUnsigned = captured.request.fields["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
        guard !isUnsigned else { return }
        bytes[bytes.count / 2] ^= 1
        var request = captured.request
        request.body = .bytes(bytes)
        let credential = Credential(secret: Fixtures.secret, sessionToken: captured.token)
        for request in [request, Self.streamed(request, cut: 100)] {
            let found = await fault {
                try await verify(request, credential: credential).request.body.collected(limit: 1 << 20)
            }
            let codes = [
                "XAmzContentSHA256Mismatch", "BadDigest", "SignatureDoesNotMatch", "InvalidSignatureException",
                "MalformedTrailerError",
            ]
            #expect(codes.contains(found?.code ?? ""), "\(String(describing: found))")
        }
    }

    @Test("a body cut short is found out", arguments: Fixtures.signed)
    func cutBody(captured: CapturedRequest) async throws {
        guard case .bytes(let bytes) = captured.request.body, bytes.count > 100,
            captured.request.fields["x-amz-content-sha256"] != "UNSIGNED-PAYLOAD"
        else { return }
        var request = captured.request
        request.body = .bytes(Array(bytes.dropLast(20)))
        let credential = Credential(secret: Fixtures.secret, sessionToken: captured.token)
        let found = await fault {
            try await verify(Self.streamed(request, cut: 50), credential: credential).request.body.collected(
                limit: 1 << 20)
        }
        #expect(found != nil)
    }

    @Test("what is wrong with a body comes in the words of its reader")
    func translated() async throws {
        struct Refused: Error, Equatable { let code: String }
        let captured = try #require(Fixtures.signed.first { $0.name == "unsigned trailer crc32" })
        guard case .bytes(var bytes) = captured.request.body else { return }
        bytes[20] ^= 1
        var request = captured.request
        request.body = .bytes(bytes)
        let body = try await verify(Self.streamed(request, cut: 30)).request.body
        await #expect(throws: Refused(code: "BadDigest")) {
            try await body.translatingFaults { Refused(code: $0.code) }.collected(limit: 1 << 20)
        }
    }

    @Test("without authentication chunks are unpacked and checksums still looked at")
    func trusting() async throws {
        for captured in Fixtures.signed {
            let verified = try verifier.trusting(captured.request)
            let body = try await verified.request.body.collected(limit: 1 << 20)
            if let payload = captured.payload { #expect(body == payload) }
            #expect(verified.identity?.accessKeyID == Fixtures.accessKeyID)
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        var change: @Sendable (inout HTTPRequest) -> Void = { _ in }
        var now = Fixtures.now
        var credential: Credential? = Credential(secret: Fixtures.secret)
        let s3: String
        let query: String
        let json: String
        var testDescription: String { name }
    }

    static let refusals = [
        Refusal(
            name: "no signature", change: { $0.fields["Authorization"] = nil }, s3: "AccessDenied",
            query: "MissingAuthenticationToken", json: "MissingAuthenticationTokenException"),
        Refusal(
            name: "half a signature", change: { $0.fields["Authorization"] = "AWS4-HMAC-SHA256 Credential=a/b/c/d/e" },
            s3: "AuthorizationHeaderMalformed", query: "IncompleteSignature", json: "IncompleteSignatureException"),
        Refusal(
            name: "an older mechanism", change: { $0.fields["Authorization"] = "AWS key:signature" },
            s3: "InvalidRequest",
            query: "IncompleteSignature", json: "IncompleteSignatureException"),
        Refusal(
            name: "a wrong secret", credential: Credential(secret: "other"), s3: "SignatureDoesNotMatch",
            query: "SignatureDoesNotMatch", json: "InvalidSignatureException"),
        Refusal(
            name: "an unknown key", credential: nil, s3: "InvalidAccessKeyId", query: "InvalidClientTokenId",
            json: "UnrecognizedClientException"),
        Refusal(
            name: "a late request", now: Fixtures.now + 901, s3: "RequestTimeTooSkewed", query: "SignatureDoesNotMatch",
            json: "InvalidSignatureException"),
        Refusal(
            name: "an early request", now: Fixtures.now - 901, s3: "RequestTimeTooSkewed",
            query: "SignatureDoesNotMatch",
            json: "InvalidSignatureException"),
        Refusal(
            name: "a missing token", credential: Credential(secret: Fixtures.secret, sessionToken: "t"),
            s3: "InvalidAccessKeyId", query: "InvalidClientTokenId", json: "UnrecognizedClientException"),
        Refusal(
            name: "an expired key", credential: Credential(secret: Fixtures.secret, expiration: Fixtures.now),
            s3: "ExpiredToken", query: "ExpiredToken", json: "ExpiredTokenException"),
        Refusal(
            name: "another host", change: { $0.fields["Host"] = "elsewhere.example.com" }, s3: "SignatureDoesNotMatch",
            query: "SignatureDoesNotMatch", json: "InvalidSignatureException"),
        Refusal(
            name: "another path", change: { $0.target += "x" }, s3: "SignatureDoesNotMatch",
            query: "SignatureDoesNotMatch", json: "InvalidSignatureException"),
    ]

    @Test("what is wrong has AWS's code in each protocol, and 403 where AWS has it", arguments: refusals)
    func refused(refusal: Refusal) async throws {
        for (service, operation, code) in [
            ("s3", "GetObject", refusal.s3), ("iam", "ListRoles", refusal.query), ("ssm", "GetParameter", refusal.json),
            ("lambda", "GetFunction", refusal.json),
        ] {
            let captured = try #require(Fixtures.requests.first { $0.service == service && $0.operation == operation })
            var request = captured.request
            refusal.change(&request)
            // Judged as the service it was for: without a signature the path alone says so.
            let format = Fixtures.router.outline(captured.request, virtualHosts: Fixtures.virtualHosts)
            let found = await fault {
                try await verifier.verify(request, format: format, now: refusal.now) { _ in refusal.credential }
            }
            #expect(found?.code == code, "\(service)")
            let isOwnStatus =
                ["AuthorizationHeaderMalformed", "InvalidRequest", "ExpiredToken"].contains(code) && service == "s3"
            #expect(found?.status == (isOwnStatus ? 400 : 403), "\(service)")
        }
    }

    @Test("a header that S3 would act on must be signed")
    func unsignedHeader() async throws {
        let captured = try #require(Fixtures.requests.first { $0.operation == "GetObject" })
        var request = captured.request
        request.fields.add("x-amz-copy-source", "other/secret")
        let found = await fault { try await verify(request) }
        #expect(found?.code == "AccessDenied")
        #expect(found?.members["HeadersNotSigned"] == "x-amz-copy-source")
    }

    @Test("a presigned URL ends when it says", arguments: [(600, true), (601, false), (-900, true), (-901, false)])
    func presignedExpiry(offset: Int, isGood: Bool) async throws {
        let captured = try #require(Fixtures.signed.first { $0.name == "presigned get" })
        let found = await fault { try await verify(captured.request, now: Fixtures.now + offset) }
        #expect((found == nil) == isGood)
        if offset == 601 { #expect(found?.message == "Request has expired") }
    }

    @Test("a presigned URL for more than a week is refused")
    func presignedTooLong() async throws {
        let captured = try #require(Fixtures.signed.first { $0.name == "presigned get" })
        var request = captured.request
        request.target = request.target.split(separator: "&").map {
            $0.hasPrefix("X-Amz-Expires=") ? "X-Amz-Expires=604801" : String($0)
        }.joined(separator: "&")
        #expect(await fault { try await verify(request) }?.code == "AuthorizationQueryParametersError")
    }

    @Test("a signature for one service is no good for another")
    func wrongService() async throws {
        let captured = try #require(Fixtures.requests.first { $0.service == "ssm" })
        var request = captured.request
        request.fields["X-Amz-Target"] = "CodeDeploy_20141006.ListApplications"
        #expect(await fault { try await verify(request) }?.code == "InvalidSignatureException")
    }
}
