internal import Cloud
internal import Ledger
internal import Notation

/// S3's refusals that several operations share. Source: Amazon S3 API Reference, "Error responses".
enum S3Error {
    static func noSuchBucket(_ name: String) -> AWSError {
        AWSError(
            "NoSuchBucket", "The specified bucket does not exist", status: 404, members: ["BucketName": .string(name)])
    }

    static func noSuchKey(_ key: String) -> AWSError {
        AWSError("NoSuchKey", "The specified key does not exist.", status: 404, members: ["Key": .string(key)])
    }

    static func noSuchVersion(_ key: String, _ version: String) -> AWSError {
        AWSError(
            "NoSuchVersion", "The specified version does not exist.", status: 404,
            members: ["Key": .string(key), "VersionId": .string(version)])
    }

    static func noSuchUpload(_ id: String) -> AWSError {
        AWSError(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                + "aborted or completed.",
            status: 404, members: ["UploadId": .string(id)])
    }

    static func invalidRequest(_ message: String) -> AWSError { AWSError("InvalidRequest", message) }

    static func invalidArgument(_ message: String, _ name: String, _ value: String) -> AWSError {
        AWSError(
            "InvalidArgument", message, members: ["ArgumentName": .string(name), "ArgumentValue": .string(value)])
    }

    static func preconditionFailed(_ condition: String) -> AWSError {
        AWSError(
            "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", status: 412,
            members: ["Condition": .string(condition)])
    }

    static let notModified = AWSError("NotModified", "", status: 304)
    static let accessDenied = AWSError("AccessDenied", "Access Denied", status: 403)
    static let markerHasNoBody = AWSError(
        "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405)
    static let malformedXML = AWSError(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")

    static func entityTooLarge(_ limit: Int) -> AWSError {
        AWSError(
            "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
            members: ["MaxSizeAllowed": .string(String(limit))])
    }

    /// The refusal for a body that could not be kept.
    static func body(_ error: BlobError, limit: Int) -> any Error {
        switch error.code {
        case .tooLarge: entityTooLarge(limit)
        case .outOfSpace, .missing, .failed: error
        }
    }
}
