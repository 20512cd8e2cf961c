import Crypto
import HTTP
internal import Notation

/// The older signature of S3's presigned URLs (version 2), which `aws s3 presign` and boto3 still make for us-east-1.
///
/// Source: Amazon S3 API Reference, "Signing and authenticating REST requests", query string request authentication.
struct PresignedV2: Sendable {
    /// The query parameters that stand for part of a resource, and so are signed with it.
    private static let subresources: Set<String> = [
        "accelerate", "acl", "analytics", "cors", "delete", "encryption", "inventory", "lifecycle", "location",
        "logging",
        "metrics", "notification", "object-lock", "ownershipControls", "partNumber", "policy", "publicAccessBlock",
        "replication", "requestPayment", "restore", "select", "select-type", "tagging", "torrent", "uploadId",
        "uploads",
        "versionId", "versioning", "versions", "website", "response-cache-control", "response-content-disposition",
        "response-content-encoding", "response-content-language", "response-content-type", "response-expires",
    ]

    let accessKeyID: String
    private let signature: String
    private let expires: String
    private let query: [(name: String, value: String)]

    /// What the request's URL says of such a signature; nil when it has none, or is not for S3.
    init?(_ request: HTTPRequest, _ format: AnswerFormat) {
        guard format.wireProtocol == .restXML, request.fields["Authorization"] == nil,
            request.halves.query.after("AWSAccessKeyId=") != nil
        else { return nil }
        let query = PercentEncoding.pairs(request.halves.query)
        func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
        guard let key = value("AWSAccessKeyId"), let signature = value("Signature"), let expires = value("Expires")
        else { return nil }
        (accessKeyID, self.signature, self.expires, self.query) = (key, signature, expires, query)
    }

    /// Checks signature, end and session token.
    ///
    /// - Throws: S3's `InvalidAccessKeyId`, `SignatureDoesNotMatch`, `AccessDenied`, `InvalidToken` or `ExpiredToken`.
    func verify(
        _ request: HTTPRequest, format: AnswerFormat, now: Int, lookup: SignatureVerifier.Lookup
    ) async throws(Fault) -> VerifiedRequest {
        let faults = SignatureFaults(format: format, authorization: nil)
        let credential: Credential?
        do { credential = try await lookup(accessKeyID) } catch let fault as Fault { throw fault } catch {
            throw .internalFailure()
        }
        guard let credential else { throw faults.unknownKey() }
        let key = SymmetricKey(data: Array(credential.secret.utf8))
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Array(stringToSign(request).utf8), using: key)
        guard Secret.isSame(Array(Base64.encode(Array(code)).utf8), Array(signature.utf8)) else {
            throw Fault(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and"
                    + " signing method.", status: 403)
        }
        guard let end = Int(expires) else {
            throw Fault("AccessDenied", "Invalid date (should be seconds since epoch): \(expires)", status: 403)
        }
        guard now <= end else { throw Fault("AccessDenied", "Request has expired", status: 403) }
        let token = field("x-amz-security-token", request)
        guard Secret.isSame(Array((token ?? "").utf8), Array((credential.sessionToken ?? "").utf8)) else {
            throw faults.wrongToken()
        }
        if let expiration = credential.expiration, now >= expiration { throw faults.expiredToken() }
        // The signature names no region. It is only made for the endpoint that S3 began with.
        let identity = SignedIdentity(
            accessKeyID: accessKeyID, region: "us-east-1", service: "s3", sessionToken: token, date: now,
            isPresigned: true)
        return VerifiedRequest(identity: identity, request: request)
    }

    /// A field that clients put into the URL when they sign it, or send along.
    private func field(_ name: String, _ request: HTTPRequest) -> String? {
        request.fields[name] ?? query.first { $0.name.lowercased() == name }?.value
    }

    private func stringToSign(_ request: HTTPRequest) -> String {
        var lines = [
            request.method, field("content-md5", request) ?? "", field("content-type", request) ?? "", expires,
        ]
        var extensions: [String: String] = [:]
        let named =
            query.map { ($0.name.lowercased(), $0.value) } + request.fields.all.map { ($0.name.lowercased(), $0.value) }
        for (name, value) in named where name.hasPrefix("x-amz-") { extensions[name] = value }
        lines += extensions.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
        let marks = query.filter { Self.subresources.contains($0.name) }.sorted { $0.name < $1.name }
            .map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }
        let resource = String(request.halves.path) + (marks.isEmpty ? "" : "?" + marks.joined(separator: "&"))
        return (lines + [resource]).joined(separator: "\n")
    }
}
