import Notation

/// Where code lies: an `s3://` address, or bucket, key and version one by one.
enum CodeLocation {
    /// The location in the form of `AWS::Lambda::Function`'s `Code`.
    ///
    /// - Throws: ``Fault/resource(_:_:)`` when it is neither.
    static func s3(_ location: JSON?, of logicalID: String, _ property: String) throws -> JSONObject {
        let pointer: JSONObject
        switch location {
        case .object(let object):
            guard object["Bucket"].isTruthy, object["Key"].isTruthy else {
                throw Fault.resource(logicalID, "'\(property)' requires Bucket and Key properties to be specified.")
            }
            pointer = object
        case .string(let text):
            guard !hasPathReference(text) else {
                throw Fault.resource(
                    logicalID,
                    "Unsupported dynamic reference detected in '\(property)'. Please consider using alternative "
                        + "'FunctionCode' object format.")
            }
            guard let parsed = parse(text) else {
                throw Fault.resource(
                    logicalID,
                    "'\(property)' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query "
                        + "parameter.")
            }
            pointer = parsed
        default: throw Fault.resource(logicalID, "'\(property)' must be of type dict or string.")
        }
        var code: JSONObject = ["S3Bucket": pointer["Bucket"] ?? .null, "S3Key": pointer["Key"] ?? .null]
        if let version = pointer["Version"] { code["S3ObjectVersion"] = version }
        if let mode = pointer["StorageMode"] { code["S3ObjectStorageMode"] = mode }
        return code
    }

    /// `Bucket`, `Key` and `Version` of an address; nil when it is none.
    static func parse(_ text: String) -> JSONObject? {
        guard text.lowercased().hasPrefix("s3://") else { return nil }
        var rest = text.dropFirst(5)
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        guard let slash = rest.firstIndex(of: "/"), slash > rest.startIndex else { return nil }
        let key = rest[slash...].drop { $0 == "/" }
        var pointer: JSONObject = ["Bucket": .string(String(rest[..<slash])), "Key": .string(String(key))]
        let versions = query.split(separator: "&").filter { $0.hasPrefix("versionId=") }.map { $0.dropFirst(10) }
            .filter { !$0.isEmpty }
        if versions.count == 1 { pointer["Version"] = .string(String(versions[0])) }
        return pointer
    }

    /// Whether a text holds `{{resolve:ssm:/path}}` or the like, which would be taken for part of the address.
    private static func hasPathReference(_ text: String) -> Bool {
        guard let start = text.firstPlace(of: "{{resolve:") else { return false }
        let rest = text[start...].dropFirst(10)
        guard let service = ["ssm:", "ssm-secure:", "secretsmanager:"].first(where: rest.hasPrefix) else {
            return false
        }
        guard let end = rest.firstIndex(of: "}"), rest[end...].hasPrefix("}}") else { return false }
        return rest[..<end].dropFirst(service.count).contains("/")
    }
}
