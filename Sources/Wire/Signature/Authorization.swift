import HTTP
import Notation

/// What a request says of its signature (AWS Signature Version 4), not yet believed.
struct Authorization: Sendable {
    enum Failure: Error, Sendable, Hashable {
        /// There is none.
        case missing
        /// It cannot be understood; why.
        case malformed(String)
        /// Query parameters are missing or wrong; why.
        case malformedQuery(String)
        /// It is of another kind, such as the older version 2.
        case otherMechanism
    }

    var accessKeyID: String
    /// `20260131/eu-west-1/s3/aws4_request`.
    var scope: String
    var day: String
    var region: String
    var service: String
    var signedHeaders: [String]
    var signature: String
    /// `20260131T235959Z`.
    var date: String
    var seconds: Int
    var sessionToken: String?
    /// Seconds that a presigned URL is good for; nil for a signature in a header.
    var expires: Int?

    var identity: SignedIdentity {
        SignedIdentity(
            accessKeyID: accessKeyID, region: region, service: service, sessionToken: sessionToken, date: seconds,
            isPresigned: expires != nil)
    }

    static let algorithm = "AWS4-HMAC-SHA256"

    init(_ request: HTTPRequest) throws(Failure) {
        if let header = request.fields["Authorization"] {
            try self.init(header: header, request)
        } else if request.halves.query.after("X-Amz-Algorithm=") != nil
            || request.halves.query.after("X-Amz-Signature=") != nil
        {
            try self.init(query: PercentEncoding.pairs(request.halves.query))
        } else {
            throw .missing
        }
    }

    private init(header: String, _ request: HTTPRequest) throws(Failure) {
        guard header.hasPrefix(Self.algorithm) else { throw .otherMechanism }
        var found: [String: Substring] = [:]
        for part in Substring(header.utf8.dropFirst(Self.algorithm.utf8.count)).parts(",") {
            let pair = Substring(part.utf8.drop { $0 == 0x20 || $0 == 0x09 }).parts("=", atMost: 1)
            guard pair.count == 2 else { continue }
            found[String(pair[0])] = pair[1].upTo(" ")
        }
        let missing = ["Credential", "Signature", "SignedHeaders"].filter { found[$0] == nil }
        let sent = Self.date(request.fields)
        var reasons = missing.map { "Authorization header requires '\($0)' parameter." }
        if sent == nil {
            reasons.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        }
        guard let credential = found["Credential"], let signature = found["Signature"],
            let names = found["SignedHeaders"], let sent
        else { throw .malformed(reasons.joined(separator: " ")) }
        try self.init(
            credential: credential, names: names, signature: signature, date: sent.text, seconds: sent.seconds)
        sessionToken = request.fields["X-Amz-Security-Token"]
    }

    private init(query: [(name: String, value: String)]) throws(Failure) {
        let value = { (name: String) in query.first { $0.name == name }?.value }
        guard let algorithm = value("X-Amz-Algorithm"), let credential = value("X-Amz-Credential"),
            let signature = value("X-Amz-Signature"), let date = value("X-Amz-Date"),
            let names = value("X-Amz-SignedHeaders"),
            let expires = value("X-Amz-Expires")
        else {
            throw .malformedQuery(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature,"
                    + " X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
        }
        guard algorithm == Self.algorithm else { throw .otherMechanism }
        guard let seconds = WireTime.parseBasic(date) else {
            throw .malformedQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        guard let expires = Int(expires), expires >= 0 else {
            throw .malformedQuery("X-Amz-Expires should be a number")
        }
        guard expires <= 604_800 else {
            throw .malformedQuery(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be"
                    + " less than 604800 seconds")
        }
        try self.init(
            credential: credential[...], names: names[...], signature: signature[...], date: date, seconds: seconds)
        self.expires = expires
        sessionToken = value("X-Amz-Security-Token")
    }

    private init(
        credential: Substring, names: Substring, signature: Substring, date: String, seconds: Int
    ) throws(Failure) {
        let parts = credential.parts("/", keepingEmpty: true)
        guard parts.count >= 5, parts.last == "aws4_request" else {
            throw .malformed(
                "Credential must have exactly 5 slash-delimited elements, e.g."
                    + " keyid/date/region/service/aws4_request, got '\(credential)'")
        }
        let scopeParts = parts.suffix(4)
        scope = scopeParts.joined(separator: "/")
        day = String(parts[parts.count - 4])
        region = String(parts[parts.count - 3])
        service = String(parts[parts.count - 2])
        accessKeyID = parts.dropLast(4).joined(separator: "/")
        signedHeaders = names.parts(";").map { $0.lowercased() }
        self.signature = String(signature)
        self.date = date
        self.seconds = seconds
        guard date.hasPrefix(day) else {
            throw .malformed(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '\(day)' !="
                    + " '\(date.prefix(8))', from '\(date)'.")
        }
    }

    private static func date(_ fields: HTTPFields) -> (text: String, seconds: Int)? {
        guard let text = fields["X-Amz-Date"] ?? fields["Date"] else { return nil }
        if let seconds = WireTime.parseBasic(text) { return (text, seconds) }
        guard let seconds = WireTime.parse(text)?.double else { return nil }
        return (WireTime.basic(Int(seconds)), Int(seconds))
    }
}
