internal import Cloud
internal import Ledger
internal import Notation

extension S3Service {
    /// Listing what a bucket holds.
    var listOperations: [Operation] {
        [
            Operation(
                "ListObjects", enforces: Members.owner + " Delimiter EncodingType Marker MaxKeys Prefix",
                stores: "RequestPayer", raw: listObjects),
            Operation(
                "ListObjectsV2",
                enforces: Members.owner
                    + " ContinuationToken Delimiter EncodingType FetchOwner MaxKeys Prefix StartAfter",
                stores: "RequestPayer", raw: listObjectsV2),
        ]
    }

    private func listObjects(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let query = try ListQuery(request, maxMember: "MaxKeys")
        let marker = request.text("Marker") ?? ""
        let page = try await query.page(after: marker, of: Shelf.objects, in: ledger)
        var output = query.output(page, bucket) { item(of: $0, owner: bucket.owner) }
        output["Marker"] = .string(query.shown(marker))
        // Without a delimiter the last key is the marker, which clients can see for themselves.
        if page.isTruncated, query.delimiter != nil { output["NextMarker"] = .string(query.shown(page.last)) }
        return Reply(.object(output))
    }

    private func listObjectsV2(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let bucket = try await request.open(ledger)
        let query = try ListQuery(request, maxMember: "MaxKeys")
        let start = request.text("StartAfter")
        let token = request.text("ContinuationToken")
        let after = try token == nil ? start ?? "" : Token.read(token)
        let page = try await query.page(after: after, of: Shelf.objects, in: ledger)
        let owner = request["FetchOwner"]?.bool == true ? bucket.owner : nil
        var output = query.output(page, bucket) { item(of: $0, owner: owner) }
        output["KeyCount"] = .int(page.entries.count)
        if let start { output["StartAfter"] = .string(query.shown(start)) }
        if let token { output["ContinuationToken"] = .string(token) }
        if page.isTruncated { output["NextContinuationToken"] = .string(Token.make(page.last)) }
        return Reply(.object(output))
    }

    private func item(of object: ObjectVersion, owner: JSON?) -> JSONObject {
        var item: JSONObject = [
            "LastModified": .double(object.modified.seconds), "ETag": .string(object.quotedTag),
            "Size": .int(object.size),
            "StorageClass": .string(object.storageClass),
        ]
        if let sum = object.checksum {
            item["ChecksumAlgorithm"] = [.string(sum.algorithm.rawValue)]
            item["ChecksumType"] = .string(sum.type)
        }
        item["Owner"] = owner
        return item
    }
}

/// What a list is asked for, and how keys are rolled up to prefixes.
struct ListQuery: Sendable {
    let bucket: String
    let prefix: String
    let delimiter: String?
    let limit: Int
    let encodes: Bool

    init(_ request: S3Request, maxMember: String) throws {
        bucket = request.bucket
        prefix = request.text("Prefix") ?? ""
        delimiter = request.text("Delimiter").flatMap { $0.isEmpty ? nil : $0 }
        let asked = request[maxMember]?.int ?? 1000
        guard asked >= 0 else {
            throw S3Error.invalidArgument(
                "Argument \(maxMember) must be an integer between 0 and 2147483647", maxMember, String(asked))
        }
        limit = min(asked, 1000)
        if let encoding = request.text("EncodingType"), encoding != "url" {
            throw S3Error.invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
        }
        encodes = request.text("EncodingType") == "url"
    }

    /// A line of a list.
    enum Entry<Value: Sendable>: Sendable {
        case value(Value, key: String)
        case prefix(String)
    }

    struct Page<Value: Sendable>: Sendable {
        var entries: [Entry<Value>] = []
        var isTruncated = false
        /// The last key or prefix shown: where the next page begins.
        var last = ""
    }

    /// A text as the answer has it.
    func shown(_ text: String) -> String { encodes ? PercentEncoding.encode(text, keeping: "/*") : text }

    /// The prefix that the key is shown under; nil when it is shown itself.
    func rollUp(_ key: String) -> String? {
        guard let delimiter else { return nil }
        // By bytes, not by characters: a delimiter may be half of what Swift takes for one.
        let bytes = Array(key.utf8)
        let mark = Array(delimiter.utf8)
        let start = prefix.utf8.count
        guard bytes.count >= start + mark.count else { return nil }
        for at in start...(bytes.count - mark.count) where bytes[at..<(at + mark.count)].elementsEqual(mark) {
            return String(decoding: bytes[..<(at + mark.count)], as: UTF8.self)
        }
        return nil
    }

    /// Where reading goes on after that key or prefix. A prefix that was shown stands for all that lies under it.
    func place(after text: String) -> String {
        let isShownPrefix = rollUp(text).map { Array($0.utf8) == Array(text.utf8) } ?? false
        return isShownPrefix ? Self.beyond(text) : ObjectKey.stored(text)
    }

    /// After all keys that begin like that: stored keys have nothing above `~`.
    static func beyond(_ prefix: String) -> String { ObjectKey.stored(prefix) + "\u{7F}" }

    /// The keys and prefixes after that one, at most `limit`. What lies under a prefix is stepped over, not read.
    func page<Value: Keyed>(after: String, of collection: Collection<Value>, in ledger: Ledger) async throws -> Page<
        Value
    > {
        var page = Page<Value>()
        guard limit > 0 else { return page }
        let root = bucket + "/"
        let documents = root + ObjectKey.stored(prefix)
        var place = root + place(after: after)
        let batchSize = min(limit + 1, 200)
        while true {
            let batch = try await ledger.list(collection, prefix: documents, after: place, limit: batchSize)
            guard let last = batch.last else { return page }
            place = last.key
            var steps = false
            for document in batch where !steps {
                guard page.entries.count < limit else {
                    page.isTruncated = true
                    return page
                }
                let key = document.value.key
                if let rolled = rollUp(key) {
                    page.entries.append(.prefix(rolled))
                    place = root + Self.beyond(rolled)
                    steps = true
                } else {
                    page.entries.append(.value(document.value, key: key))
                }
                page.last = rollUp(key) ?? key
            }
            if batch.count < batchSize, !steps { return page }
        }
    }

    /// The members that all lists of objects have.
    func output<Value>(_ page: Page<Value>, _ bucket: Bucket, _ item: (Value) -> JSONObject) -> JSONObject {
        var contents: [JSON] = []
        var prefixes: [JSON] = []
        for entry in page.entries {
            switch entry {
            case .value(let value, let key):
                contents.append(.object(JSONObject([("Key", .string(shown(key)))]).merging(item(value))))
            case .prefix(let prefix): prefixes.append(["Prefix": .string(shown(prefix))])
            }
        }
        var output = head(bucket, page.isTruncated)
        if !contents.isEmpty { output["Contents"] = .array(contents) }
        if !prefixes.isEmpty { output["CommonPrefixes"] = .array(prefixes) }
        return output
    }

    func head(_ bucket: Bucket, _ isTruncated: Bool) -> JSONObject {
        var output: JSONObject = [
            "Name": .string(bucket.name), "Prefix": .string(shown(prefix)), "MaxKeys": .int(limit),
            "IsTruncated": .bool(isTruncated),
        ]
        if let delimiter { output["Delimiter"] = .string(shown(delimiter)) }
        if encodes { output["EncodingType"] = "url" }
        return output
    }
}

/// What belongs to a key.
protocol Keyed: Codable, Sendable {
    var key: String { get }
}

extension ObjectVersion: Keyed {}
extension Upload: Keyed {}
