internal import Cloud
internal import Ledger
internal import Notation

/// One version of an object, or a delete marker.
struct ObjectVersion: Codable, Sendable {
    var bucket: String
    var key: String
    /// `null` for what was written while the bucket was not versioned.
    var versionID: String
    /// Orders the versions of a key: later is greater.
    var sequence: Int64
    var isDeleteMarker: Bool?
    var modified: Timestamp
    var size: Int
    /// Without its quotes.
    var etag: String
    var parts: [Part]
    /// Whether it was uploaded in parts: then its parts can be asked for.
    var isMultipart: Bool?
    var checksum: Checksum?
    var attributes: Attributes
    var tags: [Tag]?

    /// A piece of the body.
    struct Part: Codable, Sendable {
        var blob: BlobID
        var size: Int
        var checksum: String?
    }

    /// What a client said of the object, shown again with it.
    struct Attributes: Codable, Sendable {
        /// Content-Type and its like, by member name.
        var headers: JSON?
        var metadata: JSON?
        var storageClass: String?
        var redirect: String?
        var acl: String?
        /// ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled.
        var encryption: JSON?
    }

    /// The entity tag as it is shown.
    var quotedTag: String { "\"\(etag)\"" }
    var name: ObjectKey { ObjectKey(key) }
    var isMarker: Bool { isDeleteMarker == true }
    var storageClass: String { attributes.storageClass ?? "STANDARD" }

    /// The document key of a version that is not the current object: newest first.
    var versionDocument: String {
        let reversed = String(UInt64(Int64.max - sequence), radix: 16)
        return name.versions(in: bucket) + String(repeating: "0", count: 16 - reversed.count) + reversed
    }
}

/// A tag as S3 writes it.
struct Tag: Codable, Sendable, Hashable {
    var Key: String
    var Value: String

    /// Reads tags written as a query: `a=1&b=2`.
    static func parse(_ text: String, limit: Int = 10) throws -> [Tag] {
        let tags = text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Tag(
                Key: PercentEncoding.decode(parts[0], isForm: true),
                Value: parts.count > 1 ? PercentEncoding.decode(parts[1], isForm: true) : "")
        }
        return try check(tags, limit: limit)
    }

    /// The tags, if they keep S3's limits.
    ///
    /// - Throws: `InvalidTag` or `BadRequest`.
    static func check(_ tags: [Tag], limit: Int) throws -> [Tag] {
        guard tags.count <= limit else {
            throw AWSError(
                "BadRequest",
                limit == 10 ? "Object tags cannot be greater than 10" : "Tag count cannot be greater than \(limit)")
        }
        guard Set(tags.map(\.Key)).count == tags.count else {
            throw AWSError("InvalidTag", "Cannot provide multiple Tags with the same key")
        }
        for tag in tags {
            guard (1...128).contains(tag.Key.utf16.count) else {
                throw AWSError(
                    "InvalidTag", "The TagKey you have provided is invalid", members: ["TagKey": .string(tag.Key)])
            }
            guard tag.Value.utf16.count <= 256 else {
                throw AWSError(
                    "InvalidTag", "The TagValue you have provided is invalid", members: ["TagKey": .string(tag.Key)])
            }
        }
        return tags
    }
}
