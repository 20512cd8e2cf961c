internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

extension S3Service {
    func getObject(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        // The object may be replaced between reading its document and opening its body; then the newer one is answered.
        for _ in 0..<8 {
            let object = try await find(request, bucket)
            let answer = try ObjectAnswer(object, request, bucket)
            do {
                let reader = try await blobs.open(object.parts.map(\.blob), range: answer.range)
                if let bytes = reader.bytes { return Reply(answer.output, payload: .bytes(bytes)) }
                let stream = HTTPBodyStream(length: reader.length) { try await reader.next() }
                return Reply(answer.output, payload: .stream(stream))
            } catch let error as BlobError where error.code == .missing { continue }
        }
        throw AWSError(
            "ServiceUnavailable", "The object is being replaced all the time. Please try again.", status: 503)
    }

    func headObject(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        return Reply(try ObjectAnswer(try await find(request, bucket), request, bucket).output)
    }

    /// The version asked for, or the current object.
    ///
    /// - Throws: `NoSuchKey`, `NoSuchVersion`; `MethodNotAllowed` for a delete marker.
    func find(_ request: S3Request, _ bucket: Bucket) async throws -> ObjectVersion {
        try await find(try request.key(), version: request.text("VersionId"), in: bucket)
    }

    func find(_ key: ObjectKey, version id: String?, in bucket: Bucket) async throws -> ObjectVersion {
        let current = try await ledger.get(Shelf.objects, key.document(in: bucket.name))?.value
        guard let id else {
            guard let current else { throw S3Error.noSuchKey(key.text) }
            return current
        }
        if let current, current.versionID == id { return current }
        let lookup = Shelf.versionLookup(bucket.name, key, id)
        guard let version = try await ledger.find(Shelf.versions, "id", lookup, limit: 1).first?.value else {
            throw S3Error.noSuchVersion(key.text, id)
        }
        guard !version.isMarker else { throw S3Error.markerHasNoBody }
        return version
    }

    func getObjectAttributes(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let object = try await find(request, bucket)
        let wanted = Set((request["ObjectAttributes"]?.array ?? []).compactMap(\.string))
        var output: JSON = ["LastModified": .double(object.modified.seconds)]
        if bucket.versioning != nil { output["VersionId"] = .string(object.versionID) }
        if wanted.contains("ETag") { output["ETag"] = .string(object.etag) }
        if wanted.contains("ObjectSize") { output["ObjectSize"] = .int(object.size) }
        if wanted.contains("StorageClass") { output["StorageClass"] = .string(object.storageClass) }
        if wanted.contains("Checksum"), let sum = object.checksum { output["Checksum"] = .object(sum.members) }
        if wanted.contains("ObjectParts"), object.isMultipart == true {
            output["ObjectParts"] = parts(of: object, request)
        }
        return Reply(output)
    }

    private func parts(of object: ObjectVersion, _ request: S3Request) -> JSON {
        let limit = min(max(request["MaxParts"]?.int ?? 1000, 0), 1000)
        let marker = max(request["PartNumberMarker"]?.int ?? 0, 0)
        let rest = object.parts.enumerated().dropFirst(marker)
        let page = rest.prefix(limit)
        var output: JSON = [
            "TotalPartsCount": .int(object.parts.count), "PartNumberMarker": .int(marker), "MaxParts": .int(limit),
            "IsTruncated": .bool(rest.count > page.count), "NextPartNumberMarker": .int(marker + page.count),
        ]
        output["Parts"] = .array(
            page.map { index, part in
                var item: JSON = ["PartNumber": .int(index + 1), "Size": .int(part.size)]
                if let sum = object.checksum, let value = part.checksum { item[sum.algorithm.member] = .string(value) }
                return item
            })
        return output
    }
}

/// What GetObject and HeadObject answer of an object, its body aside.
struct ObjectAnswer {
    /// The bytes asked for; nil for all.
    let range: Range<Int>?
    let output: JSON

    /// - Throws: `NotModified`, `PreconditionFailed`, `InvalidRange`.
    init(_ object: ObjectVersion, _ request: S3Request, _ bucket: Bucket) throws {
        try ReadCondition(request.call.input, prefix: "").check(object)
        let part = try Self.part(object, request)
        range = try part?.range ?? ByteRange.parse(request.text("Range"), size: object.size)
        var output: JSONObject = [
            "AcceptRanges": "bytes", "LastModified": .double(object.modified.seconds),
            "ContentLength": .int(range?.count ?? object.size), "ETag": .string(object.quotedTag),
            "ContentType": "binary/octet-stream",
        ]
        output.merge(object.attributes.headers?.object ?? [:])
        output.merge(object.attributes.encryption?.object ?? [:])
        for name in ObjectVersion.Attributes.headerNames {
            if let value = request["Response" + name] { output[name] = value }
        }
        output["Metadata"] = object.attributes.metadata
        output["WebsiteRedirectLocation"] = object.attributes.redirect.map(JSON.string)
        if let tags = object.tags, !tags.isEmpty { output["TagCount"] = .int(tags.count) }
        if object.storageClass != "STANDARD" { output["StorageClass"] = .string(object.storageClass) }
        if bucket.versioning != nil { output["VersionId"] = .string(object.versionID) }
        if let range {
            output["ContentRange"] = .string("bytes \(range.lowerBound)-\(range.upperBound - 1)/\(object.size)")
        }
        if part != nil, object.isMultipart == true { output["PartsCount"] = .int(object.parts.count) }
        if request.text("ChecksumMode") == "ENABLED", let sum = object.checksum {
            if let value = part?.checksum {
                output.merge(Checksum(algorithm: sum.algorithm, value: value, type: sum.type).members)
            } else if range == nil {
                output.merge(sum.members)
            }
        }
        self.output = .object(output)
    }

    private static func part(
        _ object: ObjectVersion, _ request: S3Request
    ) throws -> (range: Range<Int>?, checksum: String?)? {
        guard let number = request["PartNumber"]?.int else { return nil }
        guard request.text("Range") == nil else {
            throw S3Error.invalidRequest("Cannot specify both Range header and partNumber query parameter")
        }
        let parts = object.isMultipart == true ? object.parts : Array(object.parts.prefix(1))
        guard (1...max(parts.count, 1)).contains(number) else {
            throw AWSError("InvalidPartNumber", "The requested partnumber is not satisfiable", status: 416)
        }
        guard object.isMultipart == true else { return (nil, object.checksum?.value) }
        let start = parts.prefix(number - 1).reduce(0) { $0 + $1.size }
        return (start..<(start + parts[number - 1].size), parts[number - 1].checksum)
    }
}
