internal import Cloud
internal import Ledger
internal import Notation

extension S3Service {
    /// AWS::S3::Bucket. Source: AWS CloudFormation Template Reference.
    var bucketType: ResourceType {
        ResourceType(
            "AWS::S3::Bucket",
            enforces: "BucketName VersioningConfiguration PublicAccessBlockConfiguration OwnershipControls Tags"
                + " NotificationConfiguration.EventBridgeConfiguration NotificationConfiguration.LambdaConfigurations"
                + " NotificationConfiguration.QueueConfigurations NotificationConfiguration.TopicConfigurations",
            stores: "BucketEncryption LifecycleConfiguration CorsConfiguration AccelerateConfiguration"
                + " LoggingConfiguration WebsiteConfiguration AccessControl",
            replacedBy: "BucketName",
            attributes: "Arn DomainName DualStackDomainName RegionalDomainName WebsiteURL", nameProperty: "BucketName",
            .init(
                create: createBucketResource, update: updateBucketResource, delete: deleteBucketResource,
                read: readBucket,
                list: { request in
                    let all = try await request.call("s3", "ListBuckets", [:])["Buckets"]?.array ?? []
                    return all.map { ResourceState($0["Name"]?.string ?? "") }
                }))
    }

    /// AWS::S3::BucketPolicy.
    var bucketPolicyType: ResourceType {
        ResourceType(
            "AWS::S3::BucketPolicy", enforces: "Bucket PolicyDocument", requires: "Bucket PolicyDocument",
            replacedBy: "Bucket",
            .init(
                create: putPolicyResource, update: putPolicyResource,
                delete: { request in
                    guard let bucket = request.physicalID else { return }
                    try await ignoring(["NoSuchBucket", "NoSuchBucketPolicy"]) {
                        try await request.call("s3", "DeleteBucketPolicy", ["Bucket": .string(bucket)])
                    }
                },
                read: { request in
                    guard let bucket = request.physicalID else { return nil }
                    let answer = try await present {
                        try await request.call("s3", "GetBucketPolicy", ["Bucket": .string(bucket)])
                    }
                    guard let policy = answer?["Policy"]?.string else { return nil }
                    return ["Bucket": .string(bucket), "PolicyDocument": try JSON(parsing: policy)]
                },
                list: { request in
                    var found: [ResourceState] = []
                    for bucket in try await request.call("s3", "ListBuckets", [:])["Buckets"]?.array ?? [] {
                        let name = bucket["Name"] ?? ""
                        let policy = try await present {
                            try await request.call("s3", "GetBucketPolicy", ["Bucket": name])
                        }
                        if policy != nil { found.append(ResourceState(name.string ?? "")) }
                    }
                    return found
                })
        ).withinLedger()
    }

    @Sendable private func putPolicyResource(_ request: ResourceRequest) async throws -> ResourceState {
        let bucket = request.properties["Bucket"]?.string ?? ""
        let document = request.properties["PolicyDocument"] ?? [:]
        let text = document.string ?? document.text()
        try await request.call("s3", "PutBucketPolicy", ["Bucket": .string(bucket), "Policy": .string(text)])
        return ResourceState(bucket)
    }

    @Sendable private func createBucketResource(_ request: ResourceRequest) async throws -> ResourceState {
        let name = request.properties["BucketName"]?.string ?? request.generatedName(limit: 63, lowercased: true)
        guard try await !isMadeAlready(name, request) else { return try await configure(name, request) }
        var configuration: JSON = ["Tags": Self.tags(of: request)]
        let region = request.caller.region
        if region != "us-east-1" { configuration["LocationConstraint"] = .string(region) }
        let input: JSON = ["Bucket": .string(name), "CreateBucketConfiguration": configuration]
        try await request.call("s3", "CreateBucket", input)
        return try await configure(name, request)
    }

    /// Whether an earlier attempt of this action made the bucket. It carries this resource's tags from its first
    /// moment.
    ///
    /// - Throws: `AlreadyExists` when it is somebody else's.
    private func isMadeAlready(_ name: String, _ request: ResourceRequest) async throws -> Bool {
        guard let bucket = try await ledger.get(Shelf.buckets, name)?.value else { return false }
        let marks = [
            "aws:cloudformation:stack-id": request.stackID, "aws:cloudformation:logical-id": request.logicalID,
        ]
        let isOurs = marks.allSatisfy { key, value in bucket.tags?.contains(Tag(Key: key, Value: value)) == true }
        guard isOurs, bucket.account == request.caller.account else {
            throw AWSError(
                "AlreadyExists", "\(name) already exists. Choose another name, or import the bucket.", status: 409)
        }
        return true
    }

    private static func tags(of request: ResourceRequest) -> JSON {
        .array(
            request.allTags.sorted { $0.key < $1.key }
                .map { ["Key": .string($0.key), "Value": .string($0.value)] })
    }

    @Sendable private func updateBucketResource(_ request: ResourceRequest) async throws -> ResourceState {
        try await configure(request.physicalID ?? "", request)
    }

    private func configure(_ name: String, _ request: ResourceRequest) async throws -> ResourceState {
        for change in BucketProperties.changes(request.properties, from: request.previous ?? [:]) {
            var input = change.input
            input["Bucket"] = .string(name)
            try await request.call("s3", change.operation, input)
        }
        let tagging: JSON = ["TagSet": Self.tags(of: request)]
        try await request.call("s3", "PutBucketTagging", ["Bucket": .string(name), "Tagging": tagging])
        return ResourceState(name, attributes: Self.attributes(name, request.caller.region))
    }

    /// What Fn::GetAtt returns. The host names are AWS's; Slipway itself is reached through its endpoint.
    private static func attributes(_ name: String, _ region: String) -> JSONObject {
        let website =
            [
                "us-east-1", "us-west-1", "us-west-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
                "eu-west-1", "sa-east-1",
            ]
            .contains(region) ? "s3-website-\(region)" : "s3-website.\(region)"
        return [
            "Arn": .string("arn:aws:s3:::\(name)"), "DomainName": .string("\(name).s3.amazonaws.com"),
            "RegionalDomainName": .string("\(name).s3.\(region).amazonaws.com"),
            "DualStackDomainName": .string("\(name).s3.dualstack.\(region).amazonaws.com"),
            "WebsiteURL": .string("http://\(name).\(website).amazonaws.com"),
        ]
    }

    @Sendable private func deleteBucketResource(_ request: ResourceRequest) async throws {
        guard let name = request.physicalID else { return }
        try await ignoring(["NoSuchBucket"]) { try await request.call("s3", "DeleteBucket", ["Bucket": .string(name)]) }
    }

    @Sendable private func readBucket(_ request: ResourceRequest) async throws -> JSON? {
        guard let name = request.physicalID, let bucket = try await ledger.get(Shelf.buckets, name)?.value else {
            return nil
        }
        var properties = JSON.object(Self.attributes(name, request.caller.region))
        properties["BucketName"] = .string(name)
        if let status = bucket.versioning { properties["VersioningConfiguration"] = ["Status": .string(status)] }
        for (name, value) in BucketProperties.properties(of: bucket.settings, asked: request.properties) {
            properties[name] = value
        }
        let tags = (bucket.tags ?? []).filter { !$0.Key.hasPrefix("aws:") }
        if !tags.isEmpty { properties["Tags"] = try JSON(encoding: tags) }
        return properties
    }
}

/// Runs the call; these refusals mean that there is nothing left to do.
private func ignoring(_ codes: Set<String>, _ call: () async throws -> JSON) async throws {
    do { _ = try await call() } catch let error as AWSError where codes.contains(error.code) {}
}

/// The answer, or nil when what was asked for is not there.
private func present(_ call: () async throws -> JSON) async throws -> JSON? {
    do { return try await call() } catch let error as AWSError where error.status == 404 { return nil }
}
