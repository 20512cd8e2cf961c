internal import Cloud
internal import Ledger
internal import Notation

/// A configuration of a bucket that is kept as it was written.
private struct Setting: Sendable {
    /// Its name in ``Bucket/settings``.
    let name: String
    /// The operations' common part: `Put…`, `Get…` and, if there is one, `Delete…`.
    let operation: String
    /// The input member with the configuration.
    let member: String
    /// Whether the answer has the configuration under that name, rather than its members.
    var isWrapped = false
    /// What Get answers when nothing is set; nil for an empty answer.
    var missing: (code: String, message: String)?
    /// The name of the operation that deletes it, if it can be deleted.
    var deletion: String?
    /// The parts that have an effect; the whole is only kept when empty.
    var enforces = ""
    var stores = ""
}

extension S3Service {
    private static let settings: [Setting] = [
        Setting(
            name: "encryption", operation: "BucketEncryption", member: "ServerSideEncryptionConfiguration",
            isWrapped: true,
            missing: (
                "ServerSideEncryptionConfigurationNotFoundError",
                "The server side encryption configuration was not found"
            ),
            deletion: "DeleteBucketEncryption"),
        Setting(
            name: "publicAccessBlock", operation: "PublicAccessBlock", member: "PublicAccessBlockConfiguration",
            isWrapped: true,
            missing: ("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
            deletion: "DeletePublicAccessBlock", enforces: "PublicAccessBlockConfiguration"),
        Setting(
            name: "ownershipControls", operation: "BucketOwnershipControls", member: "OwnershipControls",
            isWrapped: true,
            missing: ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
            deletion: "DeleteBucketOwnershipControls", enforces: "OwnershipControls"),
        Setting(
            name: "lifecycle", operation: "BucketLifecycleConfiguration", member: "LifecycleConfiguration",
            missing: ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
            deletion: "DeleteBucketLifecycle", stores: "TransitionDefaultMinimumObjectSize"),
        Setting(
            name: "cors", operation: "BucketCors", member: "CORSConfiguration",
            missing: ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
            deletion: "DeleteBucketCors"),
        Setting(
            name: "website", operation: "BucketWebsite", member: "WebsiteConfiguration",
            missing: ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
            deletion: "DeleteBucketWebsite"),
        Setting(name: "logging", operation: "BucketLogging", member: "BucketLoggingStatus"),
        Setting(name: "accelerate", operation: "BucketAccelerateConfiguration", member: "AccelerateConfiguration"),
    ]

    /// The configurations, versioning and tags of buckets.
    var settingOperations: [Operation] {
        Self.settings.flatMap { operations(of: $0) } + [
            Operation(
                "PutBucketVersioning", enforces: Members.owner + " VersioningConfiguration.Status",
                stores: "ContentMD5 ChecksumAlgorithm", raw: putVersioning),
            Operation("GetBucketVersioning", enforces: Members.owner) { call in
                let bucket = try await S3Request(call).open(ledger)
                return Reply(bucket.versioning.map { ["Status": .string($0)] } ?? [:])
            },
            Operation(
                "PutBucketTagging", enforces: Members.owner + " Tagging", stores: "ContentMD5 ChecksumAlgorithm"
            ) { call in
                let tags: [Tag] = try call.input["Tagging"]?["TagSet"]?.decode() ?? []
                let checked = try Tag.check(tags, limit: 50)
                return try await change(call) { $0.tags = checked }
            },
            Operation("GetBucketTagging", enforces: Members.owner) { call in
                let bucket = try await S3Request(call).open(ledger)
                guard let tags = bucket.tags, !tags.isEmpty else {
                    throw AWSError("NoSuchTagSet", "The TagSet does not exist", status: 404)
                }
                return Reply(["TagSet": try JSON(encoding: tags)])
            },
            Operation("DeleteBucketTagging", enforces: Members.owner) { call in try await change(call) { $0.tags = nil }
            },
            Operation("GetBucketRequestPayment", enforces: Members.owner) { call in
                _ = try await S3Request(call).open(ledger)
                return Reply(["Payer": "BucketOwner"])
            },
        ]
    }

    private func operations(of setting: Setting) -> [Operation] {
        let isEnforced = !setting.enforces.isEmpty
        let put = Operation(
            "Put" + setting.operation, enforces: Members.owner + " " + setting.enforces,
            stores: setting.stores + " ContentMD5 ChecksumAlgorithm" + (isEnforced ? "" : " " + setting.member)
        ) { call in
            let value = call.input[setting.member] ?? [:]
            try Self.check(value, setting)
            return try await change(call) { $0.settings[setting.name] = value }
        }
        let get = Operation("Get" + setting.operation, enforces: Members.owner, stores: "RequestPayer") { call in
            let bucket = try await S3Request(call).open(ledger)
            guard let value = bucket.settings[setting.name] else {
                guard let missing = setting.missing else { return Reply() }
                throw AWSError(
                    missing.code, missing.message, status: 404, members: ["BucketName": .string(bucket.name)])
            }
            return Reply(setting.isWrapped ? .object([setting.member: value]) : value)
        }
        guard let deletion = setting.deletion else { return [put, get] }
        let delete = Operation(deletion, enforces: Members.owner) { call in
            try await change(call) { $0.settings[setting.name] = nil }
        }
        return [put, get, delete]
    }

    private static func check(_ value: JSON, _ setting: Setting) throws {
        switch setting.name {
        case "ownershipControls":
            let ownership = value["Rules"]?[0]?["ObjectOwnership"]?.string ?? ""
            guard ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"].contains(ownership) else {
                throw S3Error.malformedXML
            }
        case "encryption":
            let algorithm = value["Rules"]?[0]?["ApplyServerSideEncryptionByDefault"]?["SSEAlgorithm"]?.string
            guard ["AES256", "aws:kms", "aws:kms:dsse", nil].contains(algorithm), value["Rules"]?.array?.count == 1
            else {
                throw S3Error.malformedXML
            }
        case "lifecycle", "cors":
            let rules = value["Rules"]?.array ?? value["CORSRules"]?.array ?? []
            guard !rules.isEmpty else { throw S3Error.malformedXML }
        default: break
        }
    }

    private func putVersioning(_ call: Call) async throws -> Reply {
        let status = call.input["VersioningConfiguration"]?["Status"]?.string
        guard let status, ["Enabled", "Suspended"].contains(status) else {
            throw AWSError(
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified, with the status Enabled or Suspended")
        }
        return try await change(call) { $0.versioning = status }
    }

    /// Changes what is kept of the bucket asked for.
    func change(_ call: Call, _ body: @escaping @Sendable (inout Bucket) throws -> Void) async throws -> Reply {
        let request = try S3Request(call)
        try await ledger.write { write in
            var bucket = try VersionShelf.bucket(request.bucket, write)
            try request.check(bucket)
            try body(&bucket)
            try write.put(Shelf.buckets, bucket.name, bucket)
        }
        return Reply()
    }
}
