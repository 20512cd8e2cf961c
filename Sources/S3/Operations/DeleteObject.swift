internal import Cloud
internal import Ledger
internal import Notation

extension S3Service {
    /// Removing objects.
    var deleteOperations: [Operation] {
        [
            Operation(
                "DeleteObject", enforces: Members.object + " VersionId IfMatch",
                stores: "RequestPayer BypassGovernanceRetention",
                raw: deleteObject),
            Operation(
                "DeleteObjects",
                enforces: Members.owner
                    + " Delete.Objects.Key Delete.Objects.VersionId Delete.Objects.ETag Delete.Quiet",
                stores: "RequestPayer BypassGovernanceRetention ChecksumAlgorithm", raw: deleteObjects),
        ]
    }

    private func deleteObject(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let key = try request.key()
        let blobs = blobs
        let match = request.text("IfMatch")
        let (removed, isVersioned) = try await ledger.write { write in
            let shelf = try VersionShelf(request.bucket, write, blobs)
            try request.check(shelf.bucket)
            if let match {
                guard let current = try shelf.current(key) else { throw S3Error.noSuchKey(key.text) }
                guard EntityTags(match).contains(current.etag) else { throw S3Error.preconditionFailed("If-Match") }
            }
            let removed = try shelf.remove(key, version: request.text("VersionId"), call)
            return (removed, shelf.bucket.versioning != nil)
        }
        var output: JSONObject = [:]
        if let id = request.text("VersionId") { output["VersionId"] = .string(id) }
        guard let removed, isVersioned else { return Reply(.object(output)) }
        output["VersionId"] = .string(removed.versionID)
        if removed.isMarker { output["DeleteMarker"] = true }
        return Reply(.object(output))
    }

    private func deleteObjects(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let targets = request["Delete"]?["Objects"]?.array ?? []
        guard (1...1000).contains(targets.count) else { throw S3Error.malformedXML }
        let isQuiet = request["Delete"]?["Quiet"]?.bool == true
        let blobs = blobs
        let (deleted, errors) = try await ledger.write { write in
            let shelf = try VersionShelf(request.bucket, write, blobs)
            try request.check(shelf.bucket)
            var deleted: [JSON] = []
            var errors: [JSON] = []
            for target in targets {
                do {
                    deleted.append(try Self.delete(target, shelf, call))
                } catch let error as AWSError {
                    var item: JSON = ["Code": .string(error.code), "Message": .string(error.message)]
                    item["Key"] = target["Key"]
                    item["VersionId"] = target["VersionId"]
                    errors.append(item)
                }
            }
            return (deleted, errors)
        }
        var output: JSON = [:]
        if !isQuiet { output["Deleted"] = .array(deleted) }
        if !errors.isEmpty { output["Errors"] = .array(errors) }
        return Reply(output)
    }

    private static func delete(_ target: JSON, _ shelf: VersionShelf, _ call: Call) throws -> JSON {
        let key = try ObjectKey(checking: target["Key"]?.string ?? "")
        let id = target["VersionId"]?.string
        if let tag = target["ETag"]?.string, let current = try shelf.current(key),
            !EntityTags(tag).contains(current.etag)
        {
            throw S3Error.preconditionFailed("If-Match")
        }
        let removed = try shelf.remove(key, version: id, call)
        var item: JSON = ["Key": .string(key.text)]
        if let id { item["VersionId"] = .string(id) }
        if let removed, removed.isMarker, shelf.bucket.versioning != nil {
            item["DeleteMarker"] = true
            item["DeleteMarkerVersionId"] = .string(removed.versionID)
        }
        return item
    }
}

extension VersionShelf {
    /// Deletes the object or one version of it, and says so in the log.
    fileprivate func remove(_ key: ObjectKey, version id: String?, _ call: Call) throws -> ObjectVersion? {
        let removed = try id.map { try delete(key, version: $0) } ?? delete(key, at: call.time)
        guard let removed else { return nil }
        // A marker that is deleted by its version was no deletion of an object.
        if !(removed.isMarker && id != nil) { try transaction.append(ObjectEvent.deleted(removed, bucket, call)) }
        return removed
    }
}
