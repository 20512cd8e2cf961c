internal import Cloud
internal import Foundation
internal import HTTP
internal import Notation

/// Files into a bucket.
///
/// Source: CodePipeline User Guide, "Amazon S3 deploy action reference".
struct ObjectDeployment {
    let context: RunContext

    /// Writing an object twice writes the same one.
    func deploy() async throws -> PipelineMachine.Outcome {
        guard let artifact = context.run.inputs.first, let bucket = context.value("BucketName") else {
            throw RunError("ConfigurationError", "The action has no input artifact or no BucketName.")
        }
        let count = context.isTrue("Extract") ? try await extract(artifact, bucket) : try await copy(artifact, bucket)
        return PipelineMachine.Outcome(
            external: External(kind: "bucket", id: bucket), summary: "\(count) objects in s3://\(bucket).",
            variables: [:])
    }

    private func object(_ bucket: String, _ key: String) -> JSON {
        var input: JSON = ["Bucket": .string(bucket), "Key": .string(key)]
        input["ACL"] = context.value("CannedACL").map(JSON.string)
        // Written as several lines or with commas between.
        input["CacheControl"] = context.value("CacheControl").map { .string($0.replacing("\n", with: " ")) }
        return input
    }

    private func copy(_ artifact: Artifact, _ bucket: String) async throws -> Int {
        var input = object(bucket, context.value("ObjectKey") ?? artifact.key)
        input["CopySource"] = .string("\(artifact.bucket)/\(artifact.key.replacing(" ", with: "%20"))")
        if input["CacheControl"] != nil { input["MetadataDirective"] = "REPLACE" }
        try await context.call("s3", "CopyObject", input)
        return 1
    }

    private func extract(_ artifact: Artifact, _ bucket: String) async throws -> Int {
        let prefix = context.value("ObjectKey").map { $0.hasSuffix("/") ? $0 : $0 + "/" } ?? ""
        return try await context.withFolder { folder in
            let root = folder + "/tree"
            try await context.unpack(artifact, into: root)
            let paths = (FileManager.default.enumerator(atPath: root)?.allObjects ?? []).compactMap { $0 as? String }
                .sorted()
            var count = 0
            for path in paths {
                let attributes = try FileManager.default.attributesOfItem(atPath: root + "/" + path)
                guard attributes[.type] as? FileAttributeType == .typeRegular,
                    let body = FileBody.open(root + "/" + path)
                else {
                    continue
                }
                var input = object(bucket, prefix + path)
                input["ContentType"] = MediaType.of(path).map(JSON.string)
                do {
                    _ = try await context.cloud.call(
                        "s3", "PutObject", input, payload: body, as: try await context.caller())
                } catch let error as AWSError where !error.isPassing {
                    throw RunError(error.code, "s3://\(bucket)/\(prefix)\(path) cannot be written: \(error.message)")
                }
                count += 1
            }
            return count
        }
    }
}

/// What browsers are told of files by their names.
enum MediaType {
    private static let known = [
        "html": "text/html", "htm": "text/html", "css": "text/css", "js": "text/javascript", "mjs": "text/javascript",
        "json": "application/json", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv",
        "xml": "application/xml",
        "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "webp": "image/webp", "ico": "image/x-icon", "pdf": "application/pdf", "zip": "application/zip",
        "woff": "font/woff", "woff2": "font/woff2", "wasm": "application/wasm",
    ]

    static func of(_ path: String) -> String? {
        path.lastIndex(of: ".").flatMap { known[path[path.index(after: $0)...].lowercased()] }
    }
}
