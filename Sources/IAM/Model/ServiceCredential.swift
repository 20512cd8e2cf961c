internal import Crypto
internal import Ledger
internal import Notation

/// A user name and password that a user has for one service alone: for git, with CodeCommit.
///
/// Source: IAM User Guide, "Use IAM with CodeCommit".
struct ServiceCredential: Codable, Sendable {
    var id: String
    var account: String
    var user: String
    var service: String
    /// What is typed where a user name is asked for.
    var userName: String
    /// The password's fingerprint: the password itself is told once and not kept. It is drawn at random, so a plain
    /// hash is enough.
    var fingerprint: String
    var isActive: Bool
    var created: Timestamp

    static let all = Collection<ServiceCredential>(
        "iam.serviceCredential",
        lookups: ["user": { [Shelf.key($0.account, $0.user)] }, "name": { [$0.userName] }])

    /// What GetX and ListX show.
    var shown: JSON {
        [
            "CreateDate": .double(created.seconds.rounded(.down)), "ServiceName": .string(service),
            "ServiceUserName": .string(userName), "ServiceSpecificCredentialId": .string(id), "UserName": .string(user),
            "Status": .string(isActive ? "Active" : "Inactive"),
        ]
    }

    /// The fingerprint of a password.
    static func fingerprint(_ password: String) -> String {
        Hexadecimal.encode(SHA256.hash(data: Array(password.utf8)))
    }

    /// A new password.
    static func password(_ surroundings: Surroundings) -> String {
        surroundings.chance.text(43, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") + "="
    }
}
