import Cloud
import CloudTesting
import Ledger
import Notation
import Testing

@testable import S3

@Suite("Buckets")
struct BucketTests {
    static let names: [(String, Bool)] = [
        ("abc", true), ("my.bucket-1", true), ("a1b", true), ("ab", false), ("Abc", false), ("a_b", false),
        ("-abc", false),
        ("abc-", false), ("a..b", false), ("192.168.1.1", false), ("xn--abc", false), ("abc-s3alias", false),
        (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false), ("abé", false),
    ]

    @Test("have names that S3 would take", arguments: names)
    func naming(name: String, isValid: Bool) async throws {
        try await withBucket { s3 in
            let input: JSON = [
                "Bucket": .string(name), "CreateBucketConfiguration": ["LocationConstraint": "eu-west-1"],
            ]
            let refusal = try await s3.refusal("CreateBucket", input)
            #expect(refusal == (isValid ? nil : "InvalidBucketName"))
        }
    }

    static let regions: [(String, String?, String?)] = [
        ("us-east-1", nil, nil), ("us-east-1", "eu-west-1", nil),
        ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
        ("eu-west-1", "eu-west-1", nil), ("eu-west-1", "EU", nil),
        ("eu-west-1", nil, "IllegalLocationConstraintException"),
        ("eu-west-1", "eu-west-2", "IllegalLocationConstraintException"),
    ]

    @Test("are made where the endpoint allows", arguments: regions)
    func region(endpoint: String, constraint: String?, code: String?) async throws {
        try await withBucket { s3 in
            let caller = Caller.root(account: "123456789012", region: endpoint)
            var input: JSON = ["Bucket": "new-bucket"]
            if let constraint { input["CreateBucketConfiguration"] = ["LocationConstraint": .string(constraint)] }
            do {
                try await s3.test.cloud.call("s3", "CreateBucket", input, as: caller)
                #expect(code == nil)
                let head = try await s3.call("HeadBucket", ["Bucket": "new-bucket"])
                #expect(head["BucketRegion"] == .string(constraint == nil ? "us-east-1" : "eu-west-1"))
            } catch let error as AWSError { #expect(error.code == code) }
        }
    }

    @Test("belong to one account, and their names to all")
    func ownership() async throws {
        try await withBucket { s3 in
            let other = Caller.root(account: "999999999999", region: "eu-west-1")
            let input: JSON = ["Bucket": "artifacts", "CreateBucketConfiguration": ["LocationConstraint": "eu-west-1"]]
            let second = try await s3.refusal("CreateBucket", input)
            #expect(second == "BucketAlreadyOwnedByYou")
            await #expect(throws: AWSError("AccessDenied", "Access Denied", status: 403)) {
                try await s3.test.cloud.call("s3", "HeadBucket", ["Bucket": "artifacts"], as: other)
            }
            let taken = await #expect(throws: AWSError.self) {
                try await s3.test.cloud.call("s3", "CreateBucket", input, as: other)
            }
            #expect(taken?.code == "BucketAlreadyExists")
            #expect(try await s3.test.cloud.call("s3", "ListBuckets", as: other)["Buckets"] == [])
            #expect(try await s3.call("ListBuckets")["Buckets"]?.array?.count == 1)
        }
    }

    @Test("go only when empty, and take their unfinished uploads along")
    func deletion() async throws {
        try await withBucket { s3 in
            try await s3.put("k")
            #expect(try await s3.refusal("DeleteBucket") == "BucketNotEmpty")
            let answer = try await s3.call(
                "DeleteObjects",
                ["Delete": ["Objects": [["Key": "k"], ["Key": .string(String(repeating: "k", count: 1025))]]]])
            #expect(answer["Deleted"]?[0]?["Key"] == "k")
            #expect(answer["Errors"]?[0]?["Code"] == "KeyTooLongError")
            try await s3.call("CreateMultipartUpload", ["Key": "u"])
            try await s3.call("DeleteBucket")
            #expect(try await s3.refusal("HeadBucket") == "NoSuchBucket")
            #expect(try await s3.refusal("PutObject", ["Key": "k"], body: [1]) == "NoSuchBucket")
        }
    }

    static let settings: [(String, String, JSON, String?)] = [
        (
            "BucketEncryption", "ServerSideEncryptionConfiguration",
            ["Rules": [["ApplyServerSideEncryptionByDefault": ["SSEAlgorithm": "AES256"]]]],
            "ServerSideEncryptionConfigurationNotFoundError"
        ),
        (
            "BucketCors", "CORSConfiguration", ["CORSRules": [["AllowedMethods": ["GET"], "AllowedOrigins": ["*"]]]],
            "NoSuchCORSConfiguration"
        ),
        (
            "BucketWebsite", "WebsiteConfiguration", ["IndexDocument": ["Suffix": "i.html"]],
            "NoSuchWebsiteConfiguration"
        ),
        (
            "BucketLifecycleConfiguration", "LifecycleConfiguration", ["Rules": [["Status": "Enabled"]]],
            "NoSuchLifecycleConfiguration"
        ),
        ("BucketLogging", "BucketLoggingStatus", ["LoggingEnabled": ["TargetBucket": "b", "TargetPrefix": "p"]], nil),
        ("BucketTagging", "Tagging", ["TagSet": [["Key": "a", "Value": "b"]]], "NoSuchTagSet"),
        ("BucketNotificationConfiguration", "NotificationConfiguration", ["EventBridgeConfiguration": [:]], nil),
        ("BucketAccelerateConfiguration", "AccelerateConfiguration", ["Status": "Enabled"], nil),
        ("BucketVersioning", "VersioningConfiguration", ["Status": "Enabled"], nil),
    ]

    @Test("show the settings they were given, and say when there are none", arguments: settings)
    func setting(name: String, member: String, value: JSON, missing: String?) async throws {
        try await withBucket { s3 in
            #expect(try await s3.refusal("Get" + name) == missing)
            try await s3.call("Put" + name, .object([member: value]))
            let answer = try await s3.call("Get" + name)
            #expect(answer[member] ?? answer == value)
        }
    }

    @Test("say that they have no replication and no lock, and refuse to be given them")
    func absent() async throws {
        try await withBucket { s3 in
            try await s3.call("DeleteBucketReplication")
            #expect(try await s3.refusal("GetBucketReplication") == "ReplicationConfigurationNotFoundError")
            #expect(try await s3.refusal("GetObjectLockConfiguration") == "ObjectLockConfigurationNotFoundError")
            for operation in ["PutBucketReplication", "PutObjectLockConfiguration"] {
                #expect(try await s3.refusal(operation) == "NotImplemented")
            }
        }
    }

    @Test("block public access from the start; what would go around that is refused")
    func publicAccess() async throws {
        try await withBucket { s3 in
            let block = try await s3.call("GetPublicAccessBlock")["PublicAccessBlockConfiguration"]
            #expect(block?["BlockPublicPolicy"] == true)
            let open: JSON = [
                "Policy": """
                {"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::artifacts/*"}]}
                """
            ]
            #expect(try await s3.refusal("PutBucketPolicy", open) == "AccessDenied")
            try await s3.call("DeletePublicAccessBlock")
            try await s3.call("PutBucketPolicy", open)
            #expect(try await s3.call("GetBucketPolicyStatus")["PolicyStatus"]?["IsPublic"] == true)
            #expect(try await s3.call("GetBucketPolicy")["Policy"] == open["Policy"])
            try await s3.call("DeleteBucketPolicy")
            #expect(try await s3.refusal("GetBucketPolicy") == "NoSuchBucketPolicy")
        }
    }

    static let policies = [
        "not json", "{}", #"{"Statement":[{"Effect":"Maybe"}]}"#,
        #"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#,
        #"{"Statement":{"Effect":"Deny","Principal":"*","Action":"ec2:Run","Resource":"*"}}"#,
        #"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}}"#,
    ]

    @Test("refuse policies that are none", arguments: policies)
    func malformed(policy: String) async throws {
        try await withBucket { s3 in
            let refusal = try await s3.refusal("PutBucketPolicy", ["Policy": .string(policy)])
            #expect(refusal == "MalformedPolicy")
        }
    }

    @Test("are made, changed and removed as CloudFormation resources")
    func resource() async throws {
        try await withBucket { s3 in
            let type = try #require(s3.test.cloud.resourceType("AWS::S3::Bucket"))
            func request(_ properties: JSON, _ previous: JSON? = nil, _ id: String? = nil) -> ResourceRequest {
                ResourceRequest(
                    cloud: s3.test.cloud, caller: s3.test.caller, stackID: "s", stackName: "sam", logicalID: "Source",
                    properties: properties, previous: previous, physicalID: id, key: "k", suffix: "ABCDEF123456")
            }
            let first: JSON = [
                "VersioningConfiguration": ["Status": "Enabled"], "Tags": [["Key": "team", "Value": "x"]],
                "PublicAccessBlockConfiguration": ["BlockPublicAcls": "true", "BlockPublicPolicy": "true"],
                "BucketEncryption": [
                    "ServerSideEncryptionConfiguration": [
                        ["ServerSideEncryptionByDefault": ["SSEAlgorithm": "aws:kms"]]
                    ]
                ],
            ]
            let made = try await type.actions.create(request(first))
            #expect(made.physicalID == "sam-source-abcdef123456")
            #expect(made.attributes["Arn"] == "arn:aws:s3:::sam-source-abcdef123456")
            let repeated = try await type.actions.create(request(first))
            #expect(repeated.physicalID == made.physicalID)
            let foreign = await #expect(throws: AWSError.self) {
                try await type.actions.create(request(["BucketName": "artifacts"]))
            }
            #expect(foreign?.code == "AlreadyExists")
            let name: JSON = ["Bucket": .string(made.physicalID)]
            #expect(try await s3.call("GetBucketVersioning", name)["Status"] == "Enabled")
            #expect(try await s3.call("GetBucketTagging", name)["TagSet"]?.array?.count == 4)
            let reading = try #require(type.actions.read)
            let read = try await reading(request(first, nil, made.physicalID))
            #expect(read?["Tags"] == first["Tags"])
            let updating = try #require(type.actions.update)
            _ = try await updating(request([:], first, made.physicalID))
            #expect(try await s3.call("GetBucketVersioning", name)["Status"] == "Suspended")
            #expect(
                try await s3.refusal("GetBucketEncryption", name) == "ServerSideEncryptionConfigurationNotFoundError")
            try await type.actions.delete(request([:], nil, made.physicalID))
            try await type.actions.delete(request([:], nil, made.physicalID))
        }
    }
}
