import Cloud
import Crypto
import Foundation
import HTTP
import Ledger
import Notation

/// A repository at its host, and how to get at it.
struct MirrorSource: Sendable {
    let connection: String
    let repository: RepositoryID
    let place: String
    let isFolder: Bool
    let credentials: GitCredentials?
}

/// A commit's own words.
struct CommitFacts: Sendable, Hashable {
    var id: String
    var author: String
    var authorDate: String
    var committerDate: String
    var message: String
}

/// Bare copies of connected repositories below the data folder, each brought up to date when somebody asks.
///
/// A copy is a cache: it can be deleted at any time. One command at a time works in a copy.
actor RepositoryMirrors {
    /// A packed tree may have so many bytes.
    private static let archiveLimit = 1 << 30
    /// Bytes of one piece of an answer.
    private static let piece = 256 << 10

    /// A tree, zipped.
    struct Packed: Sendable {
        let commit: CommitFacts
        let archive: HTTPBodyStream
    }

    private let folder: String
    private let time: any TimeSource
    private var turns: [String: Task<Void, Never>] = [:]

    /// Copies in that folder. What an earlier process left of scratch files goes.
    init(folder: String, time: any TimeSource) throws {
        self.folder = folder
        self.time = time
        let files = FileManager.default
        do {
            try files.createDirectory(
                atPath: folder + "/mirrors", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for name in try files.contentsOfDirectory(atPath: folder)
            where name.hasPrefix("run-") || name.hasPrefix("pack-") {
                try files.removeItem(atPath: folder + "/" + name)
            }
            // Folders of this machine may belong to other users; who connected them was the operator.
            try "[safe]\n\tdirectory = *\n[gc]\n\tauto = 0\n".write(
                toFile: folder + "/gitconfig", atomically: true, encoding: .utf8)
        } catch {
            throw LedgerError(.unusable, "The folder \(folder) cannot be written. Check its rights and disk space.")
        }
    }

    /// Forgets all copies of a connection.
    func remove(_ connection: String) {
        try? FileManager.default.removeItem(atPath: "\(folder)/mirrors/\(connection)")
    }

    // MARK: Questions

    /// The tree of the commit.
    ///
    /// - Throws: ``AWSError`` in words for whoever asked when the repository cannot be reached or has no such commit.
    func pack(_ wanted: WantedCommit, from source: MirrorSource) async throws -> Packed {
        try await inTurn(source) { git in
            let commit = try await self.find(wanted, from: source, git)
            let path = "\(self.folder)/pack-\(UUID().uuidString).zip"
            do {
                _ = try await git.run(["archive", "--format=zip", "--output", path, commit])
                let facts = try await Self.facts(commit, git)
                return Packed(commit: facts, archive: try Self.stream(path))
            } catch {
                try? FileManager.default.removeItem(atPath: path)
                throw error
            }
        }
    }

    /// What a commit says of itself, and which files changed since the other one; all of them when there is none.
    func changes(
        to commit: String, since previous: String, ref: String, from source: MirrorSource
    ) async throws -> (CommitFacts, files: [String]) {
        try await inTurn(source) { git in
            let found = try await self.find(try WantedCommit(ref: ref, commit: commit), from: source, git)
            let known = previous.isEmpty ? nil : try? await Self.resolve(previous, git)
            let arguments =
                known.map { ["diff", "--name-only", "-z", $0, found] }
                ?? ["show", "--name-only", "-z", "--format=", "--first-parent", found]
            let files = try await git.run(arguments).split(separator: "\0").map(String.init)
            return (try await Self.facts(found, git), Array(Set(files)).sorted())
        }
    }

    // MARK: Steps

    /// Runs the closure when those before it have been through with the same copy.
    private func inTurn<Value: Sendable>(
        _ source: MirrorSource, _ body: @escaping @Sendable (GitCommand) async throws -> Value
    ) async throws -> Value {
        let name = SHA256.hash(data: Data(source.repository.name.utf8)).prefix(16)
            .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let path = "\(folder)/mirrors/\(source.connection)/\(name).git"
        let git = GitCommand(
            repository: path, scratch: folder, time: time, protocols: source.isFolder ? "file" : "http:https",
            credentials: source.credentials)
        let before = turns[path]
        let work = Task {
            await before?.value
            if !FileManager.default.fileExists(atPath: path + "/HEAD") {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                _ = try await git.run(["init", "--quiet", "--bare"])
            }
            return try await body(git)
        }
        // Waited for right below, and by whoever comes next.
        turns[path] = Task { _ = await work.result }
        do {
            return try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                work.cancel()
            }
        } catch let failure as GitFailure {
            throw AWSError(
                "ResourceUnavailableException", "The repository \(source.repository.name) cannot be read: \(failure)")
        }
    }

    /// The full id of the commit, fetched if it is not here yet.
    private func find(_ wanted: WantedCommit, from source: MirrorSource, _ git: GitCommand) async throws -> String {
        if let commit = wanted.commit, let known = try? await Self.resolve(commit, git) { return known }
        if let ref = wanted.ref {
            _ = try await git.run(["fetch", "--quiet", "--no-tags", "--force", "--", source.place, "+\(ref):\(ref)"])
            let tip = try await Self.resolve(ref, git)
            guard let commit = wanted.commit else { return tip }
            if let known = try? await Self.resolve(commit, git) { return known }
        }
        let all = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        _ = try await git.run(["fetch", "--quiet", "--force", "--prune", "--", source.place] + all)
        return try await Self.resolve(wanted.commit ?? wanted.ref ?? "HEAD", git)
    }

    private static func resolve(_ name: String, _ git: GitCommand) async throws -> String {
        let text = try await git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"])
        return text.filter { !$0.isNewline }
    }

    private static func facts(_ commit: String, _ git: GitCommand) async throws -> CommitFacts {
        let text = try await git.run(["log", "-1", "--format=%an <%ae>%x00%aI%x00%cI%x00%B", commit])
        let parts = text.split(separator: "\0", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4 else { throw GitFailure(description: "git said nothing of commit \(commit).") }
        var message = parts[3]
        while message.last?.isNewline == true { message.removeLast() }
        return CommitFacts(
            id: commit, author: parts[0], authorDate: parts[1], committerDate: parts[2], message: message)
    }

    /// The file's content, piece by piece; the file is gone from its folder already, and its space when it has been
    /// read.
    private static func stream(_ path: String) throws -> HTTPBodyStream {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw GitFailure(description: "git made no archive.")
        }
        let size = Int(try file.seekToEnd())
        try file.seek(toOffset: 0)
        try FileManager.default.removeItem(atPath: path)
        guard size <= archiveLimit else {
            throw AWSError.connection("The tree is larger than \(archiveLimit >> 20) MiB when packed.")
        }
        return HTTPBodyStream(length: size) {
            let data = try file.read(upToCount: piece) ?? Data()
            return data.isEmpty ? nil : Array(data)
        }
    }
}
