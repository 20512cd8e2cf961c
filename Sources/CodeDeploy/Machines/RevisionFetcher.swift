internal import Cloud
internal import HTTP
internal import Notation

/// Fetches AppSpec files that are kept in S3.
struct RevisionFetcher {
    let cloud: Cloud

    /// The event that tells of the file, or of why there is none.
    ///
    /// - Throws: What may pass by itself.
    func fetch(_ revision: JSON, as caller: Caller) async throws -> DeploymentMachine.Event {
        guard let place = revision["s3Location"], let bucket = place["bucket"]?.string, let key = place["key"]?.string
        else {
            return failed("INVALID_REVISION", "The revision names no object in S3.")
        }
        var input: JSON = ["Bucket": .string(bucket), "Key": .string(key)]
        input["VersionId"] = place["version"]
        do {
            let reply = try await cloud.call("s3", "GetObject", input, payload: nil, as: caller)
            if let expected = place["eTag"]?.string, let found = reply.output["ETag"]?.string,
                bare(expected) != bare(found)
            {
                return failed(
                    "INVALID_REVISION", "The object s3://\(bucket)/\(key) has the ETag \(found), not \(expected).")
            }
            let bytes = try await reply.payload?.collected(limit: AppSpecReader.textLimit) ?? []
            return .revisionRead(try AppSpecReader.read(String(decoding: bytes, as: UTF8.self)))
        } catch let error as AWSError where !error.isPassing {
            return failed("REVISION_MISSING", "The AppSpec file s3://\(bucket)/\(key) could not be fetched: \(error)")
        } catch let error where !(error is AWSError) {
            return failed("INVALID_REVISION", "\(error)")
        }
    }

    private func bare(_ tag: String) -> String { tag.filter { $0 != "\"" } }

    private func failed(_ code: String, _ message: String) -> DeploymentMachine.Event {
        .revisionUnreadable(ErrorInformation(code: code, message: message))
    }
}
