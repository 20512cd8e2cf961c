internal import Cloud
internal import HTTP
internal import Ledger
internal import Notation

extension S3Service {
    /// The most a policy may hold (S3 User Guide, "Policies and permissions in Amazon S3").
    private static let policyLimit = 20 << 10

    /// Policies of buckets.
    var policyOperations: [Operation] {
        [
            Operation(
                "PutBucketPolicy", enforces: Members.owner + " Policy",
                stores: "ConfirmRemoveSelfBucketAccess ContentMD5 ChecksumAlgorithm", raw: putPolicy),
            Operation("GetBucketPolicy", enforces: Members.owner) { call in
                let bucket = try await S3Request(call).open(ledger)
                return Reply(["Policy": .string(try Self.policy(of: bucket))])
            },
            Operation("DeleteBucketPolicy", enforces: Members.owner) { call in
                try await change(call) { $0.policy = nil }
            },
            Operation("GetBucketPolicyStatus", enforces: Members.owner) { call in
                let bucket = try await S3Request(call).open(ledger)
                let policy = try JSON(parsing: try Self.policy(of: bucket))
                return Reply(["PolicyStatus": ["IsPublic": .bool(Self.isPublic(policy))]])
            },
        ]
    }

    private static func policy(of bucket: Bucket) throws -> String {
        guard let policy = bucket.policy else {
            throw AWSError(
                "NoSuchBucketPolicy", "The bucket policy does not exist", status: 404,
                members: ["BucketName": .string(bucket.name)])
        }
        return policy
    }

    private func putPolicy(_ call: Call) async throws -> Reply {
        var text = call.input["Policy"]?.string ?? ""
        if let payload = call.payload {
            do {
                text = String(decoding: try await payload.collected(limit: Self.policyLimit), as: UTF8.self)
            } catch HTTPBodyError.tooLarge {
                throw AWSError("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
            }
        }
        let policy = text
        return try await change(call) { bucket in
            let tree = try Self.check(policy, bucket)
            if Self.isPublic(tree), bucket.settings["publicAccessBlock"]?["BlockPublicPolicy"]?.bool == true {
                throw AWSError(
                    "AccessDenied",
                    "The bucket policy allows public access, which the bucket's BlockPublicPolicy setting prevents.",
                    status: 403)
            }
            bucket.policy = policy
        }
    }

    private static func check(_ text: String, _ bucket: Bucket) throws -> JSON {
        func malformed(_ why: String) -> AWSError { AWSError("MalformedPolicy", why) }
        guard text.utf8.count <= policyLimit else {
            throw AWSError("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
        }
        guard let policy = try? JSON(parsing: text), policy.object != nil else {
            throw malformed("Policies must be valid JSON and the first byte must be '{'")
        }
        let statements = policy["Statement"].map { $0.array ?? [$0] } ?? []
        guard !statements.isEmpty else { throw malformed("Missing required field Statement") }
        for statement in statements {
            guard ["Allow", "Deny"].contains(statement["Effect"]?.string) else {
                throw malformed("Missing required field Effect")
            }
            guard statement["Principal"] != nil || statement["NotPrincipal"] != nil else {
                throw malformed("Missing required field Principal")
            }
            guard let actions = statement["Action"] ?? statement["NotAction"] else {
                throw malformed("Missing required field Action")
            }
            for action in actions.array ?? [actions] {
                guard let name = action.string, name == "*" || name.lowercased().hasPrefix("s3:") else {
                    throw malformed("Policy has invalid action")
                }
            }
            guard let resources = statement["Resource"] ?? statement["NotResource"] else {
                throw malformed("Missing required field Resource")
            }
            for resource in resources.array ?? [resources] {
                let arn = resource.string ?? ""
                guard arn == "*" || arn == bucket.arn || arn.hasPrefix(bucket.arn + "/") || arn == bucket.arn + "*"
                else {
                    throw malformed("Policy has invalid resource")
                }
            }
        }
        return policy
    }

    /// Whether a statement lets anybody in without a condition.
    private static func isPublic(_ policy: JSON) -> Bool {
        let statements = policy["Statement"].map { $0.array ?? [$0] } ?? []
        return statements.contains { statement in
            let principal = statement["Principal"]
            let all: [JSON?] = [principal] + [principal?["AWS"]] + (principal?["AWS"]?.array ?? [])
            return statement["Effect"] == "Allow" && all.contains("*") && statement["Condition"] == nil
        }
    }
}
