internal import Cloud
internal import Ledger
internal import Notation

extension S3Service {
    /// Tags of objects.
    var taggingOperations: [Operation] {
        [
            Operation("GetObjectTagging", enforces: Members.object + " VersionId", stores: "RequestPayer") { call in
                let request = try S3Request(call)
                let bucket = try await request.open(ledger)
                let object = try await find(request, bucket)
                return Reply(try answer(object, bucket, ["TagSet": JSON(encoding: object.tags ?? [])]))
            },
            Operation(
                "PutObjectTagging", enforces: Members.object + " VersionId Tagging",
                stores: "RequestPayer ContentMD5 ChecksumAlgorithm"
            ) { call in
                let tags: [Tag] = try call.input["Tagging"]?["TagSet"]?.decode() ?? []
                return try await setTags(try Tag.check(tags, limit: 10), call)
            },
            Operation("DeleteObjectTagging", enforces: Members.object + " VersionId") { call in
                try await setTags(nil, call)
            },
        ]
    }

    private func answer(_ object: ObjectVersion, _ bucket: Bucket, _ output: JSON = [:]) -> JSON {
        var output = output
        if bucket.versioning != nil { output["VersionId"] = .string(object.versionID) }
        return output
    }

    private func setTags(_ tags: [Tag]?, _ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let changed = try await change(request) { object in
            object.tags = tags
        } tells: { object, bucket in
            ObjectEvent.tags(tags != nil, object, bucket, call)
        }
        return Reply(answer(changed.0, changed.1))
    }

    /// Changes what is kept with a version; its body stays.
    func change(
        _ request: S3Request, _ body: @escaping @Sendable (inout ObjectVersion) throws -> Void,
        tells event: @escaping @Sendable (ObjectVersion, Bucket) -> LedgerEvent? = { _, _ in nil }
    ) async throws -> (ObjectVersion, Bucket) {
        let key = try request.key()
        let blobs = blobs
        return try await ledger.write { write in
            let shelf = try VersionShelf(request.bucket, write, blobs)
            try request.check(shelf.bucket)
            let id = request.text("VersionId")
            guard var object = try id.map({ try shelf.version(key, $0) }) ?? shelf.current(key) else {
                throw id.map { S3Error.noSuchVersion(key.text, $0) } ?? S3Error.noSuchKey(key.text)
            }
            guard !object.isMarker else { throw S3Error.markerHasNoBody }
            try body(&object)
            try shelf.replace(object)
            if let event = event(object, shelf.bucket) { try write.append(event) }
            return (object, shelf.bucket)
        }
    }
}
