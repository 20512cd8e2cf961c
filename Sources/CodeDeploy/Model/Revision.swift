internal import Cloud
internal import Crypto
internal import Ledger
internal import Notation

/// A revision that an application knows.
struct Revision: Codable, Sendable {
    /// Where it is, or what it says, in the members of RevisionLocation.
    var location: JSON
    var description: String?
    var groups: [String]
    var registerTime: Timestamp
    var firstUsedTime: Timestamp?
    var lastUsedTime: Timestamp?

    static let collection = Collection<Revision>("codedeploy.revision")

    static func key(_ application: String, _ location: JSON, _ caller: Caller) -> String {
        caller.key("\(application)/\(SHA256.hash(data: Array(location.text(.canonical).utf8)).hexadecimal)")
    }

    /// Notes that the application knows the revision, and, with a group, that it was deployed there.
    static func register(
        _ location: JSON, _ application: String, group: String? = nil, description: String? = nil, _ caller: Caller,
        in transaction: Transaction
    ) throws {
        let key = key(application, location, caller)
        var revision =
            try transaction.get(collection, key)?.value
            ?? Revision(location: location, groups: [], registerTime: transaction.now)
        if let description { revision.description = description }
        if let group {
            if !revision.groups.contains(group) { revision.groups.append(group) }
            revision.firstUsedTime = revision.firstUsedTime ?? transaction.now
            revision.lastUsedTime = transaction.now
        }
        try transaction.put(collection, key, revision)
    }

    /// As the API shows what is known of it.
    var info: JSON {
        var info: JSON = [
            "deploymentGroups": .array(groups.map(JSON.string)), "registerTime": .double(registerTime.seconds),
        ]
        info["description"] = description.map(JSON.string)
        info["firstUsedTime"] = firstUsedTime.map { .double($0.seconds) }
        info["lastUsedTime"] = lastUsedTime.map { .double($0.seconds) }
        return info
    }

    /// The location, judged, and what its AppSpec says if that is given inline.
    ///
    /// - Throws: `RevisionRequiredException`, `InvalidRevisionException`.
    static func check(_ location: JSON?) throws -> AppSpec? {
        guard let location, !location.isNull else {
            throw AWSError("RevisionRequiredException", "The revision is missing.")
        }
        switch location["revisionType"]?.string {
        case "AppSpecContent": return try inline(location["appSpecContent"])
        case "String": return try inline(location["string"])
        case "S3":
            try checkPlace(location["s3Location"])
            return nil
        case "GitHub":
            throw invalid("Revisions for Lambda deployments cannot come from GitHub; give the AppSpec inline or in S3.")
        default: throw invalid("The revision has no valid revisionType.")
        }
    }

    private static func inline(_ content: JSON?) throws -> AppSpec {
        guard let text = content?["content"]?.string, !text.isEmpty else {
            throw invalid("The AppSpec content is empty.")
        }
        if let expected = content?["sha256"]?.string, !expected.isEmpty,
            expected != SHA256.hash(data: Array(text.utf8)).hexadecimal
        {
            throw invalid("The sha256 given is not that of the AppSpec content.")
        }
        do { return try AppSpecReader.read(text) } catch { throw invalid("\(error)") }
    }

    private static func checkPlace(_ place: JSON?) throws {
        guard let bucket = place?["bucket"]?.string, let key = place?["key"]?.string, !bucket.isEmpty, !key.isEmpty
        else {
            throw invalid("The S3 location needs a bucket and a key.")
        }
        let type = place?["bundleType"]?.string ?? "YAML"
        guard ["YAML", "JSON"].contains(type) else {
            throw invalid(
                "Slipway reads AppSpec files that stand alone in S3 (bundleType YAML or JSON), not ones inside "
                    + "'\(type)' archives. Upload the AppSpec file itself, or give it inline.")
        }
    }

    private static func invalid(_ message: String) -> AWSError { AWSError("InvalidRevisionException", message) }
}

extension Digest {
    /// The digest in lower-case hexadecimal.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
