internal import Cloud
internal import Ledger
internal import Notation

/// What most operations begin with.
extension CodeCommitService {
    /// The repository that the input names.
    ///
    /// - Throws: `RepositoryDoesNotExistException`.
    func repository(_ call: Call, _ member: String = "repositoryName") async throws -> Repository {
        guard let name = call.text(member) else {
            throw Refusal.required("RepositoryName", "A repository name is required.")
        }
        return try await repository(named: name, call.caller)
    }

    /// The repository of that name in the caller's account and region.
    func repository(named name: String, _ caller: Caller) async throws -> Repository {
        guard let found = try await ledger.get(Shelf.repositories, caller.key(name)) else {
            throw Refusal.noRepository(name)
        }
        return found.value
    }

    func objects(_ repository: Repository) -> Objects { Objects(store, repository) }

    /// The commit that a specifier means: a full reference, a branch, a tag, `HEAD`, or a commit's id, also cut short.
    ///
    /// - Parameter specifier: Nil means the default branch.
    /// - Throws: `InvalidCommitException`, `CommitDoesNotExistException`.
    func resolve(_ specifier: String?, in repository: Repository) async throws -> ObjectID {
        guard let specifier, specifier != "HEAD" else {
            guard let branch = repository.defaultBranch, let name = RefName(branch: branch),
                let record = try await book.record(name, in: repository)
            else { throw Refusal.noCommit(specifier ?? "HEAD") }
            return record.commit
        }
        guard !specifier.isEmpty, specifier.utf8.count <= 512 else {
            throw Refusal.invalid("Commit", "The commit specifier '\(specifier.prefix(100))' is not valid.")
        }
        for name in [RefName(specifier), RefName(branch: specifier), RefName("refs/tags/" + specifier)] {
            if let name, let record = try await book.record(name, in: repository) { return record.commit }
        }
        let isID = (4...40).contains(specifier.utf8.count) && specifier.utf8.allSatisfy { ObjectID.isHexadecimal($0) }
        guard isID,
            let header = try await objects(repository).headers([specifier.lowercased() + "^{commit}"]).first ?? nil
        else {
            throw Refusal.noCommit(specifier)
        }
        return header.id
    }

    /// The object id in an input member.
    ///
    /// - Throws: `Invalid<what>Exception` when it is none.
    func objectID(_ text: String?, _ what: String) throws -> ObjectID {
        guard let text else { throw Refusal.required(what, "A \(what) is required.") }
        guard let id = ObjectID(text) else {
            throw Refusal.invalid(
                what, "The specified \(what) '\(text.prefix(100))' is not valid. It must be a full SHA-1 id.")
        }
        return id
    }

    /// The branch in an input member.
    func branch(_ call: Call, _ member: String = "branchName") throws -> RefName {
        guard let text = call.text(member), !text.isEmpty else {
            throw Refusal.required("BranchName", "A branch name is required.")
        }
        guard let name = RefName(branch: text) else {
            throw Refusal.invalid("BranchName", "The branch name '\(text.prefix(256))' is not valid.")
        }
        return name
    }

    /// Where a branch stands.
    ///
    /// - Throws: `BranchDoesNotExistException`; `BranchNameIsTagNameException` where a tag has the name.
    func head(_ branch: RefName, in repository: Repository) async throws -> ObjectID {
        if let record = try await book.record(branch, in: repository) { return record.commit }
        if let tag = RefName("refs/tags/" + branch.short), try await book.record(tag, in: repository) != nil {
            throw AWSError("BranchNameIsTagNameException", "\(branch.short) is the name of a tag. Name a branch.")
        }
        throw Refusal.noBranch(branch.short)
    }
}

extension Call {
    /// The text of an input member.
    func text(_ member: String) -> String? { input[member]?.string }
    /// The texts of a list.
    func texts(_ member: String) -> [String] { (input[member]?.array ?? []).compactMap(\.string) }
}

/// A page of a list: a token is the place to go on at.
struct Page: Sendable {
    let start: Int
    let limit: Int

    /// The page that the input asks for.
    ///
    /// - Throws: `InvalidContinuationTokenException`, `InvalidMaxResultsException`.
    init(
        _ call: Call, token: String = "nextToken", max: String = "maxResults", standard: Int = 100, most: Int = 1000,
        invalidMax: String = "MaxResults"
    ) throws {
        if let text = call.text(token) {
            guard text.hasPrefix("at-"), let start = Int(text.dropFirst(3)), start >= 0 else {
                throw Refusal.invalid("ContinuationToken", "The continuation token is not valid.")
            }
            self.start = start
        } else {
            start = 0
        }
        let wanted = call.input[max]?.int
        if let wanted, wanted < 1 {
            throw Refusal.invalid(
                invalidMax, "The specified number of maximum results is not valid. Ask for 1 to \(most).")
        }
        limit = min(wanted ?? standard, most)
    }

    /// The output with that part of the list under `member`, and the token of the next part if there is one.
    func cut(_ items: [JSON], as member: String, token: String = "nextToken", into output: JSON = [:]) -> JSON {
        var output = output
        let rest = items.dropFirst(start)
        output[member] = .array(Array(rest.prefix(limit)))
        if rest.count > limit { output[token] = .string("at-\(start + limit)") }
        return output
    }
}
