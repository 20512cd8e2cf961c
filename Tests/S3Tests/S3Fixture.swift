import Cloud
import CloudTesting
import HTTP
import Ledger
import Notation
import S3
import Testing

/// A bucket to try things on.
struct S3Fixture {
    let test: TestCloud
    let bucket: String

    @discardableResult
    func call(_ operation: String, _ input: JSON = [:], body: [UInt8]? = nil) async throws -> JSON {
        try await reply(operation, input, body: body).output
    }

    func reply(_ operation: String, _ input: JSON = [:], body: [UInt8]? = nil) async throws -> Reply {
        var input = input
        if input["Bucket"] == nil, operation != "ListBuckets" { input["Bucket"] = .string(bucket) }
        // In two pieces, as bodies from a network are.
        let payload = body.map { bytes in
            let pieces = AsyncStream<[UInt8]> { pieces in
                pieces.yield(Array(bytes.prefix(7)))
                pieces.yield(Array(bytes.dropFirst(7)))
                pieces.finish()
            }
            return HTTPBody.stream(HTTPBodyStream(length: bytes.count, pieces))
        }
        return try await test.cloud.call("s3", operation, input, payload: payload, as: test.caller)
    }

    @discardableResult
    func put(_ key: String, _ text: String = "x", _ more: JSONObject = [:]) async throws -> JSON {
        var input: JSONObject = ["Key": .string(key)]
        input.merge(more)
        return try await call("PutObject", .object(input), body: Array(text.utf8))
    }

    func text(_ key: String, _ more: JSONObject = [:]) async throws -> String {
        var input: JSONObject = ["Key": .string(key)]
        input.merge(more)
        let payload = try await reply("GetObject", .object(input)).payload
        return String(decoding: try await payload?.collected(limit: 64 << 20) ?? [], as: UTF8.self)
    }

    /// The code that a call is refused with; nil when it succeeds.
    func refusal(_ operation: String, _ input: JSON = [:], body: [UInt8]? = nil) async throws -> String? {
        try await fault(operation, input, body: body)?.code
    }

    func fault(_ operation: String, _ input: JSON = [:], body: [UInt8]? = nil) async throws -> AWSError? {
        do {
            try await call(operation, input, body: body)
            return nil
        } catch let error as AWSError { return error }
    }

    var versions: [(key: String, id: String, isLatest: Bool, isMarker: Bool)] {
        get async throws {
            let list = try await call("ListObjectVersions")
            func lines(_ name: String) -> [(key: String, id: String, isLatest: Bool, isMarker: Bool)] {
                (list[name]?.array ?? []).map {
                    (
                        $0["Key"]?.string ?? "", $0["VersionId"]?.string ?? "", $0["IsLatest"] == true,
                        name == "DeleteMarkers"
                    )
                }
            }
            return lines("Versions") + lines("DeleteMarkers")
        }
    }
}

func withBucket<Value>(
    versioned: Bool = false, _ surroundings: Surroundings = Surroundings(), _ body: (S3Fixture) async throws -> Value
) async throws -> Value {
    try await withTestCloud(surroundings) { cloud, ledger in
        [S3Service(cloud: cloud, ledger: ledger, blobs: try Blobs(ledger: ledger))]
    } _: { test in
        let fixture = S3Fixture(test: test, bucket: "artifacts")
        try await fixture.call("CreateBucket", ["CreateBucketConfiguration": ["LocationConstraint": "eu-west-1"]])
        if versioned {
            try await fixture.call("PutBucketVersioning", ["VersioningConfiguration": ["Status": "Enabled"]])
        }
        return try await body(fixture)
    }
}
