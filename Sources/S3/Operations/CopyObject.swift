internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

extension S3Service {
    /// Copying objects.
    var copyOperations: [Operation] {
        [
            Operation(
                "CopyObject",
                enforces: Members.object + Members.headers
                    + " ChecksumAlgorithm CopySource MetadataDirective TaggingDirective ExpectedSourceBucketOwner"
                    + " CopySourceIfMatch CopySourceIfModifiedSince CopySourceIfNoneMatch CopySourceIfUnmodifiedSince"
                    + " IfMatch IfNoneMatch",
                stores: Members.kept, raw: copyObject)
        ]
    }

    private func copyObject(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let place = try CopySource(request)
        let (source, sourceBucket) = try await find(place, request)
        var new = try newVersion(request, bucket)
        try Self.takeOver(source, into: &new, place, request)
        let algorithm = try ChecksumAlgorithm(named: request["ChecksumAlgorithm"])
        let condition = try WriteCondition(request)
        let object = try await copy(source, into: new, algorithm, condition, call)
        var output: JSONObject = [
            "CopyObjectResult": .object(
                JSONObject([("ETag", .string(object.quotedTag)), ("LastModified", .double(object.modified.seconds))])
                    .merging(object.checksum?.members))
        ]
        output.merge(object.attributes.encryption?.object ?? [:])
        if bucket.versioning != nil { output["VersionId"] = .string(object.versionID) }
        if sourceBucket.versioning != nil { output["CopySourceVersionId"] = .string(source.versionID) }
        return Reply(.object(output))
    }

    /// The source of a copy, if it may be copied.
    func find(_ place: CopySource, _ request: S3Request) async throws -> (ObjectVersion, Bucket) {
        guard let bucket = try await ledger.get(Shelf.buckets, place.bucket)?.value else {
            throw S3Error.noSuchBucket(place.bucket)
        }
        let owner = request.text("ExpectedSourceBucketOwner") ?? bucket.account
        guard bucket.account == request.call.caller.account, owner == bucket.account else { throw S3Error.accessDenied }
        let source: ObjectVersion
        do { source = try await find(place.key, version: place.version, in: bucket) } catch let error as AWSError
            where error.status == 405
        {
            throw S3Error.invalidRequest(
                "The source of a copy request may not specifically refer to a delete marker by version id.")
        }
        do { try ReadCondition(request.call.input, prefix: "CopySource").check(source) } catch let error as AWSError
            where error.status == 304
        {
            // A copy has no cache to be told of: what is not modified is a condition that failed.
            throw S3Error.preconditionFailed("x-amz-copy-source-If-None-Match")
        }
        return (source, bucket)
    }

    private static func takeOver(
        _ source: ObjectVersion, into new: inout ObjectVersion, _ place: CopySource, _ request: S3Request
    ) throws {
        let replaces = request.text("MetadataDirective") == "REPLACE"
        let isSame = place.bucket == new.bucket && place.key == new.name && place.version == nil
        let changes =
            replaces || request.text("TaggingDirective") == "REPLACE"
            || ["StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "ChecksumAlgorithm"]
                .contains { request.text($0) != nil }
        guard !isSame || changes else {
            throw S3Error.invalidRequest(
                "This copy request is illegal because it is trying to copy an object to itself without changing "
                    + "the object's "
                    + "metadata, storage class, website redirect location or encryption attributes.")
        }
        guard source.size <= putLimit else {
            throw S3Error.invalidRequest(
                "The specified copy source is larger than the maximum allowable size for a copy source: \(putLimit)")
        }
        if !replaces {
            new.attributes.headers = source.attributes.headers
            new.attributes.metadata = source.attributes.metadata
        }
        if request.text("TaggingDirective") != "REPLACE" { new.tags = source.tags }
    }

    /// The same bytes as another object: shared where they lie in one piece and are not to be checked anew, else read
    /// once more.
    private func copy(
        _ source: ObjectVersion, into new: ObjectVersion, _ algorithm: ChecksumAlgorithm?, _ condition: WriteCondition,
        _ call: Call
    ) async throws -> ObjectVersion {
        let isSameSum = algorithm == nil || algorithm == source.checksum?.algorithm
        if source.parts.count == 1, source.isMultipart != true, isSameSum {
            var copy = new
            copy.etag = source.etag
            copy.checksum = source.checksum
            let template = copy
            let shared = try await blobs.withCopy(of: source.parts[0].blob) { staged in
                try await store(template, staged, condition, call)
            }
            if let shared { return shared }
        }
        let reader = try await blobs.open(source.parts.map(\.blob))
        var digest = try BodyDigest([:], default: algorithm ?? source.checksum?.algorithm ?? .crc64)
        let stream = HTTPBody.stream(HTTPBodyStream(length: reader.length) { try await reader.next() })
        return try await withBody(stream, &digest) { staged, digest in
            var copy = new
            copy.etag = digest.etag
            copy.checksum = digest.result
            return try await store(copy, staged, condition, call)
        }
    }

    private func store(
        _ object: ObjectVersion, _ staged: StagedBlob, _ condition: WriteCondition, _ call: Call
    ) async throws -> ObjectVersion {
        let blobs = blobs
        var object = object
        object.size = staged.size
        object.parts = [.init(blob: staged.id, size: staged.size)]
        let new = object
        return try await ledger.write { write in
            let shelf = try VersionShelf(new.bucket, write, blobs)
            try condition.check(try shelf.current(new.name), new.key)
            try blobs.keep(staged, in: write)
            let stored = try shelf.add(new)
            try write.append(ObjectEvent.created(stored, shelf.bucket, call))
            return stored
        }
    }
}

/// Where a copy comes from: `bucket/key`, escaped, with `?versionId=` if a version is meant.
struct CopySource {
    let bucket: String
    let key: ObjectKey
    let version: String?

    init(_ request: S3Request) throws {
        let text = request.text("CopySource") ?? ""
        var path = Substring(text)
        var version: String?
        if let mark = text.range(of: "?versionId=") {
            version = PercentEncoding.decode(text[mark.upperBound...])
            path = text[..<mark.lowerBound]
        }
        let parts = PercentEncoding.decode(path.hasPrefix("/") ? path.dropFirst() : path)
            .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw S3Error.invalidArgument(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source", text)
        }
        bucket = String(parts[0])
        key = ObjectKey(String(parts[1]))
        self.version = version
    }
}

extension JSONObject {
    /// The members of both; the other's win.
    func merging(_ other: JSONObject?) -> JSONObject {
        var merged = self
        if let other { merged.merge(other) }
        return merged
    }
}

extension String {
    /// Where the text first occurs.
    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
