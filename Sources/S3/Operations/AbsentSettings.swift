internal import Cloud
internal import Ledger
internal import Notation

extension S3Service {
    /// What Slipway's buckets never have: replication and object lock. Asking for it gets the answer S3 gives where
    /// it was never switched on; switching it on is refused by name.
    var absentOperations: [Operation] {
        [
            absent(
                "GetBucketReplication", Members.owner, "ReplicationConfigurationNotFoundError",
                "The replication configuration was not found"),
            absent(
                "GetObjectLockConfiguration", Members.owner, "ObjectLockConfigurationNotFoundError",
                "Object Lock configuration does not exist for this bucket"),
            Operation("DeleteBucketReplication", enforces: Members.owner) { call in
                // Nothing is there to delete, which S3 does not mind.
                _ = try await S3Request(call).open(ledger)
                return Reply()
            },
        ]
    }

    private func absent(_ name: String, _ members: String, _ code: String, _ message: String) -> Operation {
        Operation(name, enforces: members, stores: "RequestPayer") { call in
            let bucket = try await S3Request(call).open(ledger)
            throw AWSError(code, message, status: 404, members: ["BucketName": .string(bucket.name)])
        }
    }
}
