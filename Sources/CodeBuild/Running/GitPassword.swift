internal import Cloud
internal import Crypto
internal import Foundation
internal import Notation

/// The name and password with which git shows keys of AWS's to CodeCommit: the password is a signature.
///
/// Source: the credential helper of the AWS CLI (`awscli/customizations/codecommit.py`).
enum GitPassword {
    /// `Basic …` for that repository, signed now.
    static func header(_ keys: RoleSession, _ address: String, now: Timestamp) -> String {
        let name = keys.sessionToken.isEmpty ? keys.accessKeyID : "\(keys.accessKeyID)%\(keys.sessionToken)"
        let password = sign(keys.secret, keys.caller.region, address, now: now)
        return "Basic " + Data("\(name):\(password)".utf8).base64EncodedString()
    }

    /// `Basic …` with the secret itself, good for all repositories. For Slipway's own address alone.
    static func header(_ keys: RoleSession) -> String {
        let name = keys.sessionToken.isEmpty ? keys.accessKeyID : "\(keys.accessKeyID)%\(keys.sessionToken)"
        return "Basic " + Data("\(name):\(keys.secret)".utf8).base64EncodedString()
    }

    /// What addresses of repositories on AWS begin with.
    static func awsAddresses(_ region: String) -> String {
        "https://git-codecommit.\(region).amazonaws.com/v1/repos/"
    }

    static func sign(_ secret: String, _ region: String, _ address: String, now: Timestamp) -> String {
        let stamp = now.iso8601().replacing("-", with: "").replacing(":", with: "").replacing("Z", with: "")
        let date = String(stamp.prefix(8))
        let url = address.drop { $0 != ":" }.dropFirst(3)
        // The port is no part of the host that is signed.
        let host = url.prefix { $0 != "/" && $0 != ":" }
        let path = url.drop { $0 != "/" }
        let canonical = "GIT\n\(path)\n\nhost:\(host)\n\nhost\n"
        let digest = Hexadecimal.encode(SHA256.hash(data: Data(canonical.utf8)))
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(date)/\(region)/codecommit/aws4_request\n\(digest)"
        var key = Data("AWS4\(secret)".utf8)
        for part in [date, region, "codecommit", "aws4_request", text] {
            key = Data(HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: SymmetricKey(data: key)))
        }
        return stamp + "Z" + Hexadecimal.encode(key)
    }

}
