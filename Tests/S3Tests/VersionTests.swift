import Cloud
import Ledger
import Notation
import Testing

@testable import S3

@Suite("Versions")
struct VersionTests {
    @Test("are kept, hidden by a marker, and come back when it goes")
    func markers() async throws {
        try await withBucket(versioned: true) { s3 in
            let first = try await s3.put("k", "one")["VersionId"] ?? ""
            let second = try await s3.put("k", "two")["VersionId"] ?? ""
            #expect(first != second)
            let marker = try await s3.call("DeleteObject", ["Key": "k"])
            #expect(marker["DeleteMarker"] == true)
            #expect(try await s3.refusal("GetObject", ["Key": "k"]) == "NoSuchKey")
            #expect(try await s3.text("k", ["VersionId": first]) == "one")
            #expect(
                try await s3.fault("GetObject", ["Key": "k", "VersionId": marker["VersionId"] ?? ""])?.status == 405)
            #expect(try await s3.refusal("GetObject", ["Key": "k", "VersionId": "nope"]) == "NoSuchVersion")
            #expect(try await s3.call("ListObjectsV2")["KeyCount"] == 0)
            #expect(try await s3.refusal("DeleteBucket") == "BucketNotEmpty")
            let undone = try await s3.call("DeleteObject", ["Key": "k", "VersionId": marker["VersionId"] ?? ""])
            #expect(undone["DeleteMarker"] == true)
            #expect(try await s3.text("k") == "two")
            try await s3.call("DeleteObject", ["Key": "k", "VersionId": second])
            #expect(try await s3.text("k") == "one")
        }
    }

    @Test("called null are one each, before, between and after")
    func suspended() async throws {
        try await withBucket { s3 in
            try await s3.put("k", "before")
            try await s3.call("PutBucketVersioning", ["VersioningConfiguration": ["Status": "Enabled"]])
            try await s3.put("k", "kept")
            #expect(try await s3.text("k", ["VersionId": "null"]) == "before")
            try await s3.call("PutBucketVersioning", ["VersioningConfiguration": ["Status": "Suspended"]])
            try await s3.put("k", "after")
            #expect(try await s3.text("k", ["VersionId": "null"]) == "after")
            #expect(try await s3.versions.count == 2)
            let marker = try await s3.call("DeleteObject", ["Key": "k"])
            #expect(marker["VersionId"] == "null" && marker["DeleteMarker"] == true)
            let versions = try await s3.versions
            #expect(versions.map(\.isMarker) == [false, true])
            #expect(versions.map(\.isLatest) == [false, true])
        }
    }

    @Test("survive any course of writes and deletes as a plain list would", arguments: 0..<15)
    func model(seed: UInt64) async throws {
        let chance = SeededChance(seed: seed)
        try await withBucket(versioned: true) { s3 in
            // Newest first: id, and text or nil for a marker.
            var model: [(id: String, text: String?)] = []
            for step in 0..<25 {
                switch chance.next() % 4 {
                case 0, 1:
                    let id = try await s3.put("k", "\(step)")["VersionId"]?.string ?? ""
                    model.insert((id, "\(step)"), at: 0)
                case 2:
                    let id = try await s3.call("DeleteObject", ["Key": "k"])["VersionId"]?.string ?? ""
                    model.insert((id, nil), at: 0)
                default:
                    guard !model.isEmpty else { continue }
                    let victim = model.remove(at: Int(chance.next() % UInt64(model.count)))
                    try await s3.call("DeleteObject", ["Key": "k", "VersionId": .string(victim.id)])
                }
                if let text = model.first?.text {
                    #expect(try await s3.text("k") == text)
                } else {
                    #expect(try await s3.refusal("GetObject", ["Key": "k"]) == "NoSuchKey")
                }
                let listed = try await s3.versions
                #expect(Set(listed.map(\.id)) == Set(model.map(\.id)))
                #expect(listed.filter(\.isLatest).map(\.id) == model.prefix(1).map(\.id))
            }
        }
    }

    @Test("are listed in pages with everything once", arguments: 1...5)
    func paging(limit: Int) async throws {
        try await withBucket(versioned: true) { s3 in
            for key in ["a", "b", "d/1", "a", "d/2", "b", "b"] { try await s3.put(key) }
            try await s3.call("DeleteObject", ["Key": "b"])
            try await s3.call("DeleteObject", ["Key": "c"])
            var lines: [String] = []
            var markers: JSONObject? = [:]
            while let place = markers {
                let input: JSONObject = ["MaxKeys": .int(limit), "Delimiter": "/"]
                let page = try await s3.call("ListObjectVersions", .object(input.merging(place)))
                for name in ["Versions", "DeleteMarkers"] {
                    lines += (page[name]?.array ?? []).compactMap { $0["VersionId"]?.string }
                }
                lines += (page["CommonPrefixes"]?.array ?? []).compactMap { $0["Prefix"]?.string }
                var next: JSONObject = [:]
                next["KeyMarker"] = page["NextKeyMarker"]
                next["VersionIdMarker"] = page["NextVersionIdMarker"]
                markers = page["IsTruncated"] == true ? next : nil
            }
            #expect(lines.count == 8)
            #expect(Set(lines).count == 8)
        }
    }
}
