import Crypto
package import HTTP
internal import Notation

/// Verifies who sent a request by its signature (AWS Signature Version 4), in header or query.
package struct SignatureVerifier: Sendable {
    /// Looks up what belongs to an access key id; nil when there is no such key.
    package typealias Lookup = @Sendable (_ accessKeyID: String) async throws -> Credential?

    /// How far the caller's clock may be off, in seconds. AWS allows 15 minutes.
    package let skew: Int
    /// Bytes of a body that is read to take its hash, for services whose callers do not state it.
    package let bodyLimit: Int

    /// A verifier with these limits.
    package init(skew: Int = 900, bodyLimit: Int) {
        self.skew = skew
        self.bodyLimit = bodyLimit
    }

    /// Verifies the signature of a request.
    ///
    /// - Parameters:
    ///   - format: What ``WireRouter/outline(_:virtualHosts:)`` said of it: decides the codes of faults, and which
    ///     service must be in the signature's scope.
    ///   - now: Seconds since 1970.
    /// - Throws: AWS's error of the protocol: no, a malformed or a wrong signature, an unknown key, a wrong or expired
    ///   session token, a clock too far off, an expired URL, a body that is not the one signed (unless it is a
    ///   stream, which then ends in that error).
    package func verify(
        _ request: HTTPRequest, format: AnswerFormat, now: Int, lookup: Lookup
    ) async throws(Fault) -> VerifiedRequest {
        if let old = PresignedV2(request, format) {
            return try await old.verify(request, format: format, now: now, lookup: lookup)
        }
        let authorization = try read(request, format)
        let faults = SignatureFaults(format: format, authorization: authorization)
        try checkScope(authorization, request, format, faults)
        let credential: Credential?
        do { credential = try await lookup(authorization.accessKeyID) } catch let fault as Fault { throw fault } catch {
            throw .internalFailure()
        }
        guard let credential else { throw faults.unknownKey() }
        var request = request
        let hash = try await payloadHash(&request, authorization, format)
        let canonical = CanonicalRequest(
            request, signedHeaders: authorization.signedHeaders, payloadHash: hash, isS3: authorization.service == "s3")
        let toSign = canonical.stringToSign(date: authorization.date, scope: authorization.scope)
        let key = SigningKeys.key(
            secret: credential.secret, day: authorization.day, region: authorization.region,
            service: authorization.service)
        guard Secret.isSame(SigningKeys.signature(toSign, key), authorization.signature.utf8) else {
            throw faults.mismatch(canonical: canonical, toSign: toSign)
        }
        try checkTime(authorization, now: now, faults)
        try checkToken(authorization, credential, now: now, faults)
        request = try opened(request, hash: hash, authorization, key: key, faults)
        return VerifiedRequest(identity: authorization.identity, request: request)
    }

    /// Takes a request at its word, for servers that do not authenticate: says who it claims to be from, unpacks its
    /// chunks and checks its trailing checksums, but no signature, key, clock or hash.
    ///
    /// - Throws: S3's error for a chunked body that is malformed or damaged.
    package func trusting(_ request: HTTPRequest) throws(Fault) -> VerifiedRequest {
        let identity = try? Authorization(request).identity
        let hash = request.fields["x-amz-content-sha256"] ?? ""
        guard Self.isChunked(request, hash: hash) else { return VerifiedRequest(identity: identity, request: request) }
        return VerifiedRequest(identity: identity, request: try Self.unchunked(request, seal: nil))
    }

    private func read(_ request: HTTPRequest, _ format: AnswerFormat) throws(Fault) -> Authorization {
        do { return try Authorization(request) } catch {
            throw SignatureFaults(format: format, authorization: nil).unreadable(error)
        }
    }

    private func checkScope(
        _ authorization: Authorization, _ request: HTTPRequest, _ format: AnswerFormat, _ faults: SignatureFaults
    ) throws(Fault) {
        if let expected = format.service.flatMap({ ModelIndex.byID[$0]?.signingName }),
            expected != authorization.service
        {
            throw faults.wrongService(expected)
        }
        var unsigned = authorization.signedHeaders.contains("host") ? [] : ["host"]
        for field in request.fields.all where field.name.utf8.count > 6 {
            guard authorization.service == "s3", field.name.hasPrefix(anyCase: "x-amz-") else { continue }
            let name = field.name.lowercased()
            // Whoever handles the request on its way could add these otherwise.
            guard !authorization.signedHeaders.contains(name),
                name != "x-amz-content-sha256" || authorization.expires == nil
            else { continue }
            unsigned.append(name)
        }
        guard unsigned.isEmpty else { throw faults.unsignedHeaders(unsigned) }
    }

    private func checkTime(_ authorization: Authorization, now: Int, _ faults: SignatureFaults) throws(Fault) {
        if let expires = authorization.expires {
            guard authorization.seconds - skew <= now else { throw faults.skewed(now: now, skew: skew) }
            guard now <= authorization.seconds + expires else { throw faults.expiredURL(now: now) }
        } else if abs(now - authorization.seconds) > skew {
            throw faults.skewed(now: now, skew: skew)
        }
    }

    private func checkToken(
        _ authorization: Authorization, _ credential: Credential, now: Int, _ faults: SignatureFaults
    ) throws(Fault) {
        if let token = credential.sessionToken {
            guard let sent = authorization.sessionToken else { throw faults.unknownKey() }
            guard Secret.isSame(Array(sent.utf8), Array(token.utf8)) else { throw faults.wrongToken() }
        } else if authorization.sessionToken != nil {
            throw faults.wrongToken()
        }
        if let expiration = credential.expiration, now >= expiration { throw faults.expiredToken() }
    }

    /// The hash that the signature covers. Where the caller does not state it, the body is read to take it.
    private func payloadHash(
        _ request: inout HTTPRequest, _ authorization: Authorization, _ format: AnswerFormat
    ) async throws(Fault) -> String {
        let stated = request.fields["x-amz-content-sha256"]
        if authorization.service == "s3" {
            if let stated { return stated }
            if authorization.expires != nil { return CanonicalRequest.unsignedPayload }
        } else if let stated, stated.utf8.count == 64 {
            return stated
        }
        do {
            let bytes = try await request.body.collected(limit: bodyLimit)
            request.body = .bytes(bytes)
            return bytes.isEmpty ? CanonicalRequest.emptyHash : Hexadecimal.encode(SHA256.hash(data: bytes))
        } catch HTTPBodyError.tooLarge {
            throw Refusals.tooLarge(limit: bodyLimit, format)
        } catch {
            throw Refusals.incompleteBody()
        }
    }

    /// The request with a body that keeps to what was signed.
    private func opened(
        _ request: HTTPRequest, hash: String, _ authorization: Authorization, key: SymmetricKey,
        _ faults: SignatureFaults
    ) throws(Fault) -> HTTPRequest {
        switch hash {
        case CanonicalRequest.unsignedPayload:
            return Self.isChunked(request, hash: "") ? try Self.unchunked(request, seal: nil) : request
        case "STREAMING-UNSIGNED-PAYLOAD-TRAILER": return try Self.unchunked(request, seal: nil)
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
            let seal = ChunkDecoder.Seal(
                key: key, date: authorization.date, scope: authorization.scope, previous: authorization.signature)
            return try Self.unchunked(request, seal: seal)
        default:
            guard hash.utf8.count == 64 else { throw faults.wrongHashForm() }
            guard request.fields["x-amz-content-sha256"] != nil else { return request }
            var request = request
            request.body = try CheckedBody.hashed(request.body, expected: hash) {
                faults.wrongHash(stated: hash, computed: $0)
            }
            return request
        }
    }

    private static func isChunked(_ request: HTTPRequest, hash: String) -> Bool {
        hash.hasPrefix("STREAMING-") || request.fields["Content-Encoding"]?.after("aws-chunked") != nil
    }

    private static func unchunked(_ request: HTTPRequest, seal: ChunkDecoder.Seal?) throws(Fault) -> HTTPRequest {
        var request = request
        let stated = request.fields["x-amz-decoded-content-length"]
        let length = stated.flatMap { Int($0) }
        guard stated == nil || (length ?? -1) >= 0 else { throw Refusals.missingLength() }
        let trailers = (request.fields["x-amz-trailer"] ?? "").parts(",").map { Scalar.trimmed(String($0)) }
        let decoder = ChunkDecoder(decodedLength: length, seal: seal, trailers: trailers)
        request.body = try CheckedBody.unchunked(request.body, decoder, length: length)
        let encodings = (request.fields["Content-Encoding"] ?? "").parts(",").map {
            Scalar.trimmed(String($0))
        }
        let kept = encodings.filter { $0 != "aws-chunked" && !$0.isEmpty }
        request.fields["Content-Encoding"] = kept.isEmpty ? nil : kept.joined(separator: ",")
        if let length { request.fields["Content-Length"] = String(length) }
        return request
    }
}
