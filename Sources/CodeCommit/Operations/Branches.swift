internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Branches.
    var branchOperations: [Operation] {
        [
            Operation("CreateBranch", enforces: "repositoryName branchName commitId", raw: createBranch),
            Operation("GetBranch", enforces: "repositoryName branchName") { call in
                let repository = try await repository(call)
                let branch = try branch(call)
                guard let record = try await book.record(branch, in: repository) else {
                    throw Refusal.noBranch(branch.short)
                }
                return Reply(["branch": ["branchName": .string(branch.short), "commitId": .string(record.commit.hex)]])
            },
            Operation("ListBranches", enforces: "repositoryName nextToken") { call in
                let page = try Page(call, standard: 1000)
                let branches = try await book.records(in: try await repository(call), prefix: "refs/heads/")
                return Reply(page.cut(branches.map { .string($0.name.short) }, as: "branches"))
            },
            Operation("DeleteBranch", enforces: "repositoryName branchName", raw: deleteBranch),
            Operation("UpdateDefaultBranch", enforces: "repositoryName defaultBranchName", raw: updateDefaultBranch),
        ]
    }

    /// Makes a branch at a commit.
    ///
    /// - Throws: `BranchNameExistsException`, `CommitDoesNotExistException`.
    private func createBranch(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let branch = try branch(call)
        let commit = try objectID(call.text("commitId"), "CommitId")
        guard let header = try await objects(repository).headers([commit.hex]).first ?? nil, header.type == "commit"
        else {
            throw Refusal.noCommit(commit.hex)
        }
        try await store.locks.hold(repository.id) {
            guard try await book.record(branch, in: repository) == nil else {
                throw AWSError("BranchNameExistsException", "The branch \(branch.short) already exists")
            }
            try await refusing(branch) {
                try await book.move(
                    branch, in: repository, from: nil, to: commit, by: .init(principal: call.caller.principal))
            }
        }
        return Reply()
    }

    /// Git keeps branches as files: `a` and `a/b` cannot both be there.
    func refusing(_ branch: RefName, _ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as AWSError where error.code == "ConcurrentReferenceUpdateException" {
            throw Refusal.invalid(
                "BranchName",
                "The branch \(branch.short) cannot be made: another branch's name begins or ends inside its own.")
        }
    }

    /// Removes a branch; its commits stay readable.
    private func deleteBranch(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let branch = try branch(call)
        guard repository.defaultBranch != branch.short else {
            throw AWSError(
                "DefaultBranchCannotBeDeletedException",
                "\(branch.short) is the default branch and cannot be deleted. Make another one the default first."
            )
        }
        return try await store.locks.hold(repository.id) {
            // A branch that is gone is no error (CodeCommit API Reference, DeleteBranch, has none for it).
            guard let record = try await book.record(branch, in: repository) else { return Reply() }
            try await book.move(
                branch, in: repository, from: record.object, to: nil, by: .init(principal: call.caller.principal))
            return Reply([
                "deletedBranch": ["branchName": .string(branch.short), "commitId": .string(record.commit.hex)]
            ])
        }
    }

    /// What clones check out from now on. After a crash in between, the next start makes git agree with the record.
    private func updateDefaultBranch(_ call: Call) async throws -> Reply {
        let repository = try await repository(call)
        let branch = try branch(call, "defaultBranchName")
        try await store.locks.hold(repository.id) {
            guard try await book.record(branch, in: repository) != nil else { throw Refusal.noBranch(branch.short) }
            try await change(call, "defaultBranchChanged") { $0.defaultBranch = branch.short }
            try await book.pointHead(at: branch.short, in: repository)
        }
        return Reply()
    }
}
