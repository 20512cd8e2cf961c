internal import Cloud
internal import FoundationEssentials
internal import Ledger
internal import Notation

extension S3Service {
    /// Making, finding and removing buckets.
    var bucketOperations: [Operation] {
        [
            Operation(
                "CreateBucket",
                enforces:
                    "Bucket CreateBucketConfiguration.LocationConstraint CreateBucketConfiguration.Tags "
                    + "ObjectOwnership ACL",
                raw: createBucket),
            Operation("DeleteBucket", enforces: Members.owner, raw: deleteBucket),
            Operation("HeadBucket", enforces: Members.owner) { call in
                let bucket = try await S3Request(call).open(ledger)
                return Reply([
                    "BucketRegion": .string(bucket.region), "BucketArn": .string(bucket.arn), "AccessPointAlias": false,
                ])
            },
            Operation("ListBuckets", enforces: "BucketRegion ContinuationToken MaxBuckets Prefix", raw: listBuckets),
            Operation("GetBucketLocation", enforces: Members.owner) { call in
                let bucket = try await S3Request(call).open(ledger)
                // Empty for us-east-1, the region that S3 began with.
                return Reply(bucket.region == "us-east-1" ? [:] : ["LocationConstraint": .string(bucket.region)])
            },
        ]
    }

    private func createBucket(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        try Bucket.check(name: request.bucket)
        let region = try Self.region(
            request["CreateBucketConfiguration"]?["LocationConstraint"]?.string, call.caller.region)
        var bucket = Bucket(name: request.bucket, account: call.caller.account, region: region, created: call.time)
        if let ownership = request["ObjectOwnership"] {
            bucket.settings["ownershipControls"] = ["Rules": [["ObjectOwnership": ownership]]]
        }
        let tags: [Tag] = try request["CreateBucketConfiguration"]?["Tags"]?.decode() ?? []
        if !tags.isEmpty { bucket.tags = try Tag.check(tags, limit: 50) }
        bucket.acl = try Grants.check(request.text("ACL"), bucket)
        let new = bucket
        try await ledger.write { write in
            if let old = try write.get(Shelf.buckets, new.name)?.value {
                try Self.refuseSecond(old, call.caller)
            } else {
                try write.put(Shelf.buckets, new.name, new)
            }
        }
        return Reply(["Location": .string("/" + new.name), "BucketArn": .string(new.arn)])
    }

    /// Where the bucket will be. Source: S3 API Reference, CreateBucket, LocationConstraint.
    private static func region(_ constraint: String?, _ endpoint: String) throws -> String {
        let region = constraint == "EU" ? "eu-west-1" : constraint
        guard region != "us-east-1", region != "" else {
            throw AWSError(
                "InvalidLocationConstraint", "The specified location-constraint is not valid",
                members: ["LocationConstraint": .string(constraint ?? "")])
        }
        // The endpoint of us-east-1 makes buckets anywhere, every other one in its own region only.
        guard endpoint == "us-east-1" || region == endpoint else {
            throw AWSError(
                "IllegalLocationConstraintException",
                "The \(constraint ?? "unspecified") location constraint is incompatible for the region specific "
                    + "endpoint "
                    + "this request was sent to.")
        }
        return region ?? "us-east-1"
    }

    private static func refuseSecond(_ old: Bucket, _ caller: Caller) throws {
        guard old.account == caller.account else {
            throw AWSError(
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                    + "system. "
                    + "Please select a different name and try again.", status: 409,
                members: ["BucketName": .string(old.name)])
        }
        // In us-east-1, making one's own bucket once more has always succeeded.
        if old.region == "us-east-1", caller.region == "us-east-1" { return }
        throw AWSError(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            status: 409, members: ["BucketName": .string(old.name)])
    }

    private func deleteBucket(_ call: Call) async throws -> Reply {
        let request = try S3Request(call)
        let blobs = blobs
        try await ledger.write { write in
            let shelf = try VersionShelf(request.bucket, write, blobs)
            try request.check(shelf.bucket)
            let prefix = request.bucket + "/"
            let hasObjects = try !write.list(Shelf.objects, prefix: prefix, limit: 1).isEmpty
            let hasVersions = try hasObjects || !write.list(Shelf.versions, prefix: prefix, limit: 1).isEmpty
            guard !hasVersions else {
                throw AWSError(
                    "BucketNotEmpty",
                    shelf.bucket.versioning == nil
                        ? "The bucket you tried to delete is not empty"
                        : "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
                    status: 409, members: ["BucketName": .string(request.bucket)])
            }
            for upload in try write.list(Shelf.uploads, prefix: prefix) {
                try UploadShelf.remove(upload.value, write, blobs)
            }
            try write.delete(Shelf.buckets, request.bucket)
        }
        return Reply()
    }

    private func listBuckets(_ call: Call) async throws -> Reply {
        let limit = call.input["MaxBuckets"]?.int ?? 10_000
        guard (1...10_000).contains(limit) else {
            throw S3Error.invalidArgument(
                "Argument max-buckets must be an integer between 1 and 10000", "max-buckets", String(limit))
        }
        let after = try Token.read(call.input["ContinuationToken"]?.string)
        let prefix = call.input["Prefix"]?.string ?? ""
        let region = call.input["BucketRegion"]?.string
        let own = try await ledger.find(Shelf.buckets, "account", call.caller.account, after: after).map(\.value)
        let wanted = own.filter { $0.name.hasPrefix(prefix) && (region == nil || $0.region == region) }
        let page = wanted.prefix(limit)
        var output: JSON = [
            "Owner": Bucket.owner(call.caller.account),
            "Buckets": .array(
                page.map { bucket in
                    [
                        "Name": .string(bucket.name), "CreationDate": .double(bucket.created.seconds),
                        "BucketRegion": .string(bucket.region), "BucketArn": .string(bucket.arn),
                    ]
                }),
        ]
        if !prefix.isEmpty { output["Prefix"] = .string(prefix) }
        if wanted.count > limit, let last = page.last { output["ContinuationToken"] = .string(Token.make(last.name)) }
        return Reply(output)
    }
}

/// Where a list goes on, as clients hand it back: opaque to them.
enum Token {
    static func make(_ place: String) -> String { Data("1:\(place)".utf8).base64EncodedString() }

    static func read(_ token: String?) throws -> String {
        guard let token else { return "" }
        let text = Data(base64Encoded: token).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard text.hasPrefix("1:") else {
            throw S3Error.invalidArgument("The continuation token provided is incorrect", "continuation-token", token)
        }
        return String(text.dropFirst(2))
    }
}
