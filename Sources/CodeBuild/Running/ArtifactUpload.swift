internal import Buildspec
internal import Cloud
internal import Crypto
internal import Foundation
internal import HTTP
internal import Ledger
internal import Notation
internal import Sandbox

/// Puts together and uploads one artifact of a build.
struct ArtifactUpload: Sendable {
    /// Where an artifact goes, and how.
    struct Target: Sendable {
        /// Nil for the primary one.
        var identifier: String?
        var place: S3Place
        var isZip: Bool
    }

    let site: BuildSite
    let workshop: Workshop
    let selector: FileSelector

    /// - Throws: ``StepFailure`` `CLIENT_ERROR` when nothing matches, or the bucket does not take it.
    func upload(_ rules: FileRules, keepsLinks: Bool, to target: Target) async throws -> ArtifactResult {
        let selector = selector
        let (found, notes) = try await OwnThread.run(throwing: { try selector.find(rules) })
        for note in notes { site.log.say("Artifacts\(target.identifier.map { " \($0)" } ?? ""): \(note)") }
        guard !found.isEmpty else { throw StepFailure("CLIENT_ERROR", "no matching artifact paths found") }
        site.log.say("Found \(found.count) file(s)")
        let result =
            target.isZip
            ? try await uploadZip(found, keepsLinks, target) : try await uploadFiles(found, target)
        site.log.say("Uploaded to \(target.place)")
        return result
    }

    private func uploadZip(
        _ found: [FileSelector.Found], _ keepsLinks: Bool, _ target: Target
    ) async throws -> ArtifactResult {
        let file = "\(site.folders.root)/\(workshop.surroundings.chance.hexadecimal(16)).zip"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let files = selector.files
        let (sha256, md5, size) = try await OwnThread.run(throwing: {
            let zip = try ZipWriter(file: file)
            for one in found { try Self.add(one, keepsLinks, files, zip) }
            try zip.close()
            return try Self.digests(of: file)
        })
        guard size <= workshop.limits.archiveBytes else {
            throw StepFailure(
                "CLIENT_ERROR", "The artifact is larger than archiveBytes, \(workshop.limits.archiveBytes) bytes.")
        }
        try await put(
            file, size: size, at: target.place, ["codebuild-content-sha256": sha256, "codebuild-content-md5": md5])
        return ArtifactResult(identifier: target.identifier, location: target.place.arn, sha256: sha256, md5: md5)
    }

    private static func add(
        _ one: FileSelector.Found, _ keepsLinks: Bool, _ files: ProgramFiles, _ zip: ZipWriter
    ) throws {
        if keepsLinks, files.facts(one.path, followLinks: false)?.kind == .link, let leads = files.linkTarget(one.path)
        {
            return try zip.addLink(at: one.name, to: leads)
        }
        // A file that vanished since it was found, or a link to nothing, is no file any more.
        guard let facts = files.facts(one.path), let handle = files.open(one.path) else { return }
        try zip.add(handle, at: one.name, mode: facts.mode, size: facts.size)
    }

    private func uploadFiles(_ found: [FileSelector.Found], _ target: Target) async throws -> ArtifactResult {
        let prefix =
            target.place.key.isEmpty || target.place.key.hasSuffix("/") ? target.place.key : target.place.key + "/"
        for one in found {
            guard let handle = selector.files.open(one.path), let facts = selector.files.facts(one.path) else {
                continue
            }
            let stream = HTTPBodyStream(length: facts.size) { handle.read() }
            try await put(.stream(stream), at: S3Place(bucket: target.place.bucket, key: prefix + one.name), [:])
        }
        return ArtifactResult(identifier: target.identifier, location: target.place.arn, sha256: nil, md5: nil)
    }

    /// Uploads a file of ours.
    func put(_ file: String, size: Int, at place: S3Place, _ facts: [String: String]) async throws {
        guard let handle = FileHandle(forReadingAtPath: file) else { throw BuildTrouble("Cannot read \(file).") }
        defer { try? handle.close() }
        let stream = HTTPBodyStream(length: size) {
            guard let bytes = try handle.read(upToCount: 262_144), !bytes.isEmpty else { return nil }
            return Array(bytes)
        }
        try await put(.stream(stream), at: place, facts)
    }

    private func put(_ body: HTTPBody, at place: S3Place, _ facts: [String: String]) async throws {
        var metadata: JSON = ["codebuild-buildarn": .string(site.order.arn)]
        for (name, value) in facts { metadata[name] = .string(value) }
        let input: JSON = ["Bucket": .string(place.bucket), "Key": .string(place.key), "Metadata": metadata]
        do {
            let caller = try await site.keys.current().caller
            _ = try await workshop.cloud.call("s3", "PutObject", input, payload: body, as: caller)
        } catch let error as AWSError {
            throw StepFailure("CLIENT_ERROR", "\(place) cannot be written: \(error.description)")
        }
    }

    /// The digests of a file, in hexadecimal, and its length.
    static func digests(of file: String) throws -> (sha256: String, md5: String, size: Int) {
        guard let handle = FileHandle(forReadingAtPath: file) else { throw BuildTrouble("Cannot read \(file).") }
        defer { try? handle.close() }
        var (sha256, md5, size) = (SHA256(), Insecure.MD5(), 0)
        while let bytes = try handle.read(upToCount: 262_144), !bytes.isEmpty {
            sha256.update(data: bytes)
            md5.update(data: bytes)
            size += bytes.count
        }
        return (Hexadecimal.encode(sha256.finalize()), Hexadecimal.encode(md5.finalize()), size)
    }
}
