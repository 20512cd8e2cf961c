internal import Crypto
internal import Notation

/// The password that the AWS CLI's credential helper makes: a time and a signature over the repository's path.
///
/// Source: AWS CLI, `aws codecommit credential-helper`. The request is signed with Signature Version 4 in a form of its
/// own: method `GIT`, the host alone as header, no payload, and a time without the `Z`.
struct GitSignature: Sendable {
    /// The time as it is signed: `20261123T093000`.
    let time: String
    let moment: Timestamp
    private let signature: String

    /// Seconds that a client's clock may be off.
    static let skew = 15 * 60

    /// The password taken apart; nil when it is none of this kind.
    init?(password: String) {
        let parts = password.split(separator: "Z", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 15, parts[1].utf8.count == 64,
            let moment = Timestamp(parsing: parts[0] + "Z")
        else { return nil }
        time = String(parts[0])
        self.moment = moment
        signature = String(parts[1])
    }

    /// Whether the time is near enough to now.
    func isCurrent(_ now: Timestamp) -> Bool { abs((now - moment).components.seconds) <= Int64(Self.skew) }

    /// Whether it was made with that secret for that path.
    ///
    /// - Parameters:
    ///   - path: As in the repository's URL, `/v1/repos/NAME`.
    ///   - host: Without the port.
    func isSigned(with secret: String, path: String, host: String, region: String) -> Bool {
        Self.isSame(Self.sign(time: time, secret: secret, path: path, host: host, region: region), signature)
    }

    /// The signature of such a request.
    static func sign(time: String, secret: String, path: String, host: String, region: String) -> String {
        let request = "GIT\n\(path)\n\nhost:\(host)\n\nhost\n"
        let day = String(time.prefix(8))
        let scope = "\(day)/\(region)/codecommit/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(Hexadecimal.encode(SHA256.hash(data: Array(request.utf8))))"
        var key = Array(("AWS4" + secret).utf8)
        for part in [day, region, "codecommit", "aws4_request"] { key = mac(part, key) }
        return Hexadecimal.encode(mac(text, key))
    }

    private static func mac(_ text: String, _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    /// Compares without telling by the time it takes how much was right.
    static func isSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        return left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
