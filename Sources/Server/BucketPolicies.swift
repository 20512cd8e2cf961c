internal import IAM
internal import S3

/// The policies of buckets, for whoever decides about access to what is in them.
struct BucketPolicies: ResourcePolicies {
    let buckets: S3Service

    func policy(ofResource arn: String) async throws -> String? {
        let prefix = "arn:aws:s3:::"
        guard arn.hasPrefix(prefix) else { return nil }
        let name = arn.dropFirst(prefix.count).prefix { $0 != "/" }
        return try await buckets.policy(ofBucket: String(name))
    }
}
