import Crypto
package import HTTP
internal import Notation

/// Signs requests (AWS Signature Version 4), for clients.
package struct RequestSigner: Sendable {
    /// What is known of a body when its request is signed.
    package enum Payload: Sendable, Hashable {
        /// Its SHA-256 is taken. Only for bodies that are there already.
        case hashed
        /// It is not covered by the signature (S3 only).
        case unsigned
    }

    private let accessKeyID: String
    private let credential: Credential
    private let region: String
    private let service: String

    /// A signer for one service in one region, by its signing name.
    package init(accessKeyID: String, credential: Credential, region: String, service: String) {
        self.accessKeyID = accessKeyID
        self.credential = credential
        self.region = region
        self.service = service
    }

    /// The request with date, token, hash and signature in its header. Whatever is in the header already is signed
    /// too, `Host` among it, which must be there.
    ///
    /// - Parameter now: Seconds since 1970.
    package func sign(_ request: HTTPRequest, now: Int, payload: Payload = .hashed) -> HTTPRequest {
        var request = request
        let hash = hash(request, payload)
        let date = WireTime.basic(now)
        request.fields["X-Amz-Date"] = date
        if let token = credential.sessionToken { request.fields["X-Amz-Security-Token"] = token }
        if service == "s3" { request.fields["X-Amz-Content-Sha256"] = hash }
        let names = Set(request.fields.all.map { $0.name.lowercased() }).subtracting(["authorization", "user-agent"])
            .sorted()
        let signature = signature(request, names, hash: hash, date: date)
        request.fields["Authorization"] =
            "\(Authorization.algorithm) Credential=\(accessKeyID)/\(scope(date)), "
            + "SignedHeaders=\(names.joined(separator: ";")), Signature=\(signature)"
        return request
    }

    /// The request with the signature in its query: a URL that is good for that many seconds, a week at most.
    ///
    /// - Parameter now: Seconds since 1970.
    package func presign(_ request: HTTPRequest, now: Int, expires: Int) -> HTTPRequest {
        var request = request
        let date = WireTime.basic(now)
        let names = request.fields.all.map { $0.name.lowercased() }.sorted()
        var parameters = [
            ("X-Amz-Algorithm", Authorization.algorithm), ("X-Amz-Credential", "\(accessKeyID)/\(scope(date))"),
            ("X-Amz-Date", date), ("X-Amz-Expires", String(expires)),
            ("X-Amz-SignedHeaders", names.joined(separator: ";")),
        ]
        if let token = credential.sessionToken { parameters.append(("X-Amz-Security-Token", token)) }
        let added = parameters.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        request.target += (request.halves.query.isEmpty ? "?" : "&") + added
        let hash = service == "s3" ? CanonicalRequest.unsignedPayload : hash(request, .hashed)
        request.target += "&X-Amz-Signature=" + signature(request, names, hash: hash, date: date)
        return request
    }

    private func scope(_ date: String) -> String { "\(date.prefix(8))/\(region)/\(service)/aws4_request" }

    private func hash(_ request: HTTPRequest, _ payload: Payload) -> String {
        guard payload == .hashed, case .bytes(let bytes) = request.body else { return CanonicalRequest.unsignedPayload }
        return Hexadecimal.encode(SHA256.hash(data: bytes))
    }

    private func signature(_ request: HTTPRequest, _ names: [String], hash: String, date: String) -> String {
        let canonical = CanonicalRequest(request, signedHeaders: names, payloadHash: hash, isS3: service == "s3")
        let key = SigningKeys.key(
            secret: credential.secret, day: String(date.prefix(8)), region: region, service: service)
        let text = canonical.stringToSign(date: date, scope: scope(date))
        return String(decoding: SigningKeys.signature(text, key), as: UTF8.self)
    }
}
