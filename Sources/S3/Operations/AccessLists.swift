internal import Cloud
internal import Ledger
internal import Notation

/// Canned access control lists, as far as they mean something where every request is signed.
enum Grants {
    private static let canned: Set<String> = [
        "private", "public-read", "public-read-write", "authenticated-read", "bucket-owner-read",
        "bucket-owner-full-control",
        "aws-exec-read", "log-delivery-write",
    ]

    /// The list an input asks for; nil for the owner's alone.
    ///
    /// - Throws: `AccessControlListNotSupported` where the bucket has lists switched off, `AccessDenied` where it
    ///   blocks public ones.
    static func check(_ name: String?, _ bucket: Bucket) throws -> String? {
        guard let name, name != "private", name != "bucket-owner-full-control" else { return nil }
        guard canned.contains(name) else { throw S3Error.invalidArgument("", "x-amz-acl", name) }
        guard !bucket.ignoresACLs else {
            throw AWSError("AccessControlListNotSupported", "The bucket does not allow ACLs")
        }
        let isPublic = name.hasPrefix("public-read") || name == "authenticated-read"
        guard !isPublic || bucket.settings["publicAccessBlock"]?["BlockPublicAcls"]?.bool != true else {
            throw S3Error.accessDenied
        }
        return name
    }

    /// The list as S3 writes it out.
    static func list(_ name: String?, owner: JSON) -> JSON {
        func group(_ name: String, _ permission: String) -> JSON {
            [
                "Grantee": ["Type": "Group", "URI": .string("http://acs.amazonaws.com/groups/" + name)],
                "Permission": .string(permission),
            ]
        }
        var grantee = owner
        grantee["Type"] = "CanonicalUser"
        var grants: [JSON] = [["Grantee": grantee, "Permission": "FULL_CONTROL"]]
        switch name {
        case "public-read": grants.append(group("global/AllUsers", "READ"))
        case "public-read-write": grants += [group("global/AllUsers", "READ"), group("global/AllUsers", "WRITE")]
        case "authenticated-read": grants.append(group("global/AuthenticatedUsers", "READ"))
        case "log-delivery-write": grants += [group("s3/LogDelivery", "WRITE"), group("s3/LogDelivery", "READ_ACP")]
        default: break
        }
        return .array(grants)
    }
}

extension S3Service {
    /// Access control lists.
    var aclOperations: [Operation] {
        [
            Operation("GetBucketAcl", enforces: Members.owner) { call in
                let bucket = try await S3Request(call).open(ledger)
                return Reply(["Owner": bucket.owner, "Grants": Grants.list(bucket.acl, owner: bucket.owner)])
            },
            Operation(
                "PutBucketAcl", enforces: Members.owner, stores: "ACL ContentMD5 ChecksumAlgorithm"
            ) { call in
                try await change(call) { $0.acl = try Grants.check(call.input["ACL"]?.string, $0) }
            },
            Operation("GetObjectAcl", enforces: Members.object + " VersionId", stores: "RequestPayer") { call in
                let request = try S3Request(call)
                let bucket = try await request.open(ledger)
                let object = try await find(request, bucket)
                return Reply(["Owner": bucket.owner, "Grants": Grants.list(object.attributes.acl, owner: bucket.owner)])
            },
            Operation(
                "PutObjectAcl", enforces: Members.object + " VersionId",
                stores: "ACL RequestPayer ContentMD5 ChecksumAlgorithm"
            ) { call in
                let request = try S3Request(call)
                let acl = try Grants.check(request.text("ACL"), try await request.open(ledger))
                _ = try await change(request) { $0.attributes.acl = acl }
                return Reply()
            },
        ]
    }
}
