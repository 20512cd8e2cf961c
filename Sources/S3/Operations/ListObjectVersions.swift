internal import Cloud
internal import Ledger
internal import Notation

extension S3Service {
    /// Listing versions.
    var versionListOperations: [Operation] {
        [
            Operation(
                "ListObjectVersions",
                enforces: Members.owner + " Delimiter EncodingType KeyMarker MaxKeys Prefix VersionIdMarker",
                stores: "RequestPayer", raw: listVersions)
        ]
    }

    private func listVersions(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let query = try ListQuery(request, maxMember: "MaxKeys")
        let marker = request.text("KeyMarker") ?? ""
        let idMarker = request.text("VersionIdMarker")
        guard idMarker == nil || !marker.isEmpty else {
            throw S3Error.invalidArgument(
                "A version-id marker cannot be specified without a key marker.", "version-id-marker", idMarker ?? "")
        }
        let walk = VersionWalk(ledger: ledger, query: query)
        let page = try await walk.page(after: marker, version: idMarker)
        var output = query.head(bucket, page.isTruncated)
        output["KeyMarker"] = .string(query.shown(marker))
        output["VersionIdMarker"] = .string(idMarker ?? "")
        let lines = page.lines.map { line in (line.version.isMarker, Self.item(line, query, bucket)) }
        output["Versions"] = .array(lines.filter { !$0.0 }.map(\.1))
        output["DeleteMarkers"] = .array(lines.filter(\.0).map(\.1))
        output["CommonPrefixes"] = .array(page.prefixes.map { ["Prefix": .string(query.shown($0))] })
        for name in ["Versions", "DeleteMarkers", "CommonPrefixes"] where output[name]?.array?.isEmpty == true {
            output[name] = nil
        }
        if page.isTruncated {
            output["NextKeyMarker"] = .string(query.shown(page.lastKey))
            if let id = page.lastID { output["NextVersionIdMarker"] = .string(id) }
        }
        return Reply(.object(output))
    }

    private static func item(_ line: VersionWalk.Line, _ query: ListQuery, _ bucket: Bucket) -> JSON {
        let version = line.version
        var item: JSONObject = [
            "Key": .string(query.shown(version.key)), "VersionId": .string(version.versionID),
            "IsLatest": .bool(line.isLatest), "LastModified": .double(version.modified.seconds), "Owner": bucket.owner,
        ]
        if !version.isMarker {
            item["ETag"] = .string(version.quotedTag)
            item["Size"] = .int(version.size)
            item["StorageClass"] = .string(version.storageClass)
        }
        return .object(item)
    }
}

/// Goes through the versions of a bucket by key, newest first: current objects and all others merged.
struct VersionWalk {
    struct Line: Sendable {
        let version: ObjectVersion
        let isLatest: Bool
    }
    struct Page {
        var lines: [Line] = []
        var prefixes: [String] = []
        var isTruncated = false
        var lastKey = ""
        var lastID: String?
        var count: Int { lines.count + prefixes.count }
    }

    let ledger: Ledger
    let query: ListQuery

    func page(after marker: String, version idMarker: String?) async throws -> Page {
        var page = Page()
        guard query.limit > 0 else { return page }
        // With a version marker the rest of that key's versions come first.
        if let idMarker {
            let all = try await lines(of: ObjectKey(marker))
            let rest = all.drop { $0.version.versionID != idMarker }.dropFirst()
            for line in rest where !add(line, to: &page) { return page }
        }
        var place = marker.isEmpty ? "" : query.place(after: marker)
        while let key = try await nextKey(after: place) {
            if let rolled = query.rollUp(key.text) {
                guard page.count < query.limit else {
                    page.isTruncated = true
                    return page
                }
                page.prefixes.append(rolled)
                (page.lastKey, page.lastID) = (rolled, nil)
                place = ListQuery.beyond(rolled)
                continue
            }
            for line in try await lines(of: key) where !add(line, to: &page) { return page }
            place = key.stored
        }
        return page
    }

    private func add(_ line: Line, to page: inout Page) -> Bool {
        guard page.count < query.limit else {
            page.isTruncated = true
            return false
        }
        page.lines.append(line)
        (page.lastKey, page.lastID) = (line.version.key, line.version.versionID)
        return true
    }

    private func lines(of key: ObjectKey) async throws -> [Line] {
        let current = try await ledger.get(Shelf.objects, key.document(in: query.bucket))?.value
        let others = try await ledger.list(Shelf.versions, prefix: key.versions(in: query.bucket)).map(\.value)
        let all = (current.map { [$0] } ?? []) + others
        return all.enumerated().map { Line(version: $1, isLatest: $0 == 0) }
    }

    /// The next key that has a version of any kind, after that place.
    private func nextKey(after place: String) async throws -> ObjectKey? {
        let root = query.bucket + "/"
        let prefix = root + ObjectKey.stored(query.prefix)
        let current = try await ledger.list(Shelf.objects, prefix: prefix, after: root + place, limit: 1).first?.value
        // After all versions of that key: they end in hexadecimal digits.
        let other = try await ledger.list(
            Shelf.versions, prefix: prefix, after: place.isEmpty ? "" : root + place + ObjectKey.end + "g", limit: 1
        ).first?.value
        return [current, other].compactMap { $0?.name }.min { $0.stored < $1.stored }
    }
}
