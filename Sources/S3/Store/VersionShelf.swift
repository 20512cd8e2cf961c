internal import Cloud
internal import Ledger
internal import Notation

/// The documents of S3.
enum Shelf {
    /// By name: bucket names are one for all accounts.
    static let buckets = Collection<Bucket>("s3.bucket", lookups: ["account": { [$0.account] }])
    /// The current objects, by `bucket/key`: what lists show.
    static let objects = Collection<ObjectVersion>("s3.object")
    /// All other versions and the delete markers, newest first under each key.
    static let versions = Collection<ObjectVersion>(
        "s3.version", lookups: ["id": { [versionLookup($0.bucket, $0.name, $0.versionID)] }])
    /// Uploads under way, by `bucket/key` and id.
    static let uploads = Collection<Upload>("s3.upload")
    /// Their parts, by upload and number.
    static let parts = Collection<UploadedPart>("s3.part")

    static func versionLookup(_ bucket: String, _ key: ObjectKey, _ id: String) -> String {
        key.versions(in: bucket) + id
    }
}

/// What becomes of an object's versions inside one transaction.
///
/// The newest version of a key is in ``Shelf/objects`` unless it is a delete marker; everything else is in
/// ``Shelf/versions``.
struct VersionShelf {
    let transaction: Transaction
    let blobs: Blobs
    let bucket: Bucket

    /// The bucket as it stands in this transaction.
    init(_ bucket: String, _ transaction: Transaction, _ blobs: Blobs) throws {
        self.transaction = transaction
        self.blobs = blobs
        self.bucket = try Self.bucket(bucket, transaction)
    }

    /// - Throws: `NoSuchBucket`.
    static func bucket(_ name: String, _ transaction: Transaction) throws -> Bucket {
        guard let document = try transaction.get(Shelf.buckets, name) else { throw S3Error.noSuchBucket(name) }
        return document.value
    }

    func current(_ key: ObjectKey) throws -> ObjectVersion? {
        try transaction.get(Shelf.objects, key.document(in: bucket.name))?.value
    }

    func version(_ key: ObjectKey, _ id: String) throws -> ObjectVersion? {
        if let current = try current(key), current.versionID == id { return current }
        return try transaction.find(Shelf.versions, "id", Shelf.versionLookup(bucket.name, key, id), limit: 1).first?
            .value
    }

    private func newestNoncurrent(_ key: ObjectKey) throws -> ObjectVersion? {
        try transaction.list(Shelf.versions, prefix: key.versions(in: bucket.name), limit: 1).first?.value
    }

    /// Makes `new` the newest version, as the bucket's versioning says, and returns it with its id.
    func add(_ new: ObjectVersion) throws -> ObjectVersion {
        var new = new
        let key = new.name
        new.sequence = try makeRoom(for: key, at: new.modified)
        if bucket.versioning == "Enabled" {
            new.versionID = transaction.surroundings.chance.text(32, of: Self.alphabet)
        }
        if new.isMarker {
            try transaction.put(Shelf.versions, new.versionDocument, new)
        } else {
            try transaction.put(Shelf.objects, key.document(in: bucket.name), new)
        }
        return new
    }

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"

    /// Moves or removes what is current, and gives the next version its place in the order.
    private func makeRoom(for key: ObjectKey, at time: Timestamp) throws -> Int64 {
        let current = try current(key)
        var newest = current?.sequence ?? 0
        if bucket.versioning != nil, current == nil { newest = try newestNoncurrent(key)?.sequence ?? 0 }
        if bucket.versioning != "Enabled" { try removeNull(key, current) }
        if let current, bucket.versioning == "Enabled" || current.versionID != "null" {
            try transaction.delete(Shelf.objects, key.document(in: bucket.name))
            try transaction.put(Shelf.versions, current.versionDocument, current)
        }
        return max(time.microseconds, newest + 1)
    }

    /// A bucket that does not make new versions has one version called `null` of each key.
    private func removeNull(_ key: ObjectKey, _ current: ObjectVersion?) throws {
        if let current, current.versionID == "null" {
            try discard(current)
            try transaction.delete(Shelf.objects, key.document(in: bucket.name))
        } else if bucket.versioning != nil, let old = try version(key, "null") {
            try discard(old)
            try transaction.delete(Shelf.versions, old.versionDocument)
        }
    }

    private func discard(_ version: ObjectVersion) throws {
        for part in version.parts { try blobs.remove(part.blob, in: transaction) }
    }

    /// Deletes as a client does who names no version: for good where versions are not kept, else with a marker.
    ///
    /// - Returns: The marker, or what was removed; nil when there was nothing.
    func delete(_ key: ObjectKey, at time: Timestamp) throws -> ObjectVersion? {
        guard bucket.versioning != nil else {
            guard let current = try current(key) else { return nil }
            try discard(current)
            try transaction.delete(Shelf.objects, key.document(in: bucket.name))
            return current
        }
        let marker = ObjectVersion(
            bucket: bucket.name, key: key.text, versionID: "null", sequence: 0, isDeleteMarker: true, modified: time,
            size: 0,
            etag: "", parts: [], attributes: .init())
        return try add(marker)
    }

    /// Removes that version for good. The next older one becomes current when it was the newest.
    ///
    /// - Returns: What was removed; nil when there was no such version.
    func delete(_ key: ObjectKey, version id: String) throws -> ObjectVersion? {
        guard let version = try version(key, id) else { return nil }
        try discard(version)
        if try current(key)?.versionID == version.versionID {
            try transaction.delete(Shelf.objects, key.document(in: bucket.name))
        } else {
            try transaction.delete(Shelf.versions, version.versionDocument)
        }
        if try current(key) == nil, let next = try newestNoncurrent(key), !next.isMarker {
            try transaction.delete(Shelf.versions, next.versionDocument)
            try transaction.put(Shelf.objects, key.document(in: bucket.name), next)
        }
        return version
    }

    /// Writes back a version whose tags or access list changed.
    func replace(_ version: ObjectVersion) throws {
        if try current(version.name)?.versionID == version.versionID {
            try transaction.put(Shelf.objects, version.name.document(in: bucket.name), version)
        } else {
            try transaction.put(Shelf.versions, version.versionDocument, version)
        }
    }
}
