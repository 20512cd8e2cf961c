import HTTP
import Notation

/// What AWS answers when it does not believe a request, in the codes of the request's protocol.
///
/// Sources: "Common errors" of the services' API references, and "Error responses" of the Amazon S3 API reference.
struct SignatureFaults {
    let format: AnswerFormat
    let authorization: Authorization?

    private var isS3: Bool { format.wireProtocol == .restXML }
    private var isQuery: Bool { format.wireProtocol == .query }

    /// Query services have bare codes, JSON services the same with an ending.
    private func code(_ query: String, _ json: String) -> String { isQuery ? query : json }

    private func refused(_ code: String, _ message: String, _ members: JSONObject = [:], status: Int = 403) -> Fault {
        Fault(code, message, status: status, members: members)
    }

    func unreadable(_ failure: Authorization.Failure) -> Fault {
        switch failure {
        case .missing where isS3: return refused("AccessDenied", "Access Denied")
        case .missing:
            return refused(
                code("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
                isQuery ? "Request is missing Authentication Token" : "Missing Authentication Token")
        case .otherMechanism where isS3:
            return refused(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
                status: 400)
        case .otherMechanism:
            return incomplete("Authorization header or parameters are not of algorithm AWS4-HMAC-SHA256.")
        case .malformed(let why) where isS3:
            return refused(
                "AuthorizationHeaderMalformed", "The authorization header is malformed; \(why)", status: 400)
        case .malformedQuery(let why) where isS3:
            return refused("AuthorizationQueryParametersError", why, status: 400)
        case .malformed(let why), .malformedQuery(let why): return incomplete(why)
        }
    }

    private func incomplete(_ why: String) -> Fault {
        refused(code("IncompleteSignature", "IncompleteSignatureException"), why)
    }

    func unknownKey() -> Fault {
        guard !isS3 else {
            return refused(
                "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
                ["AWSAccessKeyId": .string(authorization?.accessKeyID ?? "")])
        }
        return refused(
            code("InvalidClientTokenId", "UnrecognizedClientException"),
            "The security token included in the request is invalid.")
    }

    func wrongToken() -> Fault {
        guard isS3 else { return unknownKey() }
        return refused("InvalidToken", "The provided token is malformed or otherwise invalid.", status: 400)
    }

    func expiredToken() -> Fault {
        guard !isS3 else { return refused("ExpiredToken", "The provided token has expired.", status: 400) }
        return refused(
            code("ExpiredToken", "ExpiredTokenException"), "The security token included in the request is expired")
    }

    func mismatch(canonical: CanonicalRequest, toSign: [UInt8]) -> Fault {
        guard isS3 else { return doesNotMatch(Self.mismatchText) }
        return refused(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing"
                + " method.",
            [
                "AWSAccessKeyId": .string(authorization?.accessKeyID ?? ""),
                "StringToSign": .string(String(decoding: toSign, as: UTF8.self)),
                "SignatureProvided": .string(authorization?.signature ?? ""),
                "CanonicalRequest": .string(String(decoding: canonical.bytes, as: UTF8.self)),
            ])
    }

    private static let mismatchText =
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access"
        + " Key and signing method. Consult the service documentation for details."

    private func doesNotMatch(_ text: String) -> Fault {
        refused(code("SignatureDoesNotMatch", isS3 ? "SignatureDoesNotMatch" : "InvalidSignatureException"), text)
    }

    func wrongService(_ expected: String) -> Fault {
        guard !isS3 else {
            return refused(
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; incorrect service \"\(authorization?.service ?? "")\". This"
                    + " endpoint belongs to \"\(expected)\".", status: 400)
        }
        return doesNotMatch("Credential should be scoped to correct service: '\(expected)'. ")
    }

    func unsignedHeaders(_ names: [String]) -> Fault {
        guard isS3 else {
            return doesNotMatch("'\(names.joined(separator: ", "))' must be a 'SignedHeader' in the AWS Authorization.")
        }
        return refused(
            "AccessDenied", "There were headers present in the request which were not signed",
            ["HeadersNotSigned": .string(names.joined(separator: ", "))])
    }

    func skewed(now: Int, skew: Int) -> Fault {
        let sent = authorization?.seconds ?? 0
        guard !isS3 else {
            return refused(
                "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
                [
                    "RequestTime": .string(WireTime.basic(sent)), "ServerTime": .string(WireTime.iso8601(Double(now))),
                    "MaxAllowedSkewMilliseconds": .int(skew * 1000),
                ])
        }
        let date = WireTime.basic(sent)
        let minutes = "\(skew / 60) min."
        return doesNotMatch(
            sent < now
                ? "Signature expired: \(date) is now earlier than \(WireTime.basic(now - skew))"
                    + " (\(WireTime.basic(now)) - \(minutes))"
                : "Signature not yet current: \(date) is still later than \(WireTime.basic(now + skew))"
                    + " (\(WireTime.basic(now)) + \(minutes))")
    }

    func expiredURL(now: Int) -> Fault {
        let end = (authorization?.seconds ?? 0) + (authorization?.expires ?? 0)
        guard isS3 else {
            return doesNotMatch("Signature expired: \(WireTime.basic(end)) is now earlier than \(WireTime.basic(now))")
        }
        return refused(
            "AccessDenied", "Request has expired",
            [
                "X-Amz-Expires": .int(authorization?.expires ?? 0), "Expires": .string(WireTime.iso8601(Double(end))),
                "ServerTime": .string(WireTime.iso8601(Double(now))),
            ])
    }

    func wrongHash(stated: String, computed: String) -> Fault {
        guard isS3 else { return doesNotMatch(Self.mismatchText) }
        return refused(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ["ClientComputedContentSHA256": .string(stated), "S3ComputedContentSHA256": .string(computed)], status: 400)
    }

    func wrongHashForm() -> Fault {
        refused(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,"
                + " STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid"
                + " sha256 value.",
            ["ArgumentName": "x-amz-content-sha256"], status: 400)
    }
}
