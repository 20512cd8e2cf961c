internal import Cloud
internal import Crypto
internal import FoundationEssentials
internal import HTTP
internal import Ledger
internal import Notation

extension S3Service {
    /// Uploads in parts.
    var uploadOperations: [Operation] {
        [
            Operation(
                "CreateMultipartUpload",
                enforces: Members.object + Members.headers + " ChecksumAlgorithm ChecksumType", stores: Members.kept,
                raw: createUpload),
            Operation(
                "UploadPart",
                enforces: Members.object + Members.checksums + " Body ContentLength ContentMD5 PartNumber UploadId",
                stores: "RequestPayer", raw: uploadPart),
            Operation(
                "UploadPartCopy",
                enforces: Members.object
                    + " CopySource CopySourceRange PartNumber UploadId ExpectedSourceBucketOwner CopySourceIfMatch"
                    + " CopySourceIfModifiedSince CopySourceIfNoneMatch CopySourceIfUnmodifiedSince",
                stores: "RequestPayer", raw: uploadPartCopy),
            Operation(
                "CompleteMultipartUpload",
                enforces: Members.object + Members.checksums
                    + " ChecksumType IfMatch IfNoneMatch MpuObjectSize UploadId MultipartUpload.Parts.ETag"
                    + " MultipartUpload.Parts.PartNumber"
                    + ChecksumAlgorithm.allCases.map { " MultipartUpload.Parts." + $0.member }.joined(),
                stores: "RequestPayer", raw: completeUpload),
            Operation(
                "AbortMultipartUpload", enforces: Members.object + " UploadId", stores: "RequestPayer"
            ) { call in
                let request = try S3Request(call)
                let bucket = try await request.open(ledger)
                let key = try request.key()
                let blobs = blobs
                try await ledger.write { write in
                    let upload = try UploadShelf.get(bucket.name, key, request.text("UploadId") ?? "", write)
                    try UploadShelf.remove(upload, write, blobs)
                }
                return Reply()
            },
        ]
    }

    private func createUpload(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let template = try newVersion(request, bucket)
        let chosen = try ChecksumAlgorithm(named: request["ChecksumAlgorithm"])
        let algorithm = chosen ?? .crc64
        let type = request.text("ChecksumType") ?? (algorithm == .crc64 ? "FULL_OBJECT" : "COMPOSITE")
        guard type == "COMPOSITE" ? algorithm != .crc64 : type == "FULL_OBJECT" && algorithm.combines else {
            throw S3Error.invalidRequest(
                "The \(type) checksum type cannot be used with the \(algorithm.rawValue.lowercased()) checksum "
                    + "algorithm."
            )
        }
        let id = ledger.surroundings.chance.text(
            128, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
        let upload = Upload(
            id: id, bucket: bucket.name, key: template.key, created: call.time, attributes: template.attributes,
            tags: template.tags, algorithm: algorithm, isAlgorithmChosen: chosen != nil, checksumType: type,
            initiator: call.caller.principal)
        try await ledger.write { write in
            _ = try VersionShelf.bucket(bucket.name, write)
            try write.put(Shelf.uploads, Upload.document(bucket.name, template.name, id), upload)
        }
        var output: JSONObject = [
            "Bucket": .string(bucket.name), "Key": .string(template.key), "UploadId": .string(id),
        ]
        output.merge(upload.attributes.encryption?.object ?? [:])
        if chosen != nil {
            output["ChecksumAlgorithm"] = .string(algorithm.rawValue)
            output["ChecksumType"] = .string(type)
        }
        return Reply(.object(output))
    }

    private func uploadPart(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let upload = try await openUpload(request)
        var digest = try BodyDigest(call.input, default: upload.algorithm)
        guard !upload.isAlgorithmChosen || digest.kept == upload.algorithm else {
            throw S3Error.invalidRequest(
                "Checksum Type mismatch occurred, expected checksum Type: \(upload.algorithm.rawValue.lowercased()), "
                    + "actual checksum Type: \(digest.kept.rawValue.lowercased())")
        }
        let part = try await receive(call.payload, &digest, upload, request)
        var output: JSONObject = ["ETag": .string("\"\(part.etag)\"")]
        output.merge(upload.attributes.encryption?.object ?? [:])
        if let sum = digest.result { output[sum.algorithm.member] = .string(sum.value) }
        return Reply(.object(output))
    }

    private func uploadPartCopy(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let upload = try await openUpload(request)
        let (source, bucket) = try await find(try CopySource(request), request)
        let range = try Self.copyRange(request.text("CopySourceRange"), size: source.size)
        let reader = try await blobs.open(source.parts.map(\.blob), range: range)
        var digest = try BodyDigest([:], default: upload.algorithm)
        let stream = HTTPBody.stream(HTTPBodyStream(length: reader.length) { try await reader.next() })
        let part = try await receive(stream, &digest, upload, request)
        var output: JSONObject = [
            "CopyPartResult": .object(
                JSONObject([("ETag", .string("\"\(part.etag)\"")), ("LastModified", .double(part.modified.seconds))])
                    .merging(upload.isAlgorithmChosen ? [upload.algorithm.member: .string(part.checksum)] : nil))
        ]
        if bucket.versioning != nil { output["CopySourceVersionId"] = .string(source.versionID) }
        return Reply(.object(output))
    }

    private static func copyRange(_ text: String?, size: Int) throws -> Range<Int>? {
        guard let text else { return nil }
        let bounds = text.drop { $0 != "=" }.dropFirst().split(separator: "-").compactMap { Int($0) }
        guard text.hasPrefix("bytes="), bounds.count == 2, bounds[0] <= bounds[1] else {
            throw S3Error.invalidArgument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                    + "zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", text)
        }
        guard bounds[1] < size else {
            throw S3Error.invalidArgument(
                "Range specified is not valid for source object of size: \(size)", "x-amz-copy-source-range", text)
        }
        return bounds[0]..<(bounds[1] + 1)
    }

    private func openUpload(_ request: S3Request) async throws -> Upload {
        let bucket = try await request.open(ledger)
        let id = request.text("UploadId") ?? ""
        guard (1...10_000).contains(request["PartNumber"]?.int ?? 0) else {
            throw S3Error.invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                request["PartNumber"]?.text() ?? "")
        }
        guard let upload = try await ledger.get(Shelf.uploads, Upload.document(bucket.name, request.key(), id)) else {
            throw S3Error.noSuchUpload(id)
        }
        return upload.value
    }

    /// Takes a part in and keeps it in place of an earlier one of that number.
    private func receive(
        _ payload: HTTPBody?, _ digest: inout BodyDigest, _ upload: Upload, _ request: S3Request
    ) async throws -> UploadedPart {
        let number = request["PartNumber"]?.int ?? 0
        let blobs = blobs
        digest.add(upload.algorithm)
        var finished = digest
        let part = try await withBody(payload, &digest) { staged, digest in
            finished = digest
            let part = UploadedPart(
                number: number, blob: staged.id, size: staged.size, etag: digest.etag,
                checksum: digest.checksum(upload.algorithm) ?? "", modified: request.call.time)
            try await ledger.write { write in
                // The upload may have been completed or aborted while the part was on its way.
                _ = try UploadShelf.get(upload.bucket, ObjectKey(upload.key), upload.id, write)
                let place = UploadedPart.document(upload.id, number)
                if let old = try write.get(Shelf.parts, place) { try blobs.remove(old.value.blob, in: write) }
                try blobs.keep(staged, in: write)
                try write.put(Shelf.parts, place, part)
            }
            return part
        }
        digest = finished
        return part
    }
}

/// Uploads inside a transaction.
enum UploadShelf {
    static func get(_ bucket: String, _ key: ObjectKey, _ id: String, _ write: Transaction) throws -> Upload {
        guard let upload = try write.get(Shelf.uploads, Upload.document(bucket, key, id)) else {
            throw S3Error.noSuchUpload(id)
        }
        return upload.value
    }

    /// Removes the upload and its parts; those in `keeping` keep their bodies, which belong to an object now.
    static func remove(_ upload: Upload, _ write: Transaction, _ blobs: Blobs, keeping: Set<BlobID> = []) throws {
        for part in try write.list(Shelf.parts, prefix: upload.id + "/") {
            if !keeping.contains(part.value.blob) { try blobs.remove(part.value.blob, in: write) }
            try write.delete(Shelf.parts, part.key)
        }
        try write.delete(Shelf.uploads, Upload.document(upload.bucket, ObjectKey(upload.key), upload.id))
    }
}
