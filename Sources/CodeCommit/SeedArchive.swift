internal import Cloud
internal import Foundation
internal import Ledger
internal import Sandbox

/// A zip archive that becomes a repository's first commit.
struct SeedArchive: Sendable {
    /// Bytes that the archive may have.
    static let limit = 256 << 20

    let bytes: [UInt8]

    /// Unpacks it, and makes of what it holds the first commit of the branch. Does nothing when the branch is there
    /// already.
    ///
    /// - Throws: `InvalidPathException` and the like for archives that are none, or lead outside.
    func commit(to branch: RefName, of repository: Repository, by caller: Caller, _ desk: CodeCommitService)
        async throws
    {
        let git = desk.store.git
        let folder = desk.store.folder(repository)
        let place = git.root + "/seeds/" + repository.id
        let bytes = bytes
        defer { try? FileManager.default.removeItem(atPath: place) }
        do {
            _ = try await OwnThread.run(throwing: {
                try? FileManager.default.removeItem(atPath: place)
                return try Archive.expand(bytes, into: place, limits: .init(totalBytes: 1 << 30))
            })
        } catch let failure as Archive.Failure {
            throw AWSError(
                "InvalidCodeException",
                "The archive with the repository's first files cannot be used: \(failure.message)")
        }
        let index = folder + "/" + desk.store.makeIndexName()
        defer { for name in [index, index + ".lock"] { try? FileManager.default.removeItem(atPath: name) } }
        let environment = ["GIT_INDEX_FILE": index, "GIT_WORK_TREE": place]
        try await git.run(in: folder, ["add", "--all", "--force", "."], environment: environment)
        let tree = try await git.run(in: folder, ["write-tree"], environment: environment)
        guard let id = ObjectID(tree.word) else { throw GitError(.unreadable, "git write-tree printed no id.") }
        let commit = try await CommitMaker(desk.store, repository).commit(
            id, parents: [], author: .init(name: "AWS CloudFormation", email: ""),
            message: "Initial commit by AWS CloudFormation",
            at: desk.ledger.surroundings.now)
        try await desk.store.locks.hold(repository.id) {
            guard try await desk.book.record(branch, in: repository) == nil else { return }
            try await desk.book.move(
                branch, in: repository, from: nil, to: commit, by: .init(principal: caller.principal))
        }
    }
}
