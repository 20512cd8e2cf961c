internal import Cloud
internal import Notation

extension CodeCommitService {
    /// What differs between two commits.
    var differenceOperations: [Operation] {
        [
            Operation(
                "GetDifferences",
                enforces:
                    "repositoryName beforeCommitSpecifier afterCommitSpecifier beforePath afterPath MaxResults "
                    + "NextToken"
            ) { call in
                let repository = try await repository(call)
                let page = try Page(call, token: "NextToken", max: "MaxResults", standard: 400)
                let before = try await call.text("beforeCommitSpecifier").asyncMap {
                    try await resolve($0, in: repository)
                }
                let after = try await resolve(call.text("afterCommitSpecifier"), in: repository)
                let objects = objects(repository)
                let places = try await [
                    place(call, "beforePath", before, objects), place(call, "afterPath", after, objects),
                ]
                let changes = try await objects.differences(before, after).filter { change in
                    let wanted = places.compactMap { $0 }
                    return wanted.isEmpty
                        || wanted.contains { change.path == $0.text || change.path.hasPrefix($0.text + "/") }
                }
                return Reply(page.cut(changes.map(\.shown), as: "differences", token: "NextToken"))
            }
        ]
    }

    /// The path in an input member; nil when there is none, or it is the root.
    ///
    /// - Throws: `PathDoesNotExistException` when the commit does not have it.
    private func place(_ call: Call, _ member: String, _ commit: ObjectID?, _ objects: Objects) async throws
        -> FilePath?
    {
        guard let text = call.text(member), let commit else { return nil }
        let path = try FilePath(parsing: text, mayBeRoot: true)
        guard !path.names.isEmpty else { return nil }
        guard try await objects.entries([path], at: commit)[path] != nil else {
            throw AWSError("PathDoesNotExistException", "The path \(path) does not exist at commit \(commit)")
        }
        return path
    }

    /// The commits that changed a file.
    var historyOperations: [Operation] {
        [
            Operation(
                "ListFileCommitHistory", enforces: "repositoryName commitSpecifier filePath maxResults nextToken",
                raw: listFileCommitHistory)
        ]
    }

    /// How far back the history of a file is looked through.
    private static let historyLimit = 10_000

    /// Newest first, with history simplified as git does for a path: commits that left the file alone are passed over.
    private func listFileCommitHistory(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let page = try Page(call, standard: 100)
        let path = try FilePath(parsing: call.text("filePath") ?? "")
        let tip = try await resolve(call.text("commitSpecifier"), in: repository)
        let objects = objects(repository)
        let arguments = ["rev-list", "--parents", "--max-count=\(Self.historyLimit)", tip.hex, "--", path.text]
        let lines = try await store.git.run(in: objects.folder, arguments).lines
        var ids: [ObjectID] = []
        var children: [ObjectID: [ObjectID]] = [:]
        for line in lines {
            let parts = line.split(separator: " ").compactMap { ObjectID($0) }
            guard let id = parts.first else { continue }
            ids.append(id)
            for parent in parts.dropFirst() { children[parent, default: []].append(id) }
        }
        let shown = Array(ids.dropFirst(page.start).prefix(page.limit))
        let blobs = try await objects.headers(shown.map { "\($0.hex):\(path.text)" })
        let commits = try await objects.commits(shown)
        var output: JSON = [:]
        output["revisionDag"] = .array(
            zip(commits, blobs).compactMap { commit, blob in
                guard let commit else { return nil }
                var revision: JSON = [
                    "commit": commit.shown, "path": .string(path.text),
                    "revisionChildren": .array((children[commit.id] ?? []).map { .string($0.hex) }),
                ]
                if let blob { revision["blobId"] = .string(blob.id.hex) }
                return revision
            })
        if ids.count > page.start + shown.count { output["nextToken"] = .string("at-\(page.start + shown.count)") }
        return Reply(output)
    }
}

extension TreeChange {
    /// As GetDifferences answers it.
    var shown: JSON {
        var tree: JSON = ["changeType": .string(kind)]
        for (member, side) in [("beforeBlob", before), ("afterBlob", after)] {
            guard let side else { continue }
            tree[member] = ["blobId": .string(side.id.hex), "path": .string(path), "mode": .string(side.mode)]
        }
        return tree
    }
}

extension Optional where Wrapped: Sendable {
    /// As `map`, with a body that waits.
    func asyncMap<Result: Sendable>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
