import Cloud
import CloudTesting
import HTTP
import Ledger
import Notation
import Testing

@testable import S3

@Suite("Objects")
struct ObjectTests {
    @Test("come back as they were put, with all that was said of them")
    func roundTrip() async throws {
        try await withBucket { s3 in
            let put = try await s3.put(
                "a/b é", "hello world",
                [
                    "ContentType": "text/plain", "Metadata": ["owner": "ana"], "Tagging": "a=1&b=x%20y",
                    "StorageClass": "STANDARD_IA", "ServerSideEncryption": "AES256",
                ])
            #expect(put["ETag"] == "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"")
            #expect(put["ChecksumCRC64NVME"] == "jSnVw/bqjr4=")
            #expect(put["VersionId"] == nil)
            let head = try await s3.call("HeadObject", ["Key": "a/b é", "ChecksumMode": "ENABLED"])
            let expected: JSONObject = [
                "ContentType": "text/plain", "ContentLength": 11, "Metadata": ["owner": "ana"], "TagCount": 2,
                "StorageClass": "STANDARD_IA", "ServerSideEncryption": "AES256", "ChecksumCRC64NVME": "jSnVw/bqjr4=",
                "ChecksumType": "FULL_OBJECT", "AcceptRanges": "bytes",
            ]
            for (name, value) in expected { #expect(head[name] == value, "\(name)") }
            #expect(try await s3.text("a/b é") == "hello world")
            #expect(
                try await s3.call("GetObjectTagging", ["Key": "a/b é"])["TagSet"]?[1] == ["Key": "b", "Value": "x y"])
        }
    }

    @Test("with keys that look the same but are not stay apart")
    func normalization() async throws {
        try await withBucket { s3 in
            try await s3.put("caf\u{E9}", "one")
            try await s3.put("cafe\u{301}", "two")
            #expect(try await s3.text("caf\u{E9}") == "one")
            #expect(try await s3.text("cafe\u{301}") == "two")
            #expect(try await s3.call("ListObjectsV2")["KeyCount"] == 2)
        }
    }

    @Test("large ones go through files and can be read in pieces")
    func large() async throws {
        try await withBucket { s3 in
            let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            try await s3.call("PutObject", ["Key": "big"], body: content)
            let payload = try await s3.reply("GetObject", ["Key": "big"]).payload
            #expect(try await payload?.collected(limit: 4_000_000) == content)
            let part = try await s3.reply("GetObject", ["Key": "big", "Range": "bytes=2000000-2000009"])
            #expect(try await part.payload?.collected(limit: 10) == Array(content[2_000_000...2_000_009]))
            #expect(part.output["ContentRange"] == "bytes 2000000-2000009/3000000")
        }
    }

    static let ranges: [(String, String?)] = [
        ("bytes=0-0", "0"), ("bytes=2-4", "234"), ("bytes=7-", "789"), ("bytes=-2", "89"), ("bytes=5-99", "56789"),
        ("bytes=-99", "0123456789"), ("bytes=10-", nil), ("bytes=-0", nil), ("bytes=4-2", "0123456789"),
        ("lines=1-2", "0123456789"), ("bytes=1-2,4-5", "0123456789"), ("bytes=x-2", "0123456789"),
    ]

    @Test("ranges are those of RFC 9110", arguments: ranges)
    func range(field: String, expected: String?) async throws {
        try await withBucket { s3 in
            try await s3.put("k", "0123456789")
            if let expected {
                #expect(try await s3.text("k", ["Range": .string(field)]) == expected)
            } else {
                let fault = try await s3.fault("GetObject", ["Key": "k", "Range": .string(field)])
                #expect(fault?.code == "InvalidRange")
                #expect(fault?.status == 416)
                #expect(fault?.members["ActualObjectSize"] == "10")
            }
        }
    }

    static let readConditions: [(JSONObject, Int?)] = [
        (["IfMatch": "\"9dd4e461268c8034f5c8564e155c67a6\""], nil), (["IfMatch": "\"other\""], 412),
        (["IfMatch": "*"], nil),
        (["IfNoneMatch": "9dd4e461268c8034f5c8564e155c67a6"], 304), (["IfNoneMatch": "\"other\""], nil),
        (["IfModifiedSince": 1_750_000_000], 304), (["IfModifiedSince": 1_749_999_999], nil),
        (["IfUnmodifiedSince": 1_750_000_000], nil), (["IfUnmodifiedSince": 1_749_999_999], 412),
        (["IfMatch": "9dd4e461268c8034f5c8564e155c67a6", "IfUnmodifiedSince": 1_749_999_999], nil),
        (["IfNoneMatch": "\"other\"", "IfModifiedSince": 1_750_000_000], nil),
    ]

    @Test("are read only under the conditions given", arguments: readConditions)
    func readCondition(condition: JSONObject, status: Int?) async throws {
        try await withBucket(Surroundings(time: VirtualTime())) { s3 in
            try await s3.put("k", "x")
            let input = JSON.object(condition.merging(["Key": "k"]))
            #expect(try await s3.fault("GetObject", input)?.status == status)
            #expect(try await s3.fault("HeadObject", input)?.status == status)
        }
    }

    @Test("are written only under the conditions given")
    func writeConditions() async throws {
        try await withBucket { s3 in
            let new: JSON = ["Key": "k", "IfNoneMatch": "*"]
            #expect(try await s3.refusal("PutObject", ["Key": "k", "IfMatch": "\"x\""], body: [1]) == "NoSuchKey")
            #expect(try await s3.refusal("PutObject", new, body: [1]) == nil)
            #expect(try await s3.fault("PutObject", new, body: [2])?.status == 412)
            #expect(
                try await s3.refusal("PutObject", ["Key": "k", "IfMatch": "\"x\""], body: [2]) == "PreconditionFailed")
            let tag = try await s3.call("HeadObject", ["Key": "k"])["ETag"] ?? ""
            #expect(try await s3.refusal("PutObject", ["Key": "k", "IfMatch": tag], body: [2]) == nil)
            #expect(
                try await s3.refusal("PutObject", ["Key": "k", "IfNoneMatch": "\"x\""], body: [2]) == "NotImplemented")
        }
    }

    @Test("of many writers that each want to be the first, one is")
    func race() async throws {
        try await withBucket { s3 in
            let wins = await withTaskGroup(of: Int.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        (try? await s3.refusal("PutObject", ["Key": "k", "IfNoneMatch": "*"], body: [UInt8(number)]))
                            == .some(nil)
                            ? 1 : 0
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(wins == 1)
        }
    }

    static let badBodies: [(JSONObject, String)] = [
        (["ContentMD5": "XrY7u+Ae7tCTyyK7j1rNww=="], "BadDigest"), (["ContentMD5": "short"], "InvalidDigest"),
        (["ChecksumCRC32": "AAAAAA=="], "BadDigest"), (["ChecksumCRC32": "AAAA"], "InvalidRequest"),
        (["ChecksumCRC32": "AAAAAA==", "ChecksumCRC32C": "AAAAAA=="], "InvalidRequest"),
        (["ChecksumAlgorithm": "CRC16"], "InvalidRequest"), (["ChecksumAlgorithm": "XXHASH64"], "NotImplemented"),
        (["ContentLength": 3], "IncompleteBody"), (["StorageClass": "TAPE"], "InvalidStorageClass"),
        (["Tagging": "a=1&a=2"], "InvalidTag"), (["ACL": "public-read"], "AccessControlListNotSupported"),
        (["Metadata": ["a": .string(String(repeating: "x", count: 2050))]], "MetadataTooLarge"),
        (["SSECustomerAlgorithm": "AES256"], "NotImplemented"), (["ExpectedBucketOwner": "1"], "AccessDenied"),
    ]

    @Test("that are not what was announced are refused and leave nothing", arguments: badBodies)
    func badBody(input: JSONObject, code: String) async throws {
        try await withBucket { s3 in
            let all = JSON.object(input.merging(["Key": "k"]))
            let refusal = try await s3.refusal("PutObject", all, body: Array("not that".utf8))
            #expect(refusal == code)
            #expect(try await s3.fault("HeadObject", ["Key": "k"])?.status == 404)
        }
    }

    @Test("a key may have 1,024 bytes and no more")
    func keyLimit() async throws {
        try await withBucket { s3 in
            try await s3.put(String(repeating: "é", count: 512))
            let key = JSON.string(String(repeating: "é", count: 512) + "x")
            #expect(try await s3.refusal("PutObject", ["Key": key], body: []) == "KeyTooLongError")
        }
    }

    @Test("are copied with or without what was said of them")
    func copies() async throws {
        try await withBucket { s3 in
            try await s3.put("a b+c", "hello", ["ContentType": "text/x", "Metadata": ["m": "1"], "Tagging": "t=1"])
            try await s3.call("CopyObject", ["Key": "same", "CopySource": "artifacts/a%20b%2Bc"])
            let same = try await s3.call("HeadObject", ["Key": "same"])
            #expect(same["ContentType"] == "text/x" && same["Metadata"] == ["m": "1"] && same["TagCount"] == 1)
            try await s3.call(
                "CopyObject",
                [
                    "Key": "new", "CopySource": "/artifacts/a%20b%2Bc", "MetadataDirective": "REPLACE",
                    "ContentType": "text/y",
                    "TaggingDirective": "REPLACE", "ChecksumAlgorithm": "SHA256",
                ])
            let new = try await s3.call("HeadObject", ["Key": "new", "ChecksumMode": "ENABLED"])
            #expect(new["ContentType"] == "text/y" && new["Metadata"] == nil && new["TagCount"] == nil)
            #expect(new["ChecksumSHA256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
            try await s3.call("DeleteObject", ["Key": "a b+c"])
            #expect(try await s3.text("same") == "hello")
            let itself: JSON = ["Key": "same", "CopySource": "artifacts/same"]
            #expect(try await s3.refusal("CopyObject", itself) == "InvalidRequest")
            #expect(try await s3.refusal("CopyObject", ["Key": "x", "CopySource": "artifacts/no"]) == "NoSuchKey")
            #expect(try await s3.refusal("CopyObject", ["Key": "x", "CopySource": "nobucket/k"]) == "NoSuchBucket")
            let modified: JSON = ["Key": "x", "CopySource": "artifacts/same", "CopySourceIfNoneMatch": "*"]
            #expect(try await s3.fault("CopyObject", modified)?.status == 412)
        }
    }

    @Test("that come and go are told of in the log")
    func events() async throws {
        try await withBucket { s3 in
            try await s3.put("k", "hello")
            try await s3.call("DeleteObject", ["Key": "k"])
            try await s3.call("DeleteObject", ["Key": "never there"])
            let events = try await s3.test.ledger.events(after: 0).map(\.event)
            #expect(events.map(\.detailType) == ["Object Created", "Object Deleted"])
            #expect(events[0].resources == ["arn:aws:s3:::artifacts"])
            #expect(events[0].detail["object"]?["size"] == 5)
            #expect(events[0].detail["reason"] == "PutObject")
            #expect(events[1].detail["deletion-type"] == "Permanently Deleted")
        }
    }

    @Test("replaced while they are read are read whole, the old or the new")
    func readersAndWriters() async throws {
        try await withBucket { s3 in
            let texts = ["a", "b"].map { String(repeating: $0, count: 100_000) }
            try await s3.put("k", texts[0])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for turn in 0..<30 { try await s3.put("k", texts[turn % 2]) } }
                for _ in 0..<3 {
                    group.addTask {
                        for _ in 0..<30 {
                            let text = try await s3.text("k")
                            #expect(texts.contains(text))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
