internal import Notation

/// The place of an S3 object as templates and callers name it.
package struct ObjectAddress: Sendable, Hashable {
    /// The bucket.
    package let bucket: String
    /// The key.
    package let key: String
    /// The version; nil for the newest.
    package let version: String?

    /// Reads `s3://bucket/key`, `https://bucket.s3.region.amazonaws.com/key`,
    /// `https://s3.region.amazonaws.com/bucket/key` and the path-style addresses of any other host; nil when the text
    /// is none of them.
    package init?(_ text: String) {
        let (address, query) = Self.cut(text, at: "?")
        version = query?.split(separator: "&").first { $0.hasPrefix("versionId=") }.map { String($0.dropFirst(10)) }
        if address.hasPrefix("s3://") {
            guard let (bucket, key) = Self.bucketAndKey(address.dropFirst(5)) else { return nil }
            (self.bucket, self.key) = (bucket, key)
            return
        }
        guard let scheme = ["https://", "http://"].first(where: address.hasPrefix) else { return nil }
        let rest = address.dropFirst(scheme.count)
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        let host = rest[..<slash]
        let path = rest[rest.index(after: slash)...]
        if let dot = host.firstRange(of: ".s3.") ?? host.firstRange(of: ".s3-") {
            guard !path.isEmpty else { return nil }
            (bucket, key) = (String(host[..<dot.lowerBound]), PercentEncoding.decode(path))
            return
        }
        guard let (bucket, key) = Self.bucketAndKey(path) else { return nil }
        (self.bucket, self.key) = (bucket, key)
    }

    private static func cut(_ text: String, at mark: Character) -> (Substring, Substring?) {
        guard let place = text.firstIndex(of: mark) else { return (text[...], nil) }
        return (text[..<place], text[text.index(after: place)...])
    }

    private static func bucketAndKey(_ path: Substring) -> (String, String)? {
        guard let slash = path.firstIndex(of: "/"), slash != path.startIndex else { return nil }
        let key = path[path.index(after: slash)...]
        return key.isEmpty ? nil : (String(path[..<slash]), PercentEncoding.decode(key))
    }

}
