internal import Cloud
internal import Crypto
internal import FoundationEssentials
internal import Ledger
internal import Notation

extension S3Service {
    /// The least a part but the last may hold: 5 MiB (S3 User Guide, "Multipart upload limits").
    static let partMinimum = 5 << 20

    func completeUpload(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let key = try request.key()
        let id = request.text("UploadId") ?? ""
        let listed = request["MultipartUpload"]?["Parts"]?.array ?? []
        guard !listed.isEmpty else { throw S3Error.malformedXML }
        let condition = try WriteCondition(request)
        let blobs = blobs
        let object = try await ledger.write { write in
            let shelf = try VersionShelf(bucket.name, write, blobs)
            let upload = try UploadShelf.get(bucket.name, key, id, write)
            let stored = try write.list(Shelf.parts, prefix: id + "/").map(\.value)
            let parts = try Completion(upload: upload, listed: listed, stored: stored).parts()
            try condition.check(try shelf.current(key), key.text)
            let new = try Self.object(of: upload, parts, request)
            let object = try shelf.add(new)
            try UploadShelf.remove(upload, write, blobs, keeping: Set(parts.map(\.blob)))
            try write.append(ObjectEvent.created(object, shelf.bucket, call))
            return object
        }
        var output: JSONObject = [
            "Bucket": .string(bucket.name), "Key": .string(key.text), "ETag": .string(object.quotedTag),
            "Location": .string("\(call.endpoint)/\(bucket.name)/\(PercentEncoding.encode(key.text, keeping: "/*"))"),
        ]
        output.merge(object.checksum?.members ?? [:])
        output.merge(object.attributes.encryption?.object ?? [:])
        if bucket.versioning != nil { output["VersionId"] = .string(object.versionID) }
        return Reply(.object(output))
    }

    private static func object(of upload: Upload, _ parts: [UploadedPart], _ request: S3Request) throws -> ObjectVersion
    {
        let size = parts.reduce(0) { $0 + $1.size }
        if let expected = request["MpuObjectSize"]?.int, expected != size {
            throw S3Error.invalidRequest(
                "The provided 'x-amz-mp-object-size' header value \(expected) does not match what was computed: \(size)"
            )
        }
        let checksum = Completion.checksum(upload, parts)
        if let type = request.text("ChecksumType"), type != upload.checksumType {
            throw S3Error.invalidRequest(
                "The upload was created using the \(upload.checksumType) checksum mode. The complete request "
                    + "must use the same."
            )
        }
        for algorithm in ChecksumAlgorithm.allCases {
            guard let given = request.text(algorithm.member) else { continue }
            guard algorithm == upload.algorithm, given == checksum.value else {
                throw AWSError(
                    "BadDigest",
                    "The \(algorithm.rawValue.lowercased()) you specified did not match the calculated checksum.")
            }
        }
        let digests = parts.flatMap { Hexadecimal.decode($0.etag) ?? [] }
        return ObjectVersion(
            bucket: upload.bucket, key: upload.key, versionID: "null", sequence: 0, modified: request.call.time,
            size: size,
            etag: Hexadecimal.encode(Insecure.MD5.hash(data: digests)) + "-\(parts.count)",
            parts: parts.map { .init(blob: $0.blob, size: $0.size, checksum: $0.checksum) }, isMultipart: true,
            checksum: checksum, attributes: upload.attributes, tags: upload.tags)
    }
}

/// The parts a client lists, against those that arrived.
struct Completion {
    let upload: Upload
    let listed: [JSON]
    let stored: [UploadedPart]

    /// The parts in order.
    ///
    /// - Throws: `InvalidPart`, `InvalidPartOrder`, `EntityTooSmall`.
    func parts() throws -> [UploadedPart] {
        let byNumber = Dictionary(stored.map { ($0.number, $0) }) { $1 }
        var parts: [UploadedPart] = []
        for entry in listed {
            guard let number = entry["PartNumber"]?.int else { throw S3Error.malformedXML }
            if let last = parts.last, number <= last.number {
                throw AWSError(
                    "InvalidPartOrder",
                    "The list of parts was not in ascending order. The parts list must be specified in order by "
                        + "part number."
                )
            }
            let tag = entry["ETag"]?.string?.filter { $0 != "\"" }
            guard let part = byNumber[number], tag == part.etag, matches(entry, part) else {
                throw AWSError(
                    "InvalidPart",
                    "One or more of the specified parts could not be found.  The part may not have been "
                        + "uploaded, or the "
                        + "specified entity tag may not match the part's entity tag.",
                    members: [
                        "UploadId": .string(upload.id), "PartNumber": .string(String(number)),
                        "ETag": .string(tag ?? ""),
                    ])
            }
            parts.append(part)
        }
        for part in parts.dropLast() where part.size < S3Service.partMinimum {
            throw AWSError(
                "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
                members: [
                    "ProposedSize": .string(String(part.size)),
                    "MinSizeAllowed": .string(String(S3Service.partMinimum)),
                    "PartNumber": .string(String(part.number)), "ETag": .string(part.etag),
                ])
        }
        return parts
    }

    private func matches(_ entry: JSON, _ part: UploadedPart) -> Bool {
        guard let given = entry[upload.algorithm.member]?.string else { return true }
        return given == part.checksum
    }

    /// The checksum of the whole: that of all bytes where it follows from the parts', else that of the parts'
    /// checksums.
    static func checksum(_ upload: Upload, _ parts: [UploadedPart]) -> Checksum {
        let algorithm = upload.algorithm
        let values = parts.map { (value: Array(Data(base64Encoded: $0.checksum) ?? Data()), size: $0.size) }
        if upload.checksumType == "FULL_OBJECT", let whole = algorithm.combine(values) {
            return Checksum(algorithm: algorithm, value: Data(whole).base64EncodedString(), type: "FULL_OBJECT")
        }
        var digest = algorithm.makeDigest()
        for value in values { digest.update(value.value) }
        return Checksum(
            algorithm: algorithm, value: Data(digest.bytes).base64EncodedString() + "-\(parts.count)", type: "COMPOSITE"
        )
    }
}
