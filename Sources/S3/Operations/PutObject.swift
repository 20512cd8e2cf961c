internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

extension S3Service {
    /// Writing and reading objects.
    var objectOperations: [Operation] {
        [
            Operation(
                "PutObject",
                enforces: Members.object + Members.headers + Members.checksums
                    + " Body ContentLength ContentMD5 IfMatch IfNoneMatch",
                stores: Members.kept, raw: putObject),
            Operation(
                "GetObject",
                enforces: Members.object + Members.conditions + Members.responses
                    + " Range PartNumber VersionId ChecksumMode",
                stores: "RequestPayer", raw: getObject),
            Operation(
                "HeadObject",
                enforces: Members.object + Members.conditions + Members.responses
                    + " Range PartNumber VersionId ChecksumMode",
                stores: "RequestPayer", raw: headObject),
            Operation(
                "GetObjectAttributes",
                enforces: Members.object + " MaxParts ObjectAttributes PartNumberMarker VersionId",
                stores: "RequestPayer",
                raw: getObjectAttributes),
        ]
    }

    /// The most a single PutObject or part may hold: 5 GiB (S3 User Guide, "Multipart upload limits").
    static let putLimit = 5 << 30

    private func putObject(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let new = try newVersion(request, bucket)
        let condition = try WriteCondition(request)
        var digest = try BodyDigest(call.input)
        return try await withBody(call.payload, &digest) { staged, digest in
            var object = new
            object.size = staged.size
            object.etag = digest.etag
            object.checksum = digest.result
            object.parts = [.init(blob: staged.id, size: staged.size)]
            return try await store(object, staged, condition, call)
        }
    }

    /// A version of the object asked for, with what the input says of it and no body yet.
    func newVersion(_ request: S3Request, _ bucket: Bucket) throws -> ObjectVersion {
        let key = try request.key()
        var tags: [Tag]?
        if let text = request.text("Tagging") { tags = try Tag.parse(text) }
        return ObjectVersion(
            bucket: bucket.name, key: key.text, versionID: "null", sequence: 0, modified: request.call.time, size: 0,
            etag: "",
            parts: [], attributes: try ObjectVersion.Attributes(request, bucket), tags: tags)
    }

    /// Takes the body in, checks it against what was announced, and hands it to the closure.
    func withBody<Value>(
        _ payload: HTTPBody?, _ digest: inout BodyDigest, _ body: (StagedBlob, BodyDigest) async throws -> Value
    ) async throws -> Value {
        var running = digest
        let next = (payload ?? .bytes([])).makeReader()
        do {
            return try await blobs.withStaged(limit: Self.putLimit) {
                guard let piece = try await next() else { return nil }
                running.update(piece)
                return piece
            } _: { staged in
                try running.check()
                return try await body(staged, running)
            }
        } catch let error as BlobError {
            throw S3Error.body(error, limit: Self.putLimit)
        } catch is HTTPBodyError {
            throw AWSError(
                "IncompleteBody", "The request body ended before the number of bytes that its Content-Length announced."
            )
        }
    }

    /// Writes object and body in one transaction, with its event, and answers as PutObject does.
    private func store(
        _ object: ObjectVersion, _ staged: StagedBlob, _ condition: WriteCondition, _ call: Call
    ) async throws -> Reply {
        let blobs = blobs
        let (stored, isVersioned) = try await ledger.write { write in
            let shelf = try VersionShelf(object.bucket, write, blobs)
            try condition.check(try shelf.current(object.name), object.key)
            try blobs.keep(staged, in: write)
            let stored = try shelf.add(object)
            try write.append(ObjectEvent.created(stored, shelf.bucket, call))
            return (stored, shelf.bucket.versioning != nil)
        }
        var output: JSONObject = ["ETag": .string(stored.quotedTag)]
        output.merge(stored.checksum?.members ?? [:])
        output.merge(stored.attributes.encryption?.object ?? [:])
        if isVersioned { output["VersionId"] = .string(stored.versionID) }
        return Reply(.object(output))
    }
}

extension ObjectVersion.Attributes {
    static let headerNames = [
        "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires",
    ]
    private static let classes: Set<String> = [
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
        "GLACIER_IR",
    ]

    /// What an input says of the object.
    ///
    /// - Throws: `MetadataTooLarge`, `InvalidStorageClass`, and what access lists are refused with.
    init(_ request: S3Request, _ bucket: Bucket) throws {
        let metadata = request["Metadata"]?.object ?? [:]
        let size = metadata.reduce(0) { $0 + $1.key.utf8.count + ($1.value.string ?? "").utf8.count }
        guard size <= 2048 else {
            throw AWSError(
                "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
                members: ["Size": .string(String(size)), "MaxSizeAllowed": "2048"])
        }
        self.metadata = metadata.isEmpty ? nil : .object(metadata)
        let headers = (request.call.input.object ?? [:]).filter { name, _ in Self.headerNames.contains(name) }
        self.headers = headers.isEmpty ? nil : .object(headers)
        if let name = request.text("StorageClass"), name != "STANDARD" {
            guard Self.classes.contains(name) else {
                throw AWSError("InvalidStorageClass", "The storage class you specified is not valid")
            }
            storageClass = name
        }
        redirect = request.text("WebsiteRedirectLocation")
        acl = try Grants.check(request.text("ACL"), bucket)
        encryption = Self.encryption(request, bucket).map(JSON.object)
    }

    /// What was asked for, or else what the bucket says of all its objects.
    private static func encryption(_ request: S3Request, _ bucket: Bucket) -> JSONObject? {
        let names = ["ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled"]
        let asked = (request.call.input.object ?? [:]).filter { name, _ in names.contains(name) }
        if !asked.isEmpty { return asked }
        guard let rule = bucket.settings["encryption"]?["Rules"]?[0],
            let standard = rule["ApplyServerSideEncryptionByDefault"], let algorithm = standard["SSEAlgorithm"]
        else { return nil }
        var encryption: JSONObject = ["ServerSideEncryption": algorithm]
        encryption["SSEKMSKeyId"] = standard["KMSMasterKeyID"]
        if rule["BucketKeyEnabled"]?.bool == true { encryption["BucketKeyEnabled"] = true }
        return encryption
    }
}

/// Under which condition an object may be written. Source: S3 User Guide, "How to prevent object overwrites with
/// conditional writes".
struct WriteCondition: Sendable {
    private let match: String?
    private let mustBeNew: Bool

    init(_ request: S3Request) throws {
        match = request.text("IfMatch")
        mustBeNew = request.text("IfNoneMatch") != nil
        guard !mustBeNew || request.text("IfNoneMatch") == "*" else {
            throw AWSError(
                "NotImplemented", "A header you provided implies functionality that is not implemented", status: 501,
                members: ["Header": "If-None-Match"])
        }
    }

    func check(_ current: ObjectVersion?, _ key: String) throws {
        if mustBeNew, current != nil { throw S3Error.preconditionFailed("If-None-Match") }
        guard let match else { return }
        guard let current else { throw S3Error.noSuchKey(key) }
        guard match == "*" || EntityTags(match).contains(current.etag) else {
            throw S3Error.preconditionFailed("If-Match")
        }
    }
}

extension HTTPBody {
    /// Hands out the body piece by piece, once.
    func makeReader() -> () async throws -> [UInt8]? {
        switch self {
        case .bytes(let bytes):
            var rest: [UInt8]? = bytes
            return {
                defer { rest = nil }
                return rest
            }
        case .stream(let stream):
            var iterator = stream.makeAsyncIterator()
            return { try await iterator.next() }
        }
    }
}
