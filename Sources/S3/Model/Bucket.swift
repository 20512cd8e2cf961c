internal import Cloud
internal import Crypto
internal import Notation

/// A bucket and its settings.
struct Bucket: Codable, Sendable {
    var name: String
    var account: String
    var region: String
    var created: Timestamp
    /// `Enabled` or `Suspended`; nil when versions were never kept.
    var versioning: String?
    /// The configurations that are kept as they were written, by the name of their sub-resource.
    var settings: [String: JSON]
    var tags: [Tag]?
    var policy: String?
    var acl: String?

    init(name: String, account: String, region: String, created: Timestamp) {
        self.name = name
        self.account = account
        self.region = region
        self.created = created
        // What S3 gives every new bucket since April 2023.
        settings = [
            "publicAccessBlock": [
                "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true,
                "RestrictPublicBuckets": true,
            ],
            "ownershipControls": ["Rules": [["ObjectOwnership": "BucketOwnerEnforced"]]],
        ]
    }

    var arn: String { "arn:aws:s3:::" + name }

    /// Whether access control lists are switched off, as they are unless asked for.
    var ignoresACLs: Bool {
        settings["ownershipControls"]?["Rules"]?[0]?["ObjectOwnership"]?.string == "BucketOwnerEnforced"
    }

    /// The owner as S3 shows it.
    var owner: JSON { Self.owner(account) }

    /// An account's canonical user id: 64 hexadecimal digits that follow from its number.
    static func owner(_ account: String) -> JSON {
        ["ID": .string(Hexadecimal.encode(SHA256.hash(data: Array("slipway canonical user \(account)".utf8))))]
    }

    /// - Throws: `InvalidBucketName` when S3 would not take the name (S3 User Guide, "General purpose bucket naming
    ///   rules").
    static func check(name: String) throws {
        let bytes = Array(name.utf8)
        func isAlphanumeric(_ byte: UInt8?) -> Bool {
            guard let byte else { return false }
            return (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
        }
        let isPlain = bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2E || $0 == 0x2D }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = numbers.count == 4 && numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
        let isReserved =
            ["xn--", "sthree-", "amzn-s3-demo-"].contains { name.hasPrefix($0) }
            || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].contains { name.hasSuffix($0) }
        guard (3...63).contains(bytes.count), isPlain, isAlphanumeric(bytes.first), isAlphanumeric(bytes.last),
            !name.contains(".."), !isAddress, !isReserved
        else {
            throw AWSError(
                "InvalidBucketName", "The specified bucket is not valid.", members: ["BucketName": .string(name)])
        }
    }
}
