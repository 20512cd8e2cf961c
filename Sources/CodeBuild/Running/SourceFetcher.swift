internal import Cloud
internal import Foundation
internal import HTTP
internal import Ledger
internal import Notation
internal import Sandbox

/// Brings the sources of a build into its folders.
struct SourceFetcher: Sendable {
    let site: BuildSite
    let workshop: Workshop

    /// Fetches one source into its folder.
    ///
    /// - Returns: The version that it really is; nil where there is none to tell.
    /// - Throws: ``StepFailure`` with `CLIENT_ERROR` when it cannot be had.
    func fetch(_ source: WantedSource, _ index: Int) async throws -> String? {
        if let input = source.input { return try await fetch(input, index) }
        switch source.settings.type {
        case "NO_SOURCE": return nil
        case "S3": return try await fetchObjects(source, index)
        case "CODEPIPELINE":
            throw StepFailure(
                "CLIENT_ERROR", "The project takes its source from a pipeline: only a pipeline can start it.")
        default:
            let clone = try await GitClone(source: source, site: site, workshop: workshop)
            return try await clone.run(into: index)
        }
    }

    /// What a pipeline hands over: a zip, or a note where to clone from.
    private func fetch(_ input: BuildOrder.PipelineOrder.Input, _ index: Int) async throws -> String? {
        let place = S3Place(bucket: input.bucket, key: input.key)
        let packed = try await download(place, version: nil)
        defer { try? FileManager.default.removeItem(atPath: packed) }
        if let note = Self.note(in: packed) {
            let clone = try await GitClone(note: note, site: site, workshop: workshop)
            return try await clone.run(into: index)
        }
        try await unpack(packed, index, place)
        return input.revision
    }

    /// A reference to clone; nil when the file is an archive.
    private static func note(in path: String) -> JSON? {
        guard let file = FileHandle(forReadingAtPath: path), let start = try? file.read(upToCount: 65_536),
            start.first == UInt8(ascii: "{")
        else { return nil }
        return try? JSON(parsing: Array(start))
    }

    /// `bucket/key.zip` is unpacked, any other object lies there under its own name, `bucket/prefix/` is copied whole.
    private func fetchObjects(_ source: WantedSource, _ index: Int) async throws -> String? {
        guard let place = S3Place(location: source.settings.location ?? "") else {
            throw StepFailure("CLIENT_ERROR", "'\(source.settings.location ?? "")' is no bucket and key of a source.")
        }
        guard place.key.isEmpty || place.key.hasSuffix("/") else {
            let packed = try await download(place, version: source.version)
            defer { try? FileManager.default.removeItem(atPath: packed) }
            if place.key.lowercased().hasSuffix(".zip") {
                try await unpack(packed, index, place)
            } else {
                let name = place.key.split(separator: "/").last.map(String.init) ?? "source"
                let target = site.folders.host(BuildFolders.source(index)) + "/" + name
                try FileManager.default.moveItem(atPath: packed, toPath: target)
            }
            site.folders.ownAll(BuildFolders.source(index))
            return source.version
        }
        try await copy(place, index)
        site.folders.ownAll(BuildFolders.source(index))
        return nil
    }

    private func copy(_ place: S3Place, _ index: Int) async throws {
        var token: JSON?
        repeat {
            var input: JSON = ["Bucket": .string(place.bucket), "Prefix": .string(place.key)]
            input["ContinuationToken"] = token
            let page = try await site.keys.call("s3", "ListObjectsV2", input)
            for key in (page["Contents"]?.array ?? []).compactMap({ $0["Key"]?.string }) {
                let parts = key.dropFirst(place.key.count).split(separator: "/").map(String.init)
                guard !parts.isEmpty, !key.hasSuffix("/"), !parts.contains("..") else { continue }
                let target = site.folders.host(BuildFolders.source(index)) + "/" + parts.joined(separator: "/")
                try FileManager.default.createDirectory(
                    atPath: String(target.dropLast(parts[parts.count - 1].count + 1)), withIntermediateDirectories: true
                )
                let object = try await download(S3Place(bucket: place.bucket, key: key), version: nil)
                try FileManager.default.moveItem(atPath: object, toPath: target)
            }
            token = page["NextContinuationToken"]
        } while token != nil
    }

    private func unpack(_ file: String, _ index: Int, _ place: S3Place) async throws {
        let folder = site.folders.host(BuildFolders.source(index))
        let limits = Archive.Limits(
            totalBytes: workshop.limits.archiveBytes * 20, entries: 2_000_000, ratio: 1_000, ratioFloor: 1 << 30)
        do {
            _ = try await OwnThread.run(throwing: { try Archive.expand(file: file, into: folder, limits: limits) })
        } catch {
            throw StepFailure("CLIENT_ERROR", "The source \(place) cannot be unpacked: \(error)")
        }
        site.folders.ownAll(BuildFolders.source(index))
    }

    // MARK: Objects

    /// An object's bytes.
    func object(_ place: S3Place, limit: Int) async throws -> [UInt8] {
        try await body(place, version: nil).collected(limit: limit)
    }

    /// Writes an object to a file of its own below the build's folder, and returns that.
    func download(_ place: S3Place, version: String?) async throws -> String {
        let body = try await body(place, version: version)
        let path = "\(site.folders.root)/\(workshop.surroundings.chance.hexadecimal(16)).object"
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw BuildTrouble("Cannot write \(path).") }
        defer { try? file.close() }
        var count = 0
        func write(_ bytes: [UInt8]) throws {
            count += bytes.count
            guard count <= workshop.limits.archiveBytes else {
                throw StepFailure(
                    "CLIENT_ERROR", "\(place) is larger than archiveBytes, \(workshop.limits.archiveBytes) bytes.")
            }
            try file.write(contentsOf: Data(bytes))
        }
        switch body {
        case .bytes(let bytes): try write(bytes)
        case .stream(let stream): for try await bytes in stream { try write(bytes) }
        }
        return path
    }

    private func body(_ place: S3Place, version: String?) async throws -> HTTPBody {
        var input: JSON = ["Bucket": .string(place.bucket), "Key": .string(place.key)]
        input["VersionId"] = version.flatMap { $0.isEmpty ? nil : .string($0) }
        do {
            let caller = try await site.keys.current().caller
            let reply = try await workshop.cloud.call("s3", "GetObject", input, payload: nil, as: caller)
            return reply.payload ?? .bytes([])
        } catch let error as AWSError {
            throw StepFailure("CLIENT_ERROR", "\(place) cannot be read: \(error.description)")
        }
    }
}

/// An object, or all below a prefix.
struct S3Place: Sendable, Equatable, CustomStringConvertible {
    var bucket: String
    var key: String

    init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// `bucket/key`; nil without a bucket.
    init?(location: String) {
        let text = location.hasPrefix("arn:aws:s3:::") ? String(location.dropFirst(13)) : location
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let bucket = parts.first, !bucket.isEmpty else { return nil }
        self.init(bucket: bucket, key: parts.count > 1 ? parts[1] : "")
    }

    /// `arn:aws:s3:::bucket/key`.
    init?(arn: String) {
        guard arn.hasPrefix("arn:aws:s3:::") else { return nil }
        self.init(location: arn)
    }

    var arn: String { "arn:aws:s3:::\(bucket)/\(key)" }
    var description: String { "s3://\(bucket)/\(key)" }
}
