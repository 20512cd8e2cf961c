import Ledger
import Notation
import Testing

@testable import S3

@Suite("Lists")
struct ListingTests {
    private static func keys(_ output: JSON) -> [String] {
        (output["Contents"]?.array ?? []).compactMap { $0["Key"]?.string }
    }
    private static func prefixes(_ output: JSON) -> [String] {
        (output["CommonPrefixes"]?.array ?? []).compactMap { $0["Prefix"]?.string }
    }

    @Test("roll keys up at the delimiter")
    func delimiter() async throws {
        try await withBucket { s3 in
            for key in ["a", "p/1", "p/2", "p/q/3", "z"] { try await s3.put(key) }
            let top = try await s3.call("ListObjectsV2", ["Delimiter": "/"])
            #expect(Self.keys(top) == ["a", "z"])
            #expect(Self.prefixes(top) == ["p/"])
            #expect(top["KeyCount"] == 3)
            let inner = try await s3.call("ListObjectsV2", ["Delimiter": "/", "Prefix": "p/", "StartAfter": "p/"])
            #expect(Self.keys(inner) == ["p/1", "p/2"])
            #expect(Self.prefixes(inner) == ["p/q/"])
            #expect(
                Self.keys(try await s3.call("ListObjectsV2", ["StartAfter": "p/1", "FetchOwner": true])) == [
                    "p/2", "p/q/3", "z",
                ])
        }
    }

    @Test("in pages have everything once, whatever the page, prefix and delimiter", arguments: 0..<12)
    func paging(seed: UInt64) async throws {
        let chance = SeededChance(seed: seed)
        func pick(_ choices: [String]) -> String { choices[Int(chance.next() % UInt64(choices.count))] }
        let all = Set(
            (0..<40).map { _ in (0..<Int(1 + chance.next() % 4)).map { _ in pick(["a", "b/", "é", "/", "~"]) }.joined()
            })
        let prefix = pick(["", "a", "b/", "é"])
        let delimiter = pick(["", "/", "a", "/a"])
        let expected = all.filter { $0.utf8.starts(with: prefix.utf8) }
            .map { key -> String in
                let rest = key.dropFirst(prefix.count)
                guard !delimiter.isEmpty, let mark = rest.firstRange(of: delimiter) else { return key }
                return prefix + rest[..<mark.upperBound]
            }
        let sorted = Set(expected).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        try await withBucket { s3 in
            for key in all { try await s3.put(key) }
            var found: [String] = []
            var token: JSON?
            repeat {
                var input: JSON = [
                    "MaxKeys": .int(1 + Int(seed % 5)), "Prefix": .string(prefix), "Delimiter": .string(delimiter),
                ]
                input["ContinuationToken"] = token
                let page = try await s3.call("ListObjectsV2", input)
                found += (Self.keys(page) + Self.prefixes(page)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                token = page["NextContinuationToken"]
            } while token != nil
            #expect(found == sorted)
        }
    }

    @Test("of the first version go on from a marker and name the next where it cannot be seen")
    func markers() async throws {
        try await withBucket { s3 in
            for key in ["a/1", "a/2", "b/1", "c"] { try await s3.put(key) }
            let first = try await s3.call("ListObjects", ["Delimiter": "/", "MaxKeys": 1])
            #expect(Self.prefixes(first) == ["a/"] && first["NextMarker"] == "a/" && first["IsTruncated"] == true)
            let second = try await s3.call("ListObjects", ["Delimiter": "/", "MaxKeys": 5, "Marker": "a/"])
            #expect(Self.prefixes(second) == ["b/"] && Self.keys(second) == ["c"] && second["IsTruncated"] == false)
            #expect(try await s3.call("ListObjects", ["MaxKeys": 0])["IsTruncated"] == false)
        }
    }

    @Test("encode keys on request")
    func encoding() async throws {
        try await withBucket { s3 in
            try await s3.put("a b/ü+\u{1}")
            let list = try await s3.call("ListObjectsV2", ["EncodingType": "url", "Prefix": "a b"])
            #expect(Self.keys(list) == ["a%20b/%C3%BC%2B%01"])
            #expect(list["Prefix"] == "a%20b")
            #expect(try await s3.refusal("ListObjectsV2", ["EncodingType": "gzip"]) == "InvalidArgument")
            #expect(try await s3.refusal("ListObjectsV2", ["ContinuationToken": "zzz"]) == "InvalidArgument")
            #expect(try await s3.refusal("ListObjectsV2", ["MaxKeys": -1]) == "InvalidArgument")
        }
    }
}
