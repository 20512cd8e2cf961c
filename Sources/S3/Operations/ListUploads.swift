internal import Cloud
internal import Ledger
internal import Notation

extension S3Service {
    /// Listing uploads and their parts.
    var uploadListOperations: [Operation] {
        [
            Operation(
                "ListParts", enforces: Members.object + " MaxParts PartNumberMarker UploadId", stores: "RequestPayer",
                raw: listParts),
            Operation(
                "ListMultipartUploads",
                enforces: Members.owner + " Delimiter EncodingType KeyMarker MaxUploads Prefix UploadIdMarker",
                stores: "RequestPayer", raw: listUploads),
        ]
    }

    private func listParts(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let key = try request.key()
        let id = request.text("UploadId") ?? ""
        guard let upload = try await ledger.get(Shelf.uploads, Upload.document(bucket.name, key, id))?.value else {
            throw S3Error.noSuchUpload(id)
        }
        let limit = min(max(request["MaxParts"]?.int ?? 1000, 0), 1000)
        let marker = min(max(request["PartNumberMarker"]?.int ?? 0, 0), 10_000)
        let rest = try await ledger.list(
            Shelf.parts, prefix: id + "/", after: UploadedPart.document(id, marker), limit: limit + 1
        ).map(\.value)
        let page = rest.prefix(limit)
        var output: JSONObject = [
            "Bucket": .string(bucket.name), "Key": .string(key.text), "UploadId": .string(id),
            "PartNumberMarker": .int(marker), "NextPartNumberMarker": .int(page.last?.number ?? 0),
            "MaxParts": .int(limit),
            "IsTruncated": .bool(rest.count > limit),
            "StorageClass": .string(upload.attributes.storageClass ?? "STANDARD"),
            "Owner": bucket.owner, "Initiator": ["ID": .string(upload.initiator)],
        ]
        if upload.isAlgorithmChosen {
            output["ChecksumAlgorithm"] = .string(upload.algorithm.rawValue)
            output["ChecksumType"] = .string(upload.checksumType)
        }
        output["Parts"] = .array(
            page.map { part in
                var item: JSON = [
                    "PartNumber": .int(part.number), "LastModified": .double(part.modified.seconds),
                    "ETag": .string("\"\(part.etag)\""), "Size": .int(part.size),
                ]
                if upload.isAlgorithmChosen { item[upload.algorithm.member] = .string(part.checksum) }
                return item
            })
        return Reply(.object(output))
    }

    private func listUploads(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let query = try ListQuery(request, maxMember: "MaxUploads")
        let keyMarker = request.text("KeyMarker") ?? ""
        // Uploads of the marked key come again only after the marked upload.
        let idMarker = keyMarker.isEmpty ? nil : request.text("UploadIdMarker")
        let after = keyMarker.isEmpty ? "" : query.place(after: keyMarker) + ObjectKey.end + (idMarker ?? "\u{7F}")
        let (entries, isTruncated) = try await uploads(query, after: after)
        var output = query.head(bucket, isTruncated)
        output["Bucket"] = output["Name"]
        output["MaxUploads"] = output["MaxKeys"]
        (output["Name"], output["MaxKeys"]) = (nil, nil)
        output["KeyMarker"] = .string(query.shown(keyMarker))
        output["UploadIdMarker"] = .string(idMarker ?? "")
        var uploads: [JSON] = []
        var prefixes: [JSON] = []
        for entry in entries {
            switch entry {
            case .value(let upload, _): uploads.append(Self.item(upload, query, bucket))
            case .prefix(let prefix): prefixes.append(["Prefix": .string(query.shown(prefix))])
            }
        }
        if !uploads.isEmpty { output["Uploads"] = .array(uploads) }
        if !prefixes.isEmpty { output["CommonPrefixes"] = .array(prefixes) }
        switch isTruncated ? entries.last : nil {
        case .value(let upload, let key):
            output["NextKeyMarker"] = .string(query.shown(key))
            output["NextUploadIdMarker"] = .string(upload.id)
        case .prefix(let prefix): output["NextKeyMarker"] = .string(query.shown(prefix))
        case nil: break
        }
        return Reply(.object(output))
    }

    private func uploads(_ query: ListQuery, after: String) async throws -> ([ListQuery.Entry<Upload>], Bool) {
        var entries: [ListQuery.Entry<Upload>] = []
        guard query.limit > 0 else { return (entries, false) }
        let root = query.bucket + "/"
        var place = after.isEmpty ? "" : root + after
        let prefix = root + ObjectKey.stored(query.prefix)
        while let next = try await ledger.list(Shelf.uploads, prefix: prefix, after: place, limit: 1).first {
            guard entries.count < query.limit else { return (entries, true) }
            if let rolled = query.rollUp(next.value.key) {
                entries.append(.prefix(rolled))
                place = root + ListQuery.beyond(rolled)
            } else {
                entries.append(.value(next.value, key: next.value.key))
                place = next.key
            }
        }
        return (entries, false)
    }

    private static func item(_ upload: Upload, _ query: ListQuery, _ bucket: Bucket) -> JSON {
        var item: JSON = [
            "Key": .string(query.shown(upload.key)), "UploadId": .string(upload.id),
            "Initiated": .double(upload.created.seconds), "Owner": bucket.owner,
            "Initiator": ["ID": .string(upload.initiator)],
            "StorageClass": .string(upload.attributes.storageClass ?? "STANDARD"),
        ]
        if upload.isAlgorithmChosen {
            item["ChecksumAlgorithm"] = .string(upload.algorithm.rawValue)
            item["ChecksumType"] = .string(upload.checksumType)
        }
        return item
    }
}
