package import Cloud
internal import HTTP
package import Ledger
internal import Notation

/// The front desk of S3: buckets, objects with versions, uploads in parts.
///
/// Bucket names are one for all accounts of a Slipway. Buckets of any region are reached through the one endpoint.
package struct S3Service: CloudService {
    package let id = "s3"
    let cloud: Cloud
    let ledger: Ledger
    let blobs: Blobs

    /// S3 on that ledger. `blobs` is the one store of bodies of that ledger; whoever makes it runs it.
    package init(cloud: Cloud, ledger: Ledger, blobs: Blobs) {
        self.cloud = cloud
        self.ledger = ledger
        self.blobs = blobs
    }

    package var operations: [Operation] {
        bucketOperations + settingOperations + absentOperations + notificationOperations + policyOperations
            + aclOperations + objectOperations
            + copyOperations
            + deleteOperations + taggingOperations + listOperations + versionListOperations + uploadOperations
            + uploadListOperations
    }

    package var resourceTypes: [ResourceType] { [bucketType, bucketPolicyType] }

    /// The policy of that bucket, for whoever decides about access; nil when it has none.
    package func policy(ofBucket name: String) async throws -> String? {
        try await ledger.get(Shelf.buckets, name)?.value.policy
    }
}

/// A call with S3's members at hand.
struct S3Request: Sendable {
    let call: Call
    /// The name of the bucket asked for.
    let bucket: String

    init(_ call: Call) throws {
        self.call = call
        guard let bucket = call.input["Bucket"]?.string else { throw S3Error.invalidRequest("The bucket is missing.") }
        self.bucket = bucket
    }

    subscript(member: String) -> JSON? { call.input[member] }
    func text(_ member: String) -> String? { call.input[member]?.string }

    /// The key asked for.
    ///
    /// - Throws: `KeyTooLongError`.
    func key() throws -> ObjectKey { try ObjectKey(checking: text("Key") ?? "") }

    /// The bucket asked for, if it is the caller's.
    ///
    /// - Throws: `NoSuchBucket`; `AccessDenied` when another account owns it, or not the account the caller expected.
    func open(_ ledger: Ledger) async throws -> Bucket {
        guard let bucket = try await ledger.get(Shelf.buckets, bucket)?.value else {
            throw S3Error.noSuchBucket(bucket)
        }
        try check(bucket)
        return bucket
    }

    /// The same for a bucket that was read otherwise.
    func check(_ bucket: Bucket) throws {
        guard bucket.account == call.caller.account, text("ExpectedBucketOwner") ?? bucket.account == bucket.account
        else {
            throw S3Error.accessDenied
        }
    }
}

/// The input members that many operations have in common.
enum Members {
    static let owner = "Bucket ExpectedBucketOwner"
    static let object = owner + " Key"
    static let checksums = " " + ChecksumAlgorithm.allCases.map(\.member).joined(separator: " ") + " ChecksumAlgorithm"
    static let headers =
        " CacheControl ContentDisposition ContentEncoding ContentLanguage ContentType Expires Metadata ACL Tagging"
    /// Kept and shown again: where bodies lie is one place whatever their class, and they are not encrypted.
    static let kept =
        "StorageClass WebsiteRedirectLocation ServerSideEncryption SSEKMSKeyId BucketKeyEnabled RequestPayer"
    static let conditions = " IfMatch IfNoneMatch IfModifiedSince IfUnmodifiedSince"
    static let responses =
        " ResponseCacheControl ResponseContentDisposition ResponseContentEncoding ResponseContentLanguage"
        + " ResponseContentType ResponseExpires"
}
