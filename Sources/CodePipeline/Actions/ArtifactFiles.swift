internal import Cloud
internal import Foundation
internal import HTTP
internal import Ledger
internal import Notation
internal import Sandbox

extension RunContext {
    /// How large an artifact may be that is looked into (User Guide, "Quotas").
    private static let archiveLimit = 1 << 30
    /// How large a single file of one may be that is read as a text.
    private static let textLimit = 4 << 20

    /// A folder that is there while the closure runs.
    func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let name = "slipway-pipeline-\(cloud.surroundings.chance.hexadecimal(16))"
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    /// The input artifact of that name.
    ///
    /// - Throws: ``RunError`` when the action has none of that name.
    func input(_ name: String) throws -> Artifact {
        guard let artifact = run.inputs.first(where: { $0.name == name }) else {
            throw RunError("ConfigurationError", "'\(name)' is none of the action's input artifacts.")
        }
        return artifact
    }

    /// Unpacks an artifact into a folder.
    ///
    /// - Throws: ``RunError`` when it is no archive that can be unpacked.
    func unpack(_ artifact: Artifact, into folder: String) async throws {
        let file = folder + ".zip"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await download(artifact, to: file)
        var limits = Archive.Limits()
        limits.totalBytes = 4 * Self.archiveLimit
        do throws(Archive.Failure) { try Archive.expand(file: file, into: folder, limits: limits) } catch {
            throw RunError("InvalidArtifact", "The artifact '\(artifact.name)' cannot be unpacked: \(error.message)")
        }
    }

    private func download(_ artifact: Artifact, to file: String) async throws {
        let input: JSON = ["Bucket": .string(artifact.bucket), "Key": .string(artifact.key)]
        let reply: Reply
        do {
            reply = try await cloud.call("s3", "GetObject", input, payload: nil, as: try await caller())
        } catch let error as AWSError where !error.isPassing {
            throw RunError(
                error.code,
                "The artifact '\(artifact.name)' (s3://\(artifact.bucket)/\(artifact.key)) cannot be read: "
                    + "\(error.message)"
            )
        }
        _ = FileManager.default.createFile(atPath: file, contents: nil, attributes: [.posixPermissions: 0o600])
        guard let handle = FileHandle(forWritingAtPath: file) else {
            throw RunError("InternalError", "There is no room for the artifact '\(artifact.name)'.")
        }
        defer { try? handle.close() }
        var size = 0
        func write(_ bytes: [UInt8]) throws {
            size += bytes.count
            guard size <= Self.archiveLimit else {
                throw RunError(
                    "InvalidArtifact", "The artifact '\(artifact.name)' is larger than \(Self.archiveLimit) bytes.")
            }
            try handle.write(contentsOf: Data(bytes))
        }
        switch reply.payload {
        case .bytes(let bytes)?: try write(bytes)
        case .stream(let stream)?: for try await piece in stream { try write(piece) }
        case nil: break
        }
    }

    /// The text of a file in an artifact, both named as in `Artifact::folder/file`.
    ///
    /// - Throws: ``RunError`` when there is no such artifact or file.
    func text(at path: String) async throws -> String {
        let parts = path.split(separator: "::", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw RunError("ConfigurationError", "'\(path)' must be written InputArtifact::File.")
        }
        let artifact = try input(parts[0])
        return try await withFolder { folder in
            try await unpack(artifact, into: folder + "/tree")
            guard let text = try readText(parts[1], in: folder + "/tree") else {
                throw RunError("ConfigurationError", "The artifact '\(artifact.name)' has no file '\(parts[1])'.")
            }
            return text
        }
    }

    /// The text of a file below the folder; nil when there is none. Links out of the folder were refused when it was
    /// unpacked.
    func readText(_ name: String, in folder: String) throws -> String? {
        let parts = name.split(separator: "/")
        guard !parts.contains("..") else {
            throw RunError("ConfigurationError", "'\(name)' leads out of the artifact.")
        }
        guard let data = FileManager.default.contents(atPath: folder + "/" + parts.joined(separator: "/")) else {
            return nil
        }
        guard data.count <= Self.textLimit else {
            throw RunError("InvalidArtifact", "The file '\(name)' is larger than \(Self.textLimit) bytes.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Writes an artifact of these files. Written twice it is the same.
    func put(_ files: [String: String], as artifact: Artifact) async throws {
        try await withFolder { folder in
            for (name, text) in files {
                guard !name.split(separator: "/").contains("..") else {
                    throw RunError("ConfigurationError", "'\(name)' leads out of the artifact.")
                }
                let file = folder + "/tree/" + name
                let above = file[..<(file.lastIndex(of: "/") ?? file.endIndex)]
                try FileManager.default.createDirectory(atPath: String(above), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            }
            do throws(Archive.Failure) { try Archive.zip(folder: folder + "/tree", to: folder + "/out.zip") } catch {
                throw RunError("InternalError", "The artifact '\(artifact.name)' cannot be written: \(error.message)")
            }
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/out.zip")))
            try await put(.bytes(bytes), as: artifact)
        }
    }

    /// Writes an artifact as it is.
    func put(_ body: HTTPBody, as artifact: Artifact, type: String = "application/zip") async throws {
        let input: JSON = [
            "Bucket": .string(artifact.bucket), "Key": .string(artifact.key), "ContentType": .string(type),
        ]
        do {
            _ = try await cloud.call("s3", "PutObject", input, payload: body, as: try await caller())
        } catch let error as AWSError where !error.isPassing {
            throw RunError(
                error.code,
                "The artifact '\(artifact.name)' cannot be written to s3://\(artifact.bucket): \(error.message)")
        }
    }
}

/// A file as a body that is read piece by piece.
enum FileBody {
    private static let piece = 1 << 18

    /// Nil when there is no such file.
    static func open(_ path: String) -> HTTPBody? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? nil
        return .stream(
            HTTPBodyStream(length: size) {
                let data = try handle.read(upToCount: piece) ?? Data()
                return data.isEmpty ? nil : Array(data)
            })
    }
}
