internal import Cloud

/// CodeCommit's refusals: many and fine-grained, each a code of its own.
///
/// Source of the codes: AWS CodeCommit API Reference, "Errors" of each operation.
enum Refusal {
    static func noRepository(_ name: String) -> AWSError {
        AWSError("RepositoryDoesNotExistException", "\(name) does not exist")
    }

    static func noBranch(_ name: String) -> AWSError {
        AWSError("BranchDoesNotExistException", "Branch \(name) does not exist")
    }

    static func noCommit(_ specifier: String) -> AWSError {
        AWSError("CommitDoesNotExistException", "Commit \(specifier) does not exist")
    }

    static func noFile(_ path: String, _ commit: String) -> AWSError {
        AWSError("FileDoesNotExistException", "Could not find path \(path) at commit \(commit)")
    }

    static func noPullRequest(_ id: String) -> AWSError {
        AWSError("PullRequestDoesNotExistException", "Pull request \(id) does not exist")
    }

    static func closed(_ id: String) -> AWSError {
        AWSError("PullRequestAlreadyClosedException", "Pull request \(id) is closed and cannot be changed")
    }

    static func notCurrent(_ revision: String) -> AWSError {
        AWSError(
            "RevisionNotCurrentException",
            "The revision \(revision) is not the current one of the pull request. Read it again.")
    }

    static func manualMerge(_ why: String) -> AWSError {
        AWSError("ManualMergeRequiredException", "The merge cannot be completed automatically: \(why)")
    }

    static func concurrentUpdate(_ reference: String) -> AWSError {
        AWSError(
            "ConcurrentReferenceUpdateException",
            "\(reference) was changed by somebody else while the request was carried out. Repeat it.")
    }

    static func outdated(_ parent: String, _ branch: String, _ head: String) -> AWSError {
        AWSError(
            "ParentCommitIdOutdatedException",
            "The parent commit ID \(parent) is outdated. The tip of the branch \(branch) is \(head)")
    }

    static func invalid(_ what: String, _ message: String) -> AWSError { AWSError("Invalid\(what)Exception", message) }

    static func required(_ what: String, _ message: String) -> AWSError {
        AWSError("\(what)RequiredException", message)
    }
}
