internal import Cloud
internal import Ledger
internal import Notation

extension CodeCommitService {
    /// Single files, written and removed.
    var fileOperations: [Operation] {
        [
            Operation(
                "PutFile",
                enforces:
                    "repositoryName branchName fileContent filePath fileMode parentCommitId commitMessage name email",
                raw: putFile),
            Operation(
                "DeleteFile",
                enforces: "repositoryName branchName filePath parentCommitId keepEmptyFolders commitMessage name email",
                raw: deleteFile),
        ]
    }

    /// Adds or changes one file with a commit of its own.
    ///
    /// - Throws: `SameFileContentException` when content and mode are what they were, and what ``WriteRequest`` and
    ///   ``TreeEdits`` refuse.
    private func putFile(_ call: Call) async throws -> Reply {
        let request = try await WriteRequest(call, author: "name", for: self)
        let path = try FilePath(parsing: call.text("filePath") ?? "")
        guard let content = call.text("fileContent").flatMap(Base64.decode) else {
            throw Refusal.required("FileContent", "The file's content is required.")
        }
        try Self.check(size: content.count)
        let mode = call.text("fileMode").flatMap { FileMode(rawValue: $0) }
        var changes = TreeEdits(objects: objects(request.repository), parent: request.parent)
        try await changes.load([path])
        let old = changes.entry(path)
        let maker = CommitMaker(store, request.repository)
        let blob = try await maker.blobs([content])[0]
        let octal = mode?.octal ?? old.flatMap { FileMode(octal: $0.mode)?.octal } ?? FileMode.normal.octal
        guard old?.id != blob || old?.mode != octal else {
            throw AWSError("SameFileContentException", "The content of \(path) is already the same on the branch.")
        }
        try changes.put(path, mode: octal, blob: blob)
        let message = call.text("commitMessage") ?? (old == nil ? "Added \(path)" : "Edited \(path)")
        let (commit, tree) = try await write(changes, request, message: message, call)
        return Reply(["commitId": .string(commit.hex), "blobId": .string(blob.hex), "treeId": .string(tree.hex)])
    }

    /// - Throws: `FileContentSizeLimitExceededException`.
    static func check(size: Int) throws {
        guard size <= fileLimit else {
            throw AWSError(
                "FileContentSizeLimitExceededException",
                "A file may have at most \(fileLimit) bytes here. Use git for larger ones.")
        }
    }

    /// Removes one file with a commit of its own.
    private func deleteFile(_ call: Call) async throws -> Reply {
        let request = try await WriteRequest(call, author: "name", for: self)
        let path = try FilePath(parsing: call.text("filePath") ?? "")
        guard let parent = request.parent else { throw Refusal.noFile(path.text, request.branch.short) }
        var changes = TreeEdits(objects: objects(request.repository), parent: parent)
        try await changes.load([path])
        guard let old = changes.entry(path), old.type == "blob" else { throw Refusal.noFile(path.text, parent.hex) }
        changes.remove(path)
        if call.input["keepEmptyFolders"]?.bool == true { try await keepFolders(&changes, request) }
        let (commit, tree) = try await write(
            changes, request, message: call.text("commitMessage") ?? "Deleted \(path)", call)
        return Reply([
            "commitId": .string(commit.hex), "blobId": .string(old.id.hex), "treeId": .string(tree.hex),
            "filePath": .string(path.text),
        ])
    }

    /// Puts a `.gitkeep` into every folder that the edits leave empty.
    func keepFolders(_ changes: inout TreeEdits, _ request: WriteRequest) async throws {
        let emptied = try await changes.emptiedFolders()
        guard !emptied.isEmpty else { return }
        let blob = try await CommitMaker(store, request.repository).blobs([[]])[0]
        for folder in emptied {
            try changes.put(FilePath(names: folder.names + [".gitkeep"]), mode: FileMode.normal.octal, blob: blob)
        }
    }

    /// Makes the commit and moves the branch to it, if the branch is still where the request saw it.
    ///
    /// - Throws: `ParentCommitIdOutdatedException` when it is not.
    func write(
        _ changes: TreeEdits, _ request: WriteRequest, message: String, _ call: Call
    ) async throws -> (commit: ObjectID, tree: ObjectID) {
        let maker = CommitMaker(store, request.repository)
        let tree = try await maker.tree(from: request.parent, changes.list)
        let commit = try await maker.commit(
            tree, parents: request.parent.map { [$0] } ?? [], author: request.author, message: message,
            at: ledger.surroundings.now)
        do {
            try await store.locks.hold(request.repository.id) {
                try await book.move(
                    request.branch, in: request.repository, from: request.parent, to: commit,
                    by: .init(principal: call.caller.principal))
            }
        } catch let error as AWSError where error.code == "ConcurrentReferenceUpdateException" {
            let head = try await book.record(request.branch, in: request.repository)?.commit.hex ?? ""
            throw Refusal.outdated(request.parent?.hex ?? "", request.branch.short, head)
        }
        maintenance.changed(request.repository)
        return (commit, tree)
    }
}

/// What every operation that writes a commit says: where, on top of what, and by whom.
struct WriteRequest: Sendable {
    let repository: Repository
    let branch: RefName
    /// The branch's head; nil when it is to be the first commit.
    let parent: ObjectID?
    let author: CommitMaker.Author

    /// Reads the input.
    ///
    /// - Parameter author: The member with the author's name.
    /// - Throws: `ParentCommitIdRequiredException`, `ParentCommitDoesNotExistException`,
    ///   `ParentCommitIdOutdatedException`, and what is
    ///   wrong with the other members.
    init(_ call: Call, author: String, for desk: CodeCommitService) async throws {
        repository = try await desk.repository(call)
        branch = try desk.branch(call)
        self.author = try Self.author(call, author)
        try Self.check(message: call.text("commitMessage"))
        let given = try call.text("parentCommitId").map { try desk.objectID($0, "ParentCommitId") }
        guard let head = try await desk.firstOrHead(branch, in: repository) else {
            guard given == nil else {
                throw AWSError(
                    "ParentCommitDoesNotExistException", "The repository is empty: there is no parent commit.")
            }
            parent = nil
            return
        }
        guard let given else {
            throw Refusal.required(
                "ParentCommitId", "The branch \(branch.short) has commits: name its head as the parent commit.")
        }
        if given != head {
            let known = try await desk.objects(repository).headers([given.hex]).first ?? nil
            guard known?.type == "commit" else {
                throw AWSError("ParentCommitDoesNotExistException", "The parent commit \(given) does not exist")
            }
            throw Refusal.outdated(given.hex, branch.short, head.hex)
        }
        parent = head
    }

    /// Who the commit is by: who is named, else who calls.
    ///
    /// - Throws: `NameLengthExceededException`, `InvalidEmailException`.
    static func author(_ call: Call, _ member: String) throws -> CommitMaker.Author {
        let name =
            call.text(member) ?? call.caller.principal.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(
                String.init) ?? ""
        let email = call.text("email") ?? ""
        guard name.utf8.count <= 1000 else {
            throw AWSError("NameLengthExceededException", "The name has more than 1000 bytes.")
        }
        guard email.utf8.count <= 1000, !email.contains(where: { "<>\n".contains($0) }) else {
            throw Refusal.invalid("Email", "The e-mail address is not valid.")
        }
        return .init(name: name, email: email)
    }

    /// - Throws: `CommitMessageLengthExceededException`.
    static func check(message: String?) throws {
        guard (message ?? "").utf8.count <= 2 << 20 else {
            throw AWSError("CommitMessageLengthExceededException", "The commit message has more than 2 MB.")
        }
    }
}

extension CodeCommitService {
    /// Where a branch stands; nil when the repository has no branch at all, so that this may be its first.
    func firstOrHead(_ branch: RefName, in repository: Repository) async throws -> ObjectID? {
        if try await book.record(branch, in: repository) == nil,
            try await book.records(in: repository, prefix: "refs/heads/").isEmpty
        {
            return nil
        }
        return try await head(branch, in: repository)
    }
}
