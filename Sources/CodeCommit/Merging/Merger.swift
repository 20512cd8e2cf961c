internal import Cloud
internal import Notation

/// One merge of two commits of a repository: what would come of it, and the commit that it makes.
struct Merger: Sendable {
    let objects: Objects
    let source: ObjectID
    let destination: ObjectID
    /// Their best common ancestor.
    let base: ObjectID?
    let rules: MergeRules

    /// Looks for the common ancestor.
    init(_ objects: Objects, source: ObjectID, destination: ObjectID, rules: MergeRules) async throws {
        self.objects = objects
        self.source = source
        self.destination = destination
        self.rules = rules
        base = source == destination ? source : try await objects.mergeBase(destination, source)
    }

    /// Whether the destination has nothing that the source has not.
    var canFastForward: Bool { base == destination }

    /// What both sides changed, and what follows from it.
    func outcome() async throws -> TreeMerge.Result {
        try await TreeMerge(objects: objects, base: base, source: source, destination: destination, rules: rules).run()
    }

    /// Whether it can be carried out without anybody's help.
    func isMergeable(_ option: MergeOption) async throws -> Bool {
        option == .fastForward ? canFastForward : try await outcome().open.isEmpty
    }

    /// Makes the commit that the destination moves to; for a fast-forward, the source itself.
    ///
    /// - Throws: `ManualMergeRequiredException`.
    func commit(
        _ option: MergeOption, author: CommitMaker.Author, message: String, keepsFolders: Bool, at time: Timestamp
    ) async throws -> (commit: ObjectID, tree: ObjectID) {
        if option == .fastForward {
            guard canFastForward, let commit = try await objects.commit(source) else {
                throw Refusal.manualMerge("the destination has commits that the source does not have.")
            }
            return (commit.id, commit.tree)
        }
        let outcome = try await outcome()
        guard outcome.open.isEmpty else {
            let names = outcome.open.prefix(10).map(\.path).joined(separator: ", ")
            throw Refusal.manualMerge("both sides changed \(names).")
        }
        let maker = CommitMaker(objects.store, objects.repository)
        var edits = outcome.edits
        if keepsFolders { edits += try await keepers(edits, maker) }
        let tree = try await maker.tree(from: destination, edits)
        let parents = option == .squash ? [destination] : [destination, source]
        let commit = try await maker.commit(tree, parents: parents, author: author, message: message, at: time)
        return (commit, tree)
    }

    /// `.gitkeep` files for the folders that the edits leave empty.
    private func keepers(
        _ edits: [(path: String, edit: CommitMaker.Edit)], _ maker: CommitMaker
    ) async throws -> [(path: String, edit: CommitMaker.Edit)] {
        var changes = TreeEdits(objects: objects, parent: destination)
        for edit in edits {
            let path = FilePath(names: edit.path.split(separator: "/").map(String.init))
            if case .put(let mode, let blob) = edit.edit {
                try changes.put(path, mode: mode, blob: blob)
            } else {
                changes.remove(path)
            }
        }
        let emptied = try await changes.emptiedFolders()
        guard !emptied.isEmpty else { return [] }
        let blob = try await maker.blobs([[]])[0]
        return emptied.map { ($0.text + "/.gitkeep", .put(mode: FileMode.normal.octal, blob: blob)) }
    }

    /// What the reference's event tells of it.
    func told(_ option: MergeOption) -> JSON {
        var tree: JSON = [
            "mergeOption": .string(option.rawValue), "conflictDetailLevel": .string(rules.level.rawValue),
            "conflictDetailsLevel": .string(rules.level.rawValue),
            "conflictResolutionStrategy": .string(rules.strategy.rawValue),
            "sourceCommitId": .string(source.hex), "destinationCommitId": .string(destination.hex),
        ]
        if let base { tree["baseCommitId"] = .string(base.hex) }
        return tree
    }

    /// The ids that answers of merge operations have.
    var ids: JSON {
        var tree: JSON = ["sourceCommitId": .string(source.hex), "destinationCommitId": .string(destination.hex)]
        if let base { tree["baseCommitId"] = .string(base.hex) }
        return tree
    }
}
