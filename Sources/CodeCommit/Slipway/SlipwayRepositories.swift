package import Cloud
internal import HTTP
internal import Notation

/// What CodeCommit's API lacks: a tree as one archive, references with where they stand, and what came in between two
/// commits.
///
/// A front desk of its own at the same repositories; the command line and the console reach it at
/// `/_slipway/api/slipway-codecommit/…`.
package struct SlipwayRepositories: CloudService {
    /// Not one of AWS's.
    package let id = "slipway-codecommit"
    private let service: CodeCommitService

    /// The desk beside that one.
    package init(_ service: CodeCommitService) { self.service = service }

    package var operations: [Operation] {
        [
            Operation("PackTree", enforces: "repositoryName commitSpecifier", raw: packTree),
            Operation("ListRefs", enforces: "repositoryName", raw: listRefs),
            Operation("ListCommits", enforces: "repositoryName specifier maxResults") { call in
                let repository = try await service.repository(call)
                let tip = try await service.resolve(call.text("specifier"), in: repository)
                return try await commits([tip.hex], Self.count(call, standard: 50), repository)
            },
            Operation("CommitsBetween", enforces: "repositoryName from to maxResults") { call in
                let repository = try await service.repository(call)
                let to = try await service.resolve(call.text("to"), in: repository)
                let from = try await call.text("from").asyncMap { try await service.resolve($0, in: repository) }
                let range = [to.hex] + (from.map { ["^" + $0.hex] } ?? [])
                return try await commits(range, Self.count(call, standard: Self.most), repository)
            },
        ]
    }

    /// Commits in one answer.
    private static let most = 1000

    private static func count(_ call: Call, standard: Int) -> Int {
        min(max(call.input["maxResults"]?.int ?? standard, 1), most)
    }

    /// The files of a commit as a zip archive, streamed. The same commit gives the same bytes.
    private func packTree(_ call: Call) async throws -> Reply {
        let repository = try await service.repository(call)
        let id = try await service.resolve(call.text("commitSpecifier"), in: repository)
        guard let commit = try await service.objects(repository).commit(id) else { throw Refusal.noCommit(id.hex) }
        let git = service.store.git
        let place = await Place.take(git.transfers)
        let process = try git.start(
            in: service.store.folder(repository), ["archive", "--format=zip", "-6", id.hex], input: .nothing)
        let stream = HTTPBodyStream(length: nil) {
            if let piece = await process.read() { return piece }
            _ = place
            let status = await process.wait()
            // The end of a cut-off archive must not look like the end of a whole one.
            guard status == 0 else { throw git.failure(["archive"], process, status) }
            return nil
        }
        return Reply(Self.shown(commit), payload: .stream(stream))
    }

    private func listRefs(_ call: Call) async throws -> Reply {
        let repository = try await service.repository(call)
        let records = try await service.book.records(in: repository)
        var output: JSON = [
            "refs": .array(
                records.map { name, record in
                    [
                        "name": .string(name.full), "type": .string(name.kind), "shortName": .string(name.short),
                        "commitId": .string(record.commit.hex), "objectId": .string(record.object.hex),
                    ]
                })
        ]
        if let branch = repository.defaultBranch { output["defaultBranch"] = .string(branch) }
        return Reply(output)
    }

    /// The first commits that `rev-list` finds, newest first, and whether there are more.
    private func commits(_ range: [String], _ count: Int, _ repository: Repository) async throws -> Reply {
        let objects = service.objects(repository)
        let arguments = ["rev-list", "--max-count=\(count + 1)"] + range
        let ids = try await service.store.git.run(in: objects.folder, arguments).lines.compactMap { ObjectID($0) }
        let commits = try await objects.commits(Array(ids.prefix(count))).compactMap { $0 }
        return Reply(["commits": .array(commits.map(Self.shown)), "isTruncated": .bool(ids.count > count)])
    }

    private static func shown(_ commit: Commit) -> JSON {
        [
            "commitId": .string(commit.id.hex), "treeId": .string(commit.tree.hex),
            "parents": .array(commit.parents.map { .string($0.hex) }), "message": .string(commit.message),
            "author": .string(commit.author.name), "authorName": .string(commit.author.name),
            "authorEmail": .string(commit.author.email),
            "authorDate": .int(commit.author.seconds), "committer": .string(commit.committer.name),
            "committerDate": .int(commit.committer.seconds),
        ]
    }
}
