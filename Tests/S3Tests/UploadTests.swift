import HTTP
import Ledger
import Notation
import Testing

@testable import S3

@Suite("Uploads in parts")
struct UploadTests {
    private static let five = [UInt8](repeating: 65, count: 5 << 20)

    private func upload(_ s3: S3Fixture, _ parts: [[UInt8]], _ more: JSONObject = [:]) async throws -> (JSON, [JSON]) {
        let id = try await s3.call("CreateMultipartUpload", .object(more.merging(["Key": "k"])))["UploadId"] ?? ""
        var listed: [JSON] = []
        for (index, part) in parts.enumerated() {
            let answer = try await s3.call(
                "UploadPart", ["Key": "k", "UploadId": id, "PartNumber": .int(index + 1)], body: part)
            listed.append(["PartNumber": .int(index + 1), "ETag": answer["ETag"] ?? ""])
        }
        return (id, listed)
    }

    @Test("become one object, whose parts and ranges can be read")
    func complete() async throws {
        try await withBucket { s3 in
            let tail = Array("the end".utf8)
            let (id, parts) = try await upload(s3, [Self.five, tail], ["ContentType": "text/plain"])
            let done = try await s3.call(
                "CompleteMultipartUpload",
                [
                    "Key": "k", "UploadId": id, "MultipartUpload": ["Parts": .array(parts)],
                    "MpuObjectSize": .int((5 << 20) + 7),
                ])
            #expect(done["ETag"]?.string?.hasSuffix("-2\"") == true)
            #expect(done["ChecksumType"] == "FULL_OBJECT")
            var whole = ChecksumAlgorithm.crc64.makeDigest()
            whole.update(Self.five + tail)
            var head = try await s3.call("HeadObject", ["Key": "k", "ChecksumMode": "ENABLED"])
            #expect(head["ContentLength"] == .int((5 << 20) + 7) && head["ContentType"] == "text/plain")
            #expect(head["ChecksumCRC64NVME"] == done["ChecksumCRC64NVME"])
            #expect(try await s3.text("k", ["Range": "bytes=5242878-5242882"]) == "AAthe")
            #expect(try await s3.text("k", ["PartNumber": 2]) == "the end")
            head = try await s3.call("HeadObject", ["Key": "k", "PartNumber": 1])
            #expect(head["PartsCount"] == 2)
            #expect(try await s3.refusal("GetObject", ["Key": "k", "PartNumber": 3]) == "InvalidPartNumber")
            #expect(try await s3.refusal("ListParts", ["Key": "k", "UploadId": id]) == "NoSuchUpload")
            try await s3.call("CopyObject", ["Key": "copy", "CopySource": "artifacts/k"])
            #expect(try await s3.call("HeadObject", ["Key": "copy"])["ETag"]?.string?.contains("-") == false)
        }
    }

    @Test("have a composite checksum where the algorithm does not combine")
    func composite() async throws {
        try await withBucket { s3 in
            let (id, parts) = try await upload(s3, [[1, 2, 3]], ["ChecksumAlgorithm": "SHA256"])
            let done = try await s3.call(
                "CompleteMultipartUpload", ["Key": "k", "UploadId": id, "MultipartUpload": ["Parts": .array(parts)]])
            #expect(done["ChecksumType"] == "COMPOSITE")
            #expect(done["ChecksumSHA256"]?.string?.hasSuffix("-1") == true)
            let odd: JSON = ["Key": "k", "ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"]
            #expect(try await s3.refusal("CreateMultipartUpload", odd) == "InvalidRequest")
        }
    }

    @Test("are refused when the list of parts is not right")
    func refusals() async throws {
        try await withBucket { s3 in
            let (id, parts) = try await upload(s3, [[1], [2]])
            func complete(_ parts: [JSON]) async throws -> String? {
                try await s3.refusal(
                    "CompleteMultipartUpload",
                    ["Key": "k", "UploadId": id, "MultipartUpload": ["Parts": .array(parts)]])
            }
            #expect(try await complete(parts) == "EntityTooSmall")
            #expect(try await complete(parts.reversed()) == "InvalidPartOrder")
            #expect(try await complete([["PartNumber": 3, "ETag": "x"]]) == "InvalidPart")
            #expect(try await complete([["PartNumber": 1, "ETag": "x"]]) == "InvalidPart")
            #expect(try await complete([]) == "MalformedXML")
            #expect(try await complete([parts[1]]) == nil)
            #expect(
                try await s3.refusal("UploadPart", ["Key": "k", "UploadId": id, "PartNumber": 1], body: [1])
                    == "NoSuchUpload")
            #expect(
                try await s3.refusal("UploadPart", ["Key": "k", "UploadId": id, "PartNumber": 10_001], body: [1])
                    == "InvalidArgument")
        }
    }

    @Test("are listed, aborted, and made from other objects' ranges")
    func listing() async throws {
        try await withBucket { s3 in
            try await s3.put("source", "0123456789")
            let (id, _) = try await upload(s3, [[1], [2], [3]])
            let copy: JSON = [
                "Key": "k", "UploadId": id, "PartNumber": 4, "CopySource": "artifacts/source",
                "CopySourceRange": "bytes=2-4",
            ]
            #expect(try await s3.call("UploadPartCopy", copy)["CopyPartResult"]?["ETag"] != nil)
            let page = try await s3.call("ListParts", ["Key": "k", "UploadId": id, "MaxParts": 3])
            #expect(
                page["Parts"]?.array?.count == 3 && page["IsTruncated"] == true && page["NextPartNumberMarker"] == 3)
            let rest = try await s3.call("ListParts", ["Key": "k", "UploadId": id, "PartNumberMarker": 3])
            #expect(rest["Parts"]?[0]?["Size"] == 3)
            _ = try await s3.call("CreateMultipartUpload", ["Key": "k"])
            _ = try await s3.call("CreateMultipartUpload", ["Key": "l/1"])
            let first = try await s3.call("ListMultipartUploads", ["MaxUploads": 1])
            let second = try await s3.call(
                "ListMultipartUploads",
                [
                    "KeyMarker": first["NextKeyMarker"] ?? "", "UploadIdMarker": first["NextUploadIdMarker"] ?? "",
                    "Delimiter": "/",
                ])
            #expect(second["Uploads"]?.array?.count == 1)
            #expect(second["CommonPrefixes"]?[0]?["Prefix"] == "l/")
            try await s3.call("AbortMultipartUpload", ["Key": "k", "UploadId": id])
            #expect(try await s3.refusal("AbortMultipartUpload", ["Key": "k", "UploadId": id]) == "NoSuchUpload")
        }
    }
}
