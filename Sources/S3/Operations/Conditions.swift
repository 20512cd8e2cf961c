internal import Cloud
internal import Notation

/// The entity tags of a condition: `"a", "b"`, quoted or not.
struct EntityTags {
    private let tags: Set<String>

    init(_ text: String) {
        tags = Set(
            text.split(separator: ",").map { tag in
                var tag = tag.drop { $0 == " " }
                if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
                return String(tag.filter { $0 != "\"" && $0 != " " })
            })
    }

    func contains(_ tag: String) -> Bool { tags.contains(tag) || tags.contains("*") }
}

/// Under which conditions an object is to be read. Source: RFC 9110, section 13.2.2, as the S3 API Reference has it
/// for GetObject.
struct ReadCondition {
    private let match: String?
    private let noneMatch: String?
    private let modifiedSince: Double?
    private let unmodifiedSince: Double?

    /// The conditions of an input; those of a copy's source begin with `CopySource`.
    init(_ input: JSON, prefix: String) {
        match = input[prefix + "IfMatch"]?.string
        noneMatch = input[prefix + "IfNoneMatch"]?.string
        modifiedSince = input[prefix + "IfModifiedSince"]?.double
        unmodifiedSince = input[prefix + "IfUnmodifiedSince"]?.double
    }

    /// - Throws: `PreconditionFailed` or, with status 304, `NotModified`.
    func check(_ object: ObjectVersion) throws {
        // Dates in headers have whole seconds.
        let modified = object.modified.seconds.rounded(.down)
        if let match {
            guard EntityTags(match).contains(object.etag) else { throw S3Error.preconditionFailed("If-Match") }
        } else if let unmodifiedSince, modified > unmodifiedSince {
            throw S3Error.preconditionFailed("If-Unmodified-Since")
        }
        if let noneMatch {
            if EntityTags(noneMatch).contains(object.etag) { throw S3Error.notModified }
        } else if let modifiedSince, modified <= modifiedSince {
            throw S3Error.notModified
        }
    }
}

/// A `Range` field with one range (RFC 9110, section 14.1.2).
enum ByteRange {
    /// The bytes of a body of that size; nil for all of it, which is also what a field gets that is no range of
    /// bytes, or has several.
    ///
    /// - Throws: `InvalidRange` when none of the bytes is there.
    static func parse(_ field: String?, size: Int) throws -> Range<Int>? {
        guard let field, field.hasPrefix("bytes=") else { return nil }
        let bounds = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2 else { return nil }
        let (from, to) = (Int(bounds[0]), Int(bounds[1]))
        guard from != nil || bounds[0].isEmpty, to != nil || bounds[1].isEmpty else { return nil }
        switch (from, to) {
        case (let from?, let to?) where to < from: return nil
        case (let from?, let to):
            guard from < size else { throw unsatisfiable(field, size) }
            return from..<(min(to ?? .max, size - 1) + 1)
        case (nil, let count?):
            guard count > 0, size > 0 else { throw unsatisfiable(field, size) }
            return max(0, size - count)..<size
        case (nil, nil): return nil
        }
    }

    private static func unsatisfiable(_ field: String, _ size: Int) -> AWSError {
        AWSError(
            "InvalidRange", "The requested range is not satisfiable", status: 416,
            members: ["RangeRequested": .string(field), "ActualObjectSize": .string(String(size))])
    }
}
