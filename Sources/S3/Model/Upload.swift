internal import Ledger
internal import Notation

/// An upload in parts that is under way.
struct Upload: Codable, Sendable {
    var id: String
    var bucket: String
    var key: String
    var created: Timestamp
    var attributes: ObjectVersion.Attributes
    var tags: [Tag]?
    /// What its parts are checked with.
    var algorithm: ChecksumAlgorithm
    /// Whether the client chose the algorithm.
    var isAlgorithmChosen: Bool
    /// `FULL_OBJECT` or `COMPOSITE`.
    var checksumType: String
    var initiator: String

    static func document(_ bucket: String, _ key: ObjectKey, _ id: String) -> String {
        key.versions(in: bucket) + id
    }
}

/// A part that has arrived.
struct UploadedPart: Codable, Sendable {
    var number: Int
    var blob: BlobID
    var size: Int
    var etag: String
    var checksum: String
    var modified: Timestamp

    /// The key of its document: parts of an upload in the order of their numbers.
    static func document(_ upload: String, _ number: Int) -> String {
        let digits = String(number)
        return upload + "/" + String(repeating: "0", count: 5 - digits.count) + digits
    }
}
