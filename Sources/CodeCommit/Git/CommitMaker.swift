internal import Foundation
internal import Notation

/// Makes trees and commits, without moving any reference.
struct CommitMaker: Sendable {
    let store: RepositoryStore
    let repository: Repository
    private var folder: String { store.folder(repository) }

    init(_ store: RepositoryStore, _ repository: Repository) {
        self.store = store
        self.repository = repository
    }

    /// What becomes of a path.
    enum Edit: Sendable, Hashable {
        case put(mode: String, blob: ObjectID)
        case remove
    }

    /// Who makes a commit.
    struct Author: Sendable, Hashable {
        var name: String
        var email: String
    }

    /// Stores blobs and returns their ids, in order. They are synced to disk.
    func blobs(_ contents: [[UInt8]]) async throws -> [ObjectID] {
        var ids: [ObjectID] = []
        for content in contents {
            let output = try await store.git.run(in: folder, ["hash-object", "-w", "--stdin"], input: content)
            guard let id = ObjectID(output.word) else {
                throw GitError(
                    .unreadable, "git hash-object printed no id but '\(output.text.prefix(80))'. \(output.complaints)")
            }
            ids.append(id)
        }
        return ids
    }

    /// The tree that the edits make of another one; nil stands for the empty tree.
    ///
    /// Removals come first, so that a file may take the place of a folder that goes.
    func tree(from base: ObjectID?, _ edits: [(path: String, edit: Edit)]) async throws -> ObjectID {
        let index = folder + "/" + store.makeIndexName()
        defer { for name in [index, index + ".lock"] { unlink(name) } }
        let environment = ["GIT_INDEX_FILE": index]
        if let base { try await store.git.run(in: folder, ["read-tree", base.hex], environment: environment) }
        let zero = String(repeating: "0", count: 40)
        let removals = edits.filter { $0.edit == .remove }.map { "0 \(zero)\t\($0.path)\0" }
        let additions = edits.compactMap { edit -> String? in
            guard case .put(let mode, let blob) = edit.edit else { return nil }
            return "\(mode) \(blob.hex)\t\(edit.path)\0"
        }
        let input = Array((removals + additions).joined().utf8)
        if !input.isEmpty {
            let arguments = ["update-index", "-z", "--index-info"]
            try await store.git.run(in: folder, arguments, input: input, environment: environment)
        }
        let output = try await store.git.run(in: folder, ["write-tree"], environment: environment)
        guard let id = ObjectID(output.word) else { throw GitError(.unreadable, "git write-tree printed no id.") }
        return id
    }

    /// Makes a commit. It is synced to disk.
    ///
    /// - Parameter time: The moment it tells, UTC.
    func commit(
        _ tree: ObjectID, parents: [ObjectID], author: Author, message: String, at time: Timestamp
    ) async throws -> ObjectID {
        let seconds = Int(time.seconds)
        let given = Self.clean(author.name)
        let name = given.isEmpty ? "unknown" : given  // git refuses a commit by nobody
        let email = Self.clean(author.email)
        let environment = [
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": "\(seconds) +0000",
            "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email, "GIT_COMMITTER_DATE": "\(seconds) +0000",
        ]
        let output = try await store.git.run(
            in: folder, ["commit-tree", tree.hex] + parents.flatMap { ["-p", $0.hex] } + ["-F", "-"],
            input: Array(message.utf8),
            environment: environment)
        guard let id = ObjectID(output.word) else { throw GitError(.unreadable, "git commit-tree printed no id.") }
        return id
    }

    /// Without what would end a line of a commit early.
    private static func clean(_ text: String) -> String {
        let kept = text.unicodeScalars.filter { $0.value >= 0x20 && $0 != "<" && $0 != ">" }
        return String(String.UnicodeScalarView(kept)).trimmed
    }
}
