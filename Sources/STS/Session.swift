internal import Cloud
internal import Ledger
internal import Notation

/// A temporary pair of keys, and whom it stands for.
struct Session: Codable, Sendable {
    var accessKeyID: String
    var secret: String
    var token: String
    var account: String
    /// The ARN of who signs with it.
    var principal: String
    var principalID: String
    var issued: Timestamp
    var expires: Timestamp
    var tags: [Tag]?
    var sourceIdentity: String?

    struct Tag: Codable, Sendable {
        var Key: String
        var Value: String
    }

    /// By access key.
    static let collection = Collection<Session>("sts.session")

    /// New keys for that principal. Source of the forms: IAM User Guide, "IAM identifiers".
    static func make(
        account: String, principal: String, principalID: String, seconds: Int, _ surroundings: Surroundings
    ) -> Session {
        let chance = surroundings.chance
        let letters: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let now = surroundings.now
        return Session(
            accessKeyID: "ASIA" + chance.text(16, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
            secret: chance.text(40, of: letters), token: "FwoGZXIvYXdz" + chance.text(200, of: letters),
            account: account,
            principal: principal, principalID: principalID, issued: now, expires: now + .seconds(seconds))
    }

    var credential: Credential {
        Credential(
            accessKeyID: accessKeyID, secret: secret, sessionToken: token, expires: expires, account: account,
            principal: principal, principalID: principalID)
    }

    /// The pair as STS hands it out.
    var shown: JSON {
        [
            "AccessKeyId": .string(accessKeyID), "SecretAccessKey": .string(secret), "SessionToken": .string(token),
            "Expiration": .double(expires.seconds.rounded(.down)),
        ]
    }
}
