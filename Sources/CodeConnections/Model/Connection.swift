import Cloud
import Ledger
import Notation

struct Tag: Codable, Sendable, Hashable {
    let Key: String
    let Value: String
}

/// A way to repositories that another host has.
struct Connection: Codable, Sendable {
    /// How it gets at them, once somebody has said so.
    struct Access: Codable, Sendable, Hashable {
        /// What comes before `/owner/name.git`: an address, or a folder of this machine.
        var base: String
        var username: String?
        /// Sealed.
        var token: String?
        /// What webhooks are proved with. Sealed.
        var secret: String

        /// Whether the repositories are folders of this machine, watched instead of told of by webhooks.
        var isFolder: Bool { base.hasPrefix("/") }
    }

    /// The two names under which AWS has the service.
    enum Spelling: String, Codable, Sendable, CaseIterable {
        case connections = "codeconnections"
        case starConnections = "codestar-connections"
    }

    let id: String
    let account: String
    let region: String
    /// The name in its ARN: that of the service it was made with.
    let spelling: Spelling
    var name: String
    var provider: String
    var host: String?
    var tags: [Tag] = []
    var created: Timestamp
    var access: Access?

    static let all = Collection<Connection>(
        "codeconnections.connection",
        lookups: ["id": { [$0.id] }, "watched": { $0.access?.isFolder == true ? ["yes"] : [] }])

    var key: String { "\(account)/\(region)/\(id)" }
    var owner: Caller { .root(account: account, region: region) }
    var arn: String { owner.arn(spelling.rawValue, "connection/\(id)") }
    var status: String { access == nil ? "PENDING" : "AVAILABLE" }

    /// The key that an ARN of either spelling means; nil when it is none of a connection.
    static func key(ofARN arn: String) -> String? { resourceKey(arn, "connection/") }

    static func resourceKey(_ arn: String, _ kind: String) -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, Spelling(rawValue: String(parts[2])) != nil, parts[5].hasPrefix(kind) else {
            return nil
        }
        return "\(parts[4])/\(parts[3])/\(parts[5].dropFirst(kind.count))"
    }
}

/// Where a provider is installed by its users.
struct ProviderHost: Codable, Sendable {
    let id: String
    let account: String
    let region: String
    let spelling: Connection.Spelling
    var name: String
    var provider: String
    var endpoint: String
    var tags: [Tag] = []

    static let all = Collection<ProviderHost>("codeconnections.host")

    var key: String { "\(account)/\(region)/\(id)" }
    var arn: String {
        Caller.root(account: account, region: region).arn(spelling.rawValue, "host/\(id)")
    }
}

/// A repository at a host, by the name it has there.
///
/// Names come from templates, webhooks and requests, and end in commands and paths: only what is harmless there is one.
struct RepositoryID: Sendable, Hashable {
    let name: String

    /// - Throws: ``AWSError`` when the text is no `owner/name`.
    init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isGood =
            (1...12).contains(parts.count) && text.utf8.count <= 400
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy(Self.isAllowed) && part.first != "-" && part.first != "."
            }
        guard isGood else {
            throw AWSError(
                "ValidationException", "'\(text.prefix(100))' is no repository of a connection. Write owner/name.")
        }
        name = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "._-~".utf8.contains(byte)
        }
    }
}

extension AWSError {
    static func noConnection(_ arn: String) -> AWSError {
        AWSError("ResourceNotFoundException", "Connection \(arn) not found.")
    }

    static func connection(_ message: String) -> AWSError { AWSError("ValidationException", message) }
}

extension Transaction {
    /// Notes a call that changed something in the one log, as CloudTrail shows it. Tokens and secrets are never in it.
    func note(_ call: Call, _ arn: String, _ owner: Caller) throws {
        try append(
            LedgerEvent(
                time: now, source: "aws.codeconnections", detailType: "AWS API Call via CloudTrail",
                account: owner.account, region: owner.region, resources: [arn],
                detail: [
                    "eventSource": .string("\(call.service).amazonaws.com"), "eventName": .string(call.operation),
                    "eventType": "AwsApiCall", "awsRegion": .string(owner.region), "eventTime": .string(now.iso8601()),
                    "requestID": .string(call.requestID),
                    "userIdentity": ["arn": .string(call.caller.principal), "accountId": .string(call.caller.account)],
                ]))
    }
}
