internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    private static let sides = "repositoryName sourceCommitSpecifier destinationCommitSpecifier "
    /// Members that say how a merge commit is made.
    static let commitMembers =
        "authorName email commitMessage keepEmptyFolders conflictResolution " + MergeRules.members

    /// Merges of branches.
    var mergeOperations: [Operation] {
        [
            Operation("MergeBranchesByFastForward", enforces: Self.sides + "targetBranch") { call in
                try await mergeBranches(call, .fastForward)
            },
            Operation("MergeBranchesBySquash", enforces: Self.sides + "targetBranch " + Self.commitMembers) { call in
                try await mergeBranches(call, .squash)
            },
            Operation("MergeBranchesByThreeWay", enforces: Self.sides + "targetBranch " + Self.commitMembers) { call in
                try await mergeBranches(call, .threeWay)
            },
            Operation(
                "CreateUnreferencedMergeCommit", enforces: Self.sides + "mergeOption " + Self.commitMembers,
                raw: mergeUnreferenced),
        ]
    }

    /// Makes the commit that the input asks for.
    func commit(
        _ merger: Merger, _ option: MergeOption, _ call: Call, message: String
    ) async throws -> (commit: ObjectID, tree: ObjectID) {
        let author = try WriteRequest.author(call, "authorName")
        try WriteRequest.check(message: call.text("commitMessage"))
        return try await merger.commit(
            option, author: author, message: call.text("commitMessage") ?? message,
            keepsFolders: call.input["keepEmptyFolders"]?.bool ?? false, at: ledger.surroundings.now)
    }

    /// Makes the commit and moves the branch to it, if it still stands where the merge began.
    ///
    /// - Throws: `ManualMergeRequiredException`, `ConcurrentReferenceUpdateException`.
    private func mergeBranches(_ call: Call, _ option: MergeOption) async throws -> Reply {
        let repository = try await repository(call)
        let merger = try await merger(call, repository)
        let target = try await target(call, merger, repository)
        let names = "\(call.text("sourceCommitSpecifier") ?? "") into \(target.short)"
        let (commit, tree) = try await commit(merger, option, call, message: "Merged \(names)")
        try await store.locks.hold(repository.id) {
            try await book.move(
                target, in: repository, from: merger.destination, to: commit,
                by: .init(principal: call.caller.principal, merge: merger.told(option)))
        }
        maintenance.changed(repository)
        return Reply(["commitId": .string(commit.hex), "treeId": .string(tree.hex)])
    }

    /// The branch that a merge moves: the one named, else the destination itself.
    ///
    /// - Throws: `BranchNameRequiredException` when the destination is no branch; `InvalidTargetBranchException` for a
    ///   branch that stands
    ///   elsewhere than the destination.
    private func target(_ call: Call, _ merger: Merger, _ repository: Repository) async throws -> RefName {
        let named = call.text("targetBranch")
        let text = named ?? call.text("destinationCommitSpecifier") ?? ""
        let short = text.hasPrefix("refs/heads/") ? String(text.dropFirst(11)) : text
        guard let branch = RefName(branch: short), ObjectID(short) == nil else {
            throw Refusal.required("BranchName", "The destination is no branch: name the one to move as targetBranch.")
        }
        guard try await head(branch, in: repository) == merger.destination else {
            throw Refusal.invalid(
                "TargetBranch",
                "The branch \(branch.short) does not stand at the destination commit \(merger.destination).")
        }
        return branch
    }

    /// A merge's commit that no branch moves to: to be looked at, or to be moved to later.
    private func mergeUnreferenced(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let merger = try await merger(call, repository)
        guard let option = call.text("mergeOption").flatMap({ MergeOption(rawValue: $0) }) else {
            throw Refusal.required("MergeOption", "A merge option is required.")
        }
        let (commit, tree) = try await commit(merger, option, call, message: "Merged without a reference")
        var detail = merger.told(option)
        for (member, value) in [
            ("event", "unreferencedMergeCommitCreated"), ("repositoryName", repository.name),
            ("repositoryId", repository.id),
            ("commitId", commit.hex), ("callerUserArn", call.caller.principal),
        ] { detail[member] = .string(value) }
        let told = detail
        try await ledger.write { write in
            try write.append(
                LedgerEvent(
                    time: write.now, source: "aws.codecommit", detailType: "CodeCommit Repository State Change",
                    account: repository.account, region: repository.region, resources: [repository.arn], detail: told))
        }
        return Reply(["commitId": .string(commit.hex), "treeId": .string(tree.hex)])
    }
}
