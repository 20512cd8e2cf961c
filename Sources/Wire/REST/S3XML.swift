import Notation

/// Where the XML of S3's answers is not what the model says: the names of the documents, and GetBucketLocation.
/// Source: the response syntax of each operation in the Amazon S3 API reference.
enum S3XML {
    private static let roots = [
        "ListBuckets": "ListAllMyBucketsResult", "ListObjects": "ListBucketResult", "ListObjectsV2": "ListBucketResult",
        "ListObjectVersions": "ListVersionsResult", "ListMultipartUploads": "ListMultipartUploadsResult",
        "ListParts": "ListPartsResult", "CreateMultipartUpload": "InitiateMultipartUploadResult",
        "CompleteMultipartUpload": "CompleteMultipartUploadResult", "DeleteObjects": "DeleteResult",
        "GetBucketAcl": "AccessControlPolicy", "GetObjectAcl": "AccessControlPolicy",
        "GetBucketVersioning": "VersioningConfiguration", "GetBucketTagging": "Tagging", "GetObjectTagging": "Tagging",
        "GetBucketCors": "CORSConfiguration", "GetBucketWebsite": "WebsiteConfiguration",
        "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
        "GetBucketNotificationConfiguration": "NotificationConfiguration", "GetBucketLogging": "BucketLoggingStatus",
        "GetBucketRequestPayment": "RequestPaymentConfiguration",
        "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
        "GetObjectAttributes": "GetObjectAttributesResponse",
    ]

    static func document(_ object: JSONObject, _ shape: Shape, operation: String, namespace: String?) -> [UInt8] {
        var writer = XMLWriter()
        writer.declaration()
        let namespace = namespace.map { XMLNamespace(prefix: nil, uri: $0) }
        if operation == "GetBucketLocation" {
            // The one answer that is a bare text; empty for us-east-1.
            writer.open("LocationConstraint", namespace: namespace)
            writer.escape(object["LocationConstraint"]?.string ?? "")
            writer.close("LocationConstraint")
            return writer.bytes
        }
        let name = roots[operation] ?? root(shape.name)
        writer.open(name, namespace: namespace)
        writer.members(object, shape)
        writer.close(name)
        return writer.bytes
    }

    /// A document's name from its shape's: `CopyObjectResult` stays, `GetXOutput` loses its ending.
    static func root(_ shape: String) -> String {
        shape.hasSuffix("Output") ? String(shape.dropLast(6)) + "Result" : shape
    }
}
