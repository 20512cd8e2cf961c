internal import Cloud
internal import HTTP
internal import Notation

/// What a request says beside its path: cookies, query, and where it comes from.
struct Visit: Sendable {
    static let sessionCookie = "slipway-console"
    static let regionCookie = "slipway-region"

    let request: HTTPRequest
    /// The path below the console's root, decoded; nil when it is badly encoded.
    let path: [String]?
    let query: FormFields
    private let cookies: [String: String]

    init(_ request: HTTPRequest) {
        self.request = request
        query = FormFields(parsing: request.query)
        let parts = request.path.dropFirst(Address.root.count).split(separator: "/").map {
            PercentEncoding.decodeStrictly($0)
        }
        path = parts.contains(nil) ? nil : parts.compactMap(\.self)
        var cookies: [String: String] = [:]
        for field in request.fields.values(of: "Cookie") {
            for pair in field.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { cookies[String(parts[0])] = String(parts[1]) }
            }
        }
        self.cookies = cookies
    }

    var sessionID: String? { cookies[Self.sessionCookie] }

    /// The region asked for, now or before.
    var region: String? {
        [query["region"], cookies[Self.regionCookie]].compactMap(\.self).first(where: Region.isName)
    }

    /// Whether only the page's main part is wanted, to take the place of an older one.
    var wantsPart: Bool { query["part"] == "main" }

    /// Whether a browser sent it from a page of another site.
    ///
    /// Sources: Fetch Metadata (`Sec-Fetch-Site`), which all current browsers send to loopback and https; `Origin`
    /// else.
    var isCrossSite: Bool {
        if let site = request.fields["Sec-Fetch-Site"] { return site != "same-origin" && site != "none" }
        guard let origin = request.fields["Origin"] else { return false }
        guard let host = request.fields["Host"] else { return true }
        return origin != "http://\(host)" && origin != "https://\(host)"
    }

    /// Whether the request names this machine's own loopback: what a page of a site that points its name at 127.0.0.1
    /// cannot do.
    var namesLoopback: Bool {
        guard let field = request.fields["Host"] else { return true }
        let isV6 = field.hasPrefix("[")
        let host = isV6 ? field.prefix { $0 != "]" }.dropFirst() : field.prefix { $0 != ":" }
        if isV6 { return host == "::1" }
        let name = host.lowercased()
        let octets = name.split(separator: ".", omittingEmptySubsequences: false)
        let isV4 = octets.count == 4 && octets.allSatisfy { UInt8($0) != nil }
        return name == "localhost" || name.hasSuffix(".localhost") || isV4 && octets[0] == "127"
    }

    /// A cookie of the console's, sent back to the console alone and never to another site's pages.
    func cookie(_ name: String, _ value: String, seconds: Int64) -> String {
        let isSecure = request.fields["X-Forwarded-Proto"] == "https"
        return "\(name)=\(value); Path=\(Address.root); Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }
}

/// The names of regions.
enum Region {
    /// AWS's commercial regions, to choose from; any other that looks like one can be named in the address.
    static let known = [
        "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
        "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-south-1", "eu-west-1", "eu-west-2",
        "eu-west-3", "me-south-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    ]

    /// Whether it looks like a region: `eu-west-1`, `us-gov-east-1`.
    static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (3...4).contains(parts.count), text.utf8.count <= 24, let last = parts.last else { return false }
        return last.utf8.allSatisfy { (0x30...0x39).contains($0) } && !last.isEmpty
            && parts.dropLast().allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x61...0x7A).contains($0) } }
    }
}
